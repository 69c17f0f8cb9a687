"""Gradient noise drawn: the 1/sqrt(B) law, and the noise scale along a run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from batchwright.core.numbers import short_count, short_size
from batchwright.measure.gradients.along import NoiseAlong
from batchwright.measure.gradients.scatter import Scatter, Slope, finite_factor
from batchwright.report.draw.axes import Entry, figure_key, set_ticks, style_axes
from batchwright.report.draw.palette import FIT, INK, QUIET, RUN
from batchwright.report.draw.ticks import log_ticks
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SIZE_INCHES = (6.4, 4.2)
_COLOURS = {"with_replacement": RUN, "without_replacement": FIT}


def draw_scatter(rows: Sequence[Scatter], slopes: Sequence[Slope]) -> Figure:
    """Std of the mini-batch gradient against B, both on log axes, with the theory as lines."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter

    figure = Figure(figsize=_SIZE_INCHES)
    axes = figure.add_axes((0.12, 0.13, 0.85, 0.72))
    style_axes(axes, 9.5)
    key = []
    for place, slope in enumerate(slopes):
        sampling, colour = slope.sampling, _COLOURS[slope.sampling]
        own = [r for r in rows if r.sampling == sampling]
        shown = [r for r in own if r.std > 0]
        size = np.array([r.batch_size for r in shown], dtype=float) * (1.03 if place else 1 / 1.03)
        std = np.array([r.std for r in shown])
        ends = np.abs(np.array([r.interval for r in shown]).T - std)
        axes.errorbar(size, std, yerr=ends, fmt="o", ms=5, color=colour, lw=1.2, zorder=3)
        axes.plot(*_theory(own), color=colour, lw=1.1, alpha=0.6)
        low, high = slope.interval
        words = text(f"draw.noise.{sampling}", slope=slope.value, low=low, high=high)
        key.append(Entry("●", words, colour))
    figure_key(figure, key)
    axes.set(xscale="log", yscale="log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: short_size(value)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))
    axes.set_xlabel(text("draw.batch_size"))
    axes.set_ylabel(text("draw.noise.std"))
    zero = [r for r in rows if r.std == 0]
    if zero:
        words = text("draw.noise.whole_set", examples=zero[0].batch_size)
        axes.text(0.02, 0.04, words, fontsize=9, color=INK, transform=axes.transAxes)
    return figure


def _theory(rows: Sequence[Scatter]) -> tuple[list[float], list[float]]:
    """What tr(Sigma) predicts between the measured sizes too: without replacement it bends down to N."""
    if rows[0].sampling == "without_replacement" and rows[-1].predicted > 0:  # N was not drawn
        return [float(r.batch_size) for r in rows], [r.predicted for r in rows]
    one, total = rows[0], max(r.batch_size for r in rows)
    trace = one.predicted**2 * one.batch_size / (finite_factor(one.sampling, one.batch_size, total) or 1.0)
    last = next((r.batch_size for r in reversed(rows) if r.predicted > 0), one.batch_size)
    sizes = [float(b) for b in np.geomspace(one.batch_size, last, 100)]
    return sizes, [math.sqrt(trace / b * finite_factor(one.sampling, b, total)) for b in sizes]


def draw_noise_along(rows: Sequence[NoiseAlong]) -> Figure:
    """The noise scale along a run with its 90% band; preconditioned beside it for adaptive optimizers."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=_SIZE_INCHES)
    axes = figure.add_axes((0.12, 0.13, 0.85, 0.76))
    style_axes(axes, 9.5)
    kinds = [(text("draw.noise.raw"), [r.raw for r in rows], RUN)]
    if all(r.preconditioned is not None for r in rows):
        scaled = [r.preconditioned for r in rows if r.preconditioned]
        kinds.append((text("draw.noise.preconditioned"), scaled, FIT))
    steps = np.array([r.step for r in rows], dtype=float)
    for _, noises, colour in kinds:
        scales = [n.noise_scale for n in noises]
        value = np.array([s.value if s.value is not None and s.resolved else math.nan for s in scales])
        low = np.array([s.interval[0] if s.interval[0] is not None else math.nan for s in scales])
        high = np.array([s.interval[1] if s.interval[1] is not None else math.nan for s in scales])
        axes.fill_between(steps, low, high, color=colour, alpha=0.18, lw=0)
        axes.plot(steps, value, "o-", ms=4, color=colour, lw=1.4)
        unresolved = [s for s, n in zip(steps, scales, strict=True) if not n.resolved]
        axes.scatter(unresolved, [axes.get_ylim()[1]] * len(unresolved), marker="^", s=20, color=QUIET)
    figure_key(figure, [Entry("●", name, colour) for name, _, colour in kinds])
    axes.set_yscale("log")
    set_ticks(axes.yaxis, log_ticks(*axes.get_ylim()), short_count)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel(text("draw.updates"))
    axes.set_ylabel(text("draw.noise.scale"))
    return figure
