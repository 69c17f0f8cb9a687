"""Steps, examples or seconds to target against the batch size."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from batchwright.core.numbers import TIMES, count, short_count, short_seconds
from batchwright.report.draw import series
from batchwright.report.draw.axes import Entry, head, log_axes, new_figure
from batchwright.report.draw.palette import FIT, INK, MISSED, PAGE, QUIET, RUN, SET
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_UNITS: dict[str, Callable[[float], str]] = {
    "steps": short_count,
    "examples": short_count,
    "seconds": short_seconds,
}


def draw_cost(cost: series.CostSeries) -> Figure:
    """Steps, examples or seconds to target: runs, medians, fit, perfect scaling, recommended set."""
    figure, (axes,) = new_figure(5.0, head_lines=2)
    low, high = _limits(cost)
    for start, stop in cost.spans:
        axes.axvspan(start, stop, color=SET, alpha=0.14, lw=0)
    if cost.perfect:
        axes.plot(*_xy(cost.perfect), color=QUIET, lw=1.3, ls=(0, (2, 2)))
    _draw_fit(axes, cost.fit)
    axes.scatter(*_xy(cost.runs), s=13, color=RUN, alpha=0.55, lw=0, zorder=3)
    _draw_missed(axes, cost.missed, high)
    _draw_medians(axes, cost)
    log_axes(axes, cost.tried, (low, high), _UNITS[cost.quantity], keep=cost.chosen)
    head(axes, text(f"draw.cost.{cost.quantity}"), _key(cost))
    if cost.critical_batch is not None and cost.fit:
        _mark_critical(axes, cost)
    return figure


def _draw_fit(axes: Axes, fit: Sequence[series.FitPoint]) -> None:
    if not fit:
        return
    x = [p.batch_size for p in fit]
    band = [(p.batch_size, p.low, p.high) for p in fit if p.low is not None and p.high is not None]
    if band:
        x_band, lower, upper = zip(*band, strict=True)
        axes.fill_between(x_band, lower, upper, color=FIT, alpha=0.18, lw=0)
    axes.plot(x, [p.mid for p in fit], color=FIT, lw=1.8)


def _draw_missed(axes: Axes, missed: Sequence[series.Miss], top: float) -> None:
    ended = [series.Dot(m.batch_size, m.at) for m in missed if m.at is not None]
    failed = [series.Dot(m.batch_size, top / 1.12) for m in missed if m.at is None]
    axes.scatter(*_xy(ended), s=30, marker="^", facecolors="none", edgecolors=MISSED, lw=1.1, zorder=4)
    axes.scatter(*_xy(failed), s=30, marker="x", color=MISSED, lw=1.4, zorder=4, clip_on=False)


def _draw_medians(axes: Axes, cost: series.CostSeries) -> None:
    for m in cost.medians:
        if m.low is not None and m.high is not None:
            axes.plot([m.batch_size] * 2, [m.low, m.high], color=RUN, lw=1.4, alpha=0.8, zorder=4)
    others = [m for m in cost.medians if m.batch_size != cost.chosen]
    trained = [series.Dot(m.batch_size, m.value) for m in others if not m.inferred]
    inferred = [series.Dot(m.batch_size, m.value) for m in others if m.inferred]
    axes.scatter(*_xy(trained), s=40, color=RUN, edgecolors=PAGE, lw=0.8, zorder=5)
    if inferred:
        axes.scatter(*_xy(inferred), s=40, color=PAGE, edgecolors=RUN, lw=1.4, zorder=5)
    best = cost.median_at(cost.chosen)
    if best is not None and cost.chosen is not None:
        axes.scatter([cost.chosen], [best], s=95, color=SET, edgecolors=INK, lw=1.3, zorder=6)


def _key(cost: series.CostSeries) -> list[Entry]:
    entries = []
    if any(not m.inferred for m in cost.medians):
        entries.append(Entry("●", text("draw.key.medians"), RUN))
    if any(m.inferred for m in cost.medians):
        entries.append(Entry("○", text("draw.key.inferred"), RUN))
    if cost.fit:
        banded = any(p.low is not None for p in cost.fit)
        entries.append(Entry("—", text("draw.key.band" if banded else "draw.key.fit"), FIT))
    if cost.perfect:
        entries.append(Entry("┄", text("draw.key.perfect"), QUIET))
    if cost.spans:
        entries.append(Entry("■", text("draw.key.as_good"), SET))
    if any(m.at is not None for m in cost.missed):
        entries.append(Entry("△", text("draw.key.budget_ended"), MISSED))
    if any(m.at is None for m in cost.missed):
        entries.append(Entry(TIMES, text("draw.key.never_reached"), MISSED))
    return entries


def _mark_critical(axes: Axes, cost: series.CostSeries) -> None:
    """The critical batch and its interval, along the bottom."""
    value = cost.critical_batch or 1.0
    low, high = cost.critical_interval or (None, None)
    left, right = axes.get_xlim()
    bottom = axes.get_xaxis_transform()
    axes.plot([low or left, high or right], [0.03] * 2, transform=bottom, color=FIT, lw=4, alpha=0.55)
    axes.plot([value] * 2, [0.0, 0.06], transform=bottom, color=FIT, lw=1.8)
    near_right = math.log(value / left) > 0.6 * math.log(right / left)
    words = text("draw.critical_batch", value=count(value))
    side = "right" if near_right else "center"
    axes.text(value, 0.075, words, transform=bottom, color=INK, ha=side, va="bottom")


def _limits(cost: series.CostSeries) -> tuple[float, float]:
    values = [d.value for d in cost.runs] + [m.value for m in cost.medians]
    values += [m.at for m in cost.missed if m.at is not None]
    room = (max(values) / min(values)) ** 0.06 * 1.2
    # The critical batch is written along the bottom.
    return min(values) / (room * 1.5 if cost.critical_batch and cost.fit else room), max(values) * room


def _xy(dots: Sequence[series.Dot]) -> tuple[list[float], list[float]]:
    return [d.batch_size for d in dots], [d.value for d in dots]
