"""The same question at two easier targets, asked of the stored curves."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Literal

from batchwright.advice.decide.evidence import fit_points, points_of
from batchwright.advice.decide.recommend import recommend
from batchwright.advice.decide.targets import easier_targets
from batchwright.advice.result import EasierTarget, Recommendation
from batchwright.core.action import Action
from batchwright.study.driver import StudyRuns
from batchwright.study.reach import initial_value
from batchwright.study.result import BatchSizeResult
from batchwright.study.spec import StudySpec
from batchwright.training.record import RunResult
from batchwright.training.target import first_crossing


def easier_values(spec: StudySpec, higher_is_better: bool, runs: StudyRuns) -> tuple[float, ...]:
    """Two easier values of the target metric, from the value before training."""
    confirmed = [runs.results[o.key] for found in runs.found.values() for o in found.confirmed]
    if not confirmed:
        return ()
    starts = [initial_value(result, spec.target) for result in confirmed]
    known = [value for value in starts if value is not None]
    return easier_targets(
        spec.target.metric,
        spec.target.value,
        higher_is_better=higher_is_better,
        initial_value=statistics.median(known) if known else None,
    )


def at_target(
    spec: StudySpec,
    examples: int,
    higher_is_better: bool,
    runs: StudyRuns,
    rows: Sequence[BatchSizeResult],
    value: float,
    main: Recommendation,
) -> EasierTarget:
    """The answer at another target, from the stored curves of the confirmation runs."""
    moved = []
    for row in rows:
        results = [runs.results[o.key] for o in runs.found[row.batch_size].confirmed]
        steps = [steps_to(result, spec, value, higher_is_better) for result in results]
        moved.append(_with_steps(row, steps))
    fit = fit_points(points_of(moved, runs), spec)
    asked = Action(command="study", subject=spec.task.name)
    answer = recommend(moved, objective=main.objective, examples=examples, curve=fit, asked=asked)
    shift = shifted(answer.batch_size, main.batch_size, main.batch_sizes)
    return EasierTarget(
        metric=spec.target.metric,
        value=value,
        batch_size=answer.batch_size,
        batch_sizes=answer.batch_sizes,
        critical_batch=fit.critical_batch if fit is not None and fit.verdict == "fits" else None,
        moves=shift == "leaves_set",
        shift=shift,
    )


def shifted(
    batch_size: int | None, main: int | None, members: Sequence[int]
) -> Literal["same", "within_set", "leaves_set", "no_answer"]:
    """How an answer at another target relates to the main one and the set that is as good there.

    >>> shifted(32, 64, (32, 64)), shifted(16, 64, (32, 64)), shifted(None, 64, (32, 64))
    ('within_set', 'leaves_set', 'no_answer')
    """
    if batch_size is None or main is None:
        return "no_answer"
    if batch_size == main:
        return "same"
    return "within_set" if batch_size in members else "leaves_set"


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
