"""A study's identity, and the bounds on what may be asked for."""

import pytest
from pydantic import ValidationError

from batchwright.study import version_1
from batchwright.study.key import RunKey
from batchwright.study.spec import SearchSettings, StudySpec
from batchwright.task.task import TaskReference


def test_a_new_field_at_its_default_leaves_every_identity_as_it_was(study_spec, monkeypatch):
    class Later(StudySpec):
        novelty: str = "none"

    spec = study_spec()
    later = Later.model_validate(spec.model_dump())
    assert later.identity("f") == spec.identity("f")
    assert later.identity_of_version_1("f") == spec.identity_of_version_1("f")
    used = Later.model_validate(spec.model_dump() | {"novelty": "some"})
    assert used.identity("f") != spec.identity("f")
    assert used.identity_of_version_1("f") is None  # version 1 could not have asked for it


def test_the_identity_of_version_1_is_the_one_that_it_wrote(study_spec):
    # Written by version 0.1.0 for this spec and the fingerprint "f".
    spec = study_spec(task=TaskReference(name="digits"), seed=7, search=SearchSettings(search_seeds=1))
    assert spec.identity_of_version_1("f") == "digits-dc2a42a60d"
    assert version_1.as_version_1(spec)["task"].keys() == {
        "name", "options", "examples", "subset_seed", "data_dir"
    }  # fmt: skip


@pytest.mark.parametrize(
    "absurd",
    [
        {"max_epochs": 1e99},
        {"max_epochs": float("nan")},
        {"budget_trainings": float("inf")},
        {"seed": 2**70},
        {"evaluation_ratio": 1.0},
        {"search": {"confirm_seeds": 10**9}},
    ],
)
def test_absurd_numbers_are_refused(study_spec, absurd):
    with pytest.raises(ValidationError):
        study_spec(**absurd)


def test_a_budget_never_exceeds_what_a_run_may_be_given(study_spec):
    assert study_spec().run(RunKey(1, 0, "search", 0), 10**18).budget.steps == 10**12


def test_rates_lie_on_one_grid(study_spec):
    spec = study_spec()
    assert [spec.rate(k) for k in (-2, -1, 0, 1, 2)] == [0.05, 0.07071, 0.1, 0.1414, 0.2]
