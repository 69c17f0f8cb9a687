"""What all figures share: one width, axes in ink, log scales, and keys in words instead of boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchwright.core.numbers import short_size
from batchwright.report.draw.palette import INK
from batchwright.report.draw.ticks import labelled_sizes, log_ticks
from batchwright.report.text.catalogue import text
from batchwright.report.text.typesetting import two_cells

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_INCHES = 6.4
FONT_POINTS = 11.5
_LINE_POINTS = 15.0


@dataclass(frozen=True)
class Entry:
    """One entry of a key: a mark in its colour, and in ink what it stands for."""

    mark: str
    words: str
    colour: str


def new_figure(height_inches: float, panels: int = 1, head_lines: int = 0) -> tuple[Figure, Sequence[Axes]]:
    """A figure of the usual width with panels above one another, and room for a title and a key over each."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, height_inches))
    axes = figure.subplots(panels, 1, squeeze=False)[:, 0]
    # Fixed margins: a layout engine would draw everything twice.
    figure.subplots_adjust(
        left=0.14, right=0.975, bottom=0.6 / height_inches,
        top=1 - (0.4 + 0.22 * head_lines) / height_inches, hspace=0.42,
    )  # fmt: skip
    for one in axes:
        style_axes(one, FONT_POINTS - 0.5)
        one.minorticks_off()
    return figure, list(axes)


def style_axes(axes: Axes, size: float = 9.0) -> None:
    """Ink, grid and spines of a panel; ``size``: of its tick labels, in points."""
    axes.set_facecolor("none")
    axes.tick_params(colors=INK, labelcolor=INK, labelsize=size, which="both", length=3, width=0.7)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=INK, fontsize=size + 0.5)
    axes.grid(True, color=INK, alpha=0.1, lw=0.7)
    axes.set_axisbelow(True)
    for side, spine in axes.spines.items():
        spine.set(visible=side in ("left", "bottom"), color=INK, linewidth=0.7)


def set_ticks(axis: Any, places: Sequence[float], form: Callable[[float], str]) -> None:
    """Major ticks at these places with their words, and none between them."""
    axis.set_ticks(list(places), [form(place) for place in places])
    axis.set_ticks([], minor=True)


def log_axes(
    axes: Axes, sizes: Sequence[int], limits: tuple[float, float], form: Callable[[float], str],
    keep: int | None = None,
) -> None:  # fmt: skip
    """Batch sizes to the right and a cost upwards, both on log scales; ``keep`` is a size always labelled."""
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    edge = (sizes[-1] / sizes[0]) ** 0.03 * 1.15
    axes.set_xlim(sizes[0] / edge, sizes[-1] * edge)
    axes.set_ylim(*limits)
    set_ticks(axes.xaxis, labelled_sizes(sizes, keep), short_size)
    set_ticks(axes.yaxis, log_ticks(*limits), form)
    axes.set_xlabel(text("draw.batch_size"))


def head(axes: Axes, title: str, key: Sequence[Entry] = ()) -> None:
    """The title over a panel, and between the two its key, wrapped to the figure's width."""
    # Flush with the figure's left edge, not with the axes: the caption above it starts there too.
    left = 3 - axes.get_position().x0 * WIDTH_INCHES * 72
    placed, lines = placed_key(key, WIDTH_INCHES * 72 * 0.98, FONT_POINTS - 1)
    for words, colour, x, line in placed:
        height = 9 + _LINE_POINTS * (lines - 1 - line)
        write_above(axes, words, left + x, height, color=colour, fontsize=FONT_POINTS - 1)
    bold: dict[str, Any] = {"fontweight": "bold", "fontsize": FONT_POINTS + 0.5}
    write_above(axes, title, left, 9 + _LINE_POINTS * lines + (3 if lines else 0), color=INK, **bold)


def write_above(axes: Axes, words: str, x_points: float, y_points: float, **style: Any) -> None:
    """Words at a distance from a panel's upper left corner."""
    offset = (x_points, y_points)
    axes.annotate(words, (0, 1), xycoords="axes fraction", xytext=offset, textcoords="offset points", **style)


def figure_key(figure: Figure, key: Sequence[Entry], *, left: float = 0.12, top: float = 0.2) -> None:
    """A key along the top of a whole figure, ``left`` and ``top`` in inches from its corner."""
    width, height = figure.get_size_inches()
    placed, _ = placed_key(key, (width - left) * 72, FONT_POINTS - 1.5)
    for words, colour, x, line in placed:
        place = (left + x / 72) / width, 1 - (top + 0.22 * line) / height
        figure.text(*place, words, color=colour, fontsize=FONT_POINTS - 1.5, va="center")


def placed_key(
    key: Sequence[Entry], width_points: float, font_points: float
) -> tuple[list[tuple[str, str, float, int]], int]:
    """Every mark and its words with colour, place from the left in points and line; and how many lines.

    An entry that would pass ``width_points`` begins the next line.
    """
    placed: list[tuple[str, str, float, int]] = []
    x, line = 0.0, 0
    for entry in key:
        mark = _length(f"{entry.mark}", font_points) + 0.35 * font_points if entry.mark else 0.0
        length = mark + _length(entry.words, font_points)
        if x and x + length > width_points:
            x, line = 0.0, line + 1
        if entry.mark:
            placed.append((entry.mark, entry.colour, x, line))
        placed.append((entry.words, INK, x + mark, line))
        x += length + 1.2 * font_points
    return placed, line + 1 if key else 0


def _length(words: str, font_points: float) -> float:
    """In points. A wide character is as wide as the font is high in any font that has it, installed or not."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    narrow = "".join(character for character in words if not two_cells(character))
    font = FontProperties(size=font_points)
    length: float = text_to_path.get_text_width_height_descent(narrow, font, False)[0]
    return length + font_points * (len(words) - len(narrow))
