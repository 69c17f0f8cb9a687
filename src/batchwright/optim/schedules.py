"""Learning-rate schedules: factors on the learning rate as functions of the step count."""

from __future__ import annotations

import math
from collections.abc import Callable

from batchwright.core.errors import InputError
from batchwright.optim.spec import ScheduleSpec

Factor = Callable[[int], float]


def schedule_factor(spec: ScheduleSpec, *, batch_size: int, examples: int) -> Factor:
    """The factor on the learning rate as a function of the number of updates already made.

    With t the step count (0 = first update), W the warm-up steps, u = t - W the steps since the warm-up,
    P the period and T the horizon in steps:

    ==============  ===========================================================
    warm-up         (t + 1) / W for t < W, in front of any of the others
    constant        1
    exponential     decay ** (u / P)
    inverse_time    1 / (1 + decay * u / P)
    step            decay ** floor(u / P)
    polynomial      floor + (1 - floor) * (1 - x) ** power
    cosine          floor + (1 - floor) * (1 + cos(pi * x)) / 2
    ==============  ===========================================================

    where x = min(1, u / (T - W)). The decay clock starts after the warm-up, so the first update after it
    has factor 1; a horizon is the whole length, warm-up included; past it the factor stays at ``floor``.
    A period counts from the end of the warm-up and is one epoch by default.

    Args:
        spec: the schedule.
        batch_size: examples per update; converts horizons in examples and epochs into steps. Where the
            batch grows, pass its first size.
        examples: number of training examples, the length of an epoch.

    Raises:
        InputError: polynomial or cosine without a horizon, or one no longer than the warm-up.

    >>> spec = ScheduleSpec(name="step", decay=0.5, warmup_steps=2)
    >>> factor = schedule_factor(spec, batch_size=1, examples=3)
    >>> [factor(t) for t in range(7)]
    [0.5, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5]
    """
    decay = _decay_factor(spec, batch_size=batch_size, examples=examples)
    warmup_steps = spec.warmup_steps
    if warmup_steps == 0:
        return decay

    def factor(step: int) -> float:
        # (t + 1) / W, not t / W: the first update would otherwise be wasted at learning rate 0.
        return (step + 1) / warmup_steps if step < warmup_steps else decay(step - warmup_steps)

    return factor


def _decay_factor(spec: ScheduleSpec, *, batch_size: int, examples: int) -> Factor:
    """The factor as a function of the steps since the warm-up."""
    if spec.name == "constant":
        return lambda step: 1.0
    if spec.name in ("polynomial", "cosine"):
        return _decay_to_floor(spec, _steps_after_warmup(spec, batch_size=batch_size, examples=examples))

    rate = spec.decay
    if spec.horizon is None:
        period = examples / batch_size
    else:
        period = spec.horizon.steps(batch_size=batch_size, examples=examples)
    if spec.name == "exponential":
        return lambda step: _power(rate, step / period)
    if spec.name == "inverse_time":
        return lambda step: 1.0 / (1.0 + rate * step / period)
    return lambda step: _power(rate, math.floor(step / period))


def _power(base: float, exponent: float) -> float:
    """Of a growing rate too: one past the largest float is infinite, and the run diverges."""
    try:
        return float(base**exponent)
    except OverflowError:
        return math.inf


def _decay_to_floor(spec: ScheduleSpec, length: float) -> Factor:
    floor, power = spec.floor, spec.power
    if spec.name == "polynomial":
        return lambda step: floor + (1.0 - floor) * (1.0 - min(1.0, step / length)) ** power
    return lambda step: floor + (1.0 - floor) * (1.0 + math.cos(math.pi * min(1.0, step / length))) / 2.0


def _steps_after_warmup(spec: ScheduleSpec, *, batch_size: int, examples: int) -> float:
    if spec.horizon is None:
        raise InputError(
            f"the {spec.name} schedule needs a horizon, got none: give one, for example `horizon='20epochs'`"
        )
    total = spec.horizon.steps(batch_size=batch_size, examples=examples)
    if total <= spec.warmup_steps:
        raise InputError(
            f"the horizon must be longer than the warm-up ({spec.warmup_steps} steps), got {total:g} steps "
            f"({spec.horizon.value:g} {spec.horizon.unit} at batch size {batch_size})"
        )
    return total - spec.warmup_steps
