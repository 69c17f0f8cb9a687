"""What a running loop's noise scale says, in a few sentences."""

from __future__ import annotations

from batchwright.advice.monitored import MonitorAdvice, NoiseReading, StepsRatio
from batchwright.core.numbers import number, rate
from batchwright.report.text.catalogue import chained, text
from batchwright.report.text.estimates import with_interval

_MOST_RATES = 4
"""Of parameter groups whose learning rates are written out."""


def reading_text(reading: NoiseReading) -> str:
    """The noise scale, whether a larger batch would pay, and the learning rate at the size that is named."""
    return chained("common.sentences", [_measured(reading), *_advice(reading), *_skipped(reading)])


def _measured(reading: NoiseReading) -> str:
    low = reading.interval[0]
    said = {"count": reading.steps, "every": reading.every, "updates": reading.updates}
    if reading.unresolved is None and reading.noise_scale is not None:
        return text("monitor.scale", scale=with_interval(reading.noise_scale, reading.interval), **said)
    if reading.unresolved == "no_signal" and low is not None:
        return text("monitor.above", low=low, **said)
    return text(f"monitor.{reading.unresolved}", **said)


def _advice(reading: NoiseReading) -> list[str]:
    advice = reading.advice
    if reading.unresolved == "few_steps":
        return []
    said = {"size": reading.batch_size, "double": 2 * reading.batch_size}
    words = [text(f"monitor.{advice.verdict}", steps=_share(advice.doubled), **said)]
    if advice.verdict == "past" and advice.steps is not None and advice.batch_size is not None:
        words.append(text("monitor.half", size=advice.batch_size, steps=_share(advice.steps)))
    return words + _rates(advice)


def _rates(advice: MonitorAdvice) -> list[str]:
    if not advice.carried:
        return []
    pairs = dict.fromkeys((rate(c.before.lr), rate(c.after.lr)) for c in advice.carried)
    first = advice.carried[0]
    if len(pairs) > _MOST_RATES:
        factor = number(first.after.lr / first.before.lr)
        return [text("monitor.factor", size=first.to_batch, factor=factor, optimizer=first.optimizer)]
    rates = text("common.comma").join(text("monitor.rate", before=old, after=new) for old, new in pairs)
    return [text("monitor.rates", size=first.to_batch, rates=rates, optimizer=first.optimizer)]


def _share(steps: StepsRatio) -> str:
    if steps.value is None:
        low, high = steps.interval
        return text("monitor.between", low=low, high=high)
    return with_interval(steps.value, steps.interval)


def _skipped(reading: NoiseReading) -> list[str]:
    return [
        text(f"monitor.skipped.{reason}", count=count) for reason, count in sorted(reading.skipped.items())
    ]
