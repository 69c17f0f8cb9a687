"""Fonts for words that matplotlib's own font lacks: names may be Chinese, Japanese or Korean."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

OWN = "DejaVu Sans"
"""Ships with matplotlib; Latin, Greek and Cyrillic letters and the marks of our keys."""
WIDE = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK KR", "Noto Sans SC", "Source Han Sans SC",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "PingFang SC",
    "Hiragino Sans GB", "Arial Unicode MS", "Droid Sans Fallback",
)  # fmt: skip
"""Fonts with East Asian characters on Linux, Windows and macOS, whichever is installed."""


@contextmanager
def drawing(figure: Figure, settings: Mapping[str, Any]) -> Iterator[None]:
    """Draw with ``settings`` and, where the figure's words need them, with the fonts that have them.

    Characters that no installed font has are drawn as boxes; that is said in one warning a set of characters,
    however many figures have them.
    """
    import matplotlib

    lacking = lacking_characters(_words(figure))
    if lacking:
        _warn(lacking)
    families = [OWN, *_installed()] if any(not c.isascii() for c in _words(figure)) else [OWN]
    fixed: Any = {"font.sans-serif": families, **settings}
    with matplotlib.rc_context(fixed), warnings.catch_warnings():
        # matplotlib would say it once a character and drawing.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def lacking_characters(words: str) -> str:
    """The characters of ``words`` that neither our font nor any installed wide one has, each once, in order.

    >>> lacking_characters("steps to target, 90% – µs √ ● △")
    ''
    """
    strange = {c for c in words if not c.isspace() and ord(c) not in _characters(OWN)}
    for family in _installed() if strange else ():
        strange -= {c for c in strange if ord(c) in _characters(family)}
    return "".join(sorted(strange))


def _words(figure: Figure) -> str:
    from matplotlib.text import Text

    return "".join(artist.get_text() for artist in figure.findobj(Text))


@cache
def _installed() -> tuple[str, ...]:
    from matplotlib.font_manager import get_font_names

    known = set(get_font_names())
    return tuple(family for family in WIDE if family in known)


@cache
def _characters(family: str) -> frozenset[int]:
    """Code points that a font has."""
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(family)).get_charmap())


@cache
def _warn(characters: str) -> None:
    """Once for these characters."""
    warnings.warn(text("draw.no_font", characters=characters[:20]), stacklevel=6)
