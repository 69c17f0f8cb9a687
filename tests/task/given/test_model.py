"""Built modules are copied and drawn anew; what cannot be is named with the line that would work."""

import threading

import pytest
import torch
from torch import nn

from batchwright.core.errors import InputError
from batchwright.task import Task
from batchwright.task.given.model import as_factory

X, Y = torch.randn(20, 6, generator=torch.Generator().manual_seed(0)), torch.arange(20) % 3


def task_of(model, **fields):
    return Task(model=model, train=(X, Y), validation=0.2, loss="cross_entropy", **fields)


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.scale = nn.Linear(6, 3), nn.Parameter(torch.ones(3))

    def forward(self, x):
        return self.linear(x) * self.scale


def test_runs_start_apart_and_repeat_with_their_seed():
    net = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 3))
    task = task_of(net)
    first, again, other = (task.build_model(seed)[0].weight for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert first.data_ptr() != again.data_ptr()
    assert [r.code for r in task.remarks] == ["task.held_out", "task.initialised_anew"]


def test_a_copy_starts_as_its_class_would():
    """reset_parameters is what nn.Linear's constructor calls: same stream, same weights."""
    built, made = task_of(nn.Linear(6, 3)), task_of(lambda: nn.Linear(6, 3))
    assert torch.equal(built.build_model(5).weight, made.build_model(5).weight)


def test_training_a_copy_or_the_module_itself_changes_no_other():
    net = nn.Sequential(nn.Linear(6, 3), nn.BatchNorm1d(3))
    task = task_of(net)
    before = task.build_model(0).state_dict()
    for used in (net, task.build_model(0)):
        used(X)
        with torch.no_grad():
            used[0].weight.zero_()
    after = task.build_model(0).state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_frozen_parameters_keep_their_values_and_their_modules_their_statistics():
    net = nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6), nn.Linear(6, 3))
    net(X + 3)
    for part in net[:2]:
        part.requires_grad_(False)
    net[2].bias.requires_grad_(False)
    copy = task_of(net).build_model(0)
    for name in ("0.weight", "0.bias", "1.weight", "1.running_mean", "2.bias"):
        assert torch.equal(copy.state_dict()[name], net.state_dict()[name]), name
    assert not torch.equal(copy[2].weight, net[2].weight)
    assert not copy[0].weight.requires_grad


def test_tied_parameters_stay_tied():
    net = nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 3))
    net[1].weight = net[0].weight
    copy = task_of(net).build_model(0)
    assert copy[1].weight is copy[0].weight


@pytest.mark.parametrize(
    "net",
    [
        nn.Sequential(
            nn.Unflatten(1, (2, 3)),
            nn.TransformerEncoderLayer(3, 1, 4, batch_first=True),
            nn.Flatten(),
            nn.Linear(6, 3),
        ),
        nn.Sequential(
            nn.Unflatten(1, (1, 6)),
            nn.Conv1d(1, 2, 3),
            nn.GroupNorm(1, 2),
            nn.PReLU(),
            nn.Flatten(),
            nn.Linear(8, 3),
        ),
    ],
)
def test_torchs_own_layers_can_be_drawn_anew(net):
    first, other = (dict(task_of(net).build_model(seed).named_parameters()) for seed in (0, 1))
    assert any(not torch.equal(first[name], other[name]) for name in first)
    assert all(p.isfinite().all() for p in first.values())


def test_parameters_that_no_reset_draws_are_named_with_the_line_that_works():
    with pytest.raises(
        InputError,
        match=r"no reset_parameters draws scale: pass what builds it, as model=lambda: Scaled\(\.\.\.\)",
    ):
        task_of(Scaled())
    assert task_of(lambda: Scaled()).build_model(0).scale.tolist() == [1, 1, 1]


def test_a_reset_that_leaves_something_out_is_found():
    class Half(nn.Linear):
        def reset_parameters(self):
            with torch.no_grad():
                self.weight[:2].zero_()
                self.bias.zero_()

    with pytest.raises(InputError, match="no reset_parameters draws weight"):
        task_of(Half(6, 3))


def test_old_weight_norm_and_parametrized_layers_are_refused_by_name():
    net = nn.utils.parametrizations.weight_norm(nn.Linear(6, 3))
    with pytest.raises(InputError, match=r"draws parametrizations\.weight\.original0"):
        task_of(net)


def test_what_cannot_be_copied_is_refused_with_the_line_that_works():
    net = nn.Linear(6, 3)
    net.lock = threading.Lock()
    with pytest.raises(
        InputError,
        match=r"cannot be copied for every run \(cannot pickle '_thread.lock' object\): pass what builds",
    ):
        task_of(net)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            nn.Linear,
            r"Linear needs in_features, out_features: write model=lambda: Linear\(in_features=\.\.\., out_features",
        ),
        (lambda width: nn.Linear(6, width), r"<lambda> needs width"),
        ("Linear", r"model must be a module, its class or a function that builds it, got str"),
        (None, r"got NoneType"),
    ],
)
def test_what_builds_no_model(model, message):
    with pytest.raises(InputError, match=message):
        as_factory(model)


def test_a_factory_that_returns_no_module():
    with pytest.raises(InputError, match=r"task 'make': model\(\) must return an nn.Module, got int"):

        def make():
            return 3

        task_of(make)


def test_lazy_layers_are_refused():
    with pytest.raises(InputError, match=r"'weight' has none yet: name its number of inputs"):
        task_of(lambda: nn.LazyLinear(3))


def named_net():
    return nn.Linear(6, 3)


class Net(nn.Linear):
    def __init__(self):
        super().__init__(6, 3)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Net, "Net"),
        (Net(), "Net"),
        (named_net, "named_net"),
        (lambda: Net(), "Net"),
        (nn.Sequential(nn.Linear(6, 3)), "Sequential"),
    ],
)
def test_a_task_is_called_after_its_model(model, name):
    assert task_of(model).name == name
    assert task_of(model, name="mine").name == "mine"


@pytest.mark.parametrize("name", ["a\nb", "a\0b", " ", "x" * 101, 3])
def test_a_name_is_one_line_of_text(name):
    with pytest.raises(InputError, match=r"a task's name must be text of 1 to 100 characters, got") as error:
        task_of(Net, name=name)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 150
