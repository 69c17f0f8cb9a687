"""A figure as a file, or as part of a page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchwright.core.errors import InputError
from batchwright.report.draw import fonts, svg
from batchwright.report.text.language import speaking

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from batchwright.report.page import Figure as Picture

    Drawing = Figure
    """What a figure of a page draws, by a name that whoever does not draw can import."""

SUFFIXES = (".svg", ".png", ".pdf")
_DOTS_PER_INCH = 200
_PALETTE = 48
"""Colours that our figures need, shades of their edges included."""


def check_suffix(path: Path) -> None:
    """Refuse a file that is not one of :data:`SUFFIXES`.

    Raises:
        InputError: another suffix.
    """
    if path.suffix not in SUFFIXES:
        raise InputError(f"a figure's suffix must be one of {', '.join(SUFFIXES)}, got {path.name!r}")


def drawn(picture: Picture, language: str) -> Figure:
    """A page's figure, in the language of its page and with fonts that have its words."""
    with speaking(language):
        figure = picture.draw()
    fonts.give_fonts(figure)
    return figure


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as ``.svg``, ``.png`` (200 dots per inch) or ``.pdf``, on white.

    Raises:
        InputError: another suffix.
    """
    path = Path(path)
    check_suffix(path)
    metadata = {} if path.suffix == ".png" else {"CreationDate" if path.suffix == ".pdf" else "Date": None}
    with _settings(figure, as_text=path.suffix == ".svg"):
        figure.savefig(path, dpi=_DOTS_PER_INCH, facecolor="white", metadata=metadata)
    return path


def to_svg(figure: Figure, *, name: str, label: str = "") -> str:
    """The figure as inline SVG for HTML: transparent, deterministic, in the colours of the page around it.

    Args:
        figure: one of this folder's figures.
        name: unique in the page; prefixes the drawing's internal ids.
        label: what the drawing shows, for those who cannot see it.
    """
    buffer = io.StringIO()
    with _settings(figure, as_text=True):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return svg.inline(buffer.getvalue(), name=name, label=label)


def to_png(figure: Figure, dots_per_inch: float) -> bytes:
    """The figure as a small PNG on white, in few colours, for where its SVG would be too large."""
    from PIL import Image

    drawn, small = io.BytesIO(), io.BytesIO()
    with _settings(figure):
        figure.savefig(drawn, format="png", dpi=dots_per_inch, facecolor="white")
    with Image.open(drawn) as picture:
        picture.convert("RGB").quantize(_PALETTE).save(small, format="png", optimize=True)
    return small.getvalue()


def _settings(figure: Figure, *, as_text: bool = False) -> Any:
    """Text stays text in SVG and PDF; the salt makes matplotlib's ids the same in every process."""
    fixed = {"svg.fonttype": "none", "svg.hashsalt": "batchwright", "pdf.fonttype": 42}
    return fonts.drawing(figure, fixed, as_text=as_text)
