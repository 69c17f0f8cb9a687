"""Loss surfaces drawn: lines and interpolations with loss above and the metric below, planes as contours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from batchwright.core.numbers import short_count
from batchwright.measure.surface.interpolation import Interpolation
from batchwright.measure.surface.lines import Numbers, SurfaceLine, SurfacePlane, Trajectory
from batchwright.report.draw.axes import WIDTH_INCHES, Entry, figure_key, set_ticks, style_axes
from batchwright.report.draw.palette import FIT, INK, PAGE, QUIET, RUN, colour_ramp
from batchwright.report.draw.ticks import log_ticks
from batchwright.report.text.axes import axis_labels
from batchwright.report.text.catalogue import mark_name, spoken_name, text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SPLITS = (("train", RUN), ("validation", FIT))
_LOG_ABOVE = 20.0
"""Losses that span more than this factor are drawn on a log axis."""
_LEVELS = 24
_DEEPEST = 0.01
"""Contours begin at this quantile of the losses; what lies below, zero too, takes the lowest colour."""


def draw_line(found: SurfaceLine | Interpolation) -> Figure:
    """Loss along a line or between two models, the first metric below it, both splits labelled at their ends.

    Where a loss is not finite there is no curve, and the stretch is shaded.
    """
    from matplotlib.figure import Figure

    metric = next(iter(found.train.metrics), None)
    panels = 1 if metric is None else 2
    height = 3.6 if metric is None else 5.2
    figure = Figure(figsize=(WIDTH_INCHES, height))
    ratios = {"height_ratios": [1.6, 1.0]} if panels == 2 else {}
    grid = list(figure.subplots(panels, 1, sharex=True, squeeze=False, gridspec_kw=ratios)[:, 0])
    figure.subplots_adjust(left=0.11, right=0.86, top=1 - 0.5 / height, bottom=0.5 / height, hspace=0.1)
    alpha = np.array(found.alpha)
    for axes in grid:
        style_axes(axes)
        axes.set_xlim(alpha[0], alpha[-1])
        for mark in found.marks:
            axes.axvline(mark.at[0], color=INK, lw=0.8, ls=(0, (4, 3)), alpha=0.5)
    _draw_curves(grid[0], alpha, [getattr(found, split).loss for split, _ in _SPLITS], loss=True)
    grid[0].set_ylabel(text("draw.surface.loss"))
    if metric is not None:
        values = [getattr(found, split).metrics[metric] for split, _ in _SPLITS]
        _draw_curves(grid[1], alpha, values, loss=False)
        grid[1].set_ylabel(spoken_name("metric", metric))
    if isinstance(found, Interpolation):
        _draw_barrier(grid[0], found)
    grid[-1].set_xlabel(axis_labels(found)[0])
    for mark in found.marks:
        where = grid[0].get_xaxis_transform()
        grid[0].text(
            mark.at[0],
            1.02,
            mark_name(mark.name),
            transform=where,
            color=INK,
            fontsize=9.5,
            ha="center",
            va="bottom",
        )
    return figure


def draw_plane(found: SurfacePlane, split: str = "train") -> Figure:
    """Contours of one split's loss, on a log scale where it is positive, with models and trajectory on it.

    What is not finite is hatched. Below a trajectory's plane stand the real and the projected losses by step.
    """
    from matplotlib.figure import Figure

    below = 0.0 if found.trajectory is None else 1.9
    height = 4.9 + below
    figure = Figure(figsize=(WIDTH_INCHES, height))
    bottom = (below + 0.5) / height
    axes = figure.add_axes((0.11, bottom, 0.72, 1 - 0.35 / height - bottom))
    style_axes(axes)
    axes.grid(False)
    bar = figure.add_axes((0.86, bottom, 0.025, 1 - 0.35 / height - bottom))
    _draw_contours(figure, axes, bar, found, split)
    bar.set_title(text(f"draw.surface.{split}_loss"), color=INK, fontsize=9.5, loc="right", pad=8)
    end = (1.0, 1.0)
    if found.trajectory is not None:
        end = _draw_path(axes, found.trajectory)
        under = figure.add_axes((0.11, 0.45 / height, 0.75, (below - 0.6) / height))
        _draw_real_and_projected(under, found.trajectory)
    if found.not_finite:
        figure_key(figure, [Entry("■", text("draw.surface.not_finite"), QUIET)], left=0.7)
    across, up = axis_labels(found)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    for mark in found.marks:
        axes.plot(*mark.at, "o", ms=7, color=PAGE, mec=INK, mew=1.4, zorder=6, clip_on=False)
        _name_mark(axes, mark_name(mark.name), mark.at, away=end)
    return figure


def _draw_curves(axes: Axes, alpha: np.ndarray, curves: Sequence[Numbers], *, loss: bool) -> None:
    values = [np.array([math.nan if v is None else v for v in curve]) for curve in curves]
    _shade_missing(axes, alpha, np.asarray(np.isnan(values).any(axis=0)))
    for (_, colour), y in zip(_SPLITS, values, strict=True):
        alone = np.isfinite(y) & np.isnan(np.r_[math.nan, y[:-1]]) & np.isnan(np.r_[y[1:], math.nan])
        axes.plot(alpha, y, color=colour, lw=1.7, zorder=3)
        axes.plot(alpha[alone], y[alone], "o", ms=4, color=colour, zorder=3)
    flat = np.concatenate(values)
    flat = flat[np.isfinite(flat)]
    if not len(flat):
        words = text("draw.surface.finite_nowhere")
        axes.text(0.5, 0.5, words, transform=axes.transAxes, color=INK, ha="center")
        return
    if loss and flat.min() > 0 and flat.max() / flat.min() > _LOG_ABOVE:
        axes.set_yscale("log")
        low, high = flat.min() / 1.25, flat.max() * 1.25
        axes.set_ylim(low, high)
        set_ticks(axes.yaxis, log_ticks(low, high), _loss_text)
    _label_ends(axes, alpha, values)


def _label_ends(axes: Axes, alpha: np.ndarray, values: Sequence[np.ndarray]) -> None:
    """The split's name at the right end of each curve, moved apart where the two would touch."""
    axes.autoscale_view()  # else the limits are those of an empty panel until it is drawn
    to_axes = axes.transData + axes.transAxes.inverted()
    places: list[tuple[float, float, str]] = []
    for (split, _), y in zip(_SPLITS, values, strict=True):
        finite = np.flatnonzero(np.isfinite(y))
        if len(finite):
            x, height = to_axes.transform((alpha[finite[-1]], y[finite[-1]]))
            places.append((float(height), float(x), text(f"draw.surface.{split}")))
    places.sort()
    apart = 0.17 / axes.get_window_extent().height * axes.figure.dpi
    if len(places) == 2 and places[1][0] - places[0][0] < apart:
        middle = (places[0][0] + places[1][0]) / 2
        places = [(middle + sign * apart / 2, *p[1:]) for sign, p in zip((-1, 1), places, strict=True)]
    for height, x, words in places:
        axes.text(x + 0.012, height, words, transform=axes.transAxes, color=INK, fontsize=9.5, va="center")


def _shade_missing(axes: Axes, alpha: np.ndarray, missing: np.ndarray) -> None:
    """Grey where a loss is not finite, up to halfway to the neighbours that are."""
    edges = np.r_[alpha[0], (alpha[1:] + alpha[:-1]) / 2, alpha[-1]]
    for (left, right), gone in zip(pairwise(edges), missing, strict=True):
        if gone:
            axes.axvspan(left, right, color=QUIET, alpha=0.25, lw=0, zorder=0)
    if missing.any() and not missing.all():
        middle = float(alpha[missing][missing.sum() // 2])
        where = axes.get_xaxis_transform()
        words = text("draw.surface.not_finite")
        axes.text(middle, 0.06, words, transform=where, color=INK, fontsize=9, ha="center")


def _draw_barrier(axes: Axes, found: Interpolation) -> None:
    """The chord of the training loss between the ends, and the barrier over it."""
    barrier = found.barrier["train"]
    start, stop = (mark.values.train.loss for mark in found.marks)
    if not barrier.above_both_ends or barrier.value is None or start is None or stop is None:
        return
    inner = np.linspace(0, 1, 101)
    axes.plot(inner, (1 - inner) * start + inner * stop, color=RUN, lw=1.0, ls=(0, (2, 2)), zorder=2)
    chord = (1 - barrier.alpha) * start + barrier.alpha * stop
    axes.plot([barrier.alpha] * 2, [chord, chord + barrier.value], color=RUN, lw=1.0, zorder=2)
    words = text("draw.surface.barrier", value=_loss_text(barrier.value))
    # On the side where the chord is above the words.
    side, words_end = (-4, "right") if start > stop else (4, "left")
    axes.annotate(
        words, (barrier.alpha, chord), xytext=(side, -3), textcoords="offset points", color=INK, fontsize=9,
        ha=words_end, va="top",
    )  # fmt: skip


def _draw_contours(figure: Figure, axes: Axes, bar: Axes, found: SurfacePlane, split: str) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    rows = getattr(found, split).loss
    loss = np.array([[math.nan if v is None else v for v in row] for row in rows])
    finite = loss[np.isfinite(loss)]
    axes.set_facecolor("none")
    axes.set_xlim(found.alpha[0], found.alpha[-1])
    axes.set_ylim(found.beta[0], found.beta[-1])
    _hatch_missing(axes)
    if not len(finite) or finite.min() == finite.max():
        words = text("draw.surface.flat" if len(finite) else "draw.surface.finite_nowhere")
        axes.text(0.5, 0.5, words, transform=axes.transAxes, color=INK, ha="center", zorder=5)
        bar.set_visible(False)
        return
    log = finite.min() >= 0
    if log:
        lowest = min(float(np.quantile(finite[finite > 0], _DEEPEST)), finite.max() / 1.01)
        levels = np.geomspace(lowest, finite.max() * (1 + 1e-9), _LEVELS + 1)
    else:
        levels = np.linspace(finite.min(), finite.max(), _LEVELS + 1)
    shown = np.where(np.isnan(loss), math.nan, np.maximum(loss, levels[0]))
    if log:
        shown, levels = np.log10(shown), np.log10(levels)
    colours = ListedColormap(colour_ramp(_LEVELS))
    norm = BoundaryNorm(levels, _LEVELS)
    masked = np.ma.masked_invalid(shown)
    # Lines of the page's colour over the fill: neighbouring tones are close in grey.
    axes.contourf(found.alpha, found.beta, masked, levels=levels, cmap=colours, norm=norm, zorder=1)
    style: Any = {"colors": PAGE, "linewidths": 0.5, "alpha": 0.55, "zorder": 2, "linestyles": "solid"}
    axes.contour(found.alpha, found.beta, masked, levels=levels[2::2], **style)
    _draw_bar(bar, levels, colours, norm, log=log)


def _draw_bar(bar: Axes, levels: np.ndarray, colours: Any, norm: Any, *, log: bool) -> None:
    middles = (levels[1:] + levels[:-1]) / 2
    bar.pcolormesh([0, 1], levels, middles[:, None], cmap=colours, norm=norm)
    bar.set_xticks([])
    bar.yaxis.tick_right()
    bar.tick_params(colors=INK, labelcolor=INK, labelsize=9, length=3, width=0.7)
    for side in bar.spines.values():
        side.set_visible(False)
    if log:
        ticks = log_ticks(10 ** levels[0], 10 ** levels[-1])
        bar.set_yticks([math.log10(tick) for tick in ticks], [_loss_text(tick) for tick in ticks])


def _hatch_missing(axes: Axes) -> None:
    """Under the contours, so that it shows where there are none."""
    from matplotlib.patches import Rectangle

    box = Rectangle(
        (0, 0), 1, 1, transform=axes.transAxes, facecolor=QUIET, alpha=0.3, hatch="///", edgecolor=QUIET,
        lw=0, zorder=0,
    )  # fmt: skip
    axes.add_patch(box)


def _draw_path(axes: Axes, trajectory: Trajectory) -> tuple[float, float]:
    """The snapshots as a path, its start named; returns where its end has room for a name."""
    places = np.array([snapshot.at for snapshot in trajectory.snapshots])
    axes.plot(*places.T, color=PAGE, lw=2.6, zorder=4)
    axes.plot(*places.T, "o-", color=INK, lw=1.2, ms=3.2, zorder=5)
    start, end = places[0] - places[1], places[-1] - places[-2]
    first = (float(places[0, 0]), float(places[0, 1]))
    _name_mark(axes, text("draw.surface.start"), first, away=(start[0], start[1]))
    return float(end[0]), float(end[1])


def _name_mark(axes: Axes, name: str, at: Sequence[float], away: tuple[float, float] = (1.0, 1.0)) -> None:
    """The mark's name beside it, towards ``away`` where the panel has room."""
    left, right = axes.get_xlim()
    share = (at[0] - left) / (right - left)
    on_right = share < 0.15 or (away[0] >= 0 and share < 0.8)
    above = away[1] >= 0
    axes.annotate(
        name, (at[0], at[1]), xytext=(7 if on_right else -7, 6 if above else -6), textcoords="offset points",
        color=INK, fontsize=9.5, fontweight="bold", ha="left" if on_right else "right",
        va="bottom" if above else "top", zorder=7,
    )  # fmt: skip


def _draw_real_and_projected(axes: Axes, trajectory: Trajectory) -> None:
    style_axes(axes)
    rows = trajectory.snapshots
    steps = np.array([r.step for r in rows], dtype=float)
    real = np.array([math.nan if r.real_loss is None else r.real_loss for r in rows])
    projected = np.array([math.nan if r.projected_loss is None else r.projected_loss for r in rows])
    ends = []
    dashed = (0, (3, 2))
    for name, values, colour, style in (("real", real, RUN, "-"), ("projected", projected, FIT, dashed)):
        axes.plot(steps, values, ls=style, lw=1.6, color=colour)
        ends.append(Entry("—", text(f"draw.surface.{name}"), colour))
    both = np.concatenate([real, projected])
    both = both[np.isfinite(both)]
    if len(both) and both.min() > 0 and both.max() / both.min() > _LOG_ABOVE:
        axes.set_yscale("log")
        set_ticks(axes.yaxis, log_ticks(both.min() / 1.2, both.max() * 1.2), _loss_text)
    beside: dict[str, Any] = {"transform": axes.transAxes, "fontsize": 9.5, "va": "center"}
    for place, entry in enumerate(ends):
        axes.text(1.01, 0.8 - 0.22 * place, entry.mark, color=entry.colour, **beside)
        axes.text(1.045, 0.8 - 0.22 * place, entry.words, color=INK, **beside)
    axes.set_xlabel(text("draw.updates"))
    axes.set_ylabel(text("draw.training_loss"))


def _loss_text(value: float) -> str:
    return short_count(value) if 1e-3 <= value < 1e4 else f"{value:.0e}".replace("e-0", "e-")
