"""Scaling rules, averages of a convex problem, and verdicts on losses that are known."""

import math

import pytest

from batchwright.lessons.phenomena import have_both as lesson

PLAN = lesson.Plan("digits", 1437, 16, 512, 2, 0.2)


def test_scaling_rules():
    assert lesson.scaled("unscaled", 0.1, 32) == 0.1
    assert lesson.scaled("linear", 0.1, 32) == lesson.scaled("linear_warmup", 0.1, 32) == pytest.approx(3.2)
    assert lesson.scaled("square_root", 0.1, 32) == pytest.approx(0.1 * math.sqrt(32))


def test_the_large_batch_gets_the_epochs_of_the_small_one():
    small, large = PLAN.setting(16, 0.1, 0), lesson.side_setting(PLAN, "linear_warmup", 0.1, 0)
    assert small["steps"] * 16 == pytest.approx(2 * 1437, abs=16)
    assert large["steps"] * 512 == pytest.approx(2 * 1437, abs=512)
    assert large["warmup_steps"] >= 1


@pytest.mark.parametrize("kind", lesson.STARTS)
def test_the_average_of_a_convex_problem_is_no_worse_than_the_mean_of_the_runs(kind):
    plan = lesson.Plan("least-squares", 1000, 16, 250, 1, 0.05)
    for average, own in lesson.averaged((plan, 0.02, kind, (0, 1))):
        assert average <= own


def test_verdicts_follow_the_losses():
    losses = {"small": [0.2, 0.21, 0.19], "sgd": [0.205, 0.215, 0.195], "momentum": [0.4, 0.42, 0.38],
              "lars": [math.inf, 0.2, 0.2], "lamb": [0.1, 0.11, 0.09], "linear": [0.3, 0.3, 0.31],
              "linear_warmup": [0.2, 0.21, 0.2]}  # fmt: skip
    inside = dict.fromkeys(("small", *lesson.TUNED), True)
    tuned = lesson._recipe("tuned", ["sgd", "momentum"], losses, inside)
    assert tuned.verdict == "holds_when"
    assert tuned.condition.values["holds"] == ["sgd"]
    layerwise = lesson._recipe("layerwise", ["lars", "lamb"], losses, inside)
    assert layerwise.condition.values == {"holds": ["lamb"], "does_not_hold": ["lars"], "cannot_tell": []}
    assert lesson._recipe("tuned", ["sgd"], losses, inside | {"sgd": False}).verdict == "cannot_tell"
    assert lesson._warmup(losses).verdict == "holds"
    assert lesson._warmup(losses | {"linear": [math.inf] * 3}).verdict == "holds"
    assert lesson._layerwise_beats(losses, inside).condition is None  # LARS diverged: it cannot be told
