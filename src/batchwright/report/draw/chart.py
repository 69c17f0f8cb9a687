"""A panel, which is data, as a picture: lines with bands, dots, bars, contours or coloured cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from batchwright.core.chart import Field, Mark, Panel, Series
from batchwright.core.numbers import measured, short_count
from batchwright.core.remark import Remark
from batchwright.report.draw.axes import Entry, figure_key, placed_key, set_ticks, style_axes
from batchwright.report.draw.palette import FIT, INK, MISSED, PAGE, QUIET, RUN, SET, colour_ramp
from batchwright.report.draw.ticks import log_ticks
from batchwright.report.text.catalogue import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH, _HEIGHT = 6.4, 4.0
_MARKS = {"line": "\u2014", "dashed": "\u2013 \u2013", "dots": "●", "both": "\u2013●\u2013", "bars": "■"}
_FEW = (RUN, FIT, SET, MISSED, QUIET)
_LEVELS = 14
_SMALL = 9.0
_MOST_TILTED = 8
"""Characters of a name on the x axis up to which names stand upright beside one another."""


def draw_panel(panel: Panel) -> Figure:
    """The picture of a panel, in the reader's language."""
    from matplotlib.figure import Figure

    key = _key(panel)
    lines = placed_key(key, (_WIDTH - 0.12) * 72, 10.0)[1]
    figure = Figure(figsize=(_WIDTH, _HEIGHT + 0.22 * max(lines - 1, 0)))
    height = figure.get_size_inches()[1]
    axes = figure.add_axes((0.13, 0.62 / height, 0.84, 1 - (0.62 + 0.2 + 0.22 * lines) / height))
    style_axes(axes, 9.5)
    if panel.x_log:
        axes.set_xscale("log")
    if panel.y_log:
        axes.set_yscale("log")
    if panel.field is not None:
        _draw_field(figure, axes, panel.field)
    for place, one in enumerate(panel.series):
        _draw_series(axes, one, place, panel)
    for mark in panel.marks:
        _draw_mark(axes, mark)
    figure_key(figure, key)
    _label(axes, panel)
    return figure


def _key(panel: Panel) -> list[Entry]:
    return [
        Entry(_MARKS[one.look], say(one.label), _colour(one, place, panel))
        for place, one in enumerate(panel.series)
        if one.label is not None
    ]


def _colour(one: Series, place: int, panel: Panel) -> str:
    """Five colours of their own, or as many as there are along a ramp."""
    number = place if one.colour is None else one.colour
    count = max([len(panel.series), *(s.colour + 1 for s in panel.series if s.colour is not None)])
    return _FEW[number] if count <= len(_FEW) else colour_ramp(count)[number]


def _draw_series(axes: Axes, one: Series, place: int, panel: Panel) -> None:
    colour = _colour(one, place, panel)
    x, y, low, high = (np.array(v, dtype=float) for v in (one.x, one.y, one.low, one.high))
    errors = None if len(low) != len(y) or len(high) != len(y) else np.abs(np.stack([y - low, high - y]))
    if one.look == "bars":
        bars = [s for s in panel.series if s.look == "bars"]
        width = 0.8 / len(bars)
        x = x + (bars.index(one) - (len(bars) - 1) / 2) * width
        axes.bar(x, y, width * 0.92, yerr=errors, color=colour, ecolor=INK, error_kw={"lw": 1.0})
    elif one.look == "dots":
        axes.errorbar(x, y, yerr=errors, fmt="o", ms=4.5, color=colour, lw=1.2, zorder=3)
    else:
        style = {"line": "-", "dashed": "--", "both": "o-"}[one.look]
        axes.plot(x, y, style, ms=3.5, lw=1.5, color=colour, zorder=3)
        if errors is not None:
            axes.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)


def _draw_field(figure: Figure, axes: Axes, field: Field) -> None:
    x, y = np.array(field.x, dtype=float), np.array(field.y, dtype=float)
    values = np.array(field.values, dtype=float)
    if field.look == "contours":
        axes.contour(x, y, values, _LEVELS, colors=QUIET, linewidths=0.8, alpha=0.9)
        return
    known = values[np.isfinite(values)]
    largest = float(np.max(np.abs(known), initial=0.0)) or 1.0
    from matplotlib.colors import LinearSegmentedColormap

    signed = bool(np.any(known < 0))
    colours = LinearSegmentedColormap.from_list("cells", [FIT, PAGE, RUN] if signed else [PAGE, RUN])
    drawn = axes.pcolormesh(
        x, y, values, cmap=colours, vmin=-largest if signed else 0.0, vmax=largest, shading="nearest",
        rasterized=values.size > 2500,
    )  # fmt: skip
    if field.numbers:
        for row, at_y in enumerate(y):
            for place, at_x in enumerate(x):
                words = measured(values[row, place], 2)
                axes.text(at_x, at_y, words, ha="center", va="center", fontsize=_SMALL - 1, color=INK)
    else:
        bar = figure.colorbar(drawn, ax=axes, fraction=0.05, pad=0.02)
        bar.ax.tick_params(colors=INK, labelcolor=INK, labelsize=_SMALL)
        if field.label is not None:
            bar.set_label(say(field.label), color=INK, fontsize=_SMALL)


def _draw_mark(axes: Axes, mark: Mark) -> None:
    line = axes.axvline if mark.upright else axes.axhline
    line(mark.value, color=INK, lw=0.9, ls="--", alpha=0.55)
    if mark.label is None:
        return
    place: dict[str, Any] = {"xy": (mark.value, 0.98), "xycoords": ("data", "axes fraction")}
    if not mark.upright:
        place = {"xy": (0.99, mark.value), "xycoords": ("axes fraction", "data")}
    offset = (3, -9) if mark.upright else (0, 3)
    axes.annotate(
        say(mark.label), xytext=offset, textcoords="offset points", fontsize=_SMALL, color=INK,
        ha="left" if mark.upright else "right", **place,
    )  # fmt: skip


def _label(axes: Axes, panel: Panel) -> None:
    axes.set_xlabel(say(panel.x))
    axes.set_ylabel(say(panel.y))
    if panel.equal:
        axes.set_aspect("equal", adjustable="datalim")
    if panel.x_names:
        names = _names(panel.x_names)
        axes.set_xticks(range(len(names)), names)
        if max(map(len, names)) * len(names) > _MOST_TILTED * 8:
            axes.tick_params(axis="x", labelrotation=25)
    elif panel.x_log:
        set_ticks(axes.xaxis, log_ticks(*axes.get_xlim()), short_count)
    if panel.y_names:
        names = _names(panel.y_names)
        axes.set_yticks(range(len(names)), names)
    elif panel.y_log:
        set_ticks(axes.yaxis, log_ticks(*axes.get_ylim()), short_count)


def _names(names: Sequence[Remark | str]) -> list[str]:
    return [name if isinstance(name, str) else say(name) for name in names]
