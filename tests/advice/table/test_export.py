"""What a real study stores, written as ``export`` writes it, is fitted to the same runs."""

import csv
import json

import pytest
import torch
from torch import nn

from batchwright.advice.table.fit import fit_table
from batchwright.advice.table.read import read_table
from batchwright.study.executors.in_process import InProcess
from batchwright.study.run import run_study
from batchwright.study.spec import StudySpec
from batchwright.study.stores.memory import MemoryStore
from batchwright.task import Target, Task, TaskReference
from batchwright.task.losses import cross_entropy

pytestmark = pytest.mark.usefixtures("calm_machine")


def clusters(count, seed):
    """Four Gaussian clusters in five dimensions."""
    labels = torch.arange(count) % 4
    centres = 1.5 * torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    return centres[labels] + torch.randn(count, 5, generator=torch.Generator().manual_seed(seed)), labels


@pytest.fixture(scope="module")
def study():
    """The stored runs of a small study, and its confirmed steps by batch size."""
    task = Task(
        name="clusters", model=lambda: nn.Linear(5, 4), train=clusters(96, 0), validation=clusters(60, 2),
        loss=cross_entropy, target=Target(metric="loss", value=0.5), fingerprint="clusters",
    )  # fmt: skip
    spec = StudySpec.model_validate(
        {
            "task": TaskReference(name="clusters"),
            "batch_sizes": (2, 8, 32),
            "optimizer": {"lr": 0.2},
            "target": {"metric": "loss", "value": 0.5},
            "max_epochs": 40,
            "search": {"search_seeds": 1, "confirm_seeds": 2},
        }
    )
    with MemoryStore() as store:
        found = run_study(spec, task, store, InProcess(task))
        rows = store.runs(found.study_id)
    confirmed = {size: sorted(o.steps for o in f.confirmed) for size, f in found.runs.found.items()}
    return rows, confirmed


def steps_by_size(table):
    (runs,) = table.workloads
    pairs = zip(runs.batch_size, runs.steps, strict=True)
    found = {}
    for size, steps in pairs:
        found.setdefault(int(size), []).append(float(steps))
    return {size: sorted(steps) for size, steps in found.items()}


def test_csv_json_and_rows_are_fitted_to_the_confirmed_runs(study, tmp_path):
    rows, confirmed = study
    with (tmp_path / "runs.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    (tmp_path / "runs.json").write_text(json.dumps(rows))
    assert any(row["purpose"] == "search" for row in rows)
    for source in (tmp_path / "runs.csv", tmp_path / "runs.json", list(rows)):
        table = read_table(source)
        assert steps_by_size(table) == confirmed
        assert {r.code for r in table.remarks} <= {
            "fit_table.read_as",
            "fit_table.confirmed",
            "fit_table.best_rate",
        }
    (fit,) = fit_table(tmp_path / "runs.csv").workloads
    assert fit.runs == sum(map(len, confirmed.values()))
