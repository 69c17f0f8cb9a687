"""A small study with runs of every ending, as exporters take it."""

import warnings
from dataclasses import replace

import pytest
import torch
from torch import nn

from batchwright.advice.answer import answer_study
from batchwright.integrations.export.study import ExportedStudy, exported_runs
from batchwright.study.executors.in_process import InProcess
from batchwright.study.spec import StudySpec
from batchwright.study.stores.memory import MemoryStore
from batchwright.task import Target, Task, TaskReference
from batchwright.task.losses import cross_entropy
from batchwright.training.record import Status


def clusters(count, seed):
    """Four Gaussian clusters in five dimensions."""
    labels = torch.arange(count) % 4
    centres = 1.5 * torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    return centres[labels] + torch.randn(count, 5, generator=torch.Generator().manual_seed(seed)), labels


@pytest.fixture(scope="session")
def whole_study(calm_machine):
    task = Task(
        name="clusters", model=lambda: nn.Linear(5, 4), train=clusters(96, 0), validation=clusters(60, 2),
        loss=cross_entropy, target=Target(metric="loss", value=0.5), fingerprint="clusters",
    )  # fmt: skip
    spec = StudySpec.model_validate(
        {
            "task": TaskReference(name="clusters"), "batch_sizes": (4, 16),
            "optimizer": {"lr": 0.2, "momentum": 0.5}, "target": {"metric": "loss", "value": 0.5},
            "max_epochs": 40, "search": {"search_seeds": 1, "confirm_seeds": 2},
        }
    )  # fmt: skip
    with MemoryStore() as store:
        result = answer_study(spec, task, store, InProcess(task))
        facts = store.study(result.study_id)
        rows = store.runs(result.study_id, curves=True)
    rows = [
        _ended(row, status) for row, status in zip(rows, [None, "diverged", "stopped"], strict=False)
    ] + rows[3:]
    return ExportedStudy(facts, exported_runs(rows), result, "Train with **batch size 16**.")


def _ended(row, status):
    """The run as if it had ended so; where it diverged, its last loss is not finite."""
    if status is None:
        return row
    result, change = row["result"], {"status": Status(status), "steps_to_target": None}
    if status == "diverged":
        change["steps"] = (*result.steps[:-1], result.steps[-1].model_copy(update={"loss": None}))
    result = result.model_copy(update=change)
    return {**row, "status": status, "steps_to_target": None, "result": result}


@pytest.fixture
def study(whole_study):
    assert {run.status for run in whole_study.runs} >= {"target_reached", "diverged", "stopped"}
    assert len({run.name for run in whole_study.runs}) == len(whole_study.runs)
    return whole_study


@pytest.fixture
def gone_on(study):
    """The same study after its stopped run reached the target."""
    place = next(i for i, run in enumerate(study.runs) if run.status == "stopped")
    old = study.runs[place]
    result = old.result.model_copy(
        update={"status": Status.TARGET_REACHED, "updates": old.result.updates + 3, "steps_to_target": 7.5}
    )
    row = {
        **old.row,
        "status": "target_reached",
        "updates": result.updates,
        "steps_to_target": 7.5,
        "result": result,
    }
    runs = [*study.runs[:place], replace(old, row=row, result=result), *study.runs[place + 1 :]]
    return replace(study, runs=runs)


@pytest.fixture
def without(monkeypatch):
    """Pretend that a library is not installed."""

    def hide(*names):
        import sys

        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    with warnings.catch_warnings():
        yield hide
