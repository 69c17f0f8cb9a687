"""The noise scale from batch gradients' norms: exact by enumeration, and its intervals counted."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.signal import lfilter

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.measure.gradients.long_run import block_length, long_run_variance
from batchwright.measure.gradients.norms import noise_scale_from_norms, noise_scale_over_steps


def test_norms_at_two_batch_sizes_by_enumeration():
    """Mean squared norms over every batch of 2 and of 4 of 6 rows give exactly the stored rows' values."""
    rows = torch.randn(6, 3, dtype=torch.float64, generator=generator(0, "rows"))
    mean = rows.mean(0)
    signal, trace = float(mean @ mean), float(((rows - mean) ** 2).sum(1).mean())

    def mean_square(size, replaced):
        draws = (
            itertools.product(range(6), repeat=size) if replaced else itertools.combinations(range(6), size)
        )
        means = torch.stack([rows[list(d)].mean(0) for d in draws])
        return float((means**2).sum(1).mean())

    without = noise_scale_from_norms(mean_square(2, False), mean_square(4, False), 2, 4, examples=6)
    assert without == pytest.approx((signal, trace), rel=1e-9)
    replaced = noise_scale_from_norms(mean_square(1, True), mean_square(3, True), 1, 3)
    assert replaced == pytest.approx((signal, trace), rel=1e-9)
    with pytest.raises(InputError, match="1 <= b < B"):
        noise_scale_from_norms(1.0, 1.0, 4, 4)


def micro_batches(signal, trace, random, steps=60):
    """Squared norms of four batches of 8 a step (their mean) and of the 32 together, in ten coordinates."""
    mean = torch.zeros(10)
    mean[0] = math.sqrt(signal)
    micro = mean + torch.randn(steps, 4, 10, generator=random) * math.sqrt(trace / 10 / 8)
    return micro.square().sum(2).mean(1).tolist(), micro.mean(1).square().sum(1).tolist()


def test_the_intervals_over_steps_hold_the_truth():
    random, truth, held = generator(0, "norms"), (20.0, 1.0, 20.0), [0, 0, 0]
    for _ in range(200):
        found = noise_scale_over_steps(*micro_batches(1.0, 20.0, random), 8, 32)
        for k, estimate in enumerate((found.noise_scale, found.grad_sq_norm, found.trace_sigma)):
            held[k] += estimate.interval[0] <= truth[k] <= estimate.interval[1]
    assert all(0.84 <= h / 200 <= 0.97 for h in held), held


def test_norms_without_signal_stay_unresolved():
    found = noise_scale_over_steps(*micro_batches(0.0, 20.0, generator(2, "norms")), 8, 32)
    assert not found.noise_scale.resolved
    assert found.noise_scale.interval[1] is None
    assert found.grad_sq_norm.interval[0] < 0


@pytest.mark.parametrize(
    ("small", "large", "message"),
    [
        ([1.0] * 4, [1.0] * 4, "5 blocks of steps or more, got 4 steps in blocks of 1"),
        ([1.0] * 60, [-1.0] * 60, "finite and 0 or more, got -1"),
        ([1.0] * 60, [1.0] * 59, "one norm a step, got 60 and 59"),
    ],
)
def test_bad_norms_are_refused(small, large, message):
    with pytest.raises(InputError, match=message):
        noise_scale_over_steps(small, large, 8, 32)


@pytest.mark.parametrize(("correlation", "longest"), [(0.0, 10), (0.95, 200)])
def test_the_intervals_hold_where_steps_depend_on_each_other(correlation, longest):
    random, held, blocks = np.random.default_rng(0), 0, []
    for _ in range(150):
        signal, trace = (factor * lognormal(correlation, random) for factor in (1.0, 8.0))
        small, large = signal + trace / 8, signal + trace / 64
        found = noise_scale_over_steps(small.tolist(), large.tolist(), 8, 64)
        low, high = found.noise_scale.interval
        held += low <= 8.0 <= high
        blocks.append(found.block)
    assert 0.83 <= held / 150 <= 0.97
    assert 1 <= np.median(blocks) <= longest
    assert correlation == 0 or np.median(blocks) > 20


def lognormal(correlation, random, steps=1000):
    """A series of mean 1 whose logarithm is autoregressive."""
    shocks = random.standard_normal(steps + 200) * math.sqrt(1 - correlation**2)
    logs = lfilter([1.0], [1.0, -correlation], shocks)[200:]
    return np.exp(0.3 * logs - 0.045)


def test_the_long_run_variance_of_an_autoregression():
    """s^2 = 1/(1 - rho)^2 for unit shocks."""
    series = lfilter([1.0], [1.0, -0.8], np.random.default_rng(1).standard_normal(200_000))
    assert long_run_variance(series, block_length(series)) == pytest.approx(25.0, rel=0.1)
