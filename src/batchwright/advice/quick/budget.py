"""What advice may spend, and what it has spent: counted work, the same whenever and wherever it runs."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from dataclasses import dataclass

from batchwright.advice.quick.arms import Arm
from batchwright.advice.quick.step_times import StepTimes


@dataclass(frozen=True)
class Allowance:
    """When to stop: after so many trainings (reference runs), or after so many seconds on the clock.

    ``least_seconds`` of counted work are granted even where a training takes a fraction of one: three of
    those would not pay for the measurement itself. A deadline in ``seconds`` may end the advice; what was
    decided before does not depend on it.
    """

    trainings: float = 3.0
    seconds: float | None = None
    least_seconds: float = 5.0


class Meter:
    """Counts the work of runs in seconds: updates times what one takes, and examples evaluated.

    Args:
        times: seconds a step by batch size, measured once and kept.
        evaluated: examples of the split on which the target is judged.

    An example is evaluated in a third of the time that it takes in an update at the most efficient batch
    size: a forward pass without the backward one.
    """

    def __init__(self, allowance: Allowance, times: StepTimes, evaluated: int) -> None:
        self.allowance, self.times = allowance, times
        efficient = min(seconds / size for size, seconds in times.measured.items())
        self._per_evaluation = evaluated * efficient / 3
        self._began = time.monotonic()
        self.training_seconds = math.inf
        """Counted seconds of the reference run, one training; infinite until there is one."""

    def seconds_of(self, arm: Arm) -> float:
        """Counted seconds of one run so far."""
        step = self.times.seconds_at(arm.batch_size)
        return arm.step * step + len(arm.result.evaluations) * self._per_evaluation

    def spent(self, arms: Iterable[Arm]) -> float:
        """Counted seconds of all runs so far."""
        return sum(self.seconds_of(arm) for arm in arms)

    def is_spent(self, arms: Iterable[Arm]) -> bool:
        """Whether nothing is left."""
        if self.allowance.seconds is not None:
            return time.monotonic() - self._began >= self.allowance.seconds
        granted = self.allowance.trainings * self.training_seconds
        return self.spent(arms) >= max(granted, self.allowance.least_seconds)

    @property
    def floor_applies(self) -> bool:
        """Whether the least that is granted is more than the trainings asked for."""
        granted = self.allowance.trainings * self.training_seconds
        return self.allowance.seconds is None and granted < self.allowance.least_seconds
