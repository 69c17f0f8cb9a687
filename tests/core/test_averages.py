"""Exponential averages against pandas' own, closed forms and the variance of white noise."""

import numpy as np
import pytest

import batchwright as bw
from batchwright.core.averages import exponential_average
from batchwright.core.errors import InputError

BETAS = [0.0, 0.1, 0.5, 0.9, 0.99]


@pytest.mark.parametrize("beta", BETAS)
def test_the_corrected_average_is_pandas_adjusted_one(beta):
    pandas = pytest.importorskip("pandas")
    series = np.random.default_rng(0).standard_normal(300)
    ours = exponential_average(series, beta)
    theirs = pandas.Series(series).ewm(alpha=1 - beta, adjust=True).mean().to_numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("beta", BETAS)
def test_every_average_is_the_weighted_sum_of_all_values(beta):
    series = np.random.default_rng(1).standard_normal((40, 3))
    plain, corrected = exponential_average(series, beta, correct=False), exponential_average(series, beta)
    for t in (1, 2, 7, 40):
        weights = (1 - beta) * beta ** np.arange(t - 1, -1, -1)
        np.testing.assert_allclose(plain[t - 1], weights @ series[:t], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(
            corrected[t - 1], weights @ series[:t] / weights.sum(), rtol=1e-12, atol=1e-14
        )


@pytest.mark.parametrize("beta", [0.5, 0.9, 0.99])
def test_on_a_ramp_it_is_late_by_beta_over_one_minus_beta(beta):
    """Of x_t = t the plain average is t - (1 - beta^t) beta / (1 - beta): summed by hand, exact at every t."""
    t = np.arange(1, 2001)
    late = t - exponential_average(t, beta, correct=False)
    np.testing.assert_allclose(late, beta * (1 - beta**t) / (1 - beta), rtol=1e-9)


def test_of_independent_noise_it_keeps_one_minus_beta_over_one_plus_beta():
    noise = np.random.default_rng(2).standard_normal((400, 5000))
    for beta in (0.1, 0.9):
        kept = exponential_average(noise, beta)[-1].var()
        assert kept == pytest.approx((1 - beta) / (1 + beta), rel=5 * np.sqrt(2 / 5000))


def test_it_is_on_the_front_door_and_refuses_what_is_no_series():
    assert bw.exponential_average is exponential_average
    assert exponential_average([], 0.5).shape == (0,)
    with pytest.raises(InputError, match=r"^beta must be from 0 to below 1, got 1$"):
        exponential_average([1.0], 1)
    with pytest.raises(InputError, match=r"^values must be a series of numbers, got 3.0$"):
        exponential_average(3.0, 0.5)
