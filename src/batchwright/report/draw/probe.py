"""What a step costs, drawn: seconds, throughput and memory against the batch size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from batchwright.core.numbers import number, short_count, short_seconds, short_size
from batchwright.measure.hardware.probe import Probe
from batchwright.report.draw.axes import WIDTH_INCHES, Entry, figure_key, set_ticks, style_axes
from batchwright.report.draw.palette import FIT, INK, MISSED, QUIET, RUN, SET
from batchwright.report.draw.ticks import labelled_sizes, log_ticks
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_INCHES = 2.5
_BUDGET_WITHIN = 30.0
"""The budget is drawn up to so many times the largest peak; farther off it would squeeze the peaks."""


def draw_probe(found: Probe) -> Figure:
    """Panels above one another, both axes on log scales: seconds a step, examples a second, peak memory.

    The cost model is a line, its knee with the 90% interval a band; caches are dotted where the working set
    passes them; what the memory budget leaves for an update is dashed, and the sizes that do not fit it are
    crosses.
    """
    from matplotlib.figure import Figure

    peaks = _peaks(found)
    panels = 3 if peaks else 2
    height = panels * _PANEL_INCHES + 0.8
    figure = Figure(figsize=(WIDTH_INCHES, height))
    grid = list(figure.subplots(panels, 1, sharex=True, squeeze=False)[:, 0])
    figure.subplots_adjust(left=0.13, right=0.97, top=1 - 0.55 / height, bottom=0.5 / height, hspace=0.14)
    for axes in grid:
        style_axes(axes)
        axes.set(xscale="log", yscale="log")
        _mark_knee(axes, found)
    _draw_seconds(grid[0], found)
    _draw_throughput(grid[1], found)
    if peaks:
        _draw_memory(grid[2], found, peaks)
    drawn = sorted({p.batch_size for p in found.points} | {size for size, _, _ in peaks})
    room = (drawn[-1] / drawn[0]) ** 0.03 * 1.05
    grid[-1].set_xlim(drawn[0] / room, drawn[-1] * room)
    _mark_caches(grid, found)
    units = ((1, short_seconds), (1, short_count), (2**20, lambda peak: number(peak / 2**20)))
    for axes, (unit, form) in zip(grid, units, strict=False):
        low, high = axes.get_ylim()
        set_ticks(axes.yaxis, [tick * unit for tick in log_ticks(low / unit, high / unit)], form)
    set_ticks(grid[-1].xaxis, labelled_sizes(drawn, width=0.07), short_size)
    grid[-1].set_xlabel(text("draw.batch_size"))
    figure_key(figure, [Entry("|", _title(found), FIT)], left=0.4)
    return figure


def _draw_seconds(axes: Axes, found: Probe) -> None:
    sizes = [p.batch_size for p in found.points]
    seconds = np.array([p.seconds_per_step for p in found.points])
    ends = np.array([[p.low for p in found.points], [p.high for p in found.points]])
    axes.errorbar(sizes, seconds, yerr=np.abs(ends - seconds), fmt="o", ms=4.5, color=RUN, lw=1.1, zorder=3)
    if found.cost_model is not None:
        line = np.geomspace(sizes[0], sizes[-1], 80)
        axes.plot(line, [found.cost_model.formula(float(b)) for b in line], color=FIT, lw=1.3)
    axes.set_ylabel(text("draw.seconds_a_step"))


def _draw_throughput(axes: Axes, found: Probe) -> None:
    sizes = [p.batch_size for p in found.points]
    axes.plot(sizes, [p.examples_per_second for p in found.points], "o", ms=4.5, color=RUN, zorder=3)
    if found.cost_model is not None:
        line = np.geomspace(sizes[0], sizes[-1], 80)
        axes.plot(line, [b / found.cost_model.formula(float(b)) for b in line], color=FIT, lw=1.3)
    axes.set_ylabel(text("draw.examples_a_second"))


def _peaks(found: Probe) -> list[tuple[int, int, bool]]:
    """Batch size, peak in bytes and whether it fits, of every size tried in the measuring process."""
    trials = [] if found.largest_search is None else found.largest_search.trials
    return sorted((t.batch_size, t.peak_memory_bytes, t.fits) for t in trials if t.peak_memory_bytes)


def _draw_memory(axes: Axes, found: Probe, peaks: Sequence[tuple[int, int, bool]]) -> None:
    fits = [(size, peak) for size, peak, fitted in peaks if fitted]
    beyond = [(size, peak) for size, peak, fitted in peaks if not fitted]
    if fits:
        axes.plot(*zip(*fits, strict=True), "o-", ms=4.5, color=SET, lw=1.1)
    if beyond:
        axes.plot(*zip(*beyond, strict=True), "x", ms=6, mew=1.5, color=MISSED, zorder=4)
    axes.set_ylabel(text("draw.probe.memory"))
    if found.model_bytes is None:
        return
    room = found.memory_budget_bytes - found.model_bytes.resident_bytes
    if 0 < room <= _BUDGET_WITHIN * peaks[-1][1]:
        axes.axhline(room, color=MISSED, lw=1, ls=(0, (4, 3)))
        where = axes.get_yaxis_transform()
        words = text("draw.probe.budget")
        if found.largest_that_fits is not None:
            words = text("draw.probe.budget_fits", largest=found.largest_that_fits)
        axes.text(0.01, room / 1.08, words, transform=where, color=INK, fontsize=9, va="top")


def _mark_knee(axes: Axes, found: Probe) -> None:
    if found.knee is not None:
        axes.axvspan(*found.knee.interval, color=FIT, alpha=0.12, lw=0)
        axes.axvline(found.knee.value, color=FIT, lw=0.9)


def _mark_caches(grid: Sequence[Axes], found: Probe) -> None:
    left, right = grid[0].get_xlim()
    for cache in found.caches:
        if not cache.passed_at or not left < cache.passed_at < right:
            continue
        for axes in grid[:2]:
            axes.axvline(cache.passed_at, color=QUIET, lw=1, ls=":")
        where = grid[1].get_xaxis_transform()
        near_end = cache.passed_at > right * (left / right) ** 0.2
        style: dict[str, Any] = {"color": INK, "fontsize": 9, "ha": "right" if near_end else "left"}
        words = text("draw.probe.cache", level=cache.level)
        grid[1].text(cache.passed_at, 0.04, f" {words} ", transform=where, **style)


def _title(found: Probe) -> str:
    if found.knee is None:
        return text("draw.probe.no_knee")
    low, high = found.knee.interval
    return text("draw.probe.knee", value=found.knee.value, low=low, high=high)
