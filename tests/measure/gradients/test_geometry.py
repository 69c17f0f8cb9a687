"""Noise scales in other norms, against rows whose gradients are the data themselves."""

import math

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.measure.gradients.geometry import geometry_noise
from batchwright.measure.gradients.noise import measure_noise
from batchwright.task.task import Task


def task_of(rows: torch.Tensor, shape=None) -> Task:
    """A loss that is linear in the parameters: the gradient of row i is row i."""
    shape = shape or (rows.shape[1],)

    class Weights(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(shape, dtype=rows.dtype))

        def forward(self, x):
            return x @ self.weight.reshape(-1)

    data = rows, torch.zeros(len(rows), dtype=rows.dtype)
    return Task(
        name="rows", model=Weights, train=data, validation=data, loss=lambda outputs, targets: outputs
    )


def rows_of(seed, count, params, signal):
    random = torch.Generator().manual_seed(seed)
    scales = torch.logspace(-1, 1, params, dtype=torch.float64)
    mean = signal * scales * torch.randn(params, generator=random, dtype=torch.float64)
    return mean + scales * torch.randn(count, params, generator=random, dtype=torch.float64)


def true_l1(rows):
    return float((rows.std(dim=0, correction=0).sum() / rows.mean(dim=0).abs().sum()) ** 2)


def measured(data, norm="l1", shape=None, **options):
    task = task_of(data, shape)
    return geometry_noise(task.build_model(0), task, norm, **{"rows": len(data), **options})


def test_all_rows_leave_only_the_standard_deviations_to_chance():
    rows = rows_of(0, 640, 50, 0.2)
    found = measured(rows)
    assert found.noise_scale.resolved
    assert found.noise_scale.value == pytest.approx(true_l1(rows), rel=0.15)
    assert found.noise_scale.interval[0] < true_l1(rows) < found.noise_scale.interval[1]


@pytest.mark.parametrize("signal", [0.15, 0.05])
def test_the_interval_holds_the_truth(signal):
    rows = rows_of(1, 4096, 60, signal)
    truth = true_l1(rows)
    inside = []
    for seed in range(60):
        scale = measured(rows, rows=512, seed=seed).noise_scale
        low, high = scale.interval
        inside.append((low is None or low <= truth) and (high is None or truth <= high))
    assert sum(inside) >= 51  # 85%


def test_no_signal_is_unresolved():
    rows = rows_of(2, 4096, 60, 0.0)
    scale = measured(rows - rows.mean(dim=0), rows=512).noise_scale
    assert not scale.resolved
    assert scale.interval[1] is None


def test_signs_differ_from_the_euclidean_norm_where_scales_differ():
    random = torch.Generator().manual_seed(3)
    rows = torch.randn(2048, 40, generator=random, dtype=torch.float64)
    rows[:, 0] *= 100  # one coordinate carries the Euclidean noise
    rows += 1.0 - rows.mean(dim=0)
    task = task_of(rows)
    euclidean = measure_noise(task.build_model(0), task, sample=None).noise_scale.value
    assert euclidean == pytest.approx((100**2 + 39) / 40, rel=0.1)
    assert measured(rows).noise_scale.value == pytest.approx(((100 + 39) / 40) ** 2, rel=0.1)


def test_the_nuclear_norm_of_a_matrix():
    """Noise of unit entries in m x n: E|noise|* by simulation; the mean is a matrix of known nuclear norm."""
    random = torch.Generator().manual_seed(4)
    m, n, count = 8, 12, 3200
    u, _, vh = torch.linalg.svd(torch.randn(m, n, generator=random, dtype=torch.float64), full_matrices=False)
    mean = u @ torch.diag(torch.linspace(1, 2, m, dtype=torch.float64)) @ vh
    rows = mean.reshape(-1) + torch.randn(count, m * n, generator=random, dtype=torch.float64)
    draws = torch.randn(2000, m, n, generator=random, dtype=torch.float64)
    truth = float(torch.linalg.matrix_norm(draws, ord="nuc").mean() / 12.0) ** 2  # sum of 1 .. 2 in 8 steps
    scale = measured(rows, "nuclear", (m, n)).noise_scale
    assert scale.value == pytest.approx(truth, rel=0.1)
    low, high = scale.interval
    assert low < truth < high


def test_what_it_needs():
    rows = rows_of(5, 30, 4, 1.0)
    with pytest.raises(InputError, match="8 groups of 4 rows"):
        measured(rows)
    with pytest.raises(InputError, match="memory for 1 groups"):
        measured(rows_of(5, 64, 4, 1.0), memory_bytes=60)
    with pytest.raises(InputError, match="two dimensions"):
        measured(rows_of(5, 64, 4, 1.0), "nuclear")


def test_nothing_but_the_seed_decides():
    rows = rows_of(6, 1000, 10, 0.3)
    assert measured(rows, rows=256, seed=1) == measured(rows, rows=256, seed=1)
    assert not math.isclose(
        measured(rows, rows=256, seed=1).noise_scale.value, measured(rows, rows=256, seed=2).noise_scale.value
    )
