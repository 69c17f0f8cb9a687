"""Medians, bounds and seed spread of a batch size's runs."""

import math

import numpy as np
import pytest

from batchwright.advice import Point
from batchwright.advice.curve.runs import log_median, merged, pooled_seed_sd
from batchwright.core import InputError


@pytest.mark.parametrize(
    ("steps", "censored", "median", "is_bound"),
    [
        ((1.0, 2.0, 4.0), (), 2.0, False),
        ((1.0, 4.0), (), 2.0, False),
        ((1.0, 2.0), (3.0,), 2.0, False),  # survival 2/3, 1/3
        ((1.0, 2.0, 8.0), (9.0,), 4.0, False),  # rests at 1/2 from 2 to 8: the geometric middle
        ((1.0, 2.0), (3.0, 3.0), math.sqrt(6), True),  # rests at 1/2, and no later crossing
        ((1.0,), (3.0, 5.0), 3.0, True),
        ((), (3.0,), 3.0, True),
        ((2.0, 4.0, 8.0), (1.0,), 4.0, False),  # cut short before any crossing: says nothing
        ((2.0, 2.0, 5.0), (9.0,), 3.1622776601683795, False),  # ties: survival falls to 1/2 at once
    ],
)
def test_log_median(steps, censored, median, is_bound):
    found = log_median(Point(8, steps, censored))
    assert math.exp(found.value) == pytest.approx(median, rel=1e-12)
    assert found.is_bound is is_bound


def test_pooled_sd_is_the_within_group_root_mean_square():
    points = [Point(1, (1.0, math.e**2)), Point(2, (math.e, math.e, math.e**4)), Point(4, (5.0,))]
    # Squares 2 and 6 on 1 + 2 degrees of freedom.
    sd, dof = pooled_seed_sd(points)
    assert sd == pytest.approx(math.sqrt(8 / 3), rel=1e-12)
    assert dof == 3
    assert pooled_seed_sd([Point(1, (1.0,)), Point(2, (1.0,))]) == (None, 0)


def test_pooled_sd_allows_for_censored_runs():
    rng = np.random.default_rng(0)
    points = []
    for b in range(1, 41):
        steps = np.exp(0.2 * rng.standard_normal(10))
        limit = math.exp(0.1)
        points.append(Point(b, tuple(steps[steps <= limit]), (limit,) * int(np.sum(steps > limit))))
    naive = pooled_seed_sd([Point(p.batch_size, p.steps) for p in points])[0]
    found = pooled_seed_sd(points)[0]
    assert naive < 0.16
    assert found == pytest.approx(0.2, rel=0.1)


def test_points_of_one_batch_size_are_merged():
    points = merged([Point(8, (3.0,)), Point(2, (9.0,)), Point(8, (4.0,), (5.0,))])
    assert points == (Point(2, (9.0,)), Point(8, (3.0, 4.0), (5.0,)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, (1.0,)), "a batch size must be positive and finite, got 0"),
        ((8, (1.0, -2.0)), "steps to target must be positive and finite, got -2.0 at batch size 8"),
        ((8, (math.nan,)), "steps to target must be positive and finite, got nan at batch size 8"),
        ((8, (1.0,), (math.inf,)), "steps to target must be positive and finite, got inf at batch size 8"),
        ((8, ()), "a batch size needs one run or more, got none at batch size 8"),
    ],
)
def test_bad_points(arguments, message):
    with pytest.raises(InputError) as caught:
        Point(*arguments)
    assert str(caught.value) == message
