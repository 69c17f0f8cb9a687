"""One tiny study, run once through the command line, that all tests of this folder look at."""

import json
import os
from types import SimpleNamespace

import pytest
import torch

TASK = """
import time

import torch
from torch import nn

from batchwright.task import Metric, Target, Task


def _data():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(60, 4, generator=g)
    y = x @ torch.tensor([[1.0], [-2.0], [0.5], [0.0]])
    return x, y + 0.3 * torch.randn(60, 1, generator=g)


class Slow(nn.Linear):
    def forward(self, x):
        if self.training:
            time.sleep(0.02)
        return super().forward(x)


class Broken(nn.Linear):
    def forward(self, x):
        if self.training:
            raise RuntimeError("shapes do not fit\\nsecond line")
        return super().forward(x)


def task(kind: str = "plain", target: bool = True):
    x, y = _data()
    model = {"plain": nn.Linear, "slow": Slow, "broken": Broken}[kind]
    return Task(
        name="tiny",
        model=lambda: model(4, 1),
        train=(x[:40], y[:40]),
        validation=(x[40:], y[40:]),
        loss=lambda outputs, targets: ((outputs - targets) ** 2).mean(1),
        metrics={"near": Metric(function=lambda o, t: ((o - t).abs() < 0.5).float().mean(1))},
        target=Target(value=0.2) if target else None,
        optimizer={"lr": 0.1},
        max_epochs=30,
    )


def raises():
    raise KeyError("boom")


def other():
    return 3


def bad_optimizer():
    import dataclasses

    return dataclasses.replace(task(), optimizer={"lr": -1})
"""


@pytest.fixture(scope="session", autouse=True)
def _one_thread():
    """Two cores are shared with the workers; subprocesses inherit the setting."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session", autouse=True)
def _calm(calm_machine):
    """The tiny studies' verdicts are about the studies."""


@pytest.fixture(scope="session", autouse=True)
def _unhurried():
    """How fast the machine is today decides nothing that is tested here: no wait counts as a long one."""
    from batchwright.app import progress

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(progress, "QUIET_SECONDS", 3600.0)
        yield


@pytest.fixture
def terminal(monkeypatch):
    """Pretend that stdout is a terminal of so many columns."""
    from batchwright.cli import output

    return lambda columns: monkeypatch.setattr(output, "width", lambda: columns)


@pytest.fixture(scope="session")
def task_file(tmp_path_factory):
    """A user's task file in a folder whose name needs quoting."""
    path = tmp_path_factory.mktemp("tasks") / "my tasks" / "tiny.py"
    path.parent.mkdir()
    path.write_text(TASK)
    return path


@pytest.fixture
def cli(capsys):
    """Run a command line in this process; its exit code and what it printed."""
    from batchwright.cli.main import run_command as run

    def call(*words):
        capsys.readouterr()
        code = run([str(word) for word in words])
        out, err = capsys.readouterr()
        return SimpleNamespace(code=code, out=out, err=err, json=lambda: json.loads(out))

    return call


@pytest.fixture(scope="session")
def finished(task_file, tmp_path_factory):
    """A finished study: its store, the words of its command, and nothing printed."""
    import contextlib
    import io

    from batchwright.cli.main import run_command as run

    store = tmp_path_factory.mktemp("the store")
    words = ["study", f"{task_file}:task", "--batch-sizes", "8,16", "--target", "loss=0.15"]
    words += ["--workers", "1", "--search-seeds", "1", "--confirm-seeds", "2", "--store", str(store)]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run([*words, "--json", "--name", "first study"])
    assert code == 0, err.getvalue()
    document = json.loads(out.getvalue())
    return SimpleNamespace(
        store=store, words=words, document=document, study_id=document["study_id"], err=err.getvalue()
    )
