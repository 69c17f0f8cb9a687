"""The posterior against curves it should recover, and against draws from its own prior."""

import math

import numpy as np
import pytest

from batchwright.advice.quick.posterior import (
    NAMES,
    Observation,
    Posterior,
    _Data,
    _log_density,
    prior,
    sample,
)

TRUTH = np.array(
    [[math.log(100.0), math.log(80.0), math.log(0.5), math.log(2.0), math.log(0.9), 0.0, 0.9, math.log(0.03)]]
)
MIDDLE = math.log(64.0)
BEFORE = prior(math.log(110.0), math.log(0.4), math.log(200.0), 1.3, adaptive=False)


def observations(truth, points, random=None, sd=0.03):
    curve = Posterior(truth, MIDDLE)
    batch, rate = np.log(np.array(points, dtype=float)).T
    values = curve.log_steps(batch, rate)[0]
    noise = np.zeros(len(values)) if random is None else sd * random.standard_normal(len(values))
    return [Observation(*row) for row in zip(batch, rate, values + noise, strict=True)]


def test_the_model_is_the_stated_one():
    curve = Posterior(TRUTH, MIDDLE)
    best = curve.best_log_lr(np.array([MIDDLE]))[0, 0]
    assert best == pytest.approx(math.log(0.5))  # at the reference the best rate is lr_0
    at_best = curve.log_steps(np.array([MIDDLE]), np.array([best]))[0, 0]
    assert at_best == pytest.approx(math.log(100.0))
    # Far below the best rate steps grow as lr^-lambda.
    low = curve.log_steps(np.full(2, MIDDLE), np.log([1e-4, 1e-5]))[0]
    assert low[1] - low[0] == pytest.approx(0.9 * math.log(10), abs=1e-3)
    # At equal distance from its best rate, a batch size follows the hyperbola.
    sizes = np.log([8.0, 512.0])
    rates = curve.best_log_lr(sizes)[0]
    steps = np.exp(curve.log_steps(sizes, rates)[0])
    assert steps[0] / steps[1] == pytest.approx((1 + 80 / 8) / (1 + 80 / 512))


def test_many_precise_runs_are_recovered():
    points = [(b, r) for b in (8, 32, 128, 512) for r in (0.1, 0.25, 0.5, 0.8)]
    found = sample(observations(TRUTH, points), BEFORE, MIDDLE, seed=0)
    sizes = np.log([8.0, 64.0, 512.0])
    rates = Posterior(TRUTH, MIDDLE).best_log_lr(sizes)[0]
    truth = Posterior(TRUTH, MIDDLE).log_steps(sizes, rates)[0]
    assert np.median(found.log_steps(sizes, rates), axis=0) == pytest.approx(truth, abs=0.06)
    assert np.median(found.critical) == pytest.approx(80, rel=0.25)


def test_equal_input_gives_equal_samples():
    seen = observations(TRUTH, [(64, 0.5), (64, 0.25)])
    a, b = (sample(seen, BEFORE, MIDDLE, seed=3) for _ in range(2))
    assert np.array_equal(a.samples, b.samples)
    assert not np.array_equal(a.samples, sample(seen, BEFORE, MIDDLE, seed=4).samples)


def test_a_lower_bound_only_pushes_upwards():
    seen = observations(TRUTH, [(64, 0.5), (64, 0.25)])
    at = np.array([MIDDLE]), np.array([math.log(2.0)])
    without = np.median(sample(seen, BEFORE, MIDDLE, seed=0).log_steps(*at))
    far = Observation(MIDDLE, math.log(2.0), without + 1.0, 0.1, is_bound=True)
    near = Observation(MIDDLE, math.log(2.0), without - 3.0, 0.1, is_bound=True)
    assert np.median(sample([*seen, far], BEFORE, MIDDLE, seed=0).log_steps(*at)) > without + 0.5
    assert np.median(sample([*seen, near], BEFORE, MIDDLE, seed=0).log_steps(*at)) == pytest.approx(
        without, abs=0.4
    )


def test_a_vague_run_counts_for_less_than_a_precise_one():
    seen = observations(TRUTH, [(64, 0.5)])
    at = np.array([math.log(256.0)]), np.array([math.log(0.5)])
    values = [
        np.median(
            sample([*seen, Observation(at[0][0], at[1][0], 6.0, sd)], BEFORE, MIDDLE, seed=0).log_steps(*at)
        )
        for sd in (0.0, 0.3, 3.0)
    ]
    assert values[0] > values[1] > values[2]


def test_intervals_of_the_critical_batch_cover_draws_from_the_prior():
    random = np.random.default_rng(0)
    points = [(64, 0.2), (64, 0.4), (64, 0.8), (256, 0.6), (16, 0.2)]
    inside = []
    for trial in range(40):
        truth = (BEFORE.mean + BEFORE.sd * random.standard_normal(len(NAMES)))[None, :]
        sd = math.exp(truth[0, NAMES.index("log_sigma")])
        found = sample(observations(truth, points, random, sd), BEFORE, MIDDLE, seed=trial)
        low, high = np.quantile(found.critical, [0.05, 0.95])
        inside.append(low <= math.exp(truth[0, 1]) <= high)
    assert 0.78 <= np.mean(inside) <= 0.99


def test_density_prefers_the_truth():
    data = _Data.of(observations(TRUTH, [(8, 0.1), (64, 0.5), (512, 1.0)]))
    moved = TRUTH + np.eye(len(NAMES))[[1]]
    here, there = (_log_density(theta, data, BEFORE, MIDDLE)[0] for theta in (TRUTH, moved))
    assert here > there
