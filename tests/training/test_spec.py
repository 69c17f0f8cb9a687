"""Identity of a run: what determines its trajectory, and nothing else."""

import pytest

from batchwright.task import TaskReference
from batchwright.training import RunSpec

BASE = {"task": TaskReference(name="digits"), "batch_size": 32}


def identity(**fields):
    return RunSpec.model_validate({**BASE, **fields}).identity()


@pytest.mark.parametrize(
    "fields",
    [
        {"budget": {"steps": 10}},
        {"test_at_end": True},
        {"record_ratio": 1.5},
        {"optimizer": {"name": "sgd", "lr": 0.1, "schedule": {"name": "constant"}}},
        {"sampling": {"order": "shuffled"}},
        {"target": None},
    ],
)
def test_what_does_not_change_the_trajectory_does_not_count(fields):
    assert identity(**fields) == identity()


@pytest.mark.parametrize(
    "fields",
    [
        {"batch_size": 33},
        {"seed": 1},
        {"optimizer": {"lr": 0.1 + 1e-16}},
        {"optimizer": {"schedule": {"warmup_steps": 3}}},
        {"sampling": {"last_batch": "run_on"}},
        {"evaluation": {"at": "log"}},
        {"target": {"value": 0.5}},
        {"device": "cuda"},
        {"dtype": "float64"},
        {"average_half_life": 100},
        {"task": TaskReference(name="digits", options={"hidden": 3})},
    ],
)
def test_what_changes_the_trajectory_or_the_plan_counts(fields):
    assert identity(**fields) != identity()


def test_the_identity_of_a_spec_never_changes():
    # Stored runs are found by it: a new version must give the same.
    assert identity() == "8c1d44cf77b4ad8a434afb2c41908d00"
    stored = RunSpec.model_validate({**BASE, "optimizer": {"lr": 1}})
    copied = stored.model_copy(update={"optimizer": stored.optimizer.model_copy(update={"lr": 1})})
    assert stored.identity() == copied.identity() == identity(optimizer={"lr": 1.0})
