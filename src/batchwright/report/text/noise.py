"""The gradient's noise in words."""

from __future__ import annotations

from batchwright.core.numbers import measured
from batchwright.measure.estimate import NoiseScale


def sentence(scale: NoiseScale, step: int) -> str:
    """What the noise scale says about batch sizes."""
    where = f"after {step:,} updates" if step else "at the initial weights"
    if not scale.resolved:
        low = scale.interval[0]
        least = "" if low is None else f" above {measured(low)} (90%)"
        return (
            f"The gradient noise scale {where} is not resolved{least}: the mean gradient cannot be told "
            "from zero; take more rows with --sample."
        )
    return (
        f"The gradient noise scale {where} is {as_text(scale)}: batches well below it are mostly noise, so "
        "twice the batch nearly halves the steps; well above it a larger batch buys little."
    )


def as_text(scale: NoiseScale) -> str:
    """A noise scale with its interval, or that it is not resolved."""
    if scale.value is not None:
        return interval(scale.value, scale.interval)
    low = scale.interval[0]
    return "unresolved" + ("" if low is None else f" (90%: above {measured(low)})")


def interval(value: float, ends: tuple[float | None, float | None]) -> str:
    """A value with its 90% interval.

    >>> interval(41.3, (33.0, None))
    '41.3 (90%: above 33.0)'
    """
    low, high = ends
    if low is None or high is None:
        bound = "no interval" if low is None else f"above {measured(low)}"
        return f"{measured(value)} (90%: {bound})"
    return f"{measured(value)} (90%: {measured(low)} to {measured(high)})"
