import math

import numpy as np
import pytest

from batchwright.core.errors import InputError
from batchwright.measure.cost_model import fit_cost_model

SIZES = 2 ** np.arange(13)


def truth(sizes, knee, p, overhead=1e-3):
    return overhead * (1 + (np.asarray(sizes, dtype=float) / knee) ** p) ** (1 / p)


@pytest.mark.parametrize("p", [1.0, 2.0, 6.0])
def test_exact_timings_give_their_parameters_back(p):
    model = fit_cost_model(SIZES, truth(SIZES, 100, p))
    assert model.overhead_seconds == pytest.approx(1e-3, rel=0.02)
    assert model.seconds_per_example == pytest.approx(1e-5, rel=0.02)
    assert model.sharpness == pytest.approx(p, rel=0.12)
    assert model.knee.interval[0] <= 100 <= model.knee.interval[1]
    assert model.knee.interval[1] < 1.15 * model.knee.interval[0]
    assert model.seconds(3000) == pytest.approx(truth(3000, 100, p), rel=0.02)


@pytest.mark.parametrize("sd", [0.02, 0.1])
def test_interval_of_the_knee_covers_at_its_rate(sd):
    rng, covered, trials = np.random.default_rng(7), 0, 120
    for _ in range(trials):
        knee, p = math.exp(rng.uniform(math.log(10), math.log(400))), math.exp(rng.uniform(0, math.log(6)))
        model = fit_cost_model(SIZES, truth(SIZES, knee, p) * np.exp(sd * rng.standard_normal(len(SIZES))))
        covered += model.knee.interval[0] <= knee <= model.knee.interval[1]
    # 90% nominal; three binomial standard errors are 8%.
    assert 0.82 <= covered / trials <= 0.98


def test_one_disturbed_size_moves_the_knee_little():
    times = truth(SIZES, 100, 2) * np.exp(0.01 * np.random.default_rng(0).standard_normal(len(SIZES)))
    times[5] *= 3
    model = fit_cost_model(SIZES, times)
    assert model.knee.value == pytest.approx(100, rel=0.15)
    # What was measured is believed where it was measured.
    assert model.seconds(32) == pytest.approx(times[5])


def test_sizes_not_measured_are_predicted_within_the_stated_error():
    rng = np.random.default_rng(1)
    wavy = lambda b: truth(b, 60, 1.5) * np.exp(0.15 * np.sin(np.log(b)))  # noqa: E731
    model = fit_cost_model(SIZES, wavy(SIZES) * np.exp(0.02 * rng.standard_normal(len(SIZES))))
    between = np.sqrt(SIZES[:-1] * SIZES[1:])
    errors = [math.log(model.seconds(b) / wavy(b)) for b in between]
    assert np.sqrt(np.mean(np.square(errors))) < 1.5 * model.relative_sd < 0.2


def test_a_knee_that_the_sizes_do_not_show_is_none():
    flat = fit_cost_model(SIZES, truth(SIZES, 1e5, 2))
    assert flat.knee is None
    assert "about the same at the largest size measured, 4096" in flat.knee_reason
    proportional = fit_cost_model(SIZES * 64, truth(SIZES * 64, 3, 2))
    assert proportional.knee is None
    assert "in proportion to the batch from the smallest size measured, 64" in proportional.knee_reason
    few = fit_cost_model([1, 100, 1000], truth([1, 100, 1000], 100, 1))
    assert few.knee is None
    assert "4 batch sizes or more, got 3" in few.knee_reason
    assert few.seconds(10) == pytest.approx(truth(10, 100, 1), rel=0.1)


def test_the_order_of_the_sizes_does_not_matter_and_bad_input_is_refused():
    times = truth(SIZES, 100, 2)
    assert fit_cost_model(SIZES[::-1], times[::-1]) == fit_cost_model(SIZES, times)
    for sizes, seconds in [
        ([8], [1.0]),
        ([8, 8], [1.0, 1.0]),
        ([8, 16], [1.0, 0.0]),
        ([8, 16], [1.0, math.inf]),
    ]:
        with pytest.raises(InputError):
            fit_cost_model(sizes, seconds)
    with pytest.raises(InputError, match="greater than 0"):
        fit_cost_model(SIZES, times).seconds(0)
