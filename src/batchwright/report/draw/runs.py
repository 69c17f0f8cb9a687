"""Runs drawn: loss and the first metric as they went, of one run or of several side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from batchwright.core.numbers import short_count
from batchwright.report.draw.axes import WIDTH_INCHES, Entry, figure_key, set_ticks, style_axes
from batchwright.report.draw.palette import FIT, MISSED, QUIET, RUN, SET
from batchwright.report.draw.ticks import log_ticks
from batchwright.report.text.catalogue import spoken_name, text
from batchwright.training.record import Evaluation, RunResult, StepRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Progress = Literal["epochs", "updates", "examples", "seconds"]
_COLOURS = (RUN, FIT, SET, MISSED, QUIET)
_SPLITS = {"train": ("train.draw.train", RUN), "validation": ("train.draw.validation", FIT)}
_AXES = {
    "epochs": "train.draw.epochs",
    "updates": "train.draw.updates",
    "examples": "train.draw.examples",
    "seconds": "train.draw.seconds",
}
_LOG_ABOVE = 20.0
"""Losses that span more than this factor are drawn on a log axis."""
Points = list[tuple[float, float]]


@dataclass(frozen=True)
class RunCurve:
    """What one run looked like against its progress: points (progress, value), those not finite left out.

    Attributes:
        name: what to call the run.
        recorded: training loss as it was recorded on the way.
        loss: by split, over the whole split.
        metric: by split, of the task's first metric; empty where it has none.
    """

    name: str
    recorded: Points
    loss: dict[str, Points]
    metric: dict[str, Points]


def run_curve(result: RunResult, name: str, progress: Progress = "updates") -> RunCurve:
    """The curves of a run, taken from its records and evaluations."""
    metric = first_metric(result)
    loss: dict[str, Points] = {}
    quality: dict[str, Points] = {}
    for evaluation in result.evaluations:
        x = _progress(evaluation, result, progress)
        if evaluation.loss is not None:
            loss.setdefault(evaluation.split, []).append((x, evaluation.loss))
        value = evaluation.metrics.get(metric) if metric else None
        if value is not None:
            quality.setdefault(evaluation.split, []).append((x, value))
    recorded = [(_progress(s, result, progress), s.loss) for s in result.steps if s.loss is not None]
    return RunCurve(name=name, recorded=recorded, loss=loss, metric=quality)


def first_metric(result: RunResult) -> str | None:
    """The name of the task's first metric."""
    return next((name for evaluation in result.evaluations for name in evaluation.metrics), None)


def _progress(at: StepRecord | Evaluation, result: RunResult, progress: Progress) -> float:
    if progress == "epochs":
        return at.epoch
    if progress == "examples":
        return float(at.examples_seen)
    if progress == "seconds":  # of training, which goes on at an even pace
        return result.seconds * at.step / max(result.updates, 1)
    return float(at.step)


def draw_runs(
    curves: Sequence[RunCurve], *, progress: Progress = "updates", metric: str | None = None
) -> Figure:
    """Loss above, the metric below; one run coloured by split, several by run with training dashed."""
    from matplotlib.figure import Figure

    panels = 2 if metric is not None and any(curve.metric for curve in curves) else 1
    height = 5.4 if panels == 2 else 3.8
    figure = Figure(figsize=(WIDTH_INCHES, height))
    ratios = {"height_ratios": [1.5, 1.0]} if panels == 2 else {}
    grid = list(figure.subplots(panels, 1, sharex=True, squeeze=False, gridspec_kw=ratios)[:, 0])
    figure.subplots_adjust(left=0.12, right=0.97, top=1 - 0.5 / height, bottom=0.5 / height, hspace=0.1)
    for axes in grid:
        style_axes(axes)
    figure_key(figure, _draw_one(grid, curves[0]) if len(curves) == 1 else _draw_several(grid, curves))
    _scale_loss(grid[0], curves)
    grid[0].set_ylabel(text("train.draw.loss"))
    if panels == 2:
        grid[1].set_ylabel("" if metric is None else spoken_name("metric", metric))
    grid[-1].set_xlabel(text(_AXES[progress]))
    return figure


def _draw_one(grid: Sequence[Axes], curve: RunCurve) -> list[Entry]:
    """Training on the way as a faint line, each split's evaluations as dots; returns the key."""
    key = []
    if curve.recorded:
        grid[0].plot(*zip(*curve.recorded, strict=True), color=QUIET, lw=1.0, alpha=0.8)
        key.append(Entry("\u2014", text("train.draw.recorded"), QUIET))
    for split, (words, colour) in _SPLITS.items():
        if split not in curve.loss:
            continue
        for axes, values in zip(grid, (curve.loss, curve.metric), strict=False):
            if values.get(split):
                axes.plot(*zip(*values[split], strict=True), "o-", ms=3.5, lw=1.4, color=colour)
        key.append(Entry("●", text(words), colour))
    return key


def _draw_several(grid: Sequence[Axes], curves: Sequence[RunCurve]) -> list[Entry]:
    """Each run in its colour: validation as a line, training dashed; returns the key."""
    key = []
    for place, curve in enumerate(curves):
        colour = _COLOURS[place % len(_COLOURS)]
        for axes, values in zip(grid, (curve.loss, curve.metric), strict=False):
            for split, points in values.items():
                style = "-" if split == "validation" else (0, (3, 2))
                axes.plot(*zip(*points, strict=True), ls=style, lw=1.5, color=colour)
        key.append(Entry("●", curve.name, colour))
    return key


def _scale_loss(axes: Axes, curves: Sequence[RunCurve]) -> None:
    shown = [points for curve in curves for points in curve.loss.values()]
    if len(curves) == 1:
        shown.append(curves[0].recorded)
    losses = [y for points in shown for _, y in points]
    if losses and min(losses) > 0 and max(losses) / min(losses) > _LOG_ABOVE:
        axes.set_yscale("log")
        set_ticks(axes.yaxis, log_ticks(min(losses) / 1.2, max(losses) * 1.2), short_count)
