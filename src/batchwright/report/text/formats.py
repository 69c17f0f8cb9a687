"""The report's numbers under one name, while its parts move to ``core.numbers`` and the catalogue."""

from batchwright.core.numbers import (
    MISSING,
    TIMES,
    bytes_,
    count,
    duration,
    rate,
    ratio,
    seconds,
    short_count,
    short_seconds,
    short_size,
    size,
)
from batchwright.report.text.catalogue import between, listed

__all__ = [
    "MISSING",
    "TIMES",
    "between",
    "bytes_",
    "count",
    "duration",
    "listed",
    "rate",
    "ratio",
    "seconds",
    "short_count",
    "short_seconds",
    "short_size",
    "size",
]
