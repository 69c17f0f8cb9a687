"""The variance of a mean over a series whose values depend on each other, and over how many steps they do.

The long-run variance s^2 = sum over all k of Cov(x_t, x_(t+k)) is n times that of the mean of n values. Means of
blocks of b steps give it up to a bias of order 1/b, which

    2 V(b) - V(b/3)

takes away (lugsail batch means, Vats and Flegal 2022, arXiv 1809.04541), where V(b) is b times the variance of the
means of all circular blocks. `benchmarks/noise_coverage.py` counts how often its intervals hold the truth.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import Float

FEWEST_BLOCKS = 5
Series = Float[np.ndarray, " steps"]


def block_length(series: Series) -> int:
    """Steps a block, from the series' own autocorrelation (Politis and White 2004; Patton et al. 2009).

    b = (2 g^2 / D)^(1/3) n^(1/3), with g = sum |k| R(k), D = 4/3 (sum R(k))^2 under a flat-top window that ends at
    twice the lag from which correlations are noise. At most a fifth of the series.

    >>> block_length(np.ones(100)), block_length(np.repeat([1.0, -1.0, 2.0, -2.0], 25)) > 10
    (1, True)
    """
    n = len(series)
    most = max(1, n // FEWEST_BLOCKS)
    centred = series - series.mean()
    if not centred.any():
        return 1
    run = max(5, int(math.sqrt(math.log10(n))))
    farthest = min(math.ceil(math.sqrt(n)) + run, n - 1)
    covariance = np.array([centred[: n - k] @ centred[k:] / n for k in range(farthest + 1)])
    noise = 2 * math.sqrt(math.log10(n) / n) * covariance[0]
    quiet = np.abs(covariance) < noise
    last = next((k for k in range(1, farthest + 2 - run) if quiet[k : k + run].all()), farthest)
    k = np.arange(min(2 * last, farthest) + 1)
    window = np.clip(2 * (1 - k / k[-1]), 0.0, 1.0) * covariance[: len(k)] * np.where(k > 0, 2.0, 1.0)
    spectrum, slope = float(window.sum()), float((k * window).sum())
    if spectrum <= 0:
        return 1
    return max(1, min(math.ceil((1.5 * (slope / spectrum) ** 2 * n) ** (1 / 3)), most))


def long_run_variance(series: Series, block: int) -> float:
    """s^2 from blocks of so many steps, never below what they show without the correction."""
    plain = _block_variance(series, block)
    return max(plain, 2 * plain - _block_variance(series, max(1, block // 3)))


def _block_variance(series: Series, block: int) -> float:
    """V(b); k blocks fall short of the variance by the factor (k - 1)/k."""
    sums = np.cumsum(np.concatenate([[0.0], series, series[: block - 1]]))
    means = (sums[block:] - sums[:-block]) / block
    blocks = len(series) / block
    return float(means.var()) * block * blocks / (blocks - 1)
