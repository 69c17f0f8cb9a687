"""Curves of other exponents: found where the data tell, averaged over where they do not, never forced on the plain law."""

import math

import numpy as np
import pytest

from batchwright.advice import Point, fit_curve
from batchwright.advice.curve.fit import overhead_batch
from batchwright.advice.curve.profile import run_together

SIZES = [2.0**k for k in range(3, 12)]
TRUTH, STEPS_MIN = 128.0, 300.0


def steps(size, exponent):
    return STEPS_MIN * (1 + (TRUTH / size) ** exponent)


def noisy(exponent, runs, sd, random):
    return [Point(b, tuple(steps(b, exponent) * np.exp(random.normal(0, sd, runs)))) for b in SIZES]


@pytest.mark.parametrize("exponent", [0.65, 0.8, 1.0, 1.3])
def test_an_exact_curve_of_any_exponent_is_found(exponent):
    fit = fit_curve([Point(b, (steps(b, exponent),)) for b in SIZES])
    assert fit.verdict == "fits"
    assert fit.exponent == pytest.approx(exponent, rel=0.02)
    assert fit.critical_batch == pytest.approx(TRUTH, rel=0.03)
    assert fit.interval[0] < TRUTH < fit.interval[1]
    assert fit.exponent_interval[0] < exponent < fit.exponent_interval[1]
    assert fit.predict(TRUTH).steps == pytest.approx(2 * STEPS_MIN, rel=0.01)


def test_the_plain_law_is_exactly_that_where_the_data_choose_it():
    fit = fit_curve(noisy(1.0, 5, 0.05, np.random.default_rng(1)))
    assert fit.exponent == 1.0
    assert fit.examples_min == fit.steps_min * fit.critical_batch
    other = fit_curve([Point(b, (steps(b, 0.7),)) for b in SIZES])
    assert other.examples_min is None


@pytest.mark.parametrize("exponent", [0.8, 1.3])
def test_the_interval_holds_the_truth_where_the_plain_laws_never_does(exponent):
    random = np.random.default_rng(7)
    held = []
    for _ in range(25):
        low, high = fit_curve(noisy(exponent, 5, 0.05, random)).interval
        held.append(low <= TRUTH <= high)
    # 25 tables at 90%: the standard deviation of the share is 0.06.
    assert np.mean(held) >= 0.76


def test_with_four_batch_sizes_the_plain_law_is_assumed():
    fit = fit_curve([Point(b, (steps(b, 0.8),)) for b in SIZES[::2][:4]])
    assert (fit.exponent, fit.exponent_interval) == (1.0, None)


@pytest.mark.parametrize("exponent", [0.7, 1.0, 1.6])
def test_twenty_per_cent_more_examples(exponent):
    """B S(B) at the batch size found is 1.2 times that at the anchor, and no larger batch has it again."""
    for anchor in (8.0, 400.0):
        found = overhead_batch(TRUTH, exponent, anchor, 0.2)
        assert found > anchor
        assert found * steps(found, exponent) == pytest.approx(1.2 * anchor * steps(anchor, exponent))
        assert 2 * found * steps(2 * found, exponent) > 1.2 * anchor * steps(anchor, exponent)


def test_residuals_that_run_together_count_as_fewer():
    smooth = np.sin(np.linspace(0, 2 * math.pi, 16))
    scattered = np.random.default_rng(0).permutation(smooth)
    assert run_together(smooth) > 3
    assert run_together(scattered) < 1.5
    assert run_together(np.zeros(8)) == 1.0
    assert run_together(np.array([1.0, 1.0, 1.0])) == 1.0
