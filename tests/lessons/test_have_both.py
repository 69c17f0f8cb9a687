"""Scaling rules, averages of a convex problem, and verdicts on losses that are known."""

import math

import pytest

from batchwright.lessons.phenomena import have_both as lesson

PLAN = lesson.RecipePlan("digits", 1437, 16, 128, 512, 2, 0.2)


def test_scaling_rules():
    assert lesson.scaled("unscaled", 0.1, 32) == 0.1
    assert lesson.scaled("linear", 0.1, 32) == lesson.scaled("linear_warmup", 0.1, 32) == pytest.approx(3.2)
    assert lesson.scaled("square_root", 0.1, 32) == pytest.approx(0.1 * math.sqrt(32))


def test_the_large_batch_gets_the_epochs_of_the_small_one():
    small, large = PLAN.setting(16, 0.1, 0), lesson.side_setting(PLAN, ("linear_warmup", 512), 0.1, 0)
    assert small["steps"] * 16 == pytest.approx(2 * 1437, abs=16)
    assert large["steps"] * 512 == pytest.approx(2 * 1437, abs=512)
    assert large["warmup_steps"] >= 1


@pytest.mark.parametrize("kind", lesson.STARTS)
def test_the_average_of_a_convex_problem_is_no_worse_than_the_mean_of_the_runs(kind):
    plan = lesson.RecipePlan("least-squares", 1000, 16, 50, 250, 1, 0.05)
    for average, own in lesson.averaged_runs((plan, 0.02, kind, (0, 1))):
        assert average <= own


def test_verdicts_follow_the_losses():
    by_side = {
        ("small", 16): [0.2, 0.21, 0.19], ("sgd", 128): [0.205, 0.214, 0.195], ("sgd", 512): [0.3, 0.32, 0.28],
        ("momentum", 512): [0.4, 0.42, 0.38], ("lars", 512): [math.inf, 0.2, 0.2], ("lamb", 512): [0.1, 0.11, 0.09],
        ("linear", 128): [0.3, 0.3, 0.31], ("linear", 512): [math.inf] * 3,
    }  # fmt: skip
    inside = dict.fromkeys(PLAN.tuned_sides(), True)
    losses = lesson.Losses(by_side, inside, PLAN)
    tuned = lesson._at_sizes(losses)
    assert tuned.condition.values == {"holds": [128], "does_not_hold": [512], "cannot_tell": []}
    linear = lesson._at_large("linear", losses)
    assert (linear.verdict, linear.measurements[0].name, linear.measurements[0].value) == (
        "does_not_hold",
        "diverged",
        3,
    )
    others = lesson._over_recipes(losses)
    assert others.condition.values == {
        "holds": ["lamb"],
        "does_not_hold": ["momentum", "lars"],
        "cannot_tell": [],
    }
    assert lesson._layerwise_beats(losses).verdict == "cannot_tell"  # LARS diverged once
    edge = lesson.Losses(by_side, inside | {("sgd", 128): False}, PLAN)
    assert lesson._at_sizes(edge).verdict == "cannot_tell"  # the middle size could still hold


def test_warm_up_is_judged_rate_by_rate():
    same, worse, diverged = [0.2, 0.21, 0.2], [0.3, 0.3, 0.31], [math.inf, 0.2, 0.2]
    ends = {
        0.4: {"linear": same, "linear_warmup": same},
        0.8: {"linear": worse, "linear_warmup": same},
        1.6: {"linear": diverged, "linear_warmup": same},
    }
    part = lesson._warmup(ends)
    assert part.condition.values == {"holds": [0.8], "does_not_hold": [0.4], "cannot_tell": []}
    assert [m.value for m in part.measurements] == [1.0, pytest.approx(0.67, abs=0.02), None]
    assert lesson._warmup({1.6: ends[1.6]}).verdict == "cannot_tell"
