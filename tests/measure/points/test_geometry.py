"""All of a point's curvature in one measurement."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.measure.caller_state import state_digest
from batchwright.measure.points.geometry import measure_geometry
from batchwright.task.task import Task

from ..curvature_cases import CASES, padded


def images(dropout=0.5, examples=30):
    """A convolutional net with batch norm and dropout on random images, in evaluation mode."""
    torch.manual_seed(0)
    x, y = torch.randn(examples, 1, 6, 6), torch.arange(examples) % 3

    def model():
        return nn.Sequential(
            nn.Conv2d(1, 4, 3),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Flatten(),
            nn.Linear(64, 3),
        )

    loss = nn.CrossEntropyLoss(reduction="none")
    task = Task(name="images", model=model, train=(x, y), validation=(x, y), loss=loss)
    net = task.build_model(0)
    net(x)  # running statistics of its own
    return task, net.eval()


def everything(task, net):
    return state_digest(task, net), torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()


def test_the_caller_is_left_bitwise_alone():
    task, net = images()
    before, modes = everything(task, net), [m.training for m in net.modules()]
    gradients = [p.grad for p in net.parameters()]
    measure_geometry(net, task, top=2, bottom=1, density=True, chunk=7)
    after = everything(task, net)
    assert before[0] == after[0]
    assert torch.equal(before[1], after[1])
    assert before[2] == after[2]
    assert np.array_equal(before[3], after[3])
    assert modes == [m.training for m in net.modules()]
    assert [p.grad for p in net.parameters()] == gradients == [None] * len(gradients)


def test_chunks_do_not_matter():
    task, net = images()
    found = [measure_geometry(net, task, chunk=chunk, sharpness=False) for chunk in (30, 7, 1)]
    largest = found[0].eigenvalues[-1].value
    for other in found[1:]:
        for a, b in zip(found[0].eigenvalues, other.eigenvalues, strict=True):
            assert a.value == pytest.approx(b.value, abs=1e-4 * largest)
        assert other.loss == pytest.approx(found[0].loss, rel=1e-6)
        assert other.trace.value == pytest.approx(found[0].trace.value, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "kind"), [("origin", "saddle"), ("ones", "degenerate"), ("flat-origin", "degenerate")]
)
@pytest.mark.parametrize("widen", [lambda case: case, padded])
def test_exact_cases(name, kind, widen):
    task, model, truth = widen(CASES[name]())
    found = measure_geometry(model, task, top=1, bottom=1)
    assert found.critical_point.kind == kind
    values = [e.value for e in found.eigenvalues]
    assert values == pytest.approx([float(truth[0]), float(truth[-1])], abs=1e-9)
    assert [e.end for e in found.eigenvalues] == ["bottom", "top"]
    assert found.trace.value == pytest.approx(float(truth.sum()), abs=1e-9)
    assert found.sharpness.trace == found.trace.value
    assert found.sharpness.largest_eigenvalue == pytest.approx(float(truth[-1]), abs=1e-9)


def test_dropout_in_training_mode_is_refused_with_the_cause():
    task, net = images()
    net[3].train()
    with pytest.raises(InputError, match=r"dropout '3' is in training mode"):
        measure_geometry(net, task)
    net.train()
    with pytest.raises(InputError, match="batch norm '1' uses the statistics of each batch"):
        measure_geometry(net, task)


def test_a_data_set_that_draws_is_refused():
    class Noisy(torch.utils.data.Dataset):
        def __len__(self):
            return 12

        def __getitem__(self, index):
            return torch.randn(3), torch.zeros(1)

    task = Task(
        name="noisy", model=lambda: nn.Linear(3, 1), train=Noisy(), validation=Noisy(),
        loss=lambda z, y: (z - y).square().sum(1),
    )  # fmt: skip
    with pytest.raises(InputError, match="differ from one reading to the next"):
        measure_geometry(task.build_model(0), task)


def test_a_diverged_point_is_one_line():
    task, net = images()
    with torch.no_grad():
        net[5].weight.fill_(float("nan"))
    with pytest.raises(InputError, match="finite loss and gradient"):
        measure_geometry(net, task)
