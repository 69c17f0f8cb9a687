"""Curvature drawn: the spectrum at a point, and the largest eigenvalue along a run beside its threshold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from batchwright.core.numbers import short_count
from batchwright.measure.hessian.tracking import CurvatureAlong
from batchwright.measure.points.geometry import Geometry
from batchwright.report.draw.axes import WIDTH_INCHES, Entry, figure_key, set_ticks, style_axes
from batchwright.report.draw.palette import FIT, QUIET, RUN, SET
from batchwright.report.draw.ticks import log_ticks
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_along(curve: Sequence[CurvatureAlong]) -> Figure:
    """The largest eigenvalue with the threshold of the optimizer dashed, and the training loss under it."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, 5.2))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    figure.subplots_adjust(left=0.13, right=0.97, top=0.9, bottom=0.1, hspace=0.12)
    steps = np.array([row.step for row in curve])
    for axes in (upper, lower):
        style_axes(axes)
    scaled = [row.preconditioned for row in curve]
    adaptive = any(value is not None for value in scaled)
    values = scaled if adaptive else [row.largest for row in curve]
    upper.plot(steps, _numbers(values), "o-", ms=3, lw=1.3, color=RUN)
    words = text("draw.curvature.preconditioned" if adaptive else "draw.curvature.largest")
    key = [Entry("●", words, RUN)]
    thresholds = _numbers([row.threshold for row in curve])
    if np.isfinite(thresholds).any():
        upper.plot(steps, thresholds, color=FIT, lw=1.2, ls=(0, (4, 3)), zorder=4)
        key.append(Entry("┄", text("draw.curvature.edge"), FIT))
    upper.set_ylim(0, 1.06 * upper.get_ylim()[1])
    upper.set_ylabel(text("draw.curvature.eigenvalue"))
    lower.plot(steps, [row.loss for row in curve], color=SET, lw=1.3)
    lower.set_yscale("log")
    bottom, top = lower.get_ylim()
    set_ticks(lower.yaxis, log_ticks(bottom, top), lambda value: f"{value:.3g}")
    lower.set_ylabel(text("draw.training_loss"))
    lower.set_xlabel(text("draw.updates"))
    figure_key(figure, key)
    return figure


def _numbers(values: Sequence[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def draw_spectrum(found: Geometry) -> Figure:
    """The density of the eigenvalues with its spread over probes, and the eigenvalues found as marks."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH_INCHES, 3.6))
    axes = figure.add_axes((0.12, 0.15, 0.85, 0.68))
    style_axes(axes)
    values = [e.value for e in found.eigenvalues]
    key = [Entry("|", text("draw.curvature.found"), RUN)]
    if found.density is not None:
        _draw_density(axes, found)
        key.append(Entry("—", text("draw.curvature.density_of_all"), FIT))
    else:
        axes.set_yticks([])
    where = axes.get_xaxis_transform()
    axes.plot(values, [0.04] * len(values), "|", ms=14, mew=1.6, color=RUN, transform=where, zorder=4)
    axes.axvline(0, color=QUIET, lw=0.8)
    span = max(max(values), 0.0) - min(*values, 0.0) or 1.0
    axes.set_xlim(min(*values, 0.0) - 0.06 * span, max(*values, 0.0) + 0.06 * span)
    axes.set_xlabel(text("draw.curvature.of_hessian"))
    figure_key(figure, key)
    return figure


def _draw_density(axes: Axes, found: Geometry) -> None:
    """Share of the eigenvalues per unit, on a log scale: the few large ones would not show otherwise."""
    assert found.density is not None
    values = [e.value for e in found.eigenvalues]
    low, high = min(*values, 0.0), max(*values, 0.0)
    margin = 0.05 * ((high - low) or 1.0)
    grid = np.linspace(low - margin, high + margin, 400)
    mean, spread = found.density.on_grid(grid)
    floor = max(float(mean.max()) * 1e-7, 1e-12)
    axes.plot(grid, np.where(mean > floor, mean, np.nan), color=FIT, lw=1.3)
    axes.fill_between(
        grid, np.maximum(mean - spread, floor), mean + spread, where=mean > floor, color=FIT, alpha=0.2, lw=0
    )
    axes.set_yscale("log")
    bottom, top = axes.get_ylim()
    set_ticks(axes.yaxis, log_ticks(bottom, top), short_count)
    axes.set_ylabel(text("draw.curvature.density"))
