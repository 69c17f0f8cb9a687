"""Pooled variances, quantiles and the variance of a median, against simulation and independent formulas."""

import math

import numpy as np
import pytest
from scipy import stats

from batchwright.core.statistics import (
    log_mean,
    median_variance_factor,
    pooled_log_variance,
    quartile_sd,
    t_quantile,
)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 10, 25, 40])
def test_variance_of_a_median_as_simulated(count):
    draws = 400_000 if count < 10 else 100_000
    medians = np.median(np.random.default_rng(count).standard_normal((draws, count)), axis=1)
    # The variance of a sample of n normal values has the relative standard deviation sqrt(2/n).
    assert median_variance_factor(count) == pytest.approx(medians.var(), rel=4 * math.sqrt(2 / draws))


def test_variance_of_a_median_known_values():
    """Of three values 1 - sqrt(3)/pi (Jones 1948); the large-sample limit from both sides of the cut."""
    assert median_variance_factor(3) == pytest.approx(1 - math.sqrt(3) / math.pi, rel=1e-12)
    assert median_variance_factor(5) == pytest.approx(0.28683, abs=5e-6)
    for count in (999, 1000, 1001):
        assert median_variance_factor(count) == pytest.approx(math.pi / 2 / count, rel=2e-3)


def test_pooled_variance_is_the_anova_within_mean_square():
    rng = np.random.default_rng(0)
    groups = [np.exp(rng.standard_normal(n)).tolist() for n in (1, 2, 5, 9)]
    variance, degrees = pooled_log_variance(groups)
    weighted = sum((len(g) - 1) * np.var(np.log(g), ddof=1) for g in groups[1:])
    assert degrees == 0 + 1 + 4 + 8
    assert variance == pytest.approx(weighted / 13, rel=1e-12)


def test_pooled_variance_without_repeats_is_unknown():
    assert pooled_log_variance([[3.0], [], [5.0]]) == (None, 0)
    assert pooled_log_variance([[3.0, 3.0]]) == (0.0, 1)


@pytest.mark.parametrize("degrees", [1, 2, 4.5, 30])
@pytest.mark.parametrize("probability", [0.5, 0.9, 0.95, 0.995])
def test_t_quantile(degrees, probability):
    assert t_quantile(degrees, probability) == pytest.approx(stats.t.ppf(probability, degrees), abs=1e-9)


def test_t_quantile_at_the_ends():
    assert t_quantile(0) == t_quantile(1) == pytest.approx(6.3138, abs=1e-4)
    assert t_quantile(math.inf) == pytest.approx(stats.norm.ppf(0.95), rel=1e-12)


def test_log_mean_and_quartiles():
    assert math.exp(log_mean([1.0, 10.0, 100.0])) == pytest.approx(10)
    assert quartile_sd(*stats.norm(3, 0.7).ppf([0.25, 0.75])) == pytest.approx(0.7)
