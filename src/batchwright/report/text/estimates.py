"""Estimates in words: a value with its 90% interval."""

from __future__ import annotations

from batchwright.report.page import Kind
from batchwright.report.text.catalogue import text
from batchwright.report.text.columns import form_of

Ends = tuple[float | None, float | None]


def with_interval(value: float, interval: Ends | None, kind: Kind = "number") -> str:
    """A value with its 90% interval, written as the column of the three is; an open end is left open.

    >>> with_interval(41.3, (33.0, 157.2)), with_interval(41.3, (33.0, None)), with_interval(41.3, None)
    ('41.3 (90%: 33.0 to 157.2)', '41.3 (90%: above 33.0)', '41.3')
    """
    ends = interval or (None, None)
    form = form_of(kind, [value, ends])
    if ends == (None, None):
        return form.phrase(value)
    return text("estimate.with_interval", value=form.phrase(value), interval=form.phrase(ends))
