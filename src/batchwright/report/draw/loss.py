"""Loss curves of a study's runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchwright.core.numbers import short_count, short_size
from batchwright.report.draw import grids
from batchwright.report.draw.axes import Entry, head, new_figure, set_ticks
from batchwright.report.draw.palette import INK, colour_ramp
from batchwright.report.draw.ticks import log_ticks
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOG_ABOVE = 5.0
"""Losses that span more than this factor are drawn on a log axis."""


def draw_loss(losses: grids.LossCurves) -> Figure:
    """Validation loss against examples, one colour a batch size, further seeds faint."""
    figure, (axes,) = new_figure(5.0, head_lines=2)
    colours = dict(zip(losses.batch_sizes, colour_ramp(len(losses.batch_sizes)), strict=True))
    drawn: set[int] = set()
    for curve in losses.curves:
        first = curve.batch_size not in drawn
        drawn.add(curve.batch_size)
        style: dict[str, Any] = {"lw": 1.7, "alpha": 1.0} if first else {"lw": 0.8, "alpha": 0.35}
        axes.plot(curve.examples, curve.loss, color=colours[curve.batch_size], **style)
    _scale(axes, losses)
    if losses.target is not None:
        axes.axhline(losses.target, color=INK, lw=1, ls=(0, (4, 3)), alpha=0.7)
        words = text("draw.target", value=losses.target)
        axes.text(axes.get_xlim()[0] * 1.05, losses.target, words, color=INK, va="bottom", fontsize=9.5)
    axes.set_xlabel(text("draw.examples_seen"))
    head(axes, text("draw.loss"), [Entry("—", short_size(b), colours[b]) for b in colours])
    return figure


def _scale(axes: Axes, losses: grids.LossCurves) -> None:
    x = [v for curve in losses.curves for v in curve.examples]
    values = [v for curve in losses.curves for v in curve.loss]
    axes.set_xscale("log")
    set_ticks(axes.xaxis, log_ticks(min(x), max(x)), short_count)
    axes.set_xlim(min(x), max(x) * 1.25)
    if min(values) > 0 and max(values) / min(values) > _LOG_ABOVE:
        axes.set_yscale("log")
        set_ticks(axes.yaxis, log_ticks(min(values), max(values)), short_count)
