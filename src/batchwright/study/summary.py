"""From the runs of a study to one row a batch size."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping

from batchwright.core.remark import Remark, remark
from batchwright.core.statistics import median_variance_factor, pooled_log_variance, t_quantile
from batchwright.measure.hardware.alone import SecondsPerStep
from batchwright.study.driver import StudyRuns
from batchwright.study.result import BatchSizeResult, StepsToTarget, Trial
from batchwright.study.search import BROKEN, Searched
from batchwright.study.spec import StudySpec


def batch_size_results(
    spec: StudySpec, runs: StudyRuns, timings: Mapping[int, SecondsPerStep]
) -> tuple[BatchSizeResult, ...]:
    """One row for every batch size whose search is finished, ascending."""
    reached = [[o.steps for o in f.confirmed if o.steps is not None] for f in runs.found.values()]
    variance, dof = pooled_log_variance(reached)
    sd = None if variance is None else math.sqrt(variance)
    return tuple(_row(spec, size, runs, timings.get(size), sd, dof) for size in sorted(runs.found))


def _row(
    spec: StudySpec, size: int, runs: StudyRuns, timing: SecondsPerStep | None, sd: float | None, dof: int
) -> BatchSizeResult:
    found = runs.found[size]

    flat = found.flat_rates()
    steps = _steps(found, sd, dof)
    seconds = timing.median if timing is not None and not timing.suspect else None
    reached = sum(o.steps is not None for o in found.confirmed)
    return BatchSizeResult(
        batch_size=size,
        lr=_rate(spec, found.rate),
        rate_index=found.rate,
        lr_interval=(spec.rate(flat[0]), spec.rate(flat[-1])) if flat else None,
        lr_fails_at=_rate(spec, found.fails_at()),
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


def _rate(spec: StudySpec, index: int | None) -> float | None:
    return None if index is None else spec.rate(index)


def _steps(found: Searched, sd: float | None, dof: int) -> StepsToTarget:
    """Median over the confirmation seeds (failures count as infinite) with a 90% interval."""
    values = tuple(o.steps for o in found.confirmed)
    median = statistics.median([o.cost for o in found.confirmed]) if values else math.inf
    if median == math.inf:
        return StepsToTarget(median=None, low=None, high=None, values=values)
    if sd is None:
        return StepsToTarget(median=median, low=None, high=None, values=values)
    reached = sum(v is not None for v in values)
    half = t_quantile(dof) * sd * math.sqrt(median_variance_factor(reached))
    return StepsToTarget(
        median=median, low=median * math.exp(-half), high=median * math.exp(half), values=values
    )


def _test_metrics(size: int, runs: StudyRuns) -> dict[str, float]:
    """Mean loss and metrics on the test split at the end of the confirmation runs, where there is one."""
    collected: dict[str, list[float]] = {}
    for outcome in runs.found[size].confirmed:
        for evaluation in runs.results[outcome.key].evaluations:
            if evaluation.split == "test":
                for name, value in {"loss": evaluation.loss, **evaluation.metrics}.items():
                    if value is not None:
                        collected.setdefault(name, []).append(value)
    return {name: statistics.fmean(values) for name, values in collected.items()}


def _note(size: int, runs: StudyRuns, reached: int) -> Remark | None:
    found = runs.found[size]
    for outcome in found.outcomes:
        if outcome.status in BROKEN:
            message = runs.results[outcome.key].message
            return remark("study.run_failed", status=outcome.status, message=message)
    if found.rate is None:
        return remark("study.no_rate_reached")
    if reached < len(found.confirmed):
        return remark("study.some_seeds_reached", reached=reached, seeds=len(found.confirmed))
    return remark("study.best_rate_on_edge") if found.on_edge else None


def trials(runs: StudyRuns) -> tuple[Trial, ...]:
    """Every run of the study as a row, in a fixed order."""
    rows = [
        Trial(
            batch_size=key.batch_size,
            lr=result.spec.optimizer.lr,
            seed=result.spec.seed,
            purpose=key.purpose,
            status=str(result.status),
            steps_to_target=result.steps_to_target,
            updates=result.updates,
            run_key=str(key),
        )
        for key, result in sorted(runs.results.items())
    ]
    return tuple(rows)
