"""Samples that few examples decide: seen, sampled on, and left unresolved where nothing more can be had."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

import batchwright as bw
from batchwright.measure.gradients.moments import Moments
from batchwright.measure.gradients.noise import measure_noise
from batchwright.measure.gradients.tails import enough, tail_of

ROWS, FEATURES = 6000, 5


def regression(features, noise):
    x = torch.as_tensor(features, dtype=torch.float32)
    y = x.sum(dim=1, keepdim=True) + torch.as_tensor(noise, dtype=torch.float32)[:, None]
    return bw.Task(
        model=lambda: nn.Linear(FEATURES, 1, bias=False), train=(x, y), validation=(x[:10], y[:10]), loss="mse",
        name="tails",
    )  # fmt: skip


def truth(task, model):
    x, y = task.train.inputs.double(), task.train.targets.double()
    rows = 2 * (x @ model.weight.detach().double().T - y) * x
    mean = rows.mean(0)
    return float(((rows - mean) ** 2).sum(1).mean() / (mean @ mean))


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_even_rows_need_no_more(random):
    task = regression(random.standard_normal((ROWS, FEATURES)), random.standard_normal(ROWS))
    found = measure_noise(task.build_model(0), task)
    assert (found.sample, found.unresolved_because) == (2048, None)
    assert found.tail.effective_rows > 100
    assert found.tail.share_of_largest < 0.3


@pytest.mark.parametrize("degrees", [2.5, 3.5])
def test_heavy_tails_are_looked_at_to_the_end(degrees, random):
    task = regression(random.standard_t(degrees, (ROWS, FEATURES)), random.standard_normal(ROWS))
    model = task.build_model(0)
    found = measure_noise(model, task)
    assert found.sample == ROWS
    assert found.exact
    low, high = found.noise_scale.interval
    assert low <= truth(task, model) <= high
    assert high / low < 1.001


def test_a_fixed_sample_of_heavy_tails_is_unresolved_with_a_lower_bound(random):
    task = regression(random.standard_t(2.5, (ROWS, FEATURES)), random.standard_normal(ROWS))
    model = task.build_model(0)
    found = [measure_noise(model, task, sample=512, seed=seed) for seed in range(20)]
    assert sum(one.unresolved_because == "few_examples" for one in found) >= 18
    bounds = [one.noise_scale.interval for one in found if one.unresolved_because == "few_examples"]
    assert all(high is None for _, high in bounds)
    assert sum(low <= truth(task, model) for low, _ in bounds) >= 0.9 * len(bounds)


def test_hills_index_is_that_of_a_pareto(random):
    squares = torch.as_tensor(stats.pareto(1.5).rvs(20_000, random_state=random))
    zeros = torch.zeros(20_000, dtype=torch.float64)
    found = tail_of(Moments(zeros[:3], squares, zeros, zeros[:, None], population=10**6))
    assert found.index == pytest.approx(1.5, rel=0.15)


def test_effective_rows_count_those_that_decide():
    """Of n rows one carries all of the trace: it alone is the uncertainty."""
    squares = torch.full((500,), 1e-6, dtype=torch.float64)
    squares[0] = 1.0
    zeros = torch.zeros(500, dtype=torch.float64)
    found = tail_of(Moments(zeros[:3], squares, zeros, zeros[:, None], population=1000))
    assert found.effective_rows == pytest.approx(1.0, rel=0.02)
    assert found.share_of_largest == pytest.approx(1.0, rel=1e-3)
    assert enough(found, 500, left=10_000) == 10_500
    assert enough(found, 500, left=0) == 500
