"""Sharpness where a study's winners ended, drawn against the batch size."""

from __future__ import annotations

from statistics import geometric_mean
from typing import TYPE_CHECKING

from batchwright.advice.decide.sharp_ends import SharpEnds
from batchwright.report.draw.fit import style_axes
from batchwright.report.draw.study import RUN, _ticks
from batchwright.report.draw.svg import INK
from batchwright.report.draw.ticks import labelled_sizes, log_ticks
from batchwright.report.text import formats

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_ends(found: SharpEnds) -> Figure:
    """Largest eigenvalue and Keskar's sharpness of every end, with lines through their geometric means."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 5.2))
    grid = list(figure.subplots(2, 1, sharex=True, squeeze=False)[:, 0])
    figure.subplots_adjust(left=0.14, right=0.97, top=0.97, bottom=0.1, hspace=0.14)
    sizes = sorted({end.batch_size for end in found.ends})
    names = ("largest_eigenvalue", "keskar")
    for axes, name, label in zip(grid, names, ("largest eigenvalue", "Keskar's sharpness"), strict=True):
        style_axes(axes)
        axes.set(xscale="log", yscale="log")
        values = {
            b: [v for e in found.ends if e.batch_size == b and (v := getattr(e, name)) and v > 0]
            for b in sizes
        }
        for b, runs in values.items():
            axes.plot([b] * len(runs), runs, "o", ms=3.5, alpha=0.45, color=RUN)
        means = [(b, geometric_mean(values[b])) for b in sizes if values[b]]
        axes.plot(*zip(*means, strict=True), "o-", ms=5.5, lw=1.3, color=RUN)
        axes.set_ylabel(label, color=INK, fontsize=9.5)
        _ticks(axes.yaxis, log_ticks(*axes.get_ylim()), formats.short_count)
        axes.yaxis.set_ticks([], minor=True)
    _ticks(grid[-1].xaxis, labelled_sizes(sizes, width=0.07), formats.short_size)
    grid[-1].set_xlabel("batch size", color=INK, fontsize=9.5)
    return figure
