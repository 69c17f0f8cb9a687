"""Series to figures; the only module that draws.

Every figure is drawn once in two sentinel colours, ink and page. Inline in HTML they become
``currentColor`` and ``var(--page)``, so one drawing reads well in light and in dark; in a file they are
near black on white. Data colours are mid-tones that hold their contrast on both.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchwright.advice.result import StudyResult
from batchwright.core.errors import InputError
from batchwright.report.draw import grids, series, svg
from batchwright.report.draw.svg import INK, PAGE
from batchwright.report.draw.ticks import (
    cell_half_height,
    colour_ramp,
    labelled_sizes,
    log_ticks,
    spaced_rates,
)
from batchwright.report.text import formats
from batchwright.report.text.formats import TIMES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RUN, FIT, SET, MISSED, QUIET = "#3d7bd9", "#d9692a", "#2a9d6f", "#d64550", "#808890"
SUFFIXES = (".svg", ".png", ".pdf")
_WIDTH_INCHES, _FONT_POINTS = 6.4, 11.5
_UNITS: dict[str, Callable[[float], str]] = {
    "steps": formats.short_count,
    "examples": formats.short_count,
    "seconds": formats.short_seconds,
}


def draw_all(result: StudyResult, curves: Sequence[Mapping[str, Any]] = ()) -> dict[str, Figure]:
    """Every figure the study has data for, by name, the objective's own cost first.

    Names: ``seconds``, ``steps``, ``examples`` (to target), ``learning-rates``, ``timing``, ``loss``.
    """
    costs = {
        "seconds": series.seconds_series(result),
        "steps": series.steps_series(result),
        "examples": series.examples_series(result),
    }
    objective = {"time": "seconds"}.get(result.recommendation.objective, result.recommendation.objective)
    names = sorted(costs, key=lambda name: name != objective)
    figures = {name: draw_cost(costs[name]) for name in names if costs[name]}
    if rates := grids.learning_rate_map(result):
        figures["learning-rates"] = draw_learning_rates(rates)
    if timing := grids.timing_series(result):
        figures["timing"] = draw_timing(timing)
    if losses := grids.loss_curves(result, curves):
        figures["loss"] = draw_loss(losses)
    return figures


def save_figure(figure: Figure, path: str | Path) -> Path:
    """Write a figure as ``.svg``, ``.png`` (200 dots per inch) or ``.pdf``, on white.

    Raises:
        InputError: another suffix.
    """
    path = Path(path)
    if path.suffix not in SUFFIXES:
        raise InputError(f"a figure's suffix must be one of {', '.join(SUFFIXES)}, got {path.name!r}")
    metadata = {} if path.suffix == ".png" else {"CreationDate" if path.suffix == ".pdf" else "Date": None}
    import matplotlib

    with matplotlib.rc_context(_RC):
        figure.savefig(path, dpi=200, facecolor="white", metadata=metadata)
    return path


def to_svg(figure: Figure, *, name: str, label: str = "") -> str:
    """The figure as inline SVG for HTML: transparent, deterministic, in the colours of the page around it.

    Args:
        figure: one of this module's figures.
        name: unique in the page; prefixes the drawing's internal ids.
        label: what the drawing shows, for those who cannot see it.
    """
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context(_RC):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return svg.inline(buffer.getvalue(), name=name, label=label)


# pdf.fonttype 42 keeps text as text; the salt makes matplotlib's ids the same in every process.
_RC: Any = {"svg.fonttype": "none", "svg.hashsalt": "batchwright", "pdf.fonttype": 42}


def draw_cost(cost: series.CostSeries) -> Figure:
    """Steps, examples or seconds to target: runs, medians, fit, perfect scaling, recommended set."""
    figure, (axes,) = _figure(5.0, head_lines=2)
    unit = _UNITS[cost.quantity]
    low, high = _limits(cost)
    for start, stop in cost.spans:
        axes.axvspan(start, stop, color=SET, alpha=0.14, lw=0)
    if cost.perfect:
        _line(axes, cost.perfect, color=QUIET, lw=1.3, ls=(0, (2, 2)))
    _draw_fit(axes, cost.fit)
    axes.scatter(*_xy(cost.runs), s=13, color=RUN, alpha=0.55, lw=0, zorder=3)
    _draw_missed(axes, cost.missed, high)
    _draw_medians(axes, cost)
    _log_axes(axes, cost.tried, (low, high), unit, keep=cost.chosen)
    _head(axes, f"{cost.quantity} to target", _cost_key(cost))
    if cost.critical_batch is not None and cost.fit:
        _mark_critical(axes, cost)
    return figure


def _draw_fit(axes: Axes, fit: Sequence[series.FitPoint]) -> None:
    if not fit:
        return
    x = [p.batch_size for p in fit]
    band = [(p.batch_size, p.low, p.high) for p in fit if p.low is not None and p.high is not None]
    if band:
        x_band, lower, upper = zip(*band, strict=True)
        axes.fill_between(x_band, lower, upper, color=FIT, alpha=0.18, lw=0)
    axes.plot(x, [p.mid for p in fit], color=FIT, lw=1.8)


def _draw_missed(axes: Axes, missed: Sequence[series.Miss], top: float) -> None:
    ended = [series.Dot(m.batch_size, m.at) for m in missed if m.at is not None]
    failed = [series.Dot(m.batch_size, top / 1.12) for m in missed if m.at is None]
    axes.scatter(*_xy(ended), s=30, marker="^", facecolors="none", edgecolors=MISSED, lw=1.1, zorder=4)
    axes.scatter(*_xy(failed), s=30, marker="x", color=MISSED, lw=1.4, zorder=4, clip_on=False)


def _draw_medians(axes: Axes, cost: series.CostSeries) -> None:
    for m in cost.medians:
        if m.low is not None and m.high is not None:
            axes.plot([m.batch_size] * 2, [m.low, m.high], color=RUN, lw=1.4, alpha=0.8, zorder=4)
    others = [series.Dot(m.batch_size, m.value) for m in cost.medians if m.batch_size != cost.chosen]
    axes.scatter(*_xy(others), s=40, color=RUN, edgecolors=PAGE, lw=0.8, zorder=5)
    best = cost.median_at(cost.chosen)
    if best is not None and cost.chosen is not None:
        axes.scatter([cost.chosen], [best], s=95, color=SET, edgecolors=INK, lw=1.3, zorder=6)


def _cost_key(cost: series.CostSeries) -> list[tuple[str, str]]:
    entries = [("● median, · runs", RUN)]
    if cost.fit:
        banded = any(p.low is not None for p in cost.fit)
        entries.append(("— fit, 90% band" if banded else "— fit", FIT))
    if cost.perfect:
        entries.append(("┄ perfect scaling", QUIET))
    if cost.spans:
        entries.append(("■ as good as the best", SET))
    if any(m.at is not None for m in cost.missed):
        entries.append(("△ budget ended", MISSED))
    if any(m.at is None for m in cost.missed):
        entries.append((f"{TIMES} never reached", MISSED))
    return entries


def _mark_critical(axes: Axes, cost: series.CostSeries) -> None:
    """The critical batch and its interval, along the bottom."""
    value = cost.critical_batch or 1.0
    low, high = cost.critical_interval or (None, None)
    left, right = axes.get_xlim()
    bottom = axes.get_xaxis_transform()
    axes.plot([low or left, high or right], [0.03] * 2, transform=bottom, color=FIT, lw=4, alpha=0.55)
    axes.plot([value] * 2, [0.0, 0.06], transform=bottom, color=FIT, lw=1.8)
    near_right = math.log(value / left) > 0.6 * math.log(right / left)
    text = f"critical batch {formats.count(value)}"
    axes.text(
        value, 0.075, text, transform=bottom, color=FIT, ha="right" if near_right else "center", va="bottom"
    )


def draw_learning_rates(rates: grids.LearningRateMap) -> Figure:
    """The learning rate by batch size map: darker is fewer steps, in a ring the chosen rate."""
    import matplotlib.patches as patches

    span = math.log2(rates.lrs[-1] / rates.lrs[0])
    figure, (axes,) = _figure(min(max(2.8 + 0.34 * span, 3.8), 6.4), head_lines=2)
    half = cell_half_height(rates.lrs)
    numbered = len(rates.batch_sizes) <= 14
    columns = {b: i for i, b in enumerate(rates.batch_sizes)}
    for cell in rates.cells:
        x, y = columns[cell.batch_size], math.log2(cell.lr)
        colour, alpha, text = _cell_style(cell)
        box = (x - 0.47, y - half), 0.94, 2 * half
        axes.add_patch(patches.Rectangle(*box, color=colour, alpha=alpha, lw=0))
        if cell.chosen:
            ring = MISSED if cell.on_edge else INK
            inner = (x - 0.44, y - 0.9 * half), 0.88, 1.8 * half
            axes.add_patch(patches.Rectangle(*inner, fill=False, edgecolor=ring, lw=1.8, zorder=4))
        if numbered:
            axes.text(x, y, text, ha="center", va="center", color=INK, fontsize=9)
        if cell.outcome == "reached" and cell.reached < cell.runs:
            axes.plot([x + 0.32], [y + 0.45 * half], "o", ms=3.2, color=MISSED)
    axes.set_xlim(-0.6, len(columns) - 0.4)
    axes.set_ylim(math.log2(rates.lrs[0]) - 2 * half, math.log2(rates.lrs[-1]) + 2 * half)
    axes.set_xticks(list(columns.values()), [formats.short_size(b) for b in columns])
    marks = spaced_rates(rates.lrs)
    axes.set_yticks([math.log2(v) for v in marks], [formats.rate(v) for v in marks])
    axes.tick_params(length=0)
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_xlabel("batch size")
    _head(axes, "learning rate", _map_key(rates))
    return figure


def _cell_style(cell: grids.LearningRateCell) -> tuple[str, float, str]:
    if cell.outcome == "reached" and cell.relative is not None:
        # One hue that fades with the steps: reads as "stronger is better" on a light and on a dark page.
        fade = min(math.log2(max(cell.relative, 1.0)) / 2, 1.0)
        return (
            RUN,
            0.78 - 0.68 * fade,
            f"{cell.relative:.3g}" if cell.relative >= 10 else f"{cell.relative:.1f}",
        )
    return (MISSED, 0.3, TIMES) if cell.outcome == "diverged" else (QUIET, 0.25, "…")


def _map_key(rates: grids.LearningRateMap) -> list[tuple[str, str]]:
    entries = [("steps, best = 1", RUN), ("□ chosen", INK)]
    if any(c.on_edge for c in rates.cells):
        entries.append(("□ on the edge", MISSED))
    if any(c.outcome == "diverged" for c in rates.cells):
        entries.append((f"{TIMES} diverged", MISSED))
    if any(c.outcome == "censored" for c in rates.cells):
        entries.append(("… budget ended", QUIET))
    if any(c.outcome == "reached" and c.reached < c.runs for c in rates.cells):
        entries.append(("• some runs failed", MISSED))
    return entries


def draw_timing(timing: grids.TimingSeries) -> Figure:
    """Seconds a step above, examples a second below."""
    figure, (above, below) = _figure(6.0, panels=2)
    sizes = [p.batch_size for p in timing.points]
    panels: tuple[tuple[Axes, str, list[float], Callable[[float], str]], ...] = (
        (above, "seconds a step", [p.seconds_per_step for p in timing.points], formats.short_seconds),
        (below, "examples a second", [p.examples_per_second for p in timing.points], formats.short_count),
    )
    for axes, title, values, unit in panels:
        axes.plot(sizes, values, color=RUN, lw=1.6, marker="o", ms=5.5, mec=PAGE, mew=0.8)
        for size, value in zip(sizes, values, strict=True):
            if size == timing.chosen:
                axes.plot([size], [value], "o", ms=9, color=SET, mec=INK, mew=1.3)
        _log_axes(axes, sizes, (min(values) / 1.5, max(values) * 1.5), unit, keep=timing.chosen)
        _head(axes, title, [])
    quartiles = [p for p in timing.points if p.low is not None and p.high is not None]
    above.vlines(
        [p.batch_size for p in quartiles],
        [p.low or p.seconds_per_step for p in quartiles],
        [p.high or p.seconds_per_step for p in quartiles],
        color=RUN,
        lw=1.4,
    )
    above.set_xlabel("")
    return figure


def draw_loss(losses: grids.LossCurves) -> Figure:
    """Validation loss against examples, one colour a batch size, further seeds faint."""
    figure, (axes,) = _figure(5.0, head_lines=2)
    colours = dict(zip(losses.batch_sizes, colour_ramp(len(losses.batch_sizes)), strict=True))
    drawn: set[int] = set()
    for curve in losses.curves:
        first = curve.batch_size not in drawn
        drawn.add(curve.batch_size)
        axes.plot(
            curve.examples,
            curve.loss,
            color=colours[curve.batch_size],
            lw=1.7 if first else 0.8,
            alpha=1.0 if first else 0.35,
        )
    x = [v for curve in losses.curves for v in curve.examples]
    values = [v for curve in losses.curves for v in curve.loss]
    axes.set_xscale("log")
    _ticks(axes.xaxis, log_ticks(min(x), max(x)), formats.short_count)
    axes.set_xlim(min(x), max(x) * 1.25)
    if min(values) > 0 and max(values) / min(values) > 5:
        axes.set_yscale("log")
        _ticks(axes.yaxis, log_ticks(min(values), max(values)), formats.short_count)
    if losses.target is not None:
        axes.axhline(losses.target, color=INK, lw=1, ls=(0, (4, 3)), alpha=0.7)
        axes.text(
            min(x) * 1.05, losses.target, f"target {losses.target:g}", color=INK, va="bottom", fontsize=9.5
        )
    axes.set_xlabel("examples seen")
    _head(axes, "validation loss, by batch size", [(formats.short_size(b), colours[b]) for b in colours])
    return figure


def _figure(height_inches: float, panels: int = 1, head_lines: int = 0) -> tuple[Figure, Sequence[Axes]]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH_INCHES, height_inches))
    axes = figure.subplots(panels, 1, squeeze=False)[:, 0]
    # Fixed margins: a layout engine would draw everything twice.
    figure.subplots_adjust(
        left=0.14,
        right=0.975,
        bottom=0.6 / height_inches,
        top=1 - (0.4 + 0.22 * head_lines) / height_inches,
        hspace=0.42,
    )
    for one in axes:
        one.set_facecolor("none")
        one.tick_params(
            colors=INK, labelsize=_FONT_POINTS - 0.5, which="both", length=3, width=0.7, labelcolor=INK
        )
        one.minorticks_off()
        one.xaxis.label.set(color=INK, fontsize=_FONT_POINTS)
        one.grid(True, color=INK, alpha=0.1, lw=0.7)
        one.set_axisbelow(True)
        for side, spine in one.spines.items():
            spine.set(visible=side in ("left", "bottom"), color=INK, linewidth=0.7)
    return figure, list(axes)


def _limits(cost: series.CostSeries) -> tuple[float, float]:
    values = [d.value for d in cost.runs] + [m.value for m in cost.medians]
    values += [m.at for m in cost.missed if m.at is not None]
    room = (max(values) / min(values)) ** 0.06 * 1.2
    # The critical batch is written along the bottom.
    return min(values) / (room * 1.5 if cost.critical_batch and cost.fit else room), max(values) * room


def _log_axes(
    axes: Axes,
    sizes: Sequence[int],
    limits: tuple[float, float],
    unit: Callable[[float], str],
    keep: int | None,
) -> None:
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    edge = (sizes[-1] / sizes[0]) ** 0.03 * 1.15
    axes.set_xlim(sizes[0] / edge, sizes[-1] * edge)
    axes.set_ylim(*limits)
    _ticks(axes.xaxis, labelled_sizes(sizes, keep), formats.short_size)
    _ticks(axes.yaxis, log_ticks(*limits), unit)
    axes.set_xlabel("batch size")


def _ticks(axis: Any, places: Sequence[float], text: Callable[[float], str]) -> None:
    axis.set_ticks(list(places), [text(place) for place in places])
    axis.set_ticks([], minor=True)


def _head(axes: Axes, title: str, key: Sequence[tuple[str, str]]) -> None:
    """The title, and under it coloured words instead of a legend box, wrapped to the figure's width."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font, gap = FontProperties(size=_FONT_POINTS - 1), 13.0
    width = _WIDTH_INCHES * 72 * 0.98
    # Flush with the figure's left edge, not with the axes: the caption above it starts there too.
    left = 3 - axes.get_position().x0 * _WIDTH_INCHES * 72
    places: list[tuple[float, int]] = []
    x, line = 0.0, 0
    for text, _ in key:
        length = text_to_path.get_text_width_height_descent(text, font, False)[0]
        if x + length > width:
            x, line = 0.0, line + 1
        places.append((x, line))
        x += length + gap
    lines = line + 1 if key else 0
    for (text, colour), (x, line) in zip(key, places, strict=True):
        _above(axes, text, left + x, 9 + 15 * (lines - 1 - line), color=colour, fontsize=_FONT_POINTS - 1)
    bold = {"fontweight": "bold", "fontsize": _FONT_POINTS + 0.5}
    _above(axes, title, left, 9 + 15 * lines + (3 if lines else 0), color=INK, **bold)


def _above(axes: Axes, text: str, x_points: float, y_points: float, **style: Any) -> None:
    offset = (x_points, y_points)
    axes.annotate(text, (0, 1), xycoords="axes fraction", xytext=offset, textcoords="offset points", **style)


def _line(axes: Axes, dots: Sequence[series.Dot], **style: Any) -> None:
    axes.plot(*_xy(dots), **style)


def _xy(dots: Sequence[series.Dot]) -> tuple[list[float], list[float]]:
    return [d.batch_size for d in dots], [d.value for d in dots]
