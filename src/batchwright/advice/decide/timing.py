"""How sure the seconds a step are when batch sizes are compared: a machine's speed drifts while one measures.

Batch sizes take turns at the clock, sweep after sweep. What a sweep does to all of them alike cancels in any
comparison; what is left scatters, and drifts too: a block of turns that were slow together is one observation, not
many. With e the log seconds less the sweep's and the size's own level, s its spread and r the correlation of
neighbouring sweeps,

    Var(log median) = s^2 f(n) (1 + r) / (1 - r)

where f(n) is that of a median of n normal values.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from batchwright.core.statistics import (
    correlation_factor,
    median_variance_factor,
    neighbour_correlation,
    quartile_sd,
)
from batchwright.measure.hardware.turns import sweeps_of
from batchwright.study.result import BatchSizeResult

_FEWEST_TURNS, _FEWEST_SIZES = 5, 3
_MOST_CORRELATION = 0.9
_POLISHES = 10
Turns = Float[np.ndarray, "sizes sweeps"]


def timing_variances(rows: Sequence[BatchSizeResult]) -> dict[int, float]:
    """Variance of the log median seconds a step, by batch size; 0 where nothing is known of their spread.

    From the turns of the sizes that share their sweeps; of a size that was measured again, or whose turns were not
    kept, from the quartiles alone.
    """
    found = {row.batch_size: _of_quartiles(row) for row in rows}
    kept = {
        row.batch_size: row.timing
        for row in rows
        if row.timing is not None and min(row.timing.turns, default=0.0) > 0
    }
    together = Counter(sweeps_of(timing) for timing in kept.values()).most_common(1)
    kept = {size: timing for size, timing in kept.items() if sweeps_of(timing) == together[0][0]}
    if len(kept) < _FEWEST_SIZES or len(together[0][0]) < _FEWEST_TURNS:
        return found
    residuals = without_sweeps(np.log([timing.turns for timing in kept.values()]))
    factor = median_variance_factor(residuals.shape[1]) * drift_factor(residuals)
    spreads = (quartile_sd(*np.quantile(e, [0.25, 0.75])) for e in residuals)
    return found | {size: sd**2 * factor for size, sd in zip(kept, spreads, strict=True)}


def without_sweeps(logs: Turns) -> Turns:
    """What is left of log seconds when each sweep's and each size's median are taken away, again and again.

    >>> bool(np.allclose(without_sweeps(np.add.outer([1.0, 2.0, 5.0], [0.0, 3.0, 1.0, 2.0])), 0.0))
    True
    """
    left = logs.copy()
    for _ in range(_POLISHES):
        left -= np.median(left, axis=0)
        left -= np.median(left, axis=1, keepdims=True)
    return left


def drift_factor(residuals: Turns) -> float:
    """(1 + r)/(1 - r), with r pooled over the sizes and freed of the -1/n that taking away a mean brings."""
    if not residuals.any():
        return 1.0
    r = neighbour_correlation(residuals - residuals.mean(axis=1, keepdims=True)) + 1 / residuals.shape[1]
    return correlation_factor(min(r, _MOST_CORRELATION))


def _of_quartiles(row: BatchSizeResult) -> float:
    """Of independent repeats with a normal spread."""
    timing = row.timing
    if timing is None or not 0 < timing.low <= timing.high:
        return 0.0
    sd = quartile_sd(math.log(timing.low), math.log(timing.high))
    return sd**2 * median_variance_factor(max(timing.repeats, 1))
