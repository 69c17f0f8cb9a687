"""Advice on a real task, with a small budget, and its parts."""

import math

import numpy as np
import pytest

from batchwright.advice.quick.advise import advice_identity, quick_advice
from batchwright.advice.quick.budget import Allowance, Meter
from batchwright.advice.quick.found import _choice
from batchwright.advice.quick.inference import Costs
from batchwright.advice.quick.step_times import StepTimes
from batchwright.advice.result import AdviceResult
from batchwright.core.action import Action
from batchwright.core.errors import InputError
from batchwright.study.executors.in_process import InProcess
from batchwright.study.key import RunKey
from batchwright.study.run import run_study
from batchwright.study.stores.memory import MemoryStore
from batchwright.task.load import load_task
from batchwright.task.task import Target, TaskReference

FLAT = StepTimes({16: 1e-4, 1024: 4e-4})
"""Seconds a step as given: what is decided does not depend on this machine."""
ASKED = Action(command="advise", subject="digits", arguments={"target": "loss=0.3", "budget": 4})


def advised(spec, digits, store=None, executor=None, **options):
    store = MemoryStore() if store is None else store
    executor = InProcess(digits) if executor is None else executor
    return quick_advice(spec, digits, store, executor, times=FLAT, action=ASKED, **options)


@pytest.fixture(scope="module")
def store():
    return MemoryStore()


@pytest.fixture(scope="module")
def result(digits, study_spec, store):
    return advised(study_spec(), digits, store, allowance=Allowance(trainings=40, least_seconds=0))


def test_it_recommends_a_middling_batch_size(result):
    advice = result.recommendation
    assert advice.verdict == "recommended"
    assert 32 <= advice.batch_size <= 512  # a study of digits: 64, with 128 and 256 as good
    assert 0.2 <= advice.lr <= 1.7
    assert advice.batch_size in advice.batch_sizes
    assert advice.interval == (min(advice.batch_sizes), max(advice.batch_sizes))
    (step,) = advice.next
    assert (step.command, step.subject, step.arguments["target"]) == ("study", "digits", "loss=0.3")
    assert "budget" not in step.arguments
    assert set(advice.batch_sizes) <= set(step.arguments["batch_sizes"])


def test_it_counts_what_it_cost(result):
    assert result.cost.examples == sum(r.steps * r.batch_size for r in result.evidence.runs)
    assert 1 < result.cost.trainings < 45
    assert result.runs_executed == len(result.evidence.runs) == len(result.trials)
    finished = [r for r in result.evidence.runs if r.status == "target_reached"]
    assert finished
    assert all(r.implied_sd == 0 and not r.bound and r.implied_steps <= r.steps for r in finished)
    stopped = [r for r in result.evidence.runs if r.status == "stopped" and r.implied_steps is not None]
    assert stopped
    assert all(r.implied_sd > 0 and r.implied_steps > 0 for r in stopped)


def test_steps_fall_and_examples_rise_with_the_batch_size(result, study_spec):
    rows = result.batch_sizes
    assert [r.batch_size for r in rows] == list(study_spec().batch_sizes)
    steps = [r.steps_to_target.median for r in rows]
    assert steps[0] > 1.5 * steps[2] > 1.5 * steps[-1]
    assert rows[-1].examples_to_target > 2 * rows[0].examples_to_target
    for row in rows:
        assert row.steps_to_target.low < row.steps_to_target.median < row.steps_to_target.high
        assert row.seconds_to_target == pytest.approx(row.seconds_per_step * row.steps_to_target.median)


def test_ratios_are_those_of_what_the_rows_show(result):
    rows = {row.batch_size: row for row in result.batch_sizes}
    best = rows[result.recommendation.batch_size]
    for cost in result.recommendation.costs:
        row = rows[cost["batch_size"]]
        assert cost["seconds_ratio"] == pytest.approx(row.seconds_to_target / best.seconds_to_target)
        assert cost["steps_ratio"] == pytest.approx(row.steps_to_target.median / best.steps_to_target.median)


def test_what_was_not_trained_to_the_target_is_marked_as_inferred(result):
    for row in result.batch_sizes:
        assert row.inferred == (not row.steps_to_target.values)
    assert any(row.inferred for row in result.batch_sizes)
    assert not all(row.inferred for row in result.batch_sizes)


def test_it_is_less_sure_the_further_from_what_was_tried(result):
    tried = {r.batch_size for r in result.evidence.runs if r.status == "target_reached"}
    widths = {
        row.batch_size: math.log(row.steps_to_target.high / row.steps_to_target.low)
        for row in result.batch_sizes
    }
    assert widths[16] > 1.3 * min(widths[size] for size in tried if size > 16)


def test_a_target_out_of_reach_says_what_was_reached(digits, study_spec):
    spec = study_spec(target=1e-6, max_epochs=1)
    answer = advised(spec, digits, allowance=Allowance(least_seconds=0.2))
    assert answer.recommendation.verdict == "inconclusive"
    assert answer.recommendation.batch_size is None
    (doubt,) = answer.recommendation.doubts
    assert doubt.code in ("study.target_out_of_reach", "study.target_nearly_reached")
    assert 1e-6 < doubt.values["best"] < doubt.values["initial"]
    assert answer.cost.trainings is None


def test_a_batch_size_above_the_examples_is_refused(digits, study_spec):
    with pytest.raises(InputError, match="between 1 and 1437"):
        advised(study_spec(batch_sizes=(16, 2000)), digits)


class Killed(BaseException):
    pass


SMALL = Allowance(trainings=2, least_seconds=0)


@pytest.fixture(scope="module")
def whole(digits, study_spec):
    """Advice on three batch sizes that nothing disturbed."""
    return advised(study_spec(batch_sizes=(32, 128, 512)), digits, allowance=SMALL)


@pytest.mark.parametrize("after", [0, 1, 2, 5, 11, 19, 26, 33, 41, 50])
def test_advice_that_was_killed_continues_to_the_same_answer(digits, study_spec, whole, after):
    spec = study_spec(batch_sizes=(32, 128, 512))

    class Dies(InProcess):
        legs = 0

        def next_done(self):
            if self.legs == after:
                raise Killed
            self.legs += 1
            return super().next_done()

    store = MemoryStore()
    try:
        advised(spec, digits, store, Dies(digits), allowance=SMALL)
    except Killed:
        assert store.study(advice_identity(spec, digits))["status"] == "interrupted"
    continued = advised(spec, digits, store, allowance=SMALL)
    assert continued.recommendation == whole.recommendation
    assert continued.evidence == whole.evidence
    assert continued.critical_batch == whole.critical_batch


def test_again_runs_nothing_and_says_the_same(digits, study_spec, store, result):
    again = advised(study_spec(), digits, store, allowance=Allowance(trainings=40, least_seconds=0))
    assert again.runs_executed == 0
    assert again.runs_reused == result.runs_executed
    assert again.recommendation == result.recommendation


def test_it_is_stored_and_comes_back_equal(digits, study_spec, store, result):
    row = store.study(result.study_id)
    assert (row["kind"], row["status"], row["request"]) == ("advice", "complete", {"objective": "time"})
    assert AdviceResult.model_validate_json(row["result"]).recommendation == result.recommendation
    assert len(store.runs(result.study_id)) == len(result.evidence.runs)


def test_a_study_takes_over_the_runs_of_advice_and_decides_as_without_them(digits, study_spec, store, result):
    spec = study_spec(batch_sizes=(64, 256), search={"search_seeds": 1, "confirm_seeds": 2})
    after = run_study(spec, digits, store, InProcess(digits))
    alone = run_study(spec, digits, MemoryStore(), InProcess(digits))
    assert after.runs.taken_over > 0
    assert after.runs.taken_over + after.runs.executed == alone.runs.executed
    assert {b: f.rate for b, f in after.runs.found.items()} == {
        b: f.rate for b, f in alone.runs.found.items()
    }
    for key, own in alone.runs.results.items():
        # Runs of a study may share a program, those of advice never do: equal within rounding.
        steps = after.runs.results[key].steps_to_target
        assert (steps or 0) == pytest.approx(own.steps_to_target or 0, rel=1e-4)


def test_a_budget_is_counted_work(digits, legs):
    arm = legs.begin(RunKey(64, 4, "search", 0))
    legs.to_step(arm, 20)
    meter = Meter(Allowance(), FLAT, evaluated=360)
    evaluations = len(arm.result.evaluations)
    per_step = FLAT.seconds_at(64)
    assert meter.seconds_of(arm) == pytest.approx(arm.step * per_step + evaluations * 360 * (4e-4 / 1024) / 3)
    assert not meter.is_spent([arm])  # five seconds are granted at the least
    meter.training_seconds = meter.seconds_of(arm)
    assert meter.floor_applies
    assert meter.is_spent([arm] * math.ceil(5 / meter.seconds_of(arm)))
    bare = Meter(Allowance(trainings=3, least_seconds=0), FLAT, 360)
    assert not bare.is_spent([arm])  # before there is a reference run
    bare.training_seconds = bare.seconds_of(arm)
    assert [bare.is_spent([arm] * n) for n in (2, 3)] == [False, True]


def test_a_deadline_ends_it(legs):
    arm = legs.begin(RunKey(64, 4, "search", 0))
    assert Meter(Allowance(seconds=0.0), FLAT, 360).is_spent([arm])
    assert not Meter(Allowance(seconds=3600.0, least_seconds=0.0), FLAT, 360).is_spent([arm] * 100)


def test_step_times_between_and_beyond():
    times = StepTimes({1: 1e-3, 64: 1e-3, 256: 4e-3})
    seconds = np.exp(times.log_seconds(np.log([0.5, 8.0, 128.0, 512.0])))
    assert seconds == pytest.approx([1e-3, 1e-3, 2e-3, 8e-3])
    assert times.knee == pytest.approx(64.0)


# --- the choice ---


def costs(log_steps, seconds):
    log_steps = np.array(log_steps, dtype=float)
    log_seconds = log_steps + np.log(np.array(seconds))[:, None]
    near = log_seconds <= log_seconds.min(axis=0) + math.log(1.05)
    sizes = [2**k for k in range(len(seconds))]
    return Costs(
        sizes,
        [0] * len(sizes),
        [0.1] * len(sizes),
        [(0.1, 0.1)] * len(sizes),
        log_seconds,
        log_steps,
        near.mean(axis=1),
    )


def test_the_choice_for_each_objective():
    steps = np.log([[100.0, 100.0], [55.0, 52.0], [40.0, 41.0], [39.0, 39.0]])
    table = costs(steps, [1.0, 1.1, 1.9, 4.0])
    assert _choice(table, "time") == (1, [1])  # 100, 60, 76, 156 seconds
    assert _choice(table, "steps")[0] == 2  # the smallest within 20% of the fewest steps
    assert _choice(table, "examples")[0] == 1  # the largest within 20% of the fewest examples


def test_a_batch_size_that_may_be_best_is_in_the_set():
    random = np.random.default_rng(0)
    steps = np.array([[0.0], [0.02], [0.5]]) + 0.1 * random.standard_normal((3, 2000))
    assert costs(steps, [1.0, 1.0, 1.0]).as_good() == [0, 1]


def test_seconds_taken_beside_other_work_put_the_clock_in_doubt(digits, study_spec):
    spec = study_spec(batch_sizes=(32, 128, 512))

    def with_load(load, objective="time"):
        return quick_advice(
            spec, digits, MemoryStore(), InProcess(digits), times=StepTimes(FLAT.measured, load),
            action=ASKED, allowance=SMALL, objective=objective,
        ).recommendation  # fmt: skip

    calm, busy = with_load(0.0), with_load(0.85)
    assert busy.verdict == "inconclusive"
    assert busy.doubts[-1].code == "study.clock_in_doubt"
    assert busy.next[-1] == ASKED
    assert (busy.batch_size, busy.lr, busy.batch_sizes) == (calm.batch_size, calm.lr, calm.batch_sizes)
    assert "study.others_load" in [caveat.code for caveat in with_load(0.2).caveats]
    assert with_load(0.85, "steps").doubts == with_load(0.0, "steps").doubts


def test_times_are_kept_for_advice_that_continues_and_taken_anew_after_a_busy_one(
    digits, study_spec, monkeypatch
):
    from batchwright.advice.quick import advise as module

    spec, store, loads = study_spec(batch_sizes=(32, 128, 512)), MemoryStore(), iter([0.9, 0.0, 0.9])
    monkeypatch.setattr(module, "step_times", lambda *_: StepTimes(FLAT.measured, next(loads)))
    seen = []
    for _ in range(3):
        result = quick_advice(spec, digits, store, InProcess(digits), allowance=SMALL, action=ASKED)
        seen.append([doubt.code for doubt in result.recommendation.doubts])
    assert "study.clock_in_doubt" in seen[0]
    assert "study.clock_in_doubt" not in seen[1]
    assert seen[2] == seen[1]  # calm times are kept
    assert next(loads) == 0.9


def test_a_metric_that_does_not_move_at_first_sends_the_rates_to_no_side(digits, study_spec):
    """Two equal classes, an accuracy that stands still for the first steps: the start rate's neighbours stay."""
    task = load_task(TaskReference(name="digits", examples=300))
    spec = study_spec(
        task=TaskReference(name="digits", examples=300),
        batch_sizes=(16, 64, 256),
        optimizer={"name": "sgd", "lr": 0.002},
        max_epochs=60,
    ).model_copy(update={"target": Target(metric="accuracy", value=0.8)})
    store = MemoryStore()
    result = quick_advice(spec, task, store, InProcess(task), times=FLAT, action=ASKED, allowance=SMALL)
    assert result.recommendation.batch_size is not None
    assert any(run.status == "target_reached" for run in result.evidence.runs)
    assert min(run.lr for run in result.evidence.runs) >= 0.002 / 17  # at most one step of 16 down


def test_when_the_leaders_end_short_of_the_target_a_stopped_rate_goes_on(legs):
    from batchwright.advice.quick.race import Race

    race = Race(legs, Meter(SMALL, FLAT, 360), middle=64)
    arms = {k: legs.begin(RunKey(64, k, "search", 0)) for k in (-4, 0, 4)}
    for k, step in ((-4, 4), (0, 8), (4, 30)):
        legs.to_step(arms[k], step)
    assert race._revived(arms) == {4}  # it came furthest
    for arm in arms.values():
        legs.to_step(arm, 10**6)
    assert race._revived(arms) == set()


def test_a_budget_that_the_rates_alone_use_up_lasts_until_a_second_batch_size_was_tried(digits, study_spec):
    answer = advised(study_spec(), digits, allowance=Allowance(trainings=1e-6, least_seconds=0))
    assert len({run.batch_size for run in answer.evidence.runs}) == 2
    assert "advice.one_batch_size" not in {doubt.code for doubt in answer.recommendation.doubts}
    ended = advised(study_spec(), digits, allowance=Allowance(seconds=0.0))  # a deadline ends it all the same
    assert len({run.batch_size for run in ended.evidence.runs}) == 1
