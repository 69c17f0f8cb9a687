"""Runs that are started, compared while they go on, and stopped once they cannot win.

Two runs are compared at a level of the target's metric that both have reached: the ratio of the steps that
each took to get there. A run that is stopped early then tells the steps to target it would have needed, as
the reference run's times that ratio, with an error that shrinks on the way to the target.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from batchwright.study.spec import StudySpec
from batchwright.task.task import Task
from batchwright.training.loop import Run, advance_to_status, start
from batchwright.training.target import first_crossing, smoothed

_REMAINDER_SD = 0.35
_REMAINDER_SD_PER_DOUBLING = 0.10
_EARLY_SD = 0.3
_FIRST_EVALUATION = 4
"""Evaluations before this step would cost more than the steps."""
_PAUSE = 1.3
_LATE = 1.5
"""Ratios are averaged over the levels of the last factor 1.5 in steps."""


@dataclass
class Arm:
    """One run at a batch size and learning rate, advanced a little at a time."""

    batch_size: int
    lr: float
    seed_index: int
    run: Run
    higher_is_better: bool
    seconds: float = 0.0
    dropped: bool = False
    """Stopped because it was clearly behind."""
    _states: Iterator[Run] = field(init=False, repr=False)
    _levels: list[tuple[int, float]] = field(default_factory=list, repr=False)

    @staticmethod
    def begin(spec: StudySpec, task: Task, batch_size: int, lr: float, seed_index: int = 0) -> Arm:
        """Build the run; its budget is the task's greatest number of epochs."""
        began = time.perf_counter()
        steps = max(1, math.ceil(spec.max_epochs * len(task.train) / batch_size))
        run_spec = spec.run(batch_size, lr, spec.run_seed("search", seed_index), steps)
        run = start(run_spec, task)
        arm = Arm(batch_size, lr, seed_index, run, task.higher_is_better(spec.target.metric))
        run.next_evaluation = min(_FIRST_EVALUATION, steps)
        arm._states = advance_to_status(run)
        arm.seconds = time.perf_counter() - began
        return arm

    # --- going on ---

    def to_next_evaluation(self) -> None:
        """Train until the target's metric is evaluated again or the run ends."""
        began = time.perf_counter()
        for state in self._states:
            if state.latest or state.status is not None:
                break
        self.seconds += time.perf_counter() - began
        self._levels = []

    def to_step(self, step: int) -> None:
        """Train to this many updates or the end of the run, whichever comes first."""
        while self.run.status is None and self.run.step < step:
            self.to_next_evaluation()

    # --- what it has shown ---

    @property
    def ended(self) -> bool:
        return self.run.status is not None

    @property
    def failed(self) -> bool:
        """Ended in any other way than by reaching the target."""
        return self.ended and self.run.status != "target_reached"

    @property
    def steps_to_target(self) -> float | None:
        return self.run.crossing() if self.run.status == "target_reached" else None

    def near_rate(self, lr: float) -> bool:
        """Whether its rate is this one to within a quarter of a doubling."""
        return abs(math.log(self.lr / lr)) < math.log(2) / 4

    @property
    def start_value(self) -> float | None:
        """The target's metric before the first update."""
        return self._series()[1][0]

    def best_level(self) -> float | None:
        """The best smoothed value of the metric so far."""
        records = self._records()
        return records[-1][1] if records else None

    def stalled(self, factor: float) -> bool:
        """Whether the best level is older than the last ``factor`` in steps."""
        records = self._records()
        return bool(records) and records[-1][0] * factor < self.run.step

    def steps_to(self, level: float) -> float | None:
        """Steps to a level of the metric, interpolated; None where it was not reached."""
        steps, values = self._series()
        return first_crossing(steps, values, level, higher_is_better=self.higher_is_better)

    def better(self, a: float, b: float) -> bool:
        """Whether level ``a`` is strictly better than ``b``."""
        return a > b if self.higher_is_better else a < b

    def _series(self) -> tuple[list[int], list[float | None]]:
        target = self.run.spec.target
        assert target is not None
        rows = [e for e in self.run.evaluations if e.split == target.split]
        return [e.step for e in rows], [e.value(target.metric) for e in rows]

    def _records(self) -> list[tuple[int, float]]:
        """Steps at which the smoothed metric was better than ever before, with its value there."""
        if not self._levels:
            steps, values = self._series()
            for step, value in zip(steps, smoothed(steps, values), strict=True):
                if value is not None and (not self._levels or self.better(value, self._levels[-1][1])):
                    self._levels.append((step, value))
        return self._levels

    def levels(self) -> list[tuple[int, float]]:
        """The same over the last factor 1.5 in steps."""
        records = self._records()
        return [r for r in records if r[0] * _LATE >= records[-1][0]]


@dataclass(frozen=True)
class Comparison:
    """``log_ratio``: log of an arm's steps over another's to the same late levels.

    ``share``: the other's steps to the deepest of those levels over its steps to the target (or so far).
    """

    log_ratio: float
    share: float

    def remainder_sd(self, doublings: float) -> float:
        """Error of taking the ratio seen so far for the ratio at the target, on log steps.

        Arms of another batch size differ more: the critical batch size grows along a run.
        """
        rest = max(1.0 - self.share, 0.0)
        return (_REMAINDER_SD + _REMAINDER_SD_PER_DOUBLING * abs(doublings)) * rest + _EARLY_SD * rest**4


def compare(arm: Arm, other: Arm) -> Comparison | None:
    """Steps of ``arm`` against ``other`` at the deepest levels that both have reached; None without one."""
    mine, its = arm.steps_to_target, other.steps_to_target
    if mine is not None and its is not None:
        return Comparison(math.log(mine / its), 1.0)
    a, b = arm.best_level(), other.best_level()
    if a is None or b is None:
        return None
    slower = other if arm.better(a, b) else arm
    ratios, deepest = [], 0.0
    if slower is arm and (its := other.steps_to(a)) is not None:
        # What it has not improved on since counts against it: the next level takes longer still.
        ratios.append(math.log(max(arm.run.step / _PAUSE, 1.0) / its))
    for _, level in slower.levels():
        mine, its = arm.steps_to(level), other.steps_to(level)
        if mine is not None and its is not None:
            ratios.append(math.log(mine / its))
            deepest = its
    if not ratios:
        return None
    whole = other.steps_to_target or float(other.run.step)
    return Comparison(sum(ratios) / len(ratios), min(1.0, deepest / whole))
