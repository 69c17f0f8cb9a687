"""What a run may be asked for, and its identity: what determines its trajectory, and nothing else."""

import pytest
from pydantic import ValidationError

from batchwright.core.errors import one_line
from batchwright.task import TaskReference
from batchwright.training import RunSpec
from batchwright.training.loop import start

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


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"budget": {"steps": 2**63}},
            "budget.steps: must be at most 1000000000000, got 9223372036854775808",
        ),
        ({"budget": {"steps": 0}}, "budget.steps: must be at least 1, got 0"),
        ({"budget": {"examples": 10**30}}, "budget.examples: must be at most 1000000000000000, got 1000"),
        ({"budget": {"epochs": 1e300}}, "budget.epochs: must be at most 1000000000, got 1e+300"),
        ({"budget": {"seconds": float("inf")}}, "budget.seconds: must be "),
        ({"budget": {"seconds": float("nan")}}, "budget.seconds: must be "),
        ({"batch_size": 2**70}, "batch_size: must be at most 1000000000000000, got 1180591620717411303424"),
        ({"micro_batch_size": 2**70}, "micro_batch_size: must be at most "),
        ({"seed": 2**63}, "seed: must be less than 9223372036854775808, got 9223372036854775808"),
        ({"seed": -(2**63) - 1}, "seed: must be at least -9223372036854775808, got"),
        ({"average_half_life": float("inf")}, "average_half_life: must be "),
        ({"record_ratio": 1e300}, "record_ratio: must be at most 1000000, got 1e+300"),
        ({"evaluation": {"ratio": float("nan")}}, "evaluation.ratio: must be "),
        ({"evaluation": {"at": "steps", "every": 2**63}}, "evaluation.every: must be at most"),
        ({"optimizer": {"lr": 1e40}}, "optimizer.lr: must be at most 1000000, got 1e+40"),
    ],
)
def test_absurd_numbers_are_refused_with_the_rule(fields, message):
    with pytest.raises(ValidationError) as error:
        RunSpec.model_validate({**BASE, **fields})
    assert one_line(error.value).startswith(message)
    assert len(one_line(error.value)) < 200


@pytest.mark.parametrize("seed", [-(2**63), -1, 2**63 - 1])
def test_every_64_bit_seed_names_a_run(toy, seed):
    run = start(RunSpec.model_validate({**BASE, "seed": seed, "budget": {"steps": 1}}), toy)
    run.update()


def test_a_run_of_very_many_steps_takes_no_memory_for_those_to_come(toy):
    import tracemalloc

    huge = {"budget": {"steps": 10**12}, "evaluation": {"at": "log"}, "optimizer": {"lr": 1e-6}}
    for plan in ({"at": "log"}, {"at": "steps", "every": 10**12}, {"at": "epoch"}):
        schedule = {"name": "cosine", "warmup_steps": 10**11, "horizon": {"value": 1e12, "unit": "steps"}}
        spec = {**BASE, **huge, "evaluation": plan, "optimizer": {"lr": 1e-6, "schedule": schedule}}
        tracemalloc.start()
        run = start(RunSpec.model_validate(spec), toy)
        for _ in range(3):
            run.update()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 10e6
