"""Hessian and Gauss-Newton products against explicit matrices and closed forms."""

import copy
import os
from pathlib import Path

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.measure.hessian.curvature import Curvature
from batchwright.task.builtin.two_weights import TwoWeights, two_weights
from batchwright.task.task import Task

from ..noise_cases import explicit_hessian, small_net_task

X = torch.linspace(-1, 1, 40, dtype=torch.float64).reshape(10, 4).sin()
LABELS = torch.arange(10) % 3


def test_graphs_that_are_not_kept_are_freed():
    """Sixty thousand examples must fit: no chunk's graph outlives its products."""
    inputs, targets = torch.ones(1280, 16), torch.zeros(1280, dtype=torch.long)
    model = nn.Sequential(nn.Linear(16, 2048), nn.ReLU(), nn.Linear(2048, 3))
    loss = nn.CrossEntropyLoss(reduction="none")
    task = Task(
        name="wide", model=lambda: model, train=(inputs, targets), validation=(inputs, targets), loss=loss
    )
    curvature = Curvature(model, task, chunk=64, memory_bytes=0)

    def resident_bytes():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    sizes = []
    for _ in range(6):
        curvature.hessian_products(torch.ones(1, curvature.count))
        sizes.append(resident_bytes())
    assert sizes[-1] - sizes[1] < 20e6  # a chunk's graph takes a megabyte and more, and there are twenty


def linear_task(model):
    loss = nn.CrossEntropyLoss(reduction="none")
    return Task(name="t", model=model, train=(X, LABELS), validation=(X, LABELS), loss=loss)


@pytest.mark.parametrize("memory", [0, 1 << 30])
@pytest.mark.parametrize("chunk", [1, 7, 50, 128])
def test_hessian_whatever_the_chunk_and_the_memory(chunk, memory):
    task = small_net_task(dtype=torch.float64)
    model = task.build_model(0)
    curvature = Curvature(model, task, chunk=chunk, memory_bytes=memory)
    eye = torch.eye(curvature.count, dtype=torch.float64)
    for _ in range(2):  # the second time from the kept graphs
        found = curvature.hessian_products(eye)
        torch.testing.assert_close(found, explicit_hessian(model, task), rtol=1e-10, atol=1e-12)
    assert curvature.products == 2 * curvature.count
    assert bool(curvature._kept) == (memory > 0)


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
@pytest.mark.parametrize("share_of_graphs", [1, 0.6])
def test_chunks_shared_out_among_threads(share_of_graphs):
    """The same numbers as from one thread, the same bits each time, and torch's threads as before."""
    model = nn.Sequential(
        nn.Conv2d(1, 12, 3), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(432, 3)
    ).double()
    images = torch.arange(600 * 196, dtype=torch.float64).sin().view(600, 1, 14, 14)
    loss = nn.CrossEntropyLoss(reduction="none")
    data = (images, torch.arange(600) % 3)
    task = Task(name="images", model=lambda: model, train=data, validation=data, loss=loss)
    whole = Curvature(model, task, chunk=600)
    rows = torch.arange(3 * whole.count, dtype=torch.float64).cos().view(3, -1)
    truth = whole.hessian_products(rows)
    shared = Curvature(model, task, chunk=30, memory_bytes=int(share_of_graphs * 1.1 * whole._kept_bytes))
    assert shared._shared_out
    assert not whole._shared_out
    first, second, third = (shared.hessian_products(rows) for _ in range(3))
    torch.testing.assert_close(first, truth, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(second, truth, rtol=1e-9, atol=1e-12)
    assert torch.equal(second, third)
    assert (len(shared._kept) == 20) == (share_of_graphs == 1)
    assert len(shared._kept) > 1
    assert torch.get_num_threads() == 2


def test_half_the_memory_keeps_half_the_graphs():
    task = small_net_task(dtype=torch.float64)
    model = task.build_model(0)
    eye = torch.eye(23, dtype=torch.float64)[:1]
    everything = Curvature(model, task, chunk=5)
    everything.hessian_products(eye)
    half = Curvature(model, task, chunk=5, memory_bytes=int(everything._kept_bytes) // 2)
    half.hessian_products(eye)
    assert len(everything._kept) == 10
    assert len(half._kept) == 5
    # Ten examples' activations of 4 + 3 + 3 + 2 numbers are kept at the least, and not twenty times as many.
    assert 50 * 12 * 8 <= everything._kept_bytes <= 20 * (50 * 12 + 10 * 23) * 8


@pytest.mark.parametrize(("at", "truth"), [((0, 0), (-2, 2)), ((1, 1), (0, 4)), ((2, 0.5), (0, 8.5))])
def test_two_weights(at, truth):
    model = TwoWeights(at).double()
    curvature = Curvature(model, two_weights())
    hessian = curvature.hessian_products(torch.eye(2, dtype=torch.float64))
    found = torch.linalg.eigvalsh(hessian)
    torch.testing.assert_close(found, torch.tensor(truth, dtype=torch.float64), rtol=1e-12, atol=1e-12)
    assert curvature.loss() == pytest.approx((1 - at[0] * at[1]) ** 2)
    assert curvature.gradient().abs().max() == 0


def test_softmax_at_zero_both_matrices():
    task = linear_task(lambda: nn.Linear(4, 3, bias=False).double())
    model = task.build_model(0)
    nn.init.zeros_(model.weight)
    curvature = Curvature(model, task, chunk=4)
    eye = torch.eye(12, dtype=torch.float64)
    truth = torch.kron(torch.eye(3, dtype=torch.float64) / 3 - 1 / 9, X.T @ X / 10)
    torch.testing.assert_close(curvature.hessian_products(eye), truth, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(curvature.gauss_newton_products(eye), truth, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    ("layer", "word"), [(nn.Dropout(0.5), "dropout '1'"), (nn.BatchNorm1d(4), "batch norm '1'")]
)
def test_training_mode_is_refused_and_evaluation_mode_is_not(layer, word):
    task = linear_task(lambda: nn.Sequential(nn.Linear(4, 4), copy.deepcopy(layer), nn.Linear(4, 3)).double())
    model = task.build_model(0)
    with pytest.raises(InputError, match=word):
        Curvature(model, task)
    Curvature(model.eval(), task)


class Odd(nn.Module):
    """Tied weights, a parameter without use, attention."""

    def __init__(self):
        super().__init__()
        self.first, self.second, self.unused = nn.Linear(4, 4), nn.Linear(4, 4), nn.Parameter(torch.ones(2))
        self.second.weight = self.first.weight
        self.double()

    def forward(self, inputs):
        x = self.second(self.first(inputs).tanh()).reshape(-1, 2, 2)
        return nn.functional.scaled_dot_product_attention(x, x, x).flatten(1)


def test_tied_and_unused_parameters_attention_and_ignored_labels():
    loss = nn.CrossEntropyLoss(reduction="none", ignore_index=2)
    task = Task(name="t", model=Odd, train=(X, LABELS), validation=(X, LABELS), loss=loss)
    model = task.build_model(0)
    curvature = Curvature(model, task, chunk=3)
    assert curvature.count == 16 + 4 + 4 + 2
    names = [n for n, _ in model.named_parameters()]
    unused = slice(0, 2)
    assert names[0] == "unused"
    v = torch.linspace(-1, 1, curvature.count, dtype=torch.float64)[None]
    found, step = curvature.hessian_products(v)[0], 1e-5
    assert found[unused].abs().max() == 0

    def gradient(shift):
        moved = copy.deepcopy(model)
        vector = nn.utils.parameters_to_vector(moved.parameters()) + shift * v[0]
        nn.utils.vector_to_parameters(vector.detach(), moved.parameters())
        return Curvature(moved, task).gradient()

    expected = (gradient(step) - gradient(-step)) / (2 * step)
    torch.testing.assert_close(found, expected, rtol=1e-7, atol=1e-9)


class Shuffling(torch.utils.data.Dataset):
    """Another example at each position every time, whatever the seeds."""

    def __init__(self):
        self.reads = 0

    def __len__(self):
        return 10

    def __getitem__(self, i):
        self.reads += 1
        return X[(i + self.reads // 10) % 10], int(LABELS[i])


class Drawing(nn.Linear):
    """Draws, and is no layer known to."""

    def forward(self, inputs):
        return super().forward(inputs + torch.randn_like(inputs))


def test_shuffled_data_are_refused():
    loss = nn.CrossEntropyLoss(reduction="none")
    task = Task(name="t", model=nn.Identity, train=Shuffling(), validation=(X, LABELS), loss=loss)
    with pytest.raises(InputError, match="differ from one reading to the next"):
        Curvature(nn.Linear(4, 3).double(), task)


def test_a_model_that_draws_is_refused():
    loss = nn.CrossEntropyLoss(reduction="none")
    task = Task(name="t", model=nn.Identity, train=(X, LABELS), validation=(X, LABELS), loss=loss)
    with pytest.raises(
        InputError,
        match=r"same gradient from two passes .* likely the model draws",
    ):
        Curvature(Drawing(4, 3).double(), task)


def test_the_caller_is_left_alone():
    task = linear_task(lambda: nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.Linear(4, 3)).double())
    model = task.build_model(0).eval()
    before, state = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    curvature = Curvature(model, task, chunk=3)
    curvature.hessian_products(torch.ones(1, curvature.count, dtype=torch.float64))
    assert torch.equal(state, torch.get_rng_state())
    assert all(torch.equal(before[n], v) for n, v in model.state_dict().items())
    assert not model.training
    assert all(p.grad is None for p in model.parameters())
