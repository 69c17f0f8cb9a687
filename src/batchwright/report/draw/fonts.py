"""Fonts for words that matplotlib's own font lacks: names may be Chinese, Japanese or Korean."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from batchwright.core.errors import BatchwrightWarning
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
_FILES = re.compile(
    r"CJK|NotoSansSC|SourceHanSans|wqy|msyh|simhei|PingFang|Hiragino|Arial Unicode|Droid", re.IGNORECASE
)
"""What their files are called."""


@contextmanager
def drawing(figure: Figure, settings: Mapping[str, Any], *, as_text: bool = False) -> Iterator[None]:
    """Draw with ``settings`` and, where the figure's words need them, with the fonts that have them.

    Characters that no installed font has are drawn as boxes, and that is said once. Where the words stay text
    (``as_text``: in SVG) whoever shows the drawing finds fonts of its own, and nothing is said.
    """
    import matplotlib

    families = _families(figure, warn=not as_text)
    fixed: Any = {"font.sans-serif": families, **settings}
    with matplotlib.rc_context(fixed), warnings.catch_warnings():
        # matplotlib would say it once a character and drawing.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def give_fonts(figure: Figure) -> None:
    """Name the fonts in the figure itself, for a notebook or a window that draws it by its own settings."""
    families = _families(figure, warn=True)
    for artist in _texts(figure) if len(families) > 1 else ():
        artist.set_fontfamily(families)


def lacking_characters(words: str) -> str:
    """The characters of ``words`` that neither our font nor any installed wide one has, each once, in order.

    >>> lacking_characters("steps to target, 90% – µs √ ● △")
    ''
    """
    strange = {c for c in words if not c.isspace() and ord(c) not in _characters(OWN)}
    for family in _installed() if strange else ():
        strange -= {c for c in strange if ord(c) in _characters(family)}
    return "".join(sorted(strange))


def _families(figure: Figure, *, warn: bool) -> list[str]:
    """Our own font alone, or with the wide ones behind it."""
    words = "".join(artist.get_text() for artist in _texts(figure))
    if warn and (lacking := lacking_characters(words)):
        _warn(lacking)
    return [OWN] if words.isascii() else [OWN, *_installed()]


def _texts(figure: Figure) -> list[Any]:
    from matplotlib.text import Text

    return figure.findobj(Text)


@cache
def _installed() -> tuple[str, ...]:
    """Wide fonts on this machine; if matplotlib knows none, those that came after it made its list are added."""
    from matplotlib.font_manager import findSystemFonts, fontManager, get_font_names

    if known := _wide_among(get_font_names()):
        return known
    listed = {font.fname for font in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in listed and _FILES.search(path):
            with suppress(Exception):  # a damaged font file is as good as none
                fontManager.addfont(path)
    return _wide_among(get_font_names())


def _wide_among(names: Iterable[str]) -> tuple[str, ...]:
    known = set(names)
    return tuple(family for family in WIDE if family in known)


@cache
def _characters(family: str) -> frozenset[int]:
    """Code points that a font has."""
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont(family)).get_charmap())


_said: list[str] = []


def _warn(characters: str) -> None:
    """Once, whatever lacks afterwards: the remedy is the same."""
    if not _said:
        _said.append(characters)
        message = text("draw.no_font", characters=characters[:20])
        warnings.warn(message, BatchwrightWarning, stacklevel=2)
