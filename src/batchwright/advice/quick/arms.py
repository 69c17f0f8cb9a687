"""Runs that are started, compared while they go on, and stopped once they cannot win.

Two runs are compared at a level of the target's metric that both have reached: the ratio of the steps that
each took to get there. A run that is stopped early then tells the steps to target it would have needed, as
the reference run's times that ratio, with an error that shrinks on the way to the target.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from batchwright.study.key import RunKey
from batchwright.study.reach import initial_value
from batchwright.task.task import Target
from batchwright.training.record import RunResult, Status
from batchwright.training.target import first_crossing, smoothed

_REMAINDER_SD = 0.35
_REMAINDER_SD_PER_DOUBLING = 0.10
_EARLY_SD = 0.3
_PAUSE = 1.3
_LATE = 1.5
"""Ratios are averaged over the levels of the last factor 1.5 in steps."""


@dataclass
class Arm:
    """What one run at a batch size and learning rate has shown so far: data, no live model.

    Attributes:
        key: which run it is.
        result: as far as it went; ``stopped`` while it could go on.
        dropped: stopped because it was clearly behind.
    """

    key: RunKey
    result: RunResult
    target: Target
    higher_is_better: bool
    dropped: bool = False
    _levels: list[tuple[int, float]] = field(default_factory=list, repr=False)

    def show(self, result: RunResult) -> None:
        """It went further."""
        self.result, self._levels = result, []

    @property
    def batch_size(self) -> int:
        return self.key.batch_size

    @property
    def lr(self) -> float:
        return self.result.spec.optimizer.lr

    @property
    def step(self) -> int:
        """Updates made so far."""
        return self.result.updates

    @property
    def ended(self) -> bool:
        return self.result.status is not Status.STOPPED

    @property
    def failed(self) -> bool:
        """Ended in any other way than by reaching the target."""
        return self.ended and self.result.status is not Status.TARGET_REACHED

    @property
    def steps_to_target(self) -> float | None:
        return self.result.steps_to_target

    @property
    def start_value(self) -> float | None:
        """The target's metric before the first update."""
        return initial_value(self.result, self.target)

    def best_level(self) -> float | None:
        """The best smoothed value of the metric so far."""
        records = self._records()
        return records[-1][1] if records else None

    def stalled(self, factor: float) -> bool:
        """Whether the best level is older than the last ``factor`` in steps."""
        records = self._records()
        return bool(records) and records[-1][0] * factor < self.step

    def steps_to(self, level: float) -> float | None:
        """Steps to a level of the metric, interpolated; None where it was not reached."""
        steps, values = self._series()
        return first_crossing(steps, values, level, higher_is_better=self.higher_is_better)

    def better(self, a: float, b: float) -> bool:
        """Whether level ``a`` is strictly better than ``b``."""
        return a > b if self.higher_is_better else a < b

    def late_levels(self) -> list[tuple[int, float]]:
        """Steps and smoothed values of its records over the last factor 1.5 in steps."""
        records = self._records()
        return [r for r in records if r[0] * _LATE >= records[-1][0]]

    def _series(self) -> tuple[list[int], list[float | None]]:
        rows = [e for e in self.result.evaluations if e.split == self.target.split]
        return [e.step for e in rows], [e.value(self.target.metric) for e in rows]

    def _records(self) -> list[tuple[int, float]]:
        """Steps at which the smoothed metric was better than ever before, with its value there."""
        if not self._levels:
            steps, values = self._series()
            for step, value in zip(steps, smoothed(steps, values), strict=True):
                if value is not None and (not self._levels or self.better(value, self._levels[-1][1])):
                    self._levels.append((step, value))
        return self._levels


@dataclass(frozen=True)
class Lead:
    """One run against another.

    ``log_ratio``: log of a run's steps over the other's to the same late levels.
    ``share``: the other's steps to the deepest of those levels over its steps to the target (or so far).
    """

    log_ratio: float
    share: float

    def remainder_sd(self, doublings: float) -> float:
        """Error of taking the ratio seen so far for the ratio at the target, on log steps.

        Runs at another batch size differ more: the critical batch size grows along a run.
        """
        rest = max(1.0 - self.share, 0.0)
        return (_REMAINDER_SD + _REMAINDER_SD_PER_DOUBLING * abs(doublings)) * rest + _EARLY_SD * rest**4


def lead_of(arm: Arm, other: Arm) -> Lead | None:
    """Steps of ``arm`` against ``other`` at the deepest levels that both have reached; None without one."""
    mine, its = arm.steps_to_target, other.steps_to_target
    if mine is not None and its is not None:
        return Lead(math.log(mine / its), 1.0)
    a, b = arm.best_level(), other.best_level()
    if a is None or b is None:
        return None
    slower = other if arm.better(a, b) else arm
    ratios, deepest = [], 0.0
    if slower is arm and (its := other.steps_to(a)) is not None:
        # What it has not improved on since counts against it: the next level takes longer still.
        ratios.append(math.log(max(arm.step / _PAUSE, 1.0) / its))
    for _, level in slower.late_levels():
        mine, its = arm.steps_to(level), other.steps_to(level)
        if mine is not None and its is not None:
            ratios.append(math.log(mine / its))
            deepest = its
    if not ratios:
        return None
    whole = other.steps_to_target or float(other.step)
    return Lead(sum(ratios) / len(ratios), min(1.0, deepest / whole))
