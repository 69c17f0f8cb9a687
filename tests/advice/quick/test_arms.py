"""Runs against each other, leg by leg."""

import math

import pytest

from batchwright.advice.quick.arms import Lead, lead_of
from batchwright.advice.quick.legs import Legs, goes_as_far, planned_from
from batchwright.study.executors.in_process import InProcess
from batchwright.study.key import RunKey
from batchwright.training.loop import run
from batchwright.training.record import RunResult, Status

AT_0_4, AT_0_1 = 4, 0  # rate indices: 0.1 sqrt(2)^k


def key(rate, seed=0, batch_size=64):
    return RunKey(batch_size, rate, "search", seed)


def test_an_arm_against_itself_and_a_slower_one(legs, digits):
    fast, slow = legs.begin(key(AT_0_4)), legs.begin(key(AT_0_1))
    legs.to_step(fast, 10_000)
    assert fast.steps_to_target is not None
    again = Legs(legs.spec, digits, legs.store, InProcess(digits), "advice").begin(key(AT_0_4))
    legs.to_step(again, fast.step // 2)
    same = lead_of(again, fast)
    assert same.log_ratio == pytest.approx(0.0, abs=0.1)
    assert 0.3 < same.share < 0.7
    legs.to_step(slow, fast.step)
    behind = lead_of(slow, fast)
    assert behind.log_ratio == pytest.approx(math.log(4), abs=0.5)  # well below the best, steps go as 1/lr
    assert behind.share < 0.6
    assert lead_of(fast, slow).log_ratio < -0.5
    assert lead_of(fast, fast) == Lead(0.0, 1.0)


def test_the_error_of_the_remainder_shrinks_on_the_way():
    errors = [Lead(0.0, share).remainder_sd(1.0) for share in (0.05, 0.3, 0.7, 1.0)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] == 0
    assert Lead(0.0, 0.5).remainder_sd(3.0) > Lead(0.0, 0.5).remainder_sd(0.0)


def shown(result):
    return [(e.step, e.loss) for e in result.evaluations], result.status, result.updates


def test_legs_are_the_run_made_in_one_go(legs, digits):
    arm = legs.begin(key(AT_0_4))
    for step in (5, 6, 17, 40):
        legs.to_step(arm, step)
    whole = run(legs.run_spec(arm.key), digits)
    assert shown(arm.result) == shown(whole.up_to(arm.step))
    legs.to_step(arm, 10_000)
    assert shown(arm.result) == shown(whole)


def test_what_the_store_holds_is_read_and_not_run(legs, digits, tmp_path):
    arm = legs.begin(key(AT_0_4))
    legs.to_step(arm, 20)
    legs.keep(arm)

    class NoRuns:
        def submit(self, *args, **keywords):
            raise AssertionError("nothing is left to run")

    later = Legs(legs.spec, digits, legs.store, NoRuns(), "advice")
    again = later.begin(key(AT_0_4))
    later.to_step(again, 10)
    assert shown(again.result) == shown(arm.result.up_to(again.step))
    later.to_step(again, 20)
    assert shown(again.result) == shown(arm.result)
    assert later.taken == {key(AT_0_4)}
    assert later.executed == set()


def test_a_run_whose_budget_ended_on_the_way_was_evaluated_for_that_reason(study_spec):
    spec = study_spec().run(key(AT_0_4), 100)
    short = RunResult(
        spec=study_spec().run(key(AT_0_4), 30), status=Status.BUDGET_EXHAUSTED, updates=30, examples=0
    )
    assert goes_as_far(short, 29, spec)
    assert not goes_as_far(short, 30, spec)
    stopped = short.model_copy(update={"status": Status.STOPPED})
    assert goes_as_far(stopped, 30, spec)
    assert not goes_as_far(stopped, 31, spec)
    diverged = short.model_copy(update={"status": Status.DIVERGED})
    assert goes_as_far(diverged, 90, spec)


def test_planned_evaluations_are_those_of_a_run(legs, digits):
    steps = [e.step for e in run(legs.run_spec(key(AT_0_1)), digits).evaluations if e.step]
    assert steps[:-1] == sorted(
        {planned_from(s, legs.run_spec(key(AT_0_1)).evaluation) for s in range(1, steps[-2] + 1)}
    )


def test_a_live_run_is_at_the_arms_point(legs, digits):
    arm = legs.begin(key(AT_0_4))
    legs.to_step(arm, 12)
    state = legs.live(arm)
    assert state.step == arm.step
    assert state.evaluations[-1].loss == arm.result.evaluations[-1].loss
