"""Steps to target: the interpolated first crossing of a smoothed metric."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

SMOOTHING = 1.25
"""A smoothed value at step s is the mean over the evaluations at steps in (s / SMOOTHING, s]."""


class Smoothing:
    """Trailing means whose window is a constant factor in steps, so the lag is the same at every B.

    The evaluation at step 0 takes no part. A window that holds a value that is not finite has no mean.
    """

    def __init__(self) -> None:
        self._window: deque[tuple[int, float | None]] = deque()

    def add(self, step: int, value: float | None) -> float | None:
        """The smoothed value at the next evaluation."""
        window = self._window
        window.append((step, value))
        while window[0][0] <= step / SMOOTHING and len(window) > 1:
            window.popleft()
        finite = [v for _, v in window if v is not None]
        return sum(finite) / len(finite) if step > 0 and len(finite) == len(window) else None


def smoothed(steps: Sequence[int], values: Sequence[float | None]) -> list[float | None]:
    """The smoothed value at every evaluation; see :class:`Smoothing`."""
    smoothing = Smoothing()
    return [smoothing.add(step, value) for step, value in zip(steps, values, strict=True)]


class Crossing:
    """Steps to target, told one evaluation after the other.

    Linear in log steps between the two evaluations around the first crossing.

    Args:
        target: the value to reach.
        higher_is_better: from which side the metric reaches it.

    Attributes:
        step: the crossing in updates; None while the target is not reached.
    """

    def __init__(self, target: float, *, higher_is_better: bool) -> None:
        self._target, self._sign = target, 1.0 if higher_is_better else -1.0
        self._smoothing = Smoothing()
        self._before: tuple[int, float] | None = None
        self.step: float | None = None

    def add(self, step: int, value: float | None) -> None:
        """The next evaluation: its step, and the metric there, None where not finite."""
        if self.step is not None:
            return
        now = self._smoothing.add(step, value)
        if now is not None and self._sign * (now - self._target) >= 0:
            self.step = self._between(step, now)
        self._before = None if now is None else (step, now)

    def _between(self, step: int, now: float) -> float:
        if self._before is None or now == self._before[1]:
            return float(step)
        first, before = self._before
        fraction = (self._target - before) / (now - before)
        return math.exp(math.log(first) + fraction * (math.log(step) - math.log(first)))


def first_crossing(
    steps: Sequence[int], values: Sequence[float | None], target: float, *, higher_is_better: bool
) -> float | None:
    """Steps to target, interpolated linearly in log steps between the two evaluations around it.

    Args:
        steps: increasing step counts of the evaluations.
        values: the metric there; None where not finite.
        target: the value to reach.
        higher_is_better: from which side the metric reaches it.

    Returns:
        The crossing in updates, or None if the target is not reached.

    >>> round(first_crossing([10, 20], [1.0, 0.0], 0.25, higher_is_better=False), 3)
    16.818
    """
    crossing = Crossing(target, higher_is_better=higher_is_better)
    for step, value in zip(steps, values, strict=True):
        crossing.add(step, value)
    return crossing.step
