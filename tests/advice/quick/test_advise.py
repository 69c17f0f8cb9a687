"""Advice on a real task, with a small budget, and its parts."""

import math

import numpy as np
import pytest

from batchwright.advice.quick.advise import EVALUATION_RATIO, _choice, advise
from batchwright.advice.quick.arms import Arm, Comparison, compare
from batchwright.advice.quick.inference import Costs
from batchwright.advice.quick.race import Budget
from batchwright.advice.quick.step_times import StepTimes
from batchwright.core.errors import InputError
from batchwright.optim.spec import OptimizerSpec
from batchwright.study.spec import StudySpec
from batchwright.task.load import load_task
from batchwright.task.task import Target, TaskReference


def study(target=0.3, max_epochs=30, **fields):
    reference = TaskReference(name="digits")
    return StudySpec.model_validate(
        {
            "task": reference, "batch_sizes": tuple(2**k for k in range(4, 11)),
            "optimizer": OptimizerSpec(lr=0.1), "target": Target(metric="loss", value=target),
            "max_epochs": max_epochs, "evaluation_ratio": EVALUATION_RATIO, **fields,
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def digits():
    return load_task(TaskReference(name="digits"))


FLAT = StepTimes({16: 1e-4, 1024: 4e-4})


@pytest.fixture(scope="module")
def result(digits):
    return advise(study(), digits, budget=Budget(seconds=60.0), times=FLAT)


def test_it_recommends_a_middling_batch_size(result):
    advice = result.recommendation
    assert advice.verdict == "recommended"
    assert 32 <= advice.batch_size <= 512  # a study of digits: 64, with 128 and 256 as good
    assert 0.2 <= advice.lr <= 1.7
    assert advice.batch_size in advice.batch_sizes
    assert advice.interval == (min(advice.batch_sizes), max(advice.batch_sizes))
    assert f"batch size {advice.batch_size} and learning rate" in advice.sentence
    assert advice.next_steps[0].startswith("batchwright study digits --batch-sizes ")


def test_it_counts_what_it_cost(result):
    assert result.cost.examples == sum(r.steps * r.batch_size for r in result.evidence.runs)
    assert result.cost.seconds < 60
    assert result.runs_executed == len(result.evidence.runs) == len(result.trials)
    finished = [r for r in result.evidence.runs if r.status == "target_reached"]
    assert finished
    assert all(r.implied_sd == 0 and not r.bound and r.implied_steps <= r.steps for r in finished)
    stopped = [r for r in result.evidence.runs if r.status == "stopped" and r.implied_steps is not None]
    assert stopped
    assert all(r.implied_sd > 0 and r.implied_steps > 0 for r in stopped)


def test_steps_fall_and_examples_rise_with_the_batch_size(result):
    rows = result.batch_sizes
    assert [r.batch_size for r in rows] == list(study().batch_sizes)
    steps = [r.steps_to_target.median for r in rows]
    assert steps[0] > 1.5 * steps[2] > 1.5 * steps[-1]
    assert rows[-1].examples_to_target > 2 * rows[0].examples_to_target
    for row in rows:
        assert row.steps_to_target.low < row.steps_to_target.median < row.steps_to_target.high
        assert row.seconds_to_target == pytest.approx(row.seconds_per_step * row.steps_to_target.median)


def test_a_target_out_of_reach_is_inconclusive(digits):
    answer = advise(study(target=1e-6, max_epochs=1), digits, budget=Budget(seconds=1.0), times=FLAT)
    assert answer.recommendation.verdict == "inconclusive"
    assert answer.recommendation.batch_size is None
    assert "reached the target within the budget" in answer.recommendation.sentence
    assert answer.cost.trainings is None


def test_a_batch_size_above_the_examples_is_refused(digits):
    with pytest.raises(InputError, match="between 1 and 1437"):
        advise(study(batch_sizes=(16, 2000)), digits)


def test_budgets_in_seconds():
    assert Budget().in_seconds(10.0) == 30.0
    assert Budget().in_seconds(0.01) == 5.0
    assert Budget(seconds=7.0).in_seconds(100.0) == 7.0
    assert Budget(trainings=1.0).in_seconds(math.inf) == math.inf


def test_step_times_between_and_beyond():
    times = StepTimes({1: 1e-3, 64: 1e-3, 256: 4e-3})
    seconds = np.exp(times.log_seconds(np.log([0.5, 8.0, 128.0, 512.0])))
    assert seconds == pytest.approx([1e-3, 1e-3, 2e-3, 8e-3])
    assert times.knee == pytest.approx(64.0)


# --- arms ---


def test_an_arm_against_itself_and_a_slower_one(digits):
    spec = study()
    fast, slow, again = (Arm.begin(spec, digits, 64, lr) for lr in (0.4, 0.1, 0.4))
    fast.to_step(10_000)
    assert fast.steps_to_target is not None
    again.to_step(fast.run.step // 2)
    same = compare(again, fast)
    assert same.log_ratio == pytest.approx(0.0, abs=0.1)
    assert 0.3 < same.share < 0.7
    slow.to_step(fast.run.step)
    behind = compare(slow, fast)
    assert behind.log_ratio == pytest.approx(math.log(4), abs=0.5)  # well below the best, steps go as 1/lr
    assert behind.share < 0.6
    assert compare(fast, slow).log_ratio < -0.5
    assert compare(fast, fast) == Comparison(0.0, 1.0)


def test_the_error_of_the_remainder_shrinks_on_the_way():
    errors = [Comparison(0.0, share).remainder_sd(1.0) for share in (0.05, 0.3, 0.7, 1.0)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] == 0
    assert Comparison(0.0, 0.5).remainder_sd(3.0) > Comparison(0.0, 0.5).remainder_sd(0.0)


def test_pausing_does_not_change_a_run(digits):
    spec = study()
    whole, pieces = Arm.begin(spec, digits, 64, 0.4), Arm.begin(spec, digits, 64, 0.4)
    whole.to_step(40)
    for step in (5, 6, 17, 40):
        pieces.to_step(step)
    assert pieces.run.step == whole.run.step
    assert [e.loss for e in pieces.run.evaluations] == [e.loss for e in whole.run.evaluations]


# --- the choice ---


def costs(log_steps, seconds):
    log_steps = np.array(log_steps, dtype=float)
    log_seconds = log_steps + np.log(np.array(seconds))[:, None]
    near = log_seconds <= log_seconds.min(axis=0) + math.log(1.05)
    sizes = [2**k for k in range(len(seconds))]
    return Costs(
        sizes, [0.1] * len(sizes), [(0.1, 0.1)] * len(sizes), log_seconds, log_steps, near.mean(axis=1)
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
