"""What the noise scale of a running loop says about its batch size: pure, from a noise scale to advice.

Steps to the same progress follow S(B) = S_min (1 + B_noise/B) (McCandlish et al. 2018, arXiv 1812.06162), so
twice the batch takes

    S(2B)/S(B) = (1 + B_noise/(2B)) / (1 + B_noise/B)

times the steps: one half where the batch is all noise, three quarters at B = B_noise, one where it has none. The
noise scale knows neither the learning rate nor the curvature: it estimates where doubling stops paying, no more.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from batchwright.core.errors import InputError
from batchwright.measure.estimate import Estimate, NoiseScale
from batchwright.measure.gradients.norms import NoiseFromNorms
from batchwright.optim.rescale import CarriedOver, carried_over, specs_of

Verdict = Literal["below", "near", "past", "unresolved"]
"""The batch size against the noise scale's interval: under its lower end, inside, over its upper, or no telling."""
WhyNot = Literal["few_steps", "no_signal", "no_noise"]
"""Fewer steps than an interval needs; |G|^2 that may be zero; no noise beyond rounding."""
_FROZEN = ConfigDict(frozen=True)


class StepsRatio(BaseModel):
    """Steps at another batch size over those at the present one, by (1 + B_noise/B); ``value`` None where unknown."""

    model_config = _FROZEN
    value: float | None
    interval: tuple[float, float]


class MonitorAdvice(BaseModel):
    """What follows for the batch size.

    Attributes:
        verdict: where the batch size lies.
        doubled: steps at twice the batch over steps now; what twice the devices could save at best.
        batch_size: the size that is named: twice the present one where it is below the noise scale, half where
            it is past it, else None.
        steps: steps at that size over steps now.
        carried: the optimizer at that size by its scaling rule, one a parameter group; empty without an optimizer,
            or where no rule is known.
    """

    model_config = _FROZEN
    verdict: Verdict
    doubled: StepsRatio
    batch_size: int | None = None
    steps: StepsRatio | None = None
    carried: tuple[CarriedOver, ...] = ()


class NoiseReading(BaseModel):
    """The noise scale of the last measured steps of a loop.

    Attributes:
        noise_scale: tr(Sigma)/|G|^2 in examples; None where |G|^2 is not above zero or steps are too few.
        interval: at 90%; an end that the data do not bound is None.
        unresolved: why the noise scale is not resolved; None where it is.
        grad_sq_norm, trace_sigma: |G|^2 and tr(Sigma), averages over the steps.
        steps: measured steps that it is made of; ``window``: at most so many.
        block: measured steps a block of the interval.
        every: updates from one measured step to the next.
        updates: of the loop so far.
        skipped: steps that were not used, by reason: ``not_finite`` gradients, ``short`` of micro-batches.
        batch_size: examples an update; ``micro_batch_size``: a backward pass; ``ranks``: processes.
        advice: what follows.
    """

    model_config = _FROZEN
    noise_scale: float | None
    interval: tuple[float | None, float | None]
    unresolved: WhyNot | None
    grad_sq_norm: Estimate | None
    trace_sigma: Estimate | None
    steps: int
    window: int
    block: int | None
    every: int
    updates: int
    skipped: dict[str, int]
    batch_size: int
    micro_batch_size: int
    ranks: int
    advice: MonitorAdvice

    def logged(self) -> dict[str, float]:
        """For loggers: the noise scale and the ends of its interval, without those that are not known."""
        low, high = self.interval
        named = {"noise_scale": self.noise_scale, "noise_scale_low": low, "noise_scale_high": high}
        return {f"batchwright/{name}": value for name, value in named.items() if value is not None}


def why_unresolved(found: NoiseFromNorms | None) -> WhyNot | None:
    """Why a noise scale is not resolved; None where it is."""
    if found is None:
        return "few_steps"
    if found.noise_scale.resolved:
        return None
    return "no_noise" if found.trace_sigma.value <= 0 else "no_signal"


def steps_ratio(noise_scale: NoiseScale | None, batch_size: float, other: float) -> StepsRatio:
    """S(other)/S(batch_size) with its interval; the ends of what is possible where the noise scale has none.

    >>> scale = NoiseScale(value=64.0, interval=(32.0, 128.0), resolved=True)
    >>> found = steps_ratio(scale, 64, 128)
    >>> found.value, [round(end, 3) for end in found.interval]
    (0.75, [0.667, 0.833])
    """

    def ratio(scale: float) -> float:
        return (1 + scale / other) / (1 + scale / batch_size)

    low, high = noise_scale.interval if noise_scale is not None else (None, None)
    ends = (1.0 if low is None else ratio(low), batch_size / other if high is None else ratio(high))
    value = None if noise_scale is None or noise_scale.value is None else ratio(noise_scale.value)
    return StepsRatio(value=value, interval=(min(ends), max(ends)))


def advice_for(noise_scale: NoiseScale | None, batch_size: int, optimizer: Any = None) -> MonitorAdvice:
    """Whether a larger batch would pay, and the optimizer's values at the size that is named.

    Args:
        noise_scale: with its interval; an unresolved one still has a lower end.
        batch_size: B, examples an update.
        optimizer: a torch optimizer, whose present values are carried over; it is not changed.

    >>> scale = NoiseScale(value=400.0, interval=(300.0, 500.0), resolved=True)
    >>> found = advice_for(scale, 64)
    >>> found.verdict, found.batch_size, round(found.doubled.value, 3)
    ('below', 128, 0.569)
    """
    verdict = _verdict(noise_scale, batch_size)
    doubled = steps_ratio(noise_scale, batch_size, 2 * batch_size)
    named = {"below": 2 * batch_size, "past": batch_size // 2}.get(verdict) or None
    return MonitorAdvice(
        verdict=verdict,
        doubled=doubled,
        batch_size=named,
        steps=None if named is None else steps_ratio(noise_scale, batch_size, named),
        carried=() if named is None or optimizer is None else _carried(optimizer, batch_size, named),
    )


def _verdict(noise_scale: NoiseScale | None, batch_size: int) -> Verdict:
    if noise_scale is None:
        return "unresolved"
    low, high = noise_scale.interval
    if low is not None and low > batch_size:
        return "below"
    if not noise_scale.resolved:
        return "unresolved"
    return "past" if high is not None and high < batch_size else "near"


def _carried(optimizer: Any, batch_size: int, named: int) -> tuple[CarriedOver, ...]:
    """One a parameter group; none where a group has no rule, or a rate of zero as at the start of a warm-up."""
    try:
        return tuple(carried_over(spec, batch_size, named) for spec in specs_of(optimizer))
    except (InputError, ValidationError):
        return ()
