"""The sides of the race as specs: what is trained, from what a study found."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from batchwright.advice.growth.result import Kind, LeftOut
from batchwright.advice.growth.warm_up import BatchWarmUp
from batchwright.advice.result import StudyResult
from batchwright.batches.schedule import BatchGrowth
from batchwright.measure.branched.along import branched_run
from batchwright.measure.branched.plan import FEWEST_UPDATES, branch_plan
from batchwright.optim.spec import Horizon, ScheduleSpec
from batchwright.study.key import RunKey
from batchwright.study.result import BatchSizeResult
from batchwright.study.spec import StudySpec
from batchwright.task.task import Task
from batchwright.training.spec import EvaluationPlan, RunSpec

SEEDS = 5
"""Of every side; none of them chose a rate or a batch size."""
_SMALLER = 8
"""The warm-up starts at the smallest batch size of the study from this share of the best one on."""
_POINTS = 3
_PATIENCE = 3.0
"""Budget in multiples of the steps that the study counted at the batch size that a side starts with."""


@dataclass(frozen=True)
class Side:
    """One way to train: a batch size of the study at its tuned rate, and what changes on the way."""

    kind: Kind
    row: BatchSizeResult
    growth: BatchGrowth | None = None
    halved_every: int | None = None

    def run(self, spec: StudySpec, seed: int) -> RunSpec:
        """The run with the given fresh seed."""
        key = RunKey(
            self.row.batch_size, self.row.rate_index or 0, "confirm", spec.search.confirm_seeds + seed
        )
        plain = spec.run(key, math.ceil(_PATIENCE * counted_steps(self.row)))
        optimizer = plain.optimizer
        if self.halved_every is not None and self.growth is None:
            horizon = Horizon(value=self.halved_every, unit="examples")
            halving = ScheduleSpec(name="step", decay=0.5, horizon=horizon)
            optimizer = optimizer.model_copy(update={"schedule": halving})
        changed = {"batch_growth": self.growth, "optimizer": optimizer, "test_at_end": False}
        return plain.model_copy(update=changed)


def counted_steps(row: BatchSizeResult) -> float:
    """Median steps to target of a row that has them."""
    assert row.steps_to_target.median is not None
    return row.steps_to_target.median


def fixed_row(result: StudyResult) -> BatchSizeResult | None:
    """The row of the best batch size; None where no run of it reached the target."""
    return next((row for row in usable(result) if row.batch_size == result.recommendation.batch_size), None)


def usable(result: StudyResult) -> list[BatchSizeResult]:
    """Rows with a rate, steps to target and seconds a step."""
    return [
        row
        for row in result.batch_sizes
        if row.rate_index is not None and row.seconds_per_step and row.steps_to_target.median is not None
    ]


def halving_sides(spec: StudySpec, task: Task, best: BatchSizeResult) -> list[Side]:
    """The fixed batch with its rate halved on the way to the target, and Seesaw in its place.

    The rate is halved after every half of the examples that the study counted; that choice stands with the result.
    """
    every = max(1, round(best.batch_size * counted_steps(best) / 2))
    seesaw = BatchGrowth(factor=2.0, every_epochs=every / len(task.train), lr_power=-0.5)
    return [
        Side("decay", best, halved_every=every),
        Side("seesaw", best, growth=seesaw, halved_every=every),
    ]


def warm_up_start(result: StudyResult, best: BatchSizeResult) -> BatchSizeResult | LeftOut:
    """The row that the warm-up of the batch starts from, or why there is none."""
    smaller = [
        row
        for row in usable(result)
        if 2 <= best.batch_size / row.batch_size <= _SMALLER and _doubles(row.batch_size, best.batch_size)
    ]
    if not smaller:
        return "no_smaller_size"
    start = min(smaller, key=lambda row: row.batch_size)
    return start if counted_steps(start) >= 2 * FEWEST_UPDATES * _POINTS else "run_too_short"


def _doubles(small: int, large: int) -> bool:
    return math.log2(large / small).is_integer()


def warmed_up(start: BatchSizeResult, best: BatchSizeResult, found: BatchWarmUp) -> Side | LeftOut:
    """The warm-up of the batch that branches of the run with the small batch allow.

    The rate follows the study's: from the tuned one of the small batch to the tuned one of the best by a power of B.
    """
    if found.growth is None:
        return "no_doubling"
    assert start.lr is not None
    assert best.lr is not None
    power = math.log(best.lr / start.lr) / math.log(best.batch_size / start.batch_size)
    power = round(min(max(power, -2.0), 2.0), 3)
    return Side("warm_up", start, growth=found.growth.model_copy(update={"lr_power": power}))


def branched_from(
    start: BatchSizeResult, spec: StudySpec, task: Task, progress: Callable[[float, float], None]
) -> BatchWarmUp:
    """Branches along the run of the small batch, at three points on its way to the target."""
    from batchwright.advice.growth.warm_up import batch_warm_up

    steps = math.floor(counted_steps(start))
    every = steps // _POINTS
    run = spec.run(RunKey(start.batch_size, start.rate_index or 0, "search", 0), steps)
    alone = run.model_copy(update={"target": None, "evaluation": EvaluationPlan(splits=())})
    plan = branch_plan(
        batch_size=start.batch_size, training_examples=len(task.train), examples=every * start.batch_size
    )
    return batch_warm_up(branched_run(alone, task, plan, every=every, progress=progress))
