"""Steps to target: the interpolated first crossing of a smoothed metric."""

from __future__ import annotations

import math
from collections.abc import Sequence

SMOOTHING = 1.25
"""A smoothed value at step s is the mean over the evaluations at steps in (s / SMOOTHING, s]."""


def smoothed(steps: Sequence[int], values: Sequence[float | None]) -> list[float | None]:
    """Trailing means whose window is a constant factor in steps, so the lag is the same at every B.

    The evaluation at step 0 takes no part. A window that holds a value that is not finite has none.
    """
    result: list[float | None] = []
    first = 0
    for i, step in enumerate(steps):
        while steps[first] <= step / SMOOTHING and first < i:
            first += 1
        window = values[first : i + 1] if step > 0 else [None]
        finite = [v for v in window if v is not None]
        result.append(sum(finite) / len(finite) if len(finite) == len(window) else None)
    return result


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
    sign = 1.0 if higher_is_better else -1.0
    before: tuple[int, float] | None = None
    for step, value in zip(steps, smoothed(steps, values), strict=True):
        if value is None:
            before = None
            continue
        if sign * (value - target) >= 0:
            if before is None or value == before[1]:
                return float(step)
            fraction = (target - before[1]) / (value - before[1])
            return math.exp(math.log(before[0]) + fraction * (math.log(step) - math.log(before[0])))
        before = (step, value)
    return None
