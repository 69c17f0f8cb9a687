"""Sharpness where a study's winners ended, drawn against the batch size."""

from __future__ import annotations

from statistics import geometric_mean
from typing import TYPE_CHECKING

from batchwright.advice.decide.sharp_ends import SharpEnds
from batchwright.core.numbers import short_count, short_size
from batchwright.report.draw.axes import WIDTH_INCHES, set_ticks, style_axes
from batchwright.report.draw.palette import RUN
from batchwright.report.draw.ticks import labelled_sizes, log_ticks
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_ends(found: SharpEnds) -> Figure:
    """Largest eigenvalue and Keskar's sharpness of every end, with lines through their geometric means."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, 5.2))
    grid = list(figure.subplots(2, 1, sharex=True, squeeze=False)[:, 0])
    figure.subplots_adjust(left=0.14, right=0.97, top=0.97, bottom=0.1, hspace=0.14)
    sizes = sorted({end.batch_size for end in found.ends})
    for axes, name in zip(grid, ("largest_eigenvalue", "keskar"), strict=True):
        style_axes(axes)
        axes.set(xscale="log", yscale="log")
        values = {
            b: [v for e in found.ends if e.batch_size == b and (v := getattr(e, name)) and v > 0]
            for b in sizes
        }
        for b, runs in values.items():
            axes.plot([b] * len(runs), runs, "o", ms=3.5, alpha=0.45, color=RUN)
        means = [(b, geometric_mean(values[b])) for b in sizes if values[b]]
        if means:
            axes.plot(*zip(*means, strict=True), "o-", ms=5.5, lw=1.3, color=RUN)
        axes.set_ylabel(text(f"draw.ends.{name}"))
        set_ticks(axes.yaxis, log_ticks(*axes.get_ylim()), short_count)
    set_ticks(grid[-1].xaxis, labelled_sizes(sizes, width=0.07), short_size)
    grid[-1].set_xlabel(text("draw.batch_size"))
    return figure
