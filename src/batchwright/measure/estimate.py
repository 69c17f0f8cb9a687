"""Estimates with their 90% intervals, and ratios of which the lower part may be zero."""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict

_FROZEN = ConfigDict(frozen=True)
_WIDEST = 300.0
"""Half a width on the log scale from which on an interval says nothing, as where there is no noise but rounding."""


class Estimate(BaseModel):
    """A value with its 90% interval."""

    model_config = _FROZEN
    value: float
    interval: tuple[float, float]


class NoiseScale(BaseModel):
    """A ratio of noise to signal; ``resolved`` is False where the signal may be zero.

    An end of the interval is None where the data do not bound it: a noise scale is bounded below as soon as
    the signal is bounded above, so an unresolved one keeps its lower end. ``value`` is None where the
    estimate of the signal is itself zero or less.
    """

    model_config = _FROZEN
    value: float | None
    interval: tuple[float | None, float | None]
    resolved: bool


def symmetric(value: float, half: float) -> Estimate:
    """``value`` plus and minus ``half``."""
    return Estimate(value=value, interval=(value - half, value + half))


def on_log_scale(value: float, half: float) -> Estimate:
    """``value`` times and over exp(``half``): for positive quantities, whose estimates are skewed."""
    if value <= 0:
        return Estimate(value=value, interval=(value, value))
    half = min(half, _WIDEST)
    return Estimate(value=value, interval=(value * math.exp(-half), value * math.exp(half)))


def noise_ratio(top: float, bottom: float, *, bottom_half: float, log_half: float) -> NoiseScale:
    """top/bottom with its interval on the log scale, where the bottom is clearly above zero.

    Args:
        top, bottom: noise and signal.
        bottom_half: half the width of the signal's own interval.
        log_half: half the width of the interval of log(top/bottom); NaN where the logarithm is not defined.
    """
    value = top / bottom if bottom > 0 else None
    if value is None or bottom <= bottom_half or top <= 0 or not log_half <= _WIDEST:
        most = bottom + bottom_half
        low = top / most if most > 0 and top > 0 else None
        return NoiseScale(value=value, interval=(low, None), resolved=False)
    low, high = on_log_scale(value, log_half).interval
    return NoiseScale(value=value, interval=(low, high), resolved=True)
