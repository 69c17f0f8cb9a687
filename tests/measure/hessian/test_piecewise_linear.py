"""Exact traces of piecewise linear networks against explicit Hessians, and what is not one of them."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from batchwright.core.streams import generator
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.piecewise_linear import is_piecewise_linear
from batchwright.measure.hessian.trace import trace
from batchwright.task.task import Task

IMAGES = torch.randn(9, 2, 6, 6, generator=generator(3, "piecewise"), dtype=torch.float64)
LABELS = torch.arange(9) % 3
CROSS_ENTROPY = nn.CrossEntropyLoss(reduction="none")


class Residual(nn.Module):
    """A block that adds its input in place, and reads sizes as people do."""

    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.second = nn.Conv2d(4, 4, (3, 1), padding=(1, 0), dilation=1)
        self.head = nn.Linear(4, 3)

    def forward(self, x):
        x = F.relu(self.norm(self.first(x)))
        y = self.second(x)
        y += x
        y = torch.relu(y).mean(dim=(2, 3))
        return self.head(y.view(y.size(0), -1) / 2)


def plain():
    return nn.Sequential(
        nn.Conv2d(2, 3, 3, dilation=2, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(12, 8), nn.BatchNorm1d(8), nn.LeakyReLU(), nn.Dropout(0.5), nn.Linear(8, 3, bias=False),
    )  # fmt: skip


def prepared(build, **options):
    """A model away from its start, in evaluation mode, and its task."""
    torch.manual_seed(1)
    model = build().double()
    for _ in range(3):  # batch norm: running statistics, and scales other than one
        model(IMAGES)
    for name, parameter in model.named_parameters():
        parameter.data += 0.1 * torch.randn_like(parameter)
        parameter.requires_grad_("second.bias" not in name)
    options = {"train": (IMAGES, LABELS), "validation": (IMAGES, LABELS), "loss": CROSS_ENTROPY} | options
    return model.eval(), Task(name="piecewise", model=lambda: model, **options)


def true_trace(model, task):
    curvature = Curvature(model, task)
    return float(curvature.hessian_products(torch.eye(curvature.count, dtype=torch.float64)).trace())


def squared(outputs, targets):
    return (outputs - F.one_hot(targets, 3)).square().sum(dim=1)


def some_ignored(outputs, targets):
    return F.cross_entropy(outputs, targets, ignore_index=2, reduction="none")


def concave(outputs, targets):
    return -outputs.square().sum(dim=1) + outputs[:, 0] * outputs[:, 1]


@pytest.mark.parametrize("loss", [CROSS_ENTROPY, squared, some_ignored, concave])
@pytest.mark.parametrize("build", [plain, Residual])
@pytest.mark.parametrize("memory", [1, 1 << 20])
def test_the_trace_is_that_of_the_hessian(build, loss, memory):
    model, task = prepared(build, loss=loss)
    curvature = Curvature(model, task, memory_bytes=memory)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = trace(curvature)
    assert (found.method, found.products, found.std_error) == ("piecewise-linear", 0, 0.0)
    assert found.converged
    assert found.value == pytest.approx(true_trace(model, task), rel=1e-10)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(m._forward_hooks for m in model.modules())


def test_a_loss_without_second_derivatives():
    model, task = prepared(plain, loss=lambda outputs, targets: outputs.sum(dim=1))
    assert Curvature(model, task).exact_trace() == 0.0


class Shared(nn.Module):
    """One layer, used twice: quadratic in its weights."""

    def __init__(self):
        super().__init__()
        self.layer, self.head = nn.Linear(72, 72), nn.Linear(72, 3)

    def forward(self, x):
        return self.head(self.layer(torch.relu(self.layer(x.flatten(1)))))


class Gated(nn.Module):
    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Linear(72, 3), nn.Linear(72, 3)

    def forward(self, x):
        x = x.flatten(1)
        return self.left(x) * self.right(x)


class Branching(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(72, 3)

    def forward(self, x):
        z = self.layer(x.flatten(1))
        return z if z.sum() > 0 else -z


class OwnWeight(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))
        self.layer = nn.Linear(72, 3)

    def forward(self, x):
        return self.layer(x.flatten(1)) * self.scale * self.scale


def tied():
    model = nn.Sequential(nn.Flatten(), nn.Linear(72, 72), nn.ReLU(), nn.Linear(72, 72), nn.Linear(72, 3))
    model[3].weight = model[1].weight
    return model


def hooked():
    model = nn.Sequential(nn.Flatten(), nn.Linear(72, 3))
    model[1].register_forward_hook(lambda module, inputs, outputs: outputs.tanh())
    return model


def smooth():
    return nn.Sequential(nn.Flatten(), nn.Linear(72, 8), nn.Tanh(), nn.Linear(8, 3))


def normed():
    return nn.Sequential(nn.Flatten(), nn.utils.parametrizations.weight_norm(nn.Linear(72, 3)))


@pytest.mark.parametrize("build", [Shared, Gated, Branching, OwnWeight, tied, hooked, smooth, normed])
def test_other_models_are_left_to_random_directions(build):
    model, task = prepared(build)
    assert not is_piecewise_linear(model)
    curvature = Curvature(model, task)
    assert curvature.exact_trace() is None
    assert trace(curvature, relative_error=0.5, max_products=40).method == "xtrace"


def grouped():
    return nn.Sequential(nn.Conv2d(2, 4, 3, groups=2), nn.Flatten(), nn.Linear(64, 3))


def reflecting():
    return nn.Sequential(
        nn.Conv2d(2, 4, 3, padding=1, padding_mode="reflect"), nn.Flatten(), nn.Linear(144, 3)
    )


def per_position():
    """A dense layer on more than one vector an example."""
    return nn.Sequential(nn.Linear(6, 4), nn.Flatten(), nn.Linear(48, 3))


def many_outputs():
    return nn.Sequential(nn.Flatten(), nn.Linear(72, 65))


@pytest.mark.parametrize("build", [grouped, reflecting, per_position, many_outputs])
def test_layers_whose_gradients_by_example_are_not_written_down(build):
    model, task = prepared(build)
    assert Curvature(model, task).exact_trace() is None


def test_a_task_with_its_own_forward_function():
    model, task = prepared(plain, forward=lambda model, inputs: model(inputs) ** 2)
    assert Curvature(model, task).exact_trace() is None
