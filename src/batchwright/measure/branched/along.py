"""A whole run with its branches, as one result."""

from __future__ import annotations

import time
from collections.abc import Callable

from batchwright.measure.branched.plan import BranchPlan
from batchwright.measure.branched.points import branched_points
from batchwright.measure.branched.result import BranchedRun
from batchwright.task.task import Task
from batchwright.training.environment import environment
from batchwright.training.feed import device_of
from batchwright.training.spec import RunSpec


def branched_run(
    spec: RunSpec, task: Task, plan: BranchPlan, *, every: int, progress: Callable[[float, float], None]
) -> BranchedRun:
    """Train, with branches after every ``every`` updates; see :func:`~.points.branched_points`.

    Args:
        spec: with a budget in steps.
        task, plan, every: as there.
        progress: told of the examples that branches were trained on, and how many there will be at the least.
    """
    began, done = time.perf_counter(), 0
    due = (spec.budget.steps or 0) // every
    expected = due * plan.examples_a_point

    def trained(examples: int) -> None:
        nonlocal done
        done += examples
        progress(done, max(expected, done))

    points = tuple(branched_points(spec, task, plan, every=every, trained=trained))
    split = len(task.split(plan.measured_on))
    return BranchedRun(
        batch_size=spec.batch_size, lr=spec.optimizer.lr, optimizer=spec.optimizer.name, points=points,
        examples=len(task.train), branch_examples=plan.examples, seeds=plan.seeds,
        measured_on=plan.measured_on, sample=min(plan.sample, split), tolerance=plan.tolerance,
        diverged=len(points) < due, seconds=time.perf_counter() - began,
        environment=environment(device_of(spec.device)),
    )  # fmt: skip
