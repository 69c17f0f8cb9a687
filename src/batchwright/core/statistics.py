"""Statistics of a few positive, skewed measurements: pooled on log values, summarised by medians.

Everything that says how sure a number is takes these functions, so that two parts of the package cannot
disagree about the same runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

LEVEL = 0.90
"""Of every interval that is reported."""
_LARGE_SAMPLE = 1000
"""From so many values on Var(median) is pi/(2 n) within 0.2%."""


def t_quantile(degrees: float, probability: float = (1 + LEVEL) / 2) -> float:
    """Student's t: how many standard errors; by default those of a 90% interval to either side.

    Fewer than one degree of freedom count as one; with infinitely many (a spread that is known, not
    estimated) it is the normal quantile.

    >>> round(t_quantile(4), 3), round(t_quantile(math.inf), 3), round(t_quantile(4, 0.9), 3)
    (2.132, 1.645, 1.533)
    """
    return float(special.stdtrit(max(degrees, 1.0), probability))


def log_mean(values: Sequence[float]) -> float:
    """Mean of the natural logarithms of positive values: the log of their geometric mean.

    >>> round(math.exp(log_mean([10.0, 1000.0])))
    100
    """
    return float(np.mean(np.log(values)))


def pooled_log_variance(groups: Iterable[Sequence[float]]) -> tuple[float | None, int]:
    """Variance of log values about their own group's mean, pooled over the groups.

        s^2 = sum_g sum_i (log x_gi - mean_g)^2 / sum_g (n_g - 1)

    Args:
        groups: positive values, such as steps to target of the seeds at each batch size.

    Returns:
        The variance and its degrees of freedom; (None, 0) where no group has two values.

    >>> variance, degrees = pooled_log_variance([[1.0, math.e**2], [5.0], [3.0, 3.0, 3.0]])
    >>> round(variance, 6), degrees
    (0.666667, 3)
    """
    squares, degrees = 0.0, 0
    for values in groups:
        if len(values) > 1:
            logs = np.log(np.asarray(values, dtype=float))
            squares += float(np.sum((logs - logs.mean()) ** 2))
            degrees += len(logs) - 1
    return (squares / degrees if degrees else None), degrees


def jackknife_error(without: ArrayLike, share: float = 1.0) -> float:
    """Standard error of an estimate by the delete-one jackknife (Efron and Stein 1981).

        SE^2 = (n - 1)/n sum_i (x_(-i) - mean)^2

    Args:
        without: the estimate without each of the n observations in turn, shape (n,).
        share: of the population that was not seen, 1 - n/N: its finite size shrinks SE^2 by so much.

    >>> values = np.array([1.0, 2.0, 6.0])
    >>> without = [np.delete(values, i).mean() for i in range(3)]
    >>> bool(np.isclose(jackknife_error(without), values.std(ddof=1) / 3**0.5))  # of a mean, its own
    True
    """
    values = np.asarray(without, dtype=float)
    count = len(values)
    return math.sqrt(max((count - 1) / count * share * float(((values - values.mean()) ** 2).sum()), 0.0))


def neighbour_correlation(residuals: np.ndarray) -> float:
    """Correlation of each value with the next along the last axis, pooled over the others, about zero; 0 of zeros.

    >>> neighbour_correlation(np.array([1.0, 1.0, 1.0, 1.0])), neighbour_correlation(np.zeros((2, 3)))
    (0.75, 0.0)
    """
    square = float((residuals**2).sum())
    return float((residuals[..., 1:] * residuals[..., :-1]).sum()) / square if square else 0.0


def correlation_factor(r: float) -> float:
    """(1 + r)/(1 - r): how far the correlation of neighbours, where positive, widens the variance of a mean.

    >>> correlation_factor(0.5), correlation_factor(-0.5)
    (3.0, 1.0)
    """
    return (1 + r) / (1 - r) if r > 0 else 1.0


def quartile_sd(low: float, high: float) -> float:
    """Standard deviation of the normal distribution with these lower and upper quartiles.

    >>> round(quartile_sd(-0.6745, 0.6745), 3)
    1.0
    """
    return (high - low) / (2 * float(special.ndtri(0.75)))


@cache
def median_variance_factor(count: int) -> float:
    """Var(median) of ``count`` independent normal values, in units of one value's variance.

    1/n for one or two values, where the median is the mean; 0.2868 for five, where the large-sample value
    pi/(2 n) says 0.3142. Exact, by quadrature of the median's density (David and Nagaraja 2003, ch. 2):

        odd n = 2k+1:  p(m) ~ [F(m) (1 - F(m))]^k f(m)
        even n = 2k:   p(m) ~ int_0^inf F(m-t)^(k-1) (1 - F(m+t))^(k-1) f(m-t) f(m+t) dt

    where F and f are the normal distribution and density, and t half the gap between the middle two.

    >>> [round(median_variance_factor(n), 4) for n in (1, 2, 3, 5, 10)]
    [1.0, 0.5, 0.4487, 0.2868, 0.1383]
    """
    if count > _LARGE_SAMPLE:
        return math.pi / (2 * count)
    middle = np.linspace(-12, 12, 241)[:, None] / math.sqrt(count)
    if count % 2:
        weights = np.ones(1)
        log_density = (count // 2) * (special.log_ndtr(middle) + special.log_ndtr(-middle)) - middle**2 / 2
    else:
        nodes, weights = np.polynomial.legendre.leggauss(40)
        gap = 12 * (1 + nodes) / count
        log_density = (count // 2 - 1) * (special.log_ndtr(middle - gap) + special.log_ndtr(-middle - gap))
        log_density -= middle**2 + gap**2
    density = np.exp(log_density - log_density.max()) @ weights
    return float(np.sum(density * middle[:, 0] ** 2) / np.sum(density))
