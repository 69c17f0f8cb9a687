"""What a step costs on the machine of a study."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from batchwright.core.numbers import short_count, short_seconds
from batchwright.report.draw import grids
from batchwright.report.draw.axes import head, log_axes, new_figure
from batchwright.report.draw.palette import INK, PAGE, RUN, SET
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_timing(timing: grids.TimingSeries) -> Figure:
    """Seconds a step above, with quartiles, and examples a second below."""
    figure, (above, below) = new_figure(6.0, panels=2)
    sizes = [p.batch_size for p in timing.points]
    panels: tuple[tuple[Axes, str, list[float], Callable[[float], str]], ...] = (
        (above, text("draw.seconds_a_step"), [p.seconds_per_step for p in timing.points], short_seconds),
        (below, text("draw.examples_a_second"), [p.examples_per_second for p in timing.points], short_count),
    )
    for axes, title, values, unit in panels:
        axes.plot(sizes, values, color=RUN, lw=1.6, marker="o", ms=5.5, mec=PAGE, mew=0.8)
        for size, value in zip(sizes, values, strict=True):
            if size == timing.chosen:
                axes.plot([size], [value], "o", ms=9, color=SET, mec=INK, mew=1.3)
        log_axes(axes, sizes, (min(values) / 1.5, max(values) * 1.5), unit, keep=timing.chosen)
        head(axes, title)
    for p in timing.points:
        if p.low is not None and p.high is not None:
            above.plot([p.batch_size] * 2, [p.low, p.high], color=RUN, lw=1.4)
    above.set_xlabel("")
    return figure
