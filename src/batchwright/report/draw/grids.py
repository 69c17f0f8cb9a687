"""The learning-rate map, the timings and the loss curves, as plain lists; nothing here draws."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from batchwright.advice.result import StudyResult
from batchwright.report.draw.series import CENSORED, REACHED, rate_place
from batchwright.report.thinning import thinned
from batchwright.study.result import BatchSizeResult, Trial

_POINTS_PER_CURVE = 60
_SEEDS_SHOWN = 3


@dataclass(frozen=True)
class LearningRateCell:
    """All runs of one learning rate at one batch size, search and confirmation together.

    ``median_steps`` counts runs without the target as infinite, and is None where it is infinite;
    ``relative`` divides it by the lowest of that batch size. ``outcome`` says what the median run did.
    """

    batch_size: int
    lr: float
    runs: int
    reached: int
    diverged: int
    censored: int
    median_steps: float | None
    relative: float | None
    outcome: Literal["reached", "diverged", "censored"]
    chosen: bool
    on_edge: bool


@dataclass(frozen=True)
class LearningRateMap:
    """Every learning rate that was tried, at every batch size."""

    batch_sizes: list[int]
    lrs: list[float]
    cells: list[LearningRateCell]

    def __bool__(self) -> bool:
        return bool(self.cells)


@dataclass(frozen=True)
class TimingPoint:
    """Seconds of one update, its quartiles where known, and the examples a second that follow."""

    batch_size: int
    seconds_per_step: float
    low: float | None
    high: float | None
    examples_per_second: float


@dataclass(frozen=True)
class TimingSeries:
    """The hardware's side of the answer."""

    points: list[TimingPoint]
    chosen: int | None

    def __bool__(self) -> bool:
        return bool(self.points)


@dataclass(frozen=True)
class LossCurve:
    """Validation loss of one run against the examples it had seen."""

    batch_size: int
    lr: float
    seed: int
    examples: list[float]
    loss: list[float]


@dataclass(frozen=True)
class LossCurves:
    """Loss curves, smallest batch size first; ``target`` is the target loss, if the target is one."""

    curves: list[LossCurve]
    target: float | None
    runs: int

    def __bool__(self) -> bool:
        return bool(self.curves)

    @property
    def batch_sizes(self) -> list[int]:
        """The batch sizes that have a curve."""
        return sorted({curve.batch_size for curve in self.curves})


def learning_rate_map(result: StudyResult) -> LearningRateMap:
    """Median steps of every tried cell relative to the best of its batch size."""
    groups: dict[tuple[int, int | str], list[Trial]] = defaultdict(list)
    for trial in result.trials:
        groups[trial.batch_size, _place(rate_place(trial), trial.lr)].append(trial)
    best: dict[int, float] = defaultdict(lambda: math.inf)
    for (batch_size, _), trials in groups.items():
        best[batch_size] = min(_median_steps(trials), best[batch_size])
    entries = {entry.batch_size: entry for entry in result.batch_sizes}
    cells = []
    for (batch_size, place), trials in groups.items():
        entry = entries.get(batch_size)
        chosen = entry is not None and entry.lr is not None and _place(entry.rate_index, entry.lr) == place
        cells.append(_cell(trials, best[batch_size], entry if chosen else None))
    return LearningRateMap(
        batch_sizes=sorted({entry.batch_size for entry in result.batch_sizes} | {b for b, _ in groups}),
        lrs=sorted({cell.lr for cell in cells}),
        cells=sorted(cells, key=lambda cell: (cell.batch_size, cell.lr)),
    )


def _place(index: int | None, lr: float) -> int | str:
    """What tells one rate from another; in results of version 1 six digits of the rate itself."""
    return f"{lr:.6g}" if index is None else index


def _cell(trials: Sequence[Trial], best: float, chosen_by: BatchSizeResult | None) -> LearningRateCell:
    """The runs of one rate at one batch size; ``chosen_by``: the row whose rate it is."""
    steps = _median_steps(trials)
    statuses = [trial.status for trial in trials]
    reached, censored = statuses.count(REACHED), statuses.count(CENSORED)
    diverged = len(statuses) - reached - censored
    finite = math.isfinite(steps)
    return LearningRateCell(
        batch_size=trials[0].batch_size,
        lr=float(f"{trials[0].lr:.6g}"),
        runs=len(trials),
        reached=reached,
        diverged=diverged,
        censored=censored,
        median_steps=steps if finite else None,
        relative=steps / best if finite else None,
        outcome="reached" if finite else "diverged" if diverged >= censored else "censored",
        chosen=chosen_by is not None,
        on_edge=chosen_by is not None and chosen_by.lr_on_edge,
    )


def _median_steps(trials: Sequence[Trial]) -> float:
    return median(
        trial.steps_to_target if trial.status == REACHED and trial.steps_to_target is not None else math.inf
        for trial in trials
    )


def timing_series(result: StudyResult) -> TimingSeries:
    """Seconds a step and examples a second against the batch size."""
    points = [
        TimingPoint(
            entry.batch_size,
            entry.seconds_per_step,
            entry.timing.low if entry.timing else None,
            entry.timing.high if entry.timing else None,
            entry.batch_size / entry.seconds_per_step,
        )
        for entry in sorted(result.batch_sizes, key=lambda entry: entry.batch_size)
        if entry.seconds_per_step
    ]
    return TimingSeries(points, result.recommendation.batch_size)


def loss_curves(result: StudyResult, curves: Sequence[Mapping[str, Any]]) -> LossCurves:
    """Validation loss of the confirmed runs, thinned to what a figure can show.

    Args:
        result: the study; its target is drawn where it is a loss.
        curves: one mapping a run with ``batch_size``, ``lr``, ``seed``, ``examples`` and ``loss``, the last
            two being sequences of equal length; points that are not finite, or before the first example,
            are left out.
    """
    shown: list[LossCurve] = []
    seeds: dict[int, int] = defaultdict(int)
    for run in sorted(curves, key=lambda run: (run["batch_size"], run["seed"])):
        points = [
            (float(x), float(y))
            for x, y in zip(run["examples"], run["loss"], strict=True)
            if x > 0 and y is not None and math.isfinite(y)
        ]
        if not points or seeds[run["batch_size"]] == _SEEDS_SHOWN:
            continue
        seeds[run["batch_size"]] += 1
        kept = [points[i] for i in thinned(len(points), _POINTS_PER_CURVE)]
        shown.append(
            LossCurve(run["batch_size"], run["lr"], run["seed"], [x for x, _ in kept], [y for _, y in kept])
        )
    is_loss = result.target.get("metric") == "loss" and result.target.get("split", "validation") != "train"
    return LossCurves(shown, result.target.get("value") if is_loss else None, len(curves))
