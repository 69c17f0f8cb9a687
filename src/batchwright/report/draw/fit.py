"""Fitted tables drawn as small multiples: every run, the curve with its band, and where the curve bends."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from batchwright.advice.table.result import FitResult, WorkloadFit
from batchwright.core.numbers import TIMES, measured, short_count, short_size
from batchwright.report.draw.axes import Entry, figure_key, placed_key, set_ticks, style_axes, write_above
from batchwright.report.draw.palette import FIT, INK, MISSED, PAGE, QUIET, RUN, SET
from batchwright.report.draw.ticks import labelled_sizes, log_ticks
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_WIDTH_INCHES, _PANEL_HEIGHT_INCHES = 3.7, 3.1
_LINE_POINTS = 13.0
_MOST_DOTS = 300
"""Runs drawn at one batch size; more are thinned evenly from the fewest steps to the most."""


def draw_fit(result: FitResult) -> Figure:
    """One panel a workload, steps to target against batch size, both on log axes.

    Every run is a dot, the median of a batch size a disc, the curve a line with its 90% band. Where the curve
    is followed, its two limits are drawn, E_min/B (perfect scaling) and S_min (the floor): they cross at the
    critical batch size, which is marked with its 90% interval along the bottom.
    """
    from matplotlib.figure import Figure

    panels = len(result.workloads)
    columns = 1 if panels == 1 else 2 if panels in (2, 4) else 3
    rows = math.ceil(panels / columns)
    scale = 1.5 if panels == 1 else 1.0
    width = columns * _PANEL_WIDTH_INCHES * scale
    key = _key(result)
    key_height = 0.2 + 0.22 * placed_key(key, (width - 0.12) * 72, 10)[1]
    height = rows * _PANEL_HEIGHT_INCHES * scale + key_height
    figure = Figure(figsize=(width, height))
    names = [fit.workload or result.source for fit in result.workloads]
    grid = figure.subplots(rows, columns, squeeze=False)
    figure.subplots_adjust(
        left=0.62 / width, right=1 - 0.15 / width, bottom=0.5 / height, top=1 - (key_height + 0.62) / height,
        hspace=0.56, wspace=0.24,
    )  # fmt: skip
    for place, axes in enumerate(grid.flat):
        if place >= panels:
            axes.set_visible(False)
            continue
        style_axes(axes)
        _draw_panel(axes, result.workloads[place], textwrap.wrap(names[place], int(34 * scale))[:2])
        if place % columns == 0:
            axes.set_ylabel(text("draw.cost.steps"))
        if place + columns >= panels:
            axes.set_xlabel(text("draw.batch_size"))
    figure_key(figure, key)
    return figure


def _draw_panel(axes: Axes, fit: WorkloadFit, name: Sequence[str]) -> None:
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    top = _set_limits(axes, fit)
    band = fit.band
    axes.fill_between(band["batch_size"], band["low"], band["high"], color=FIT, alpha=0.2, lw=0)
    axes.plot(band["batch_size"], band["mid"], color=FIT, lw=1.7)
    if fit.verdict == "fits":
        _draw_limits(axes, fit)
    for row in fit.measured:
        dots = _thinned(row.steps)
        axes.scatter([row.batch_size] * len(dots), dots, s=9, color=RUN, alpha=0.4, lw=0, zorder=3)
        bounds = _thinned(row.censored)
        axes.scatter(
            [row.batch_size] * len(bounds), bounds, s=20, marker="^", facecolors="none", edgecolors=MISSED,
            lw=0.9, zorder=4,
        )  # fmt: skip
        if row.failed:
            cross: dict[str, Any] = {"s": 24, "marker": "x", "color": MISSED, "lw": 1.3, "clip_on": False}
            axes.scatter([row.batch_size], [top / 1.1], zorder=4, **cross)
    exact = [(m.batch_size, m.median) for m in fit.measured if m.median is not None and not m.median_is_bound]
    x, y = ([pair[i] for pair in exact] for i in (0, 1))
    axes.scatter(x, y, s=34, color=RUN, edgecolors=PAGE, lw=0.8, zorder=5)
    _mark_critical(axes, fit)
    _title(axes, fit, name)


def _set_limits(axes: Axes, fit: WorkloadFit) -> float:
    """Room for the runs, the band and the critical batch or its bound; returns the upper limit of steps."""
    sizes = [m.batch_size for m in fit.measured]
    marks = [*(fit.critical_batch.interval or ())]
    # An end far away would squeeze the runs into a corner.
    seen = sizes + [b for b in marks if b is not None and sizes[0] / 4 <= b <= sizes[-1] * 4]
    room = (max(seen) / min(seen)) ** 0.05 * 1.1
    axes.set_xlim(min(seen) / room, max(seen) * room)
    values = [*fit.band["low"], *fit.band["high"]]
    for m in fit.measured:
        values += [*m.steps, *m.censored]
    if fit.verdict == "fits" and fit.steps_min is not None:
        values.append(fit.steps_min)
    margin = (max(values) / min(values)) ** 0.05 * 1.08
    # The critical batch is marked along the bottom.
    low, high = min(values) / margin**2.2, max(values) * margin
    axes.set_ylim(low, high)
    whole = sorted({round(size) for size in sizes})
    few = len(whole) <= 30
    shown = labelled_sizes(whole, width=0.15) if few else log_ticks(sizes[0], sizes[-1])
    set_ticks(axes.xaxis, shown, short_size)
    set_ticks(axes.yaxis, log_ticks(low, high), short_count)
    return high


def _draw_limits(axes: Axes, fit: WorkloadFit) -> None:
    """E_min/B and S_min, thin, across the panel."""
    if fit.steps_min is None:
        return
    left, right = axes.get_xlim()
    style: dict[str, Any] = {"color": QUIET, "lw": 1.0, "ls": (0, (2, 2)), "zorder": 2}
    if fit.examples_min is not None:
        axes.plot([left, right], [fit.examples_min / left, fit.examples_min / right], **style)
    axes.plot([left, right], [fit.steps_min] * 2, **style)


def _mark_critical(axes: Axes, fit: WorkloadFit) -> None:
    """The interval along the bottom, open where it is; a tick at the value."""
    low, high = fit.critical_batch.interval or (None, None)
    if low is None and high is None:
        return
    left, right = axes.get_xlim()
    bottom = axes.get_xaxis_transform()
    start, stop = max(low or left, left), min(high or right, right)
    if start < stop:
        axes.plot(
            [start, stop], [0.025] * 2, transform=bottom, color=SET, lw=5, alpha=0.55, solid_capstyle="butt"
        )
    if fit.verdict == "fits" and fit.critical_batch.value is not None:
        value = fit.critical_batch.value
        axes.plot([value] * 2, [0, 0.09], transform=bottom, color=SET, lw=2)
        axes.axvline(value, color=SET, lw=0.9, alpha=0.6, zorder=1)


def _title(axes: Axes, fit: WorkloadFit, name: Sequence[str]) -> None:
    """Name, and below it the verdict with the number it allows."""
    write_above(axes, _verdict(fit), -18, 8, color=INK, fontsize=9.5)
    for place, line in enumerate(reversed(name)):
        write_above(
            axes, line, -18, 8 + _LINE_POINTS * (place + 1), color=INK, fontsize=10, fontweight="bold"
        )


def _verdict(fit: WorkloadFit) -> str:
    critical = fit.critical_batch
    if fit.verdict == "fits":
        low, high = critical.interval or (None, None)
        values = {"value": critical.value, "low": low, "high": high}
        return text("draw.fit.fits", **{name: measured(value) for name, value in values.items()})
    if fit.verdict == "does_not_follow":
        return text("draw.fit.does_not_follow")
    if critical.one_sided_bound is None:
        return text("draw.fit.not_identifiable")
    bound = critical.one_sided_bound
    return text(f"draw.fit.{bound.side.replace(' ', '_')}", value=measured(bound.value))


def _key(result: FitResult) -> list[Entry]:
    """What each mark means, in its colour."""
    rows = [m for fit in result.workloads for m in fit.measured]
    key = [Entry("●", text("draw.key.medians"), RUN), Entry("—", text("draw.key.band"), FIT)]
    if any(fit.verdict == "fits" for fit in result.workloads):
        key.append(Entry("┄", text("draw.key.limits"), QUIET))
    if any(fit.critical_batch.interval for fit in result.workloads):
        key.append(Entry("■", text("draw.key.critical_batch"), SET))
    if any(m.censored for m in rows):
        key.append(Entry("△", text("draw.key.cut_short"), MISSED))
    if any(m.failed for m in rows):
        key.append(Entry(TIMES, text("draw.key.failed"), MISSED))
    return key


def _thinned(values: Sequence[float]) -> list[float]:
    if len(values) <= _MOST_DOTS:
        return list(values)
    return [float(v) for v in np.quantile(values, np.linspace(0, 1, _MOST_DOTS), method="nearest")]
