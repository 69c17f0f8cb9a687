"""From the runs of a study to one row a batch size."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from scipy import stats

from batchwright.measure.hardware.alone import SecondsPerStep
from batchwright.study.driver import StudyRuns, rate_value, run_key
from batchwright.study.result import BatchSizeResult, StepsToTarget, Trial
from batchwright.study.search import BROKEN, Found
from batchwright.study.spec import StudySpec

_MEDIAN_VARIANCE = math.pi / 2
"""Variance of a median over that of a mean, for normal errors."""


def pooled_log_sd(samples: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Standard deviation of log values about their own group's mean, pooled; and its degrees of freedom."""
    squares, dof = 0.0, 0
    for values in samples:
        if len(values) > 1:
            logs = [math.log(v) for v in values]
            squares += (len(logs) - 1) * statistics.variance(logs)
            dof += len(logs) - 1
    return (math.sqrt(squares / dof) if dof else 0.0), dof


def batch_size_results(
    spec: StudySpec, runs: StudyRuns, timings: Mapping[int, SecondsPerStep]
) -> tuple[BatchSizeResult, ...]:
    """One row for every batch size whose search is finished, ascending."""
    reached = [[o.steps for o in f.confirmed if o.steps is not None] for f in runs.found.values()]
    sd, dof = pooled_log_sd(reached)
    return tuple(_row(spec, size, runs, timings.get(size), sd, dof) for size in sorted(runs.found))


def _row(
    spec: StudySpec, size: int, runs: StudyRuns, timing: SecondsPerStep | None, sd: float, dof: int
) -> BatchSizeResult:
    found = runs.found[size]

    def rate(index: int | None) -> float | None:
        return None if index is None else rate_value(spec.optimizer.lr, index)

    flat = found.flat_rates()
    steps = _steps(found, sd, dof)
    seconds = timing.median if timing else None
    reached = sum(o.steps is not None for o in found.confirmed)
    return BatchSizeResult(
        batch_size=size,
        lr=rate(found.rate),
        lr_interval=(rate_value(spec.optimizer.lr, flat[0]), rate_value(spec.optimizer.lr, flat[-1]))
        if flat
        else None,
        lr_fails_at=rate(found.fails_at()),
        lr_on_edge=found.on_edge,
        runs=len(found.outcomes),
        seeds=len(found.confirmed),
        seeds_reached=reached,
        steps_to_target=steps,
        seconds_per_step=seconds,
        seconds_to_target=seconds * steps.median
        if seconds is not None and steps.median is not None
        else None,
        examples_to_target=size * steps.median if steps.median is not None else None,
        timing=timing,
        test_metrics=_test_metrics(size, runs),
        note=_note(size, runs, reached),
    )


def _steps(found: Found, sd: float, dof: int) -> StepsToTarget:
    """Median over the confirmation seeds (failures count as infinite) with a 90% interval."""
    values = tuple(o.steps for o in found.confirmed)
    median = statistics.median([o.cost for o in found.confirmed]) if values else math.inf
    if median == math.inf:
        return StepsToTarget(median=None, low=None, high=None, values=values)
    if dof == 0:
        return StepsToTarget(median=median, low=None, high=None, values=values)
    reached = sum(v is not None for v in values)
    half = float(stats.t.ppf(0.95, dof)) * sd * math.sqrt(_MEDIAN_VARIANCE / reached)
    return StepsToTarget(
        median=median, low=median * math.exp(-half), high=median * math.exp(half), values=values
    )


def _test_metrics(size: int, runs: StudyRuns) -> dict[str, float]:
    """Mean loss and metrics on the test split at the end of the confirmation runs, where there is one."""
    collected: dict[str, list[float]] = {}
    for outcome in runs.found[size].confirmed:
        for evaluation in runs.results[size, outcome.ask].evaluations:
            if evaluation.split == "test":
                for name, value in {"loss": evaluation.loss, **evaluation.metrics}.items():
                    if value is not None:
                        collected.setdefault(name, []).append(value)
    return {name: statistics.fmean(values) for name, values in collected.items()}


def _note(size: int, runs: StudyRuns, reached: int) -> str:
    found = runs.found[size]
    for outcome in found.outcomes:
        if outcome.status in BROKEN:
            message = runs.results[size, outcome.ask].message
            return f"{outcome.status.replace('_', ' ')}: {message}"
    if found.rate is None:
        return "no learning rate reached the target within the budget"
    if reached < len(found.confirmed):
        return f"the target was reached by {reached} of {len(found.confirmed)} confirmation seeds"
    return "the best learning rate lies on the edge of the tried range" if found.on_edge else ""


def trials(spec: StudySpec, runs: StudyRuns) -> tuple[Trial, ...]:
    """Every run of the study as a row, in a fixed order."""
    rows = []
    for (size, ask), result in runs.results.items():
        rows.append(
            Trial(
                batch_size=size,
                lr=result.spec.optimizer.lr,
                seed=result.spec.seed,
                purpose=ask.purpose,
                status=str(result.status),
                steps_to_target=result.steps_to_target,
                updates=result.updates,
                run_key=run_key(result.spec),
            )
        )
    return tuple(sorted(rows, key=lambda t: (t.batch_size, t.lr, t.purpose, t.seed, t.run_key)))
