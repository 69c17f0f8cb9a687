"""The learning rates that were tried, at every batch size."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from batchwright.core.numbers import TIMES, rate, short_size
from batchwright.report.draw import grids
from batchwright.report.draw.axes import Entry, head, new_figure
from batchwright.report.draw.palette import INK, MISSED, QUIET, RUN
from batchwright.report.draw.ticks import cell_half_height, spaced_rates
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_NUMBERED = 14
"""Batch sizes whose cells are wide enough for a number."""


def draw_learning_rates(rates: grids.LearningRateMap) -> Figure:
    """The learning rate by batch size map: darker is fewer steps, in a ring the chosen rate."""
    span = math.log2(rates.lrs[-1] / rates.lrs[0])
    figure, (axes,) = new_figure(min(max(2.8 + 0.34 * span, 3.8), 6.4), head_lines=2)
    half = cell_half_height(rates.lrs)
    columns = {b: i for i, b in enumerate(rates.batch_sizes)}
    for cell in rates.cells:
        place = columns[cell.batch_size], math.log2(cell.lr)
        _draw_cell(axes, cell, place, half, numbered=len(columns) <= _MOST_NUMBERED)
    axes.set_xlim(-0.6, len(columns) - 0.4)
    axes.set_ylim(math.log2(rates.lrs[0]) - 2 * half, math.log2(rates.lrs[-1]) + 2 * half)
    axes.set_xticks(list(columns.values()), [short_size(b) for b in columns])
    marks = spaced_rates(rates.lrs)
    axes.set_yticks([math.log2(v) for v in marks], [rate(v) for v in marks])
    axes.tick_params(length=0)
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlabel(text("draw.batch_size"))
    head(axes, text("draw.learning_rate"), _key(rates))
    return figure


def _draw_cell(
    axes: Axes, cell: grids.LearningRateCell, place: tuple[float, float], half: float, *, numbered: bool
) -> None:
    from matplotlib.patches import Rectangle

    x, y = place
    colour, alpha, words = _cell_style(cell)
    axes.add_patch(Rectangle((x - 0.47, y - half), 0.94, 2 * half, color=colour, alpha=alpha, lw=0))
    if cell.chosen:
        ring = Rectangle((x - 0.44, y - 0.9 * half), 0.88, 1.8 * half, fill=False, lw=1.8, zorder=4)
        ring.set_edgecolor(MISSED if cell.on_edge else INK)
        axes.add_patch(ring)
    if numbered:
        axes.text(x, y, words, ha="center", va="center", color=INK, fontsize=9)
    if cell.outcome == "reached" and cell.reached < cell.runs:
        axes.plot([x + 0.32], [y + 0.45 * half], "o", ms=3.2, color=MISSED)


def _cell_style(cell: grids.LearningRateCell) -> tuple[str, float, str]:
    if cell.outcome == "reached" and cell.relative is not None:
        # One hue that fades with the steps: reads as "stronger is better" on a light and on a dark page.
        fade = min(math.log2(max(cell.relative, 1.0)) / 2, 1.0)
        digits = "{:.3g}" if cell.relative >= 10 else "{:.1f}"
        return RUN, 0.66 - 0.56 * fade, digits.format(cell.relative)
    return (MISSED, 0.3, TIMES) if cell.outcome == "diverged" else (QUIET, 0.25, "…")


def _key(rates: grids.LearningRateMap) -> list[Entry]:
    entries = [Entry("■", text("draw.key.relative_steps"), RUN), Entry("□", text("draw.key.chosen"), INK)]
    if any(c.on_edge for c in rates.cells):
        entries.append(Entry("□", text("draw.key.on_edge"), MISSED))
    if any(c.outcome == "diverged" for c in rates.cells):
        entries.append(Entry(TIMES, text("draw.key.diverged"), MISSED))
    if any(c.outcome == "censored" for c in rates.cells):
        entries.append(Entry("…", text("draw.key.budget_ended"), QUIET))
    if any(c.outcome == "reached" and c.reached < c.runs for c in rates.cells):
        entries.append(Entry("•", text("draw.key.some_failed"), MISSED))
    return entries
