"""Every next step of every command is complete: it runs as printed, and it can answer."""

import shlex

import pytest

from batchwright.app.signature import arguments_of
from batchwright.app.verbs import VERBS, verb
from batchwright.cli.main import run_command
from batchwright.report.render.actions import call, command_line

TASK = """
import torch
from torch import nn
from batchwright import Metric, Task

def task(width: int = 4):
    g = torch.Generator().manual_seed(0)
    x = torch.randn(200, 4, generator=g)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5], [0.0]]) + 0.3 * torch.randn(200, 1, generator=g)
    def model():
        return nn.Sequential(nn.Linear(4, width), nn.Tanh(), nn.Linear(width, 1))
    return Task(name="small", model=model, train=(x[:160], y[:160]), validation=(x[160:], y[160:]), loss="mse",
                target="loss=0.5", optimizer={"lr": 0.05}, max_epochs=20)
"""
SHORT = {
    "study": {"dry_run": True}, "advise": {"budget": "1s"}, "probe": {"seconds": 0.3}, "noise": {"draws": 3},
    "surface": {"points": 3}, "compare": {"epochs": 1},
}  # fmt: skip
LONG = {"steps": 4, "epochs": 1, "along": 2}
"""What is cut down where a step asks for more: that it runs is tested here, not how well it answers."""


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    path = tmp_path_factory.mktemp("my tasks") / "small task.py"
    path.write_text(TASK)
    return f"{path}:task"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("my tables") / "runs.csv"
    path.write_text("batch_size,steps_to_target\n8,8250\n32,2250\n128,750\n512,375\n")
    return str(path)


def accepted(action):
    """The step names a verb and only arguments that it takes."""
    assert action.command in VERBS
    names = {a.name for a in arguments_of(verb(action.command))}
    assert set(action.arguments) <= names, (action.command, set(action.arguments) - names)
    assert call(action).startswith(f"bw.{action.command}(")


def runs(action, store):
    """The step as a command line, cut short, ends well."""
    taken = {a.name for a in arguments_of(verb(action.command))}
    shorter = {name: value for name, value in LONG.items() if name in action.arguments and name in taken}
    extra = {"store": str(store)} if "store" in taken else {}
    words = shlex.split(
        command_line(action.with_arguments(**SHORT.get(action.command, {}), **shorter, **extra))
    )
    assert run_command([*words[1:], "--json"]) == 0, words


CASES = [
    ("noise", {"draws": 3}),
    ("noise", {"draws": 3, "steps": 4, "along": 2, "optimizer": "adam", "set": {"width": 5}}),
    ("noise", {"draws": 3, "sample": 16}),
    ("branched", {"batch_size": 4, "steps": 4, "every": 4, "branch_examples": 64, "factors": [1, 2], "seeds": 2}),
    ("probe", {"seconds": 0.3, "batch_sizes": [1, 8, 64]}),
    ("curvature", {"sharpness": False}),
    ("curvature", {"sharpness": False, "steps": 6, "along": 3, "lr": 0.1, "examples": 50}),
    ("escape", {}),
    ("escape", {"steps": 3, "set": {"width": 3}}),
    ("surface", {"points": 3}),
    ("surface", {"points": 3, "plane": True, "recalibrate": False}),
    ("surface", {"points": 3, "between": [8, 32], "steps": 4}),
    ("surface", {"points": 3, "trajectory": True, "steps": 4}),
    ("compare", {"epochs": 1, "methods": ["gd", "minibatch"]}),
    ("compare", {"epochs": 1, "optimizers": ["sgd", "adam"], "lr": [0.1, 0.01]}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments"), CASES, ids=[f"{n}-{'-'.join(a)}" for n, a in CASES])
def test_measurements(name, arguments, small, tmp_path):
    answer = verb(name)(small, progress=False, **arguments)
    assert answer.next
    for action in answer.next:
        accepted(action)
        assert action.subject == small
        assert action.arguments.get("set") == arguments.get("set")
        runs(action, tmp_path / "store")


@pytest.mark.parametrize(
    "arguments",
    [{"steps": 3}, {"steps": 30, "lr": 100.0}, {"steps": 200, "target": "loss=0.6", "evaluate": "log"}],
)
def test_one_run(arguments, small, tmp_path):
    answer = verb("train")(small, progress=False, **arguments).answer()
    assert answer.next
    for action in answer.next:
        accepted(action)
        runs(action, tmp_path / "store")


def test_between_checkpoints(small, tmp_path):
    for size in (8, 32):
        verb("train")(small, batch_size=size, steps=3, checkpoint=str(tmp_path / f"b{size}")).answer()
    answer = verb("surface")(
        small, between_checkpoints=(str(tmp_path / "b8"), str(tmp_path / "b32")), points=3, progress=False
    )
    for action in answer.next:
        accepted(action)
        runs(action, tmp_path / "store")


@pytest.mark.parametrize("arguments", [{}, {"predict": [64, 4096]}])
def test_a_fit(arguments, table, tmp_path):
    answer = verb("fit")(table, progress=False, **arguments)
    for action in answer.next:
        accepted(action)
        runs(action, tmp_path / "store")


STUDY = {"batch_sizes": [8, 32], "search_seeds": 1, "confirm_seeds": 2, "workers": 1, "set": {"width": 3}}


def test_a_study_and_what_is_stored(small, tmp_path):
    store = tmp_path / "the store"
    answer = verb("study")(small, store=str(store), target="loss=0.6", progress=False, **STUDY)
    assert answer.next
    for action in answer.next:
        accepted(action)
        assert action.subject == small
        assert action.arguments["target"] == "loss=0.6"
        assert action.arguments["set"] == {"width": 3}
        assert action.arguments["store"] == str(store)
        runs(action, store)
    # Two sizes could never be told apart.
    assert any(len(action.arguments["batch_sizes"]) > 2 for action in answer.next)
    for listed in (verb("studies")(store=str(store)), verb("show")("small", store=str(store))):
        for action in listed.next:
            accepted(action)
            assert action.arguments["store"] == str(store)
            runs(action, store)


def test_advice(small, tmp_path):
    answer = verb("advise")(
        small,
        budget="1s",
        batch_sizes=[4, 8, 16, 32],
        store=str(tmp_path / "s"),
        target="loss=0.6",
        progress=False,
    )
    assert answer.next
    for action in answer.next:
        accepted(action)
        assert action.arguments["target"] == "loss=0.6"
        runs(action, tmp_path / "s")


def test_the_doctor(tmp_path):
    answer = verb("doctor")(store=str(tmp_path / "s"), progress=False)
    for action in answer.next:
        accepted(action)


def test_a_live_task_is_proposed_as_a_call(tmp_path):
    import torch
    from torch import nn

    import batchwright as bw

    x = torch.randn(40, 3)
    task = bw.Task(
        model=lambda: nn.Linear(3, 1),
        train=(x, x[:, :1]),
        validation=(x, x[:, :1]),
        loss="mse",
        target="loss=0.1",
    )
    answer = bw.noise(task, draws=3, progress=False)
    assert answer.next[0].subject is None
    assert "bw.advise(task" in repr(answer)
