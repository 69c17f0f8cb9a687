"""Which of many rows are shown: both ends, and others evenly between."""

from __future__ import annotations

from collections.abc import Sequence


def thinned(count: int, limit: int, keep: Sequence[int] = ()) -> list[int]:
    """Positions of at most ``limit`` of ``count`` rows, evenly, with the first and the last; and ``keep``.

    >>> thinned(9, 5), thinned(2, 5), thinned(9, 3, keep=[1])
    ([0, 2, 4, 6, 8], [0, 1], [0, 1, 4, 8])
    """
    if count <= limit:
        return list(range(count))
    return sorted({round(k * (count - 1) / (limit - 1)) for k in range(limit)} | set(keep))
