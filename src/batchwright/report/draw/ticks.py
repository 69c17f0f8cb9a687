"""Where ticks go; arithmetic only, nothing here draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise


def labelled_sizes(sizes: Sequence[int], keep: int | None = None, width: float = 0.062) -> list[int]:
    """The batch sizes whose labels fit side by side: ``keep`` and the ends first, then the powers of two.

    ``width`` is a label's width as a fraction of the log axis.

    >>> labelled_sizes([1, 32, 1024, 1437])
    [1, 32, 1437]
    """
    ends = [b for b in (keep, sizes[0], sizes[-1]) if b is not None]
    span = math.log(sizes[-1] / sizes[0]) or 1.0
    kept: list[int] = []
    for b in [*ends, *sizes]:
        if b in sizes and all(abs(math.log(b / other)) >= width * span for other in kept):
            kept.append(b)
    return sorted(kept)


def log_ticks(low: float, high: float) -> list[float]:
    """Ticks 1, 10, ... or finer, the coarsest set with at least three inside."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks: list[float] = []
    for digits in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        ticks = [d * 10.0**e for e in range(first, last + 1) for d in digits if low <= d * 10.0**e <= high]
        if len(ticks) >= 3:
            break
    return ticks


def cell_half_height(lrs: Sequence[float]) -> float:
    """Half the height of a map's cell in log2 of the rate: as tall as the closest two rates allow.

    >>> cell_half_height([0.25, 0.5, 1.0])
    0.47
    """
    gaps = [math.log2(b / a) for a, b in pairwise(lrs)]
    return 0.47 * min([*gaps, 1.0]) if gaps and min(gaps) > 0.2 else 0.235


def spaced_rates(lrs: Sequence[float]) -> list[float]:
    """Learning-rate ticks among those tried, at least a factor of two apart (four on a long axis)."""
    apart = 2.0 if lrs[-1] / lrs[0] <= 2**9 else 4.0
    kept: list[float] = []
    for lr in lrs:
        if not kept or lr / kept[-1] >= apart * 0.99:
            kept.append(lr)
    return kept
