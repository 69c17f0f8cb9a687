"""The local critical batch size along a run, beside the gradient noise scale: log-log."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from batchwright.core.numbers import short_count, short_size
from batchwright.measure.branched.result import BranchedPoint, BranchedRun
from batchwright.report.draw.axes import Entry, figure_key, set_ticks, style_axes
from batchwright.report.draw.palette import FIT, QUIET, RUN, SET
from batchwright.report.draw.ticks import log_ticks
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIZE_INCHES = (6.4, 4.2)
_ASIDE = 1.02
"""Marks of one point stand beside each other."""
Ends = tuple[float | None, float | None]


def draw_branched(run: BranchedRun) -> Figure:
    """B_crit with its 90% intervals, the largest batch within the tolerance and the noise scale, against examples.

    An arrow is a bound: the interval goes on in its direction.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_INCHES)
    axes = figure.add_axes((0.12, 0.13, 0.85, 0.72))
    style_axes(axes, 9.5)
    axes.set(xscale="log", yscale="log")
    points = run.points
    spread = _ASIDE if len(points) > 1 else 1.01
    _marks(axes, points, [(p.critical_batch.value, p.critical_batch.interval) for p in points], RUN, 1.0)
    scales = [
        (p.noise_scale.value if p.noise_scale.resolved else None, p.noise_scale.interval) for p in points
    ]
    _marks(axes, points, scales, FIT, spread)
    within = [_largest(run, p) for p in points]
    axes.plot([p.examples / spread for p in points], within, "s", ms=5, color=SET, mfc="none", zorder=3)
    axes.axhline(run.batch_size, color=QUIET, lw=1, ls=":")
    figure_key(
        figure,
        [
            Entry("●", text("draw.branched.critical"), RUN),
            Entry("●", text("draw.branched.noise"), FIT),
            Entry("□", text("draw.branched.within", share=run.tolerance), SET),
            Entry("┄", text("draw.branched.run", size=run.batch_size), QUIET),
        ],
    )
    low, high = min(p.examples for p in points) / 1.3, max(p.examples for p in points) * 1.3
    axes.set_xlim(low, high)
    set_ticks(
        axes.xaxis, [p.examples for p in points] if len(points) <= 5 else log_ticks(low, high), short_count
    )
    set_ticks(axes.yaxis, log_ticks(*axes.get_ylim()), short_size)
    axes.set_xlabel(text("draw.branched.examples"))
    axes.set_ylabel(text("draw.batch_size"))
    return figure


def _largest(run: BranchedRun, point: BranchedPoint) -> float:
    found = next(w.largest for w in point.within if w.tolerance == run.tolerance)
    return math.nan if found is None else found


def _marks(
    axes: Any, points: Sequence[BranchedPoint], estimates: Sequence[tuple[float | None, Ends]], colour: str,
    aside: float,
) -> None:  # fmt: skip
    """Values with their intervals; an arrow from the end that is known where there is but one."""
    for point, (value, (low, high)) in zip(points, estimates, strict=True):
        x = point.examples * aside
        if value is not None and low is not None and high is not None:
            axes.plot([x, x], [low, high], color=colour, lw=1.4, zorder=2)
            axes.plot([x], [value], "o", ms=6, color=colour, zorder=3)
        elif low is not None and low > 0:
            axes.plot([x], [low], marker="_", ms=9, mew=1.6, color=colour)
            axes.plot([x], [low * 1.12], marker="^", ms=5, color=colour)
        elif high is not None and high > 0:
            axes.plot([x], [high], marker="_", ms=9, mew=1.6, color=colour)
            axes.plot([x], [high / 1.12], marker="v", ms=5, color=colour)
