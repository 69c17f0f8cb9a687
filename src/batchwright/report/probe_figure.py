"""What a step costs, drawn: seconds, throughput and memory against the batch size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from batchwright.measure.probe import Probe
from batchwright.report import formats
from batchwright.report.figures import FIT, QUIET, RUN, SET
from batchwright.report.fit_figure import style_axes
from batchwright.report.svg import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WIDTH_INCHES, _PANEL_INCHES = 6.4, 2.5


def draw_probe(found: Probe) -> Figure:
    """Panels above one another, both axes on log scales: seconds a step, examples a second, peak memory.

    The cost model is a line, its knee with the 90% interval a band; caches are dotted where the working set
    passes them, the memory budget is dashed.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, LogLocator

    memory = [p for p in found.points if p.peak_memory_bytes]
    panels = 3 if memory else 2
    figure = Figure(figsize=(_WIDTH_INCHES, panels * _PANEL_INCHES + 0.4))
    grid = figure.subplots(panels, 1, sharex=True, squeeze=False)[:, 0]
    figure.subplots_adjust(left=0.13, right=0.97, top=0.95, bottom=0.09, hspace=0.14)
    sizes = np.array([p.batch_size for p in found.points], dtype=float)
    seconds = np.array([p.seconds_per_step for p in found.points])
    ends = np.array([[p.low for p in found.points], [p.high for p in found.points]])
    for axes in grid:
        style_axes(axes)
        axes.set(xscale="log", yscale="log")
        _knee(axes, found)
    grid[0].errorbar(
        sizes, seconds, yerr=np.abs(ends - seconds), fmt="o", ms=4.5, color=RUN, lw=1.1, zorder=3
    )
    grid[1].plot(sizes, sizes / seconds, "o", ms=4.5, color=RUN, zorder=3)
    if found.cost_model is not None:
        line = np.geomspace(sizes[0], sizes[-1], 80)
        cost = np.array([found.cost_model.formula(float(b)) for b in line])
        grid[0].plot(line, cost, color=FIT, lw=1.3)
        grid[1].plot(line, line / cost, color=FIT, lw=1.3)
    for cache in found.caches:
        if cache.passed_at and sizes[0] <= cache.passed_at <= sizes[-1]:
            grid[1].axvline(cache.passed_at, color=QUIET, lw=1, ls=":")
            where = grid[1].get_xaxis_transform()
            grid[1].text(cache.passed_at, 0.04, f" L{cache.level}", transform=where, color=QUIET, fontsize=9)
    if memory:
        mebibytes = [(p.peak_memory_bytes or 0) / 2**20 for p in memory]
        grid[2].plot([p.batch_size for p in memory], mebibytes, "o-", ms=4.5, color=SET, lw=1.1)
        grid[2].set_ylabel("peak memory, MiB", color=INK, fontsize=9.5)
    shown = (formats.seconds, formats.short_count, lambda value: f"{value:.3g}")
    for axes, form in zip(grid, shown, strict=False):
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _, form=form: form(value)))
        axes.yaxis.set_minor_formatter(FuncFormatter(lambda value, _: ""))
    grid[-1].xaxis.set_major_formatter(FuncFormatter(lambda value, _: formats.size(value)))
    grid[0].set_ylabel("a step", color=INK, fontsize=9.5)
    grid[1].set_ylabel("examples a second", color=INK, fontsize=9.5)
    grid[-1].set_xlabel("batch size", color=INK, fontsize=9.5)
    if found.knee is not None:
        low, high = found.knee.interval
        title = f"knee about {found.knee.value:.0f} (90%: {low:.0f} to {high:.0f})"
    else:
        title = "no knee among these batch sizes"
    figure.text(0.13, 0.965, title, color=FIT, fontsize=10)
    return figure


def _knee(axes: Axes, found: Probe) -> None:
    if found.knee is not None:
        axes.axvspan(*found.knee.interval, color=FIT, alpha=0.12, lw=0)
        axes.axvline(found.knee.value, color=FIT, lw=0.9)
