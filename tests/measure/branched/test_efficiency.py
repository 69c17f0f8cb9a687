"""From loss curves to a critical batch size: exact curves give it exactly, and intervals hold what they should."""

import math

import numpy as np
import pytest

from batchwright.core.errors import InputError
from batchwright.measure.branched.efficiency import (
    efficiency_of,
    fit_efficiencies,
    noise_share,
    smoothed_curve,
)
from batchwright.measure.branched.plan import branch_plan
from batchwright.measure.branched.points import local_critical_batch, within_tolerance

FACTORS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
CHECKS = [0, *(round(4096 * 2 ** (-j / 2)) for j in range(8, -1, -1))]


def plan(**values):
    return branch_plan(batch_size=32, training_examples=10**6, examples=4096, factors=FACTORS, **values)


def curves(critical, seeds=3, noise=0.0, rng=None):
    """Losses exp(-x / T_k) with T_k proportional to B_crit + k B, as the law of the steps has it."""
    rng = rng or np.random.default_rng(0)
    found = {}
    for k in FACTORS:
        length = 2000 * (critical + 32 * k) / (critical + 32)
        loss = np.exp(-np.array(CHECKS) / length)
        scatter = noise * rng.standard_normal((seeds, len(loss)))
        scatter[:, 0] = 0
        found[k] = (CHECKS, loss + scatter)
    return found


@pytest.mark.parametrize("critical", [4.0, 20.0, 64.0, 500.0])
def test_exact_curves_give_the_critical_batch(critical):
    found = fit_efficiencies(curves(critical))
    for k, e in found.efficiencies.items():
        assert e == pytest.approx((critical + 32) / (critical + 32 * k), rel=0.01)
    batch = local_critical_batch(found, plan(), None)
    assert batch.value == pytest.approx(critical, rel=0.04)


@pytest.mark.parametrize("share", [-0.02, 0.0, 1e-3, 0.3, 0.9, 1.0])
def test_the_fit_inverts_the_law(share):
    exact = {k: 1 / (1 + (k - 1) * share) for k in FACTORS}
    assert noise_share(exact) == pytest.approx(share, abs=1e-5)


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(100):
        found = fit_efficiencies(curves(64.0, noise=0.01, rng=rng))
        low, high = local_critical_batch(found, plan(), None).interval
        inside += low <= 64.0 <= high
    assert inside >= 83  # of 90 expected, three standard errors below


def test_a_curve_never_rises_and_a_branch_that_got_nowhere_counts_as_none():
    base = smoothed_curve([0, 1, 2, 3], np.array([[1.0, 0.5, 0.6, 0.2], [1.0, 0.7, 0.6, 0.4]]))
    assert base.losses.tolist() == pytest.approx([1.0, 0.6, 0.6, 0.3])
    worse = smoothed_curve([0, 1, 2, 3], np.array([[1.0, 1.2, 1.3, 1.1]]))
    assert efficiency_of(worse, base) == 0
    diverged = smoothed_curve([0, 1, 2, 3], np.array([[1.0, math.inf, math.inf, math.inf]]))
    assert efficiency_of(diverged, base) == 0
    assert efficiency_of(base, base) == 1


def test_a_faster_branch_is_compared_where_the_slower_one_ends():
    x = np.linspace(0, 8, 9)
    slow, fast = smoothed_curve(x, np.exp(-x / 8)[None]), smoothed_curve(x, np.exp(-x / 4)[None])
    assert efficiency_of(fast, slow) == pytest.approx(2, rel=2e-3)
    assert efficiency_of(slow, fast) == pytest.approx(0.5, rel=2e-3)


def test_bounds_reach_no_further_than_twice_beyond_the_branches():
    all_noise = fit_efficiencies(curves(1e9))
    assert local_critical_batch(all_noise, plan(), "above_largest").interval == (1024.0, None)
    no_noise = fit_efficiencies(curves(0.0))
    assert local_critical_batch(no_noise, plan(), "below_smallest").interval[1] == pytest.approx(8.0)


def test_the_largest_within_a_tolerance_ends_at_the_first_that_is_not():
    ends = {1.0: 0.5, 2.0: 0.51, 4.0: 0.56, 8.0: 0.52, 16.0: 0.9}
    assert within_tolerance(ends, 1.0, 0.05, plan()).largest == 64
    assert within_tolerance(ends, 1.0, 0.2, plan()).largest == 256
    assert within_tolerance(ends, 1.0, 0.01, plan()).largest == 32
    assert within_tolerance(ends, 0.5, 0.2, plan()).largest is None


def test_branches_have_equally_many_examples_in_whole_batches():
    found = branch_plan(batch_size=32, training_examples=1437, examples=3200)
    assert found.factors == FACTORS
    assert found.examples == 3584
    for k in FACTORS:
        assert found.updates(k) * found.size(k) == found.examples
        assert found.checks(k)[-1] == found.updates(k)
    assert branch_plan(batch_size=3, training_examples=100, examples=400).factors == (1, 2, 4, 8, 16)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"factors": (1, 3)}, "factors must be powers of two such as 0.5, 2 or 16, got 3"),
        ({"factors": (2, 64)}, "factors must give whole batches of at most 1437 examples, got 64 times 32"),
        ({"factors": (1 / 64, 2)}, "factors must give whole batches"),
        ({"factors": (0.5,)}, "the branch with batch size 64 must make 6 updates"),
        ({"examples": 100}, "got 100 examples a branch: raise `branch_examples` or lower `batch_size`"),
        ({"seeds": 1}, "seeds must be 2 or more, got 1"),
        ({"tolerance": 1.5}, "tolerance must be a share between 0 and 1, got 1.5"),
        ({"measured_on": "test"}, "measured_on must be train or validation, got 'test'"),
    ],
)
def test_what_no_plan_can_be_made_of(asked, message):
    given = {"batch_size": 32, "training_examples": 1437, "examples": 4000, **asked}
    with pytest.raises(InputError, match=message.replace("(", "\\(")):
        branch_plan(**given)
