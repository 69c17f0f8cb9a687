"""What a run leaves: a run cut at a step is the run stopped there, and what to do is in the catalogue."""

import pytest

from batchwright.core.errors import InputError
from batchwright.report.text.catalogue import text
from batchwright.task import TaskReference
from batchwright.training import RunResult, RunSpec, Status
from batchwright.training.loop import continue_to, run, start

FIELDS = {"budget": {"steps": 40}, "evaluation": {"at": "log"}, "sampling": {"last_batch": "run_on"}}


def spec(**fields):
    return RunSpec.model_validate(
        {"task": TaskReference(name="toy"), "batch_size": 8, "optimizer": {"lr": 0.3}, **FIELDS, **fields}
    )


def shown(result):
    """All but the clock."""
    evaluations = [e.model_copy(update={"seconds": 0.0}) for e in result.evaluations]
    steps = [r.model_copy(update={"seconds": 0.0}) for r in result.steps]
    return (
        result.status, result.updates, result.examples, evaluations, steps, result.steps_to_target,
        result.spec, result.message,
    )  # fmt: skip


@pytest.mark.parametrize("step", [0, 1, 7, 26, 39])
def test_a_run_cut_at_a_step_is_the_run_stopped_there(toy, step):
    cut = run(spec(record_ratio=1.3), toy).up_to(step)
    stopped = continue_to(start(spec(record_ratio=1.3), toy), step).result()
    assert shown(cut) == shown(stopped)
    assert cut.status is Status.STOPPED


def test_seconds_are_shared_out_by_steps(toy):
    whole = run(spec(record_ratio=2.0), toy)
    cut = whole.up_to(20)
    before, after = (r.seconds for r in whole.steps if r.step in (16, 32))
    assert cut.seconds == pytest.approx(before + (after - before) * 4 / 16)
    assert cut.evaluation_seconds == sum(e.seconds for e in whole.evaluations if e.step <= 20)


def test_examples_of_a_growing_batch_are_exact_at_a_row_and_close_between(toy):
    growth = {"batch_growth": {"factor": 2, "every_epochs": 1}, "budget": {"steps": 14}}
    whole = run(spec(**growth, evaluation={"at": "steps", "every": 5}), toy)
    for row in whole.steps[:-1]:
        assert whole.up_to(row.step).examples == row.examples_seen


@pytest.mark.parametrize("step", [40, 41, 10**9])
def test_a_run_that_ended_by_then_is_unchanged(toy, step):
    whole = run(spec(), toy)
    assert whole.updates == 40
    assert whole.up_to(step) is whole


def test_a_crossing_after_the_cut_is_not_known_at_it(toy):
    whole = run(spec(target={"value": 0.5}, budget={"steps": 400}), toy)
    assert whole.status is Status.TARGET_REACHED
    cut = whole.up_to(whole.updates - 1)
    assert (cut.status, cut.steps_to_target) == (Status.STOPPED, None)
    assert max(e.step for e in cut.evaluations) < whole.updates


def test_a_negative_step_is_refused(toy):
    with pytest.raises(InputError, match="step must be at least 0, got -1"):
        run(spec(), toy).up_to(-1)


def test_a_result_holds_a_status_and_the_catalogue_the_words(toy):
    result = run(spec(optimizer={"lr": 1e6}, target={"value": 1e-9}, budget={"epochs": 50}), toy)
    assert (result.status, result.advice, result.message) == (Status.DIVERGED, "", "")
    assert "lower the learning rate" in text(f"training.advice.{result.status}")
    assert "micro_batch_size" in text("training.advice.out_of_memory")
    for status in Status:
        assert "--" not in text(f"training.advice.{status}")


def test_a_result_stored_with_its_words_still_loads(toy):
    stored = run(spec(), toy).model_copy(update={"advice": "The budget ended first."})
    assert RunResult.model_validate_json(stored.model_dump_json()) == stored
