"""What each figure shows, as plain lists taken from a study; nothing here draws.

The three costs of reaching the target differ by one factor a step at batch size B:

    steps     S(B)
    examples  E(B) = B S(B)
    seconds   T(B) = t(B) S(B)

so one extraction serves all three. The learning-rate map, the timings and the loss curves are in
``report.grids``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from batchwright.advice.result import CriticalBatch, StudyResult
from batchwright.study.key import RunKey
from batchwright.study.result import BatchSizeResult, Trial

REACHED = "target_reached"
CENSORED = "budget_exhausted"

Quantity = Literal["steps", "examples", "seconds"]
_GRID_POINTS = 61


@dataclass(frozen=True)
class Dot:
    """One value at one batch size."""

    batch_size: float
    value: float


@dataclass(frozen=True)
class Median:
    """The median over the seeds with its 90% bounds where they are known; ``inferred``: nothing was run."""

    batch_size: int
    value: float
    low: float | None
    high: float | None
    inferred: bool = False


@dataclass(frozen=True)
class Miss:
    """A confirmation run without the target: ``at`` is what it had spent when its budget ended (a lower
    bound of its cost), None for a run that diverged or failed and so has no cost at all."""

    batch_size: int
    at: float | None
    status: str


@dataclass(frozen=True)
class FitPoint:
    """The fitted curve at one batch size, with its 90% band where the fit gave one."""

    batch_size: float
    low: float | None
    mid: float
    high: float | None


@dataclass(frozen=True)
class CostSeries:
    """The cost of reaching the target against the batch size, in one of the three quantities.

    ``tried`` are all batch sizes of the study, ``spans`` the recommended set as intervals of the axis,
    ``perfect`` the line S B = const through the smallest batch size with a median.
    """

    quantity: Quantity
    tried: list[int]
    runs: list[Dot]
    missed: list[Miss]
    medians: list[Median]
    fit: list[FitPoint]
    perfect: list[Dot]
    spans: list[tuple[float, float]]
    chosen: int | None
    critical_batch: float | None
    critical_interval: tuple[float | None, float | None] | None

    def __bool__(self) -> bool:
        return bool(self.runs or self.medians)

    def median_at(self, batch_size: int | None) -> float | None:
        """The median cost at a batch size, None where there is none."""
        return next((m.value for m in self.medians if m.batch_size == batch_size), None)

    @property
    def cheapest(self) -> Median | None:
        """The batch size with the lowest median."""
        return min(self.medians, key=lambda m: m.value, default=None)


def steps_series(result: StudyResult) -> CostSeries:
    """Updates to the target: runs, medians, fit with band, and perfect scaling."""
    return _cost_series(
        result,
        "steps",
        factor=lambda entry: 1.0,
        fit=curve_points(result),
        perfect=lambda batch_size: 1.0,
    )


def examples_series(result: StudyResult) -> CostSeries:
    """Examples to the target; perfect scaling is level, since S B is constant on it."""
    fit = [
        FitPoint(
            p.batch_size, _times(p.low, p.batch_size), p.mid * p.batch_size, _times(p.high, p.batch_size)
        )
        for p in curve_points(result)
    ]
    return _cost_series(
        result,
        "examples",
        factor=lambda entry: float(entry.batch_size),
        fit=fit,
        perfect=lambda batch_size: batch_size,
    )


def seconds_series(result: StudyResult) -> CostSeries:
    """Seconds to the target; empty where no seconds a step were measured.

    Seconds a step are known at the measured batch sizes only, so there is no curve between them.
    """
    return _cost_series(
        result,
        "seconds",
        factor=lambda entry: entry.seconds_per_step,
        fit=[],
        perfect=None,
    )


def _cost_series(
    result: StudyResult,
    quantity: Quantity,
    *,
    factor: Callable[[BatchSizeResult], float | None],
    fit: list[FitPoint],
    perfect: Callable[[float], float] | None,
) -> CostSeries:
    entries = sorted(result.batch_sizes, key=lambda entry: entry.batch_size)
    runs: list[Dot] = []
    medians: list[Median] = []
    missed: list[Miss] = []
    for entry in entries:
        scale = factor(entry)
        if scale is None:
            continue
        steps = entry.steps_to_target
        runs += [Dot(entry.batch_size, scale * value) for value in steps.values if value is not None]
        missed += [Miss(m.batch_size, _times(m.at, scale), m.status) for m in _missed_runs(result, entry)]
        if steps.median is not None:
            ends = _times(steps.low, scale), _times(steps.high, scale)
            medians.append(Median(entry.batch_size, scale * steps.median, *ends, inferred=entry.inferred))
    tried = [entry.batch_size for entry in entries]
    return CostSeries(
        quantity=quantity,
        tried=tried,
        runs=runs,
        missed=missed,
        medians=medians,
        fit=fit,
        perfect=_perfect_scaling(medians, tried, perfect) if perfect else [],
        spans=recommended_spans(tried, result.recommendation.batch_sizes),
        chosen=result.recommendation.batch_size,
        critical_batch=result.critical_batch.value if result.critical_batch.identifiable else None,
        critical_interval=result.critical_batch.interval,
    )


def _missed_runs(result: StudyResult, entry: BatchSizeResult) -> list[Miss]:
    """Confirmation runs that did not reach the target, in steps.

    A result without its trials still says how many seeds missed; those have no known cost.
    """
    missed = [
        Miss(trial.batch_size, float(trial.updates) if trial.status == CENSORED else None, trial.status)
        for trial in result.trials
        if trial.purpose == "confirm"
        and trial.batch_size == entry.batch_size
        and trial.status != REACHED
        and rate_place(trial) in (entry.rate_index, None)
    ]
    known = sum(value is None for value in entry.steps_to_target.values)
    return missed + [Miss(entry.batch_size, None, "unknown")] * (known - len(missed))


def rate_place(trial: Trial) -> int | None:
    """The place of a run's rate on the study's grid; None in results of version 1, which had no keys.

    >>> row = {"batch_size": 4, "lr": 0.1, "seed": 0, "purpose": "search", "status": "", "updates": 1}
    >>> [rate_place(Trial(**row, steps_to_target=None, run_key=key)) for key in ("4/-3/search/0", "a6c1")]
    [-3, None]
    """
    try:
        return RunKey.parse(trial.run_key).rate_index
    except ValueError:
        return None


def curve_points(result: StudyResult) -> list[FitPoint]:
    """The fitted steps to target: the fit's own band, else the bare curve S_min (1 + (B_crit / B)^a)."""
    critical = result.critical_batch
    if critical.band:
        columns = (critical.band[name] for name in ("batch_size", "low", "mid", "high"))
        return [FitPoint(*row) for row in zip(*columns, strict=True)]
    tried = [entry.batch_size for entry in result.batch_sizes]
    return _bare_curve(critical, min(tried), max(tried)) if tried else []


def _bare_curve(critical: CriticalBatch, smallest: int, largest: int) -> list[FitPoint]:
    if critical.value is None or critical.steps_min is None:
        return []
    exponent = 1.0 if critical.exponent is None else critical.exponent.value
    return [
        FitPoint(b, None, critical.steps_min * (1 + (critical.value / b) ** exponent), None)
        for b in log_grid(smallest, largest, _GRID_POINTS)
    ]


def log_grid(low: float, high: float, count: int) -> list[float]:
    """``count`` points from ``low`` to ``high``, evenly in the logarithm, both ends exact.

    >>> log_grid(1, 100, 3)
    [1.0, 10.0, 100.0]
    """
    ratio = high / low
    inner = [low * ratio ** (i / (count - 1)) for i in range(1, count - 1)]
    return [float(low), *inner, float(high)]


def _perfect_scaling(
    medians: Sequence[Median], tried: Sequence[int], factor: Callable[[float], float]
) -> list[Dot]:
    if not medians:
        return []
    anchor = medians[0]
    product = anchor.value / factor(anchor.batch_size) * anchor.batch_size
    return [Dot(float(b), product / b * factor(b)) for b in tried if b >= anchor.batch_size]


def recommended_spans(tried: Sequence[int], recommended: Iterable[int]) -> list[tuple[float, float]]:
    """The recommended set as intervals of a log axis, ending half-way (in the log) to the outsiders.

    >>> recommended_spans([1, 4, 16, 64], [4, 16])
    [(2.0, 32.0)]
    """
    members = set(recommended)
    spans: list[tuple[float, float]] = []
    for i, b in enumerate(tried):
        if b not in members:
            continue
        below = tried[i - 1] if i else b / 2
        above = tried[i + 1] if i + 1 < len(tried) else b * 2
        start, stop = math.sqrt(below * b), math.sqrt(b * above)
        if spans and math.isclose(spans[-1][1], start):
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((start, stop))
    return spans


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor
