"""The same question at two easier targets, asked of the stored curves."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from batchwright.advice.decide.evidence import fit_points, points_of
from batchwright.advice.decide.recommend import recommend
from batchwright.advice.decide.targets import easier_targets
from batchwright.advice.result import EasierTarget, Objective
from batchwright.study.driver import StudyRuns
from batchwright.study.result import BatchSizeResult
from batchwright.study.spec import StudySpec
from batchwright.task.task import Task
from batchwright.training.record import RunResult
from batchwright.training.target import first_crossing


def easier_values(spec: StudySpec, task: Task, runs: StudyRuns) -> tuple[float, ...]:
    """Two easier values of the target metric, from the value before training."""
    confirmed = [runs.results[size, o.ask] for size, f in runs.found.items() for o in f.confirmed]
    if not confirmed:
        return ()
    metric = spec.target.metric
    starts = [e.value(metric) for r in confirmed for e in r.evaluations if e.step == 0]
    known = [value for value in starts if value is not None]
    initial = statistics.median(known) if known else None
    higher = task.higher_is_better(metric)
    return easier_targets(metric, spec.target.value, higher_is_better=higher, initial_value=initial)


def at_target(
    spec: StudySpec, task: Task, runs: StudyRuns, rows: Sequence[BatchSizeResult], value: float,
    objective: Objective, main: Sequence[int],
) -> EasierTarget:  # fmt: skip
    """The answer at another target, from the stored curves of the confirmation runs."""
    higher = task.higher_is_better(spec.target.metric)
    moved = []
    for row in rows:
        found = runs.found[row.batch_size]
        results = [runs.results[row.batch_size, o.ask] for o in found.confirmed]
        moved.append(_with_steps(row, [steps_to(result, spec, value, higher) for result in results]))
    fit = fit_points(points_of(moved, runs), spec)
    advice = recommend(moved, objective=objective, examples=len(task.train), curve=fit, task=spec.task.name)
    return EasierTarget(
        metric=spec.target.metric,
        value=value,
        batch_size=advice.batch_size,
        batch_sizes=advice.batch_sizes,
        critical_batch=fit.critical_batch if fit is not None and fit.verdict == "fits" else None,
        moves=bool(main) and advice.batch_size is not None and advice.batch_size not in main,
    )


def steps_to(result: RunResult, spec: StudySpec, value: float, higher: bool) -> float | None:
    """Steps at which a stored run first met another value of the target metric."""
    rows = [e for e in result.evaluations if e.split == spec.target.split]
    values = [e.value(spec.target.metric) for e in rows]
    return first_crossing([e.step for e in rows], values, value, higher_is_better=higher)


def _with_steps(row: BatchSizeResult, values: list[float | None]) -> BatchSizeResult:
    reached = [v for v in values if v is not None]
    median = statistics.median(reached) if values and len(reached) == len(values) else None
    seconds = row.seconds_per_step
    steps = row.steps_to_target.model_copy(
        update={"median": median, "low": None, "high": None, "values": tuple(values)}
    )
    return row.model_copy(
        update={
            "steps_to_target": steps,
            "seeds_reached": len(reached),
            "seconds_to_target": None if seconds is None or median is None else seconds * median,
            "examples_to_target": None if median is None else row.batch_size * median,
        }
    )
