"""Runs that go on leg by leg, through the store and an executor.

A leg ends at a planned evaluation, so it adds none of its own: what a run has shown after any leg is what it
would have shown without pausing. A leg that the store already holds is read instead of run, which is how
advice that was killed continues, and how it uses what a study has run before.
"""

from __future__ import annotations

import math

from batchwright.advice.quick.arms import Arm
from batchwright.study.executors.contract import Executor
from batchwright.study.key import RunKey
from batchwright.study.spec import StudySpec
from batchwright.study.stores.contract import Store
from batchwright.task.task import Task
from batchwright.training.loop import Run, continue_to, start
from batchwright.training.record import RunResult, Status
from batchwright.training.spec import EvaluationPlan, RunSpec

_GOING_ON = 1.15
"""A leg that goes on takes a run this factor further in steps."""
_UNKEPT_SECONDS = 0.5
"""Training that a kill may cost a run on its way."""


class Legs:
    """Starts runs and takes them further.

    Args:
        spec: what a study would be run with; every run is one that its search could ask for.
        task: the live task.
        store: where runs are kept, under ``study_id``.
        executor: where they are executed, one at a time.

    Attributes:
        executed: runs of which at least one leg was executed now.
        taken: runs that the store knew as far as they were needed.
    """

    def __init__(self, spec: StudySpec, task: Task, store: Store, executor: Executor, study_id: str) -> None:
        self.spec, self.task = spec, task
        self.store, self.executor, self.study_id = store, executor, study_id
        self.executed: set[RunKey] = set()
        self.taken: set[RunKey] = set()
        self._kept: dict[RunKey, RunResult | None] = {}
        self._kept_seconds: dict[RunKey, float] = {}

    def run_spec(self, key: RunKey) -> RunSpec:
        """The whole run; its budget is the study's greatest number of epochs."""
        steps = max(1, math.ceil(self.spec.max_epochs * len(self.task.train) / key.batch_size))
        return self.spec.run(key, steps)

    def begin(self, key: RunKey) -> Arm:
        """A new run, evaluated after its first update."""
        result = self._to(key, 1)
        return Arm(key, result, self.spec.target, self.higher_is_better)

    @property
    def higher_is_better(self) -> bool:
        """The direction of the target's metric."""
        return self.task.higher_is_better(self.spec.target.metric)

    def to_step(self, arm: Arm, step: int) -> None:
        """Take a run to the first planned evaluation at or after ``step``, or to its end."""
        if not arm.ended and arm.step < step:
            arm.show(self._to(arm.key, planned_from(step, arm.result.spec.evaluation)))

    def go_on(self, arm: Arm) -> None:
        """Take a run about 15% further in steps."""
        self.to_step(arm, max(arm.step + 1, math.ceil(arm.step * _GOING_ON)))

    def live(self, arm: Arm) -> Run:
        """A live run at the point that an arm has reached: made again from its seed."""
        state = start(self.run_spec(arm.key), self.task)
        continue_to(state, arm.step)
        return state

    def keep(self, arm: Arm) -> None:
        """Keep how far a run has come."""
        self.store.add_run(self.study_id, arm.key, arm.result)
        self._kept_seconds[arm.key] = arm.result.seconds

    def _to(self, key: RunKey, step: int) -> RunResult:
        spec = self.run_spec(key)
        known = self._known(key, spec)
        if known is not None and goes_as_far(known, step, spec):
            self.taken.add(key)
            return known.up_to(step)
        self.executor.submit(str(key), spec, stop_at=step)
        ((_, result),) = self.executor.next_done()
        self.executed.add(key)
        unkept = result.seconds - self._kept_seconds.get(key, 0.0)
        if result.status is not Status.STOPPED or unkept > _UNKEPT_SECONDS:
            self.store.add_run(self.study_id, key, result)
            self._kept_seconds[key] = result.seconds
        return result

    def _known(self, key: RunKey, spec: RunSpec) -> RunResult | None:
        """What the store holds of a run, looked up once."""
        if key not in self._kept:
            fingerprint = self.task.fingerprint or None
            self._kept[key] = self.store.known_run(
                spec.identity(), fingerprint=fingerprint, study_id=self.study_id
            )
        return self._kept[key]


def goes_as_far(known: RunResult, step: int, spec: RunSpec) -> bool:
    """Whether a kept run tells what ``spec`` would have shown after ``step`` updates.

    One whose own, smaller budget ended just there was evaluated for that reason, and does not.
    """
    if known.status is Status.BUDGET_EXHAUSTED:
        return known.updates > step or known.spec.budget == spec.budget
    return known.updates >= step or known.status is not Status.STOPPED


def planned_from(step: int, plan: EvaluationPlan) -> int:
    """The first planned evaluation at or after ``step``.

    >>> [planned_from(s, EvaluationPlan(at="log", ratio=1.05)) for s in (1, 2, 20, 22, 23)]
    [1, 2, 20, 23, 23]
    """
    planned = plan.next_after(0)
    while planned < step:
        planned = plan.next_after(planned)
    return planned
