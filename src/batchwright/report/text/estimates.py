"""Estimates in words: a value with its 90% interval."""

from __future__ import annotations

from collections.abc import Callable

from batchwright.core.numbers import measured
from batchwright.report.text.catalogue import between, text

Ends = tuple[float | None, float | None]


def estimate(value: float, interval: Ends | None, form: Callable[[float], str] = measured) -> str:
    """A value with its 90% interval; an end that is not known is left open.

    >>> estimate(41.3, (33.0, 57.2)), estimate(41.3, (33.0, None)), estimate(41.3, None)
    ('41.3 (90%: 33.0 to 57.2)', '41.3 (90%: above 33.0)', '41.3')
    """
    low, high = interval or (None, None)
    if low is None and high is None:
        return form(value)
    return text("estimate.with_interval", value=form(value), interval=between(low, high, form))
