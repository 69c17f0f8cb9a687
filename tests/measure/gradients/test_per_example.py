"""Per-example gradients against plain autograd, within their memory, and refused where there are none."""

import copy
import subprocess
import sys

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.core.remark import Remark
from batchwright.core.streams import generator
from batchwright.measure.gradients.noise import measure_noise
from batchwright.measure.gradients.per_example import PerExampleGradients
from batchwright.task.task import Task

from ..noise_cases import explicit_gradients, explicit_hessian, small_net_task


@pytest.mark.parametrize("memory", [1, 10_000, 1 << 30])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_they_are_autograds_whatever_the_chunk(memory, dtype, tolerance):
    task = small_net_task(dtype=dtype)
    model = task.build_model(0)
    gradients = PerExampleGradients(model, task, memory_bytes=memory)
    rows = torch.cat(list(gradients.chunks(torch.arange(50))))
    assert gradients.vectorised
    assert rows.dtype == dtype
    torch.testing.assert_close(rows, explicit_gradients(model, task), rtol=tolerance, atol=tolerance / 10)
    torch.testing.assert_close(
        gradients.mean(torch.arange(50)), rows.mean(0), rtol=tolerance, atol=tolerance / 10
    )


def test_memory_bounds_the_chunk():
    task = small_net_task()
    model = task.build_model(0)
    whole = PerExampleGradients(model, task)
    assert whole.count == 23
    assert whole.chunk == whole.batch_chunk == 4096
    few = PerExampleGradients(model, task, memory_bytes=10_000)
    lengths = [len(c) for c in few.chunks(torch.arange(50))]
    assert lengths == [few.chunk] * (50 // few.chunk) + [50 % few.chunk]
    # four copies of 23 gradients of 8 bytes, six times what autograd keeps: between 9 and 20 numbers
    assert 10_000 // (4 * 23 * 8 + 6 * 20 * 8) <= few.chunk <= 10_000 // (4 * 23 * 8 + 6 * 9 * 8)
    assert few.batch_chunk < 50
    assert PerExampleGradients(model, task, memory_bytes=1).chunk == 1


PEAK = """
import resource, torch
from torch import nn
from batchwright.core.remark import Remark
from batchwright.measure.gradients.noise import measure_noise
from batchwright.measure.gradients.scatter import scatter_by_batch
from batchwright.task.task import Task
torch.set_num_threads(1)
x, y = torch.randn(250, 300), torch.zeros(250, dtype=torch.long)
task = Task(name="wide", model=lambda: nn.Sequential(nn.Linear(300, 1000), nn.ReLU(), nn.Linear(1000, 10)),
            train=(x, y), validation=(x, y), loss=nn.CrossEntropyLoss(reduction="none"))
model = task.build_model(0)
measure_noise(model, task, sample=3, curvature=True)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
measure_noise(model, task, sample=None, memory_bytes=64 << 20, curvature=True)
scatter_by_batch(model, task, 1.0, batch_sizes=[250], draws=3, memory_bytes=64 << 20)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in KiB on Linux only")
def test_the_memory_budget_is_kept():
    """250 gradients of 311,010 parameters are 297 MiB; here 64 MiB and a few vectors of their length."""
    done = subprocess.run([sys.executable, "-c", PEAK], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 64 + 32


class Branches(nn.Module):
    """Data-dependent control flow, which vmap refuses; one parameter is never used, one is used twice."""

    def __init__(self):
        super().__init__()
        self.first, self.unused = nn.Linear(4, 4, bias=False), nn.Linear(3, 3)
        self.last = nn.Linear(4, 2)

    def forward(self, x):
        x = self.first(self.first(x))
        return self.last(x if x.sum() > 0 else 2 * x)


class Tied(nn.Module):
    """The same matrix twice, once under another name; a parameter that the loss never sees."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False)
        self.second.weight = self.first.weight
        self.unused, self.last = nn.Parameter(torch.ones(3)), nn.Linear(4, 2)

    def forward(self, x):
        return self.last(torch.tanh(self.second(torch.tanh(self.first(x)))))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, dropout=0.1)
        self.last = nn.Linear(4, 2)

    def forward(self, x):
        return self.last(self.layer(x.reshape(-1, 2, 2).repeat(1, 1, 2))[:, 0])


@pytest.mark.parametrize(
    ("kind", "vectorised", "count"), [(Branches, False, 38), (Tied, True, 29), (Attention, None, None)]
)
def test_other_models(kind, vectorised, count):
    task = small_net_task(model=lambda: kind().double())
    model = task.build_model(0).eval()
    gradients = PerExampleGradients(model, task)
    rows = next(gradients.chunks(torch.arange(20)))
    wanted = explicit_gradients(model, task, count=20)
    assert count in (None, gradients.count)
    assert vectorised in (None, gradients.vectorised)
    torch.testing.assert_close(rows, wanted, rtol=1e-9, atol=1e-12)
    if kind is not Branches:  # which takes another branch for a whole batch
        torch.testing.assert_close(gradients.mean(torch.arange(20)), wanted.mean(0), rtol=1e-9, atol=1e-12)


class Pairs(torch.utils.data.Dataset):
    """A map-style data set whose inputs are a mapping."""

    def __len__(self):
        return 30

    def __getitem__(self, i):
        random = generator(i, "pairs")
        return {"a": torch.randn(4, generator=random), "b": torch.randn(4, generator=random)}, float(i % 3)


def test_map_style_data_sets_and_a_forward_of_ones_own():
    data = Pairs()
    task = Task(
        name="pairs", model=lambda: nn.Linear(4, 1), train=data, validation=data,
        forward=lambda model, inputs: model(inputs["a"] * inputs["b"])[:, 0],
        loss=lambda out, t: (out - t) ** 2,
    )  # fmt: skip
    model = task.build_model(0)
    gradients = PerExampleGradients(model, task, memory_bytes=2000)
    rows = torch.cat(list(gradients.chunks(torch.arange(30))))
    assert gradients.vectorised
    assert gradients.chunk < 30
    x = torch.stack([data[i][0]["a"] * data[i][0]["b"] for i in range(30)])
    residual = 2 * (model(x)[:, 0] - torch.tensor([data[i][1] for i in range(30)])).detach()[:, None]
    torch.testing.assert_close(rows, torch.cat([residual * x, residual], dim=1), rtol=1e-5, atol=1e-6)
    assert measure_noise(model, task, sample=None, curvature=True).curvature_noise_scale is not None


# --- second derivatives ---


@pytest.mark.parametrize("memory", [1000, 1 << 30])
def test_hessian_products_are_the_explicit_hessians(memory):
    task = small_net_task()
    model = task.build_model(0)
    vectors = torch.randn(3, 23, dtype=torch.float64, generator=generator(0, "v"))
    gradients = PerExampleGradients(model, task, memory_bytes=memory)
    products = gradients.hessian_products(torch.arange(50), vectors)
    torch.testing.assert_close(products, vectors @ explicit_hessian(model, task), rtol=1e-9, atol=1e-11)


def test_attention_has_second_derivatives():
    task = small_net_task(model=lambda: Attention().double())
    model = task.build_model(0).eval()
    gradients, indices, step = PerExampleGradients(model, task), torch.arange(10), 1e-5
    vector = torch.randn(1, gradients.count, dtype=torch.float64, generator=generator(0, "v"))
    ends = []
    for sign in (1, -1):
        moved = copy.deepcopy(model)
        flat = torch.nn.utils.parameters_to_vector(model.parameters()) + sign * step * vector[0]
        torch.nn.utils.vector_to_parameters(flat, moved.parameters())
        ends.append(PerExampleGradients(moved, task).mean(indices))
    product = gradients.hessian_products(indices, vector)[0]
    torch.testing.assert_close(product, (ends[0] - ends[1]) / (2 * step), rtol=1e-4, atol=1e-6)


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return 2 * g


class WithoutSecond(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 2)

    def forward(self, x):
        return Once.apply(self.inner(x))


def test_a_model_without_second_derivatives_says_so():
    task = small_net_task(model=lambda: WithoutSecond().double())
    found = measure_noise(task.build_model(0), task, curvature=True)
    assert not found.vectorised
    assert found.noise_scale.resolved
    assert found.curvature_noise_scale is None
    assert found.curvature_reason == Remark(code="second_derivative.zero")


# --- examples that are not independent, or not the same twice ---


@pytest.mark.parametrize(
    ("norm", "mode", "fix"),
    [
        (lambda: nn.BatchNorm1d(4), "training", "measure in evaluation mode"),
        (lambda: nn.BatchNorm1d(4, track_running_stats=False), "evaluation", "track_running_stats=True"),
    ],
)
def test_batch_norm_that_couples_examples_is_refused(norm, mode, fix):
    task = small_net_task(dtype=torch.float32, model=lambda: nn.Sequential(norm(), nn.Linear(4, 2)))
    with pytest.raises(InputError, match=f"batch norm '0' .*{fix}"):
        measure_noise(task.build_model(0), task, mode=mode)


def test_dropout_in_training_mode_adds_its_noise_and_repeats():
    task = small_net_task(
        model=lambda: nn.Sequential(nn.Linear(4, 16), nn.Dropout(0.5), nn.Linear(16, 2)).double()
    )
    model, before = task.build_model(0), torch.get_rng_state()
    plain = measure_noise(model, task, sample=None)
    noisy, again = (measure_noise(model, task, sample=None, mode="training") for _ in range(2))
    assert torch.equal(before, torch.get_rng_state())
    assert (plain.mode, noisy.mode) == ("evaluation", "training")
    assert noisy.trace_sigma.value > 1.2 * plain.trace_sigma.value
    assert noisy.grad_sq_norm.interval[0] < noisy.grad_sq_norm.value  # all rows, and still not exact
    assert noisy.noise_scale == again.noise_scale
    with pytest.raises(InputError, match="evaluation mode"):
        measure_noise(model, task, mode="training", curvature=True)


def test_gradients_that_are_not_finite_are_refused():
    task = small_net_task()
    model = task.build_model(0)
    with torch.no_grad():
        model[0].weight[0, 0] = float("nan")
    with pytest.raises(InputError, match="needs finite gradients, got 50 of 50 examples without"):
        measure_noise(model, task)
