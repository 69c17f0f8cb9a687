"""The cost model against timings with known parameters."""

import math

import numpy as np
import pytest

from batchwright.core.errors import InputError
from batchwright.measure.hardware.cost_model import fit_cost_model
from batchwright.report.text.catalogue import say


def times(sizes, *, overhead, knee, sharpness):
    sizes = np.asarray(sizes, dtype=float)
    return overhead * (1 + (sizes / knee) ** sharpness) ** (1 / sharpness)


POWERS = [2**k for k in range(11)]


@pytest.mark.parametrize(("sharpness", "knee"), [(1.0, 32), (2.0, 100), (4.0, 20)])
def test_intervals_of_the_knee_hold_it_at_their_rate(sharpness, knee):
    rng = np.random.default_rng(0)
    held, widths, shown = 0, [], 120
    for _ in range(shown):
        noisy = times(POWERS, overhead=1e-4, knee=knee, sharpness=sharpness)
        model = fit_cost_model(POWERS, noisy * np.exp(0.03 * rng.standard_normal(len(POWERS))))
        assert model.knee is not None
        low, high = model.knee.interval
        held += low <= knee <= high
        widths.append(high / low)
    assert 0.82 <= held / shown <= 0.97
    assert np.median(widths) < 1.3


def test_exact_timings_give_their_parameters_and_predictions():
    exact = times(POWERS, overhead=2e-4, knee=50, sharpness=1.0)
    model = fit_cost_model(POWERS, exact)
    assert model.overhead_seconds == pytest.approx(2e-4, rel=0.02)
    assert model.seconds_per_example == pytest.approx(4e-6, rel=0.03)
    assert model.knee is not None
    assert model.knee.value == pytest.approx(50, rel=0.05)
    for size, seconds in zip(POWERS, exact, strict=True):
        assert model.seconds(size) == pytest.approx(seconds, rel=1e-9)  # through what was measured
    assert model.seconds(4096) == pytest.approx(2e-4 + 4e-6 * 4096, rel=0.03)
    assert model.relative_sd < 0.03


def test_a_size_far_off_moves_the_knee_little():
    sizes = POWERS
    values = times(sizes, overhead=1e-4, knee=64, sharpness=2.0)
    values[3] *= 3
    model = fit_cost_model(sizes, values)
    assert model.knee is not None
    assert model.knee.value == pytest.approx(64, rel=0.25)


@pytest.mark.parametrize(
    ("knee", "sizes", "reason"),
    [
        (10_000, POWERS, "about the same at the largest size measured, 1,024"),
        (0.01, POWERS, "in proportion to the batch from the smallest size measured, 1"),
        (32, [1, 1024], "needs 4 batch sizes or more, got 2"),
    ],
)
def test_a_knee_that_was_not_seen_is_not_invented(knee, sizes, reason):
    model = fit_cost_model(sizes, times(sizes, overhead=1e-4, knee=knee, sharpness=2.0))
    assert model.knee is None
    assert reason in say(model.knee_reason)
    assert model.seconds(sizes[-1]) == pytest.approx(model.measured_seconds[-1])


def test_two_sizes_interpolate_and_say_how_little_they_know():
    model = fit_cost_model([1, 100], [1.0, 2.0])
    assert 1.0 < model.seconds(50) < 2.0
    assert model.relative_sd >= 0.2


@pytest.mark.parametrize(
    ("sizes", "seconds"),
    [([8], [1.0]), ([8, 8], [1.0, 1.0]), ([8, 16], [1.0, math.nan]), ([8, 16], [0.0, 1.0])],
)
def test_bad_timings_are_refused(sizes, seconds):
    with pytest.raises(InputError):
        fit_cost_model(sizes, seconds)


def test_a_batch_size_must_be_positive():
    with pytest.raises(InputError, match="greater than 0"):
        fit_cost_model([1, 2], [1.0, 1.5]).seconds(0)
