"""Level, slope and noise of a loss that falls, robustly: what every pattern is compared with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import special

from batchwright.advice.diagnosis.log import Floats, LoggedSeries

_MAD_TO_SD = 1.4826
_SLOPE_POINTS = 300
"""Theil and Sen's slope takes the median of all pairs; more points are thinned evenly."""


def without_gaps(series: LoggedSeries) -> LoggedSeries:
    """The series up to the last finite value, with single missing values interpolated.

    >>> one = LoggedSeries("loss", "train", np.array([3.0, np.nan, 1.0, np.inf]), np.arange(4))
    >>> without_gaps(one).values.tolist()
    [3.0, 2.0, 1.0]
    """
    finite = np.flatnonzero(np.isfinite(series.values))
    kept = slice(0, finite[-1] + 1 if len(finite) else 0)
    values = series.values[kept].copy()
    bad = ~np.isfinite(values)
    if bad.any():
        values[bad] = np.interp(np.flatnonzero(bad), np.flatnonzero(~bad), values[~bad])
    return replace(
        series,
        values=values,
        place=series.place[kept],
        step=None if series.step is None else series.step[kept],
        epoch=None if series.epoch is None else series.epoch[kept],
        phase=None if series.phase is None else series.phase[kept],
    )


def spread(values: Floats) -> float:
    """Standard deviation from the median absolute deviation.

    >>> round(spread(np.array([1.0, 2.0, 3.0, 100.0])), 2)
    1.48
    """
    return _MAD_TO_SD * float(np.median(np.abs(values - np.median(values)))) if len(values) else 0.0


def noise_sd(values: Floats) -> float:
    """Standard deviation of the noise from line to line, whatever the trend.

    Of s_t = y_t - (y_(t-1) + y_(t+1))/2, whose variance is 3/2 of the noise's and zero on a straight line.

    >>> noise_sd(np.arange(10.0))
    0.0
    """
    if len(values) < 5:
        return 0.0
    return spread(values[1:-1] - (values[:-2] + values[2:]) / 2) / float(np.sqrt(1.5))


def centred_mean(values: Floats, period: int) -> Floats:
    """Mean over one period about each value, nan where it does not fit; an even period has half weights at its ends.

    >>> centred_mean(np.array([1.0, 3.0, 1.0, 3.0, 1.0]), 2).tolist()
    [nan, 2.0, 2.0, 2.0, nan]
    """
    half = period // 2
    means = np.full(len(values), np.nan)
    if len(values) < 2 * half + 1:
        return means
    sums = np.concatenate([[0.0], np.cumsum(values)])
    inner = np.arange(half, len(values) - half)
    totals = sums[inner + half + 1] - sums[inner - half]
    if period % 2 == 0:
        totals = totals - (values[inner - half] + values[inner + half]) / 2
    means[inner] = totals / period
    return means


def blocks(values: Floats, count: int = 20) -> Floats:
    """Medians of ``count`` stretches of equal length; of fewer where there are few values.

    >>> blocks(np.arange(6.0), 3).tolist()
    [0.5, 2.5, 4.5]
    """
    parts = np.array_split(values, min(count, max(len(values) // 2, 1)))
    return np.array([float(np.median(part)) for part in parts])


def theil_sen(values: Floats) -> float:
    """Theil and Sen's slope a line of the log: the median of the slopes of all pairs.

    >>> theil_sen(np.array([3.0, 2.0, 1.0, 0.0, 9.0]))
    -1.0
    """
    places = np.linspace(0, len(values) - 1, min(len(values), _SLOPE_POINTS)).round().astype(int)
    if len(places) < 2:
        return 0.0
    x, y = places.astype(float), values[places]
    rise, run = y[None, :] - y[:, None], x[None, :] - x[:, None]
    upper = np.triu_indices(len(places), 1)
    return float(np.median(rise[upper] / run[upper]))


def trend_p_value(values: Floats) -> float:
    """Two-sided p value of Kendall's rank correlation with time: small where there is a trend.

    By the normal approximation with continuity correction, Var S = n (n-1) (2n+5)/18 (Mann 1945).

    >>> round(trend_p_value(np.arange(5.0)), 3), trend_p_value(np.ones(5))
    (0.027, 1.0)
    """
    count = len(values)
    if count < 3:
        return 1.0
    signs = np.sign(values[None, :] - values[:, None])
    statistic = abs(float(np.triu(signs, 1).sum()))
    variance = count * (count - 1) * (2 * count + 5) / 18
    return float(special.erfc(max(statistic - 1, 0.0) / np.sqrt(2 * variance)))
