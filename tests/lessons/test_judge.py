"""Numbers against scipy's own tests; verdicts by where the whole interval lies."""

import numpy as np
import pytest
from scipy import stats

from batchwright.advice.lesson import LessonResult, Measured, Part, overall
from batchwright.core.errors import InputError
from batchwright.lessons import judge

VALUES = np.array([1.2, 0.9, 1.7, 1.1, 1.4])
OTHERS = np.array([1.0, 0.8, 1.2, 1.0, 1.3])


def test_a_mean_has_scipys_interval():
    found = judge.mean("x", VALUES)
    assert found.interval == pytest.approx(stats.ttest_1samp(VALUES, 0).confidence_interval(0.9))
    assert (found.value, found.n) == (pytest.approx(VALUES.mean()), 5)


def test_a_difference_is_paired():
    found = judge.difference("x", VALUES, OTHERS)
    assert found.interval == pytest.approx(stats.ttest_rel(VALUES, OTHERS).confidence_interval(0.9))


def test_a_ratio_is_the_paired_difference_of_logarithms():
    found = judge.ratio("x", VALUES, OTHERS)
    ends = stats.ttest_rel(np.log(VALUES), np.log(OTHERS)).confidence_interval(0.9)
    assert found.interval == pytest.approx(np.exp(ends))
    assert found.value == pytest.approx(stats.gmean(VALUES / OTHERS))
    assert judge.ratio("x", OTHERS, VALUES).value == pytest.approx(1 / found.value)


def test_a_share_has_jeffreys_interval():
    assert judge.share("x", 7, 20).interval == pytest.approx(stats.beta(7.5, 13.5).ppf([0.05, 0.95]))
    assert judge.share("x", 0, 20).interval[0] == 0.0
    assert judge.share("x", 20, 20).interval[1] == 1.0


def test_a_slope_is_scipys():
    x = np.arange(5.0)
    fit = stats.linregress(x, VALUES)
    half = stats.t.ppf(0.95, 3) * fit.stderr
    assert judge.slope("x", x, VALUES).interval == pytest.approx((fit.slope - half, fit.slope + half))


def test_intervals_hold_the_truth_as_often_as_they_say():
    random = np.random.default_rng(0)
    inside = [
        low <= 1.0 <= high
        for low, high in (judge.mean("x", random.normal(1.0, 2.0, 4)).interval for _ in range(2000))
    ]
    assert 0.88 < np.mean(inside) < 0.92


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: judge.mean("loss", [1.0]), "loss: an interval needs two finite values or more"),
        (lambda: judge.mean("loss", [1.0, np.nan]), "two finite values or more"),
        (lambda: judge.ratio("r", [1.0, 0.0], [1.0, 1.0]), "positive values, got 0"),
        (lambda: judge.difference("d", [1.0, 2.0], [1.0, 2.0, 3.0]), "as many values on either side"),
        (lambda: judge.share("s", 3, 2), "0 <= count <= total"),
        (lambda: judge.slope("s", [1.0, 1.0, 1.0], [1.0, 2.0, 3.0]), "different x"),
    ],
)
def test_what_has_no_interval_is_refused(call, told):
    with pytest.raises(InputError, match=told):
        call()


def between(low, high):
    return Measured(name="x", value=(low + high) / 2, interval=(low, high))


def test_a_comparison_needs_the_whole_interval():
    assert judge.above(between(1, 2), 0.5) == "holds"
    assert judge.above(between(1, 2), 2.5) == "does_not_hold"
    assert judge.above(between(1, 2), 1.5) == "cannot_tell"
    assert judge.below(between(1, 2), 2.5) == "holds"
    assert judge.below(between(1, 2), 0.5) == "does_not_hold"
    assert judge.within(between(1, 2), 0, 3) == "holds"
    assert judge.within(between(1, 2), 3, 4) == "does_not_hold"
    assert judge.within(between(1, 2), 1.5, 4) == "cannot_tell"
    assert judge.above(judge.exact("x", 1.0), 0.5) == "holds"
    assert judge.above(judge.exact("x", None), 0.5) == "cannot_tell"


def test_a_verdict_over_settings_says_at_which():
    verdict, by = judge.everywhere({1: "holds", 2: "does_not_hold", 3: "cannot_tell"})
    assert (verdict, by) == ("holds_when", {"holds": [1], "does_not_hold": [2], "cannot_tell": [3]})
    assert judge.everywhere({1: "does_not_hold"})[0] == "does_not_hold"


@pytest.mark.parametrize(
    ("verdicts", "whole"),
    [
        (["holds", "holds"], "holds"),
        (["holds", "holds_when"], "holds_when"),
        (["holds", "does_not_hold"], "holds_when"),
        (["does_not_hold", "does_not_hold"], "does_not_hold"),
        (["does_not_hold", "cannot_tell"], "cannot_tell"),
        (["holds", "cannot_tell"], "cannot_tell"),
        (["holds", "does_not_hold", "cannot_tell"], "holds_when"),
        (["holds_when", "cannot_tell"], "holds_when"),
    ],
)
def test_the_whole_follows_from_the_parts(verdicts, whole):
    assert overall(verdicts) == whole


def test_a_part_needs_a_number_and_a_condition_where_it_holds_at_times():
    number = judge.exact("x", 1.0)
    with pytest.raises(ValueError, match="a number that decides it"):
        Part(name="p", verdict="holds", measurements=())
    with pytest.raises(ValueError, match="needs a condition"):
        Part(name="p", verdict="holds_when", measurements=(number,))


def test_a_result_is_asked_for_its_numbers():
    numbers = [judge.exact("loss", float(lr), lr=lr) for lr in (1, 2)]
    result = LessonResult(name="bands", parts=(Part(name="p", verdict="holds", measurements=numbers),))
    assert (result.value("loss", lr=2), result.part("p").verdict, result.condition) == (2.0, "holds", None)


@pytest.mark.parametrize(
    ("verdict", "short", "told"),
    [
        ("holds", {"slow"}, "holds"),
        ("holds", {"fast"}, "cannot_tell"),
        ("does_not_hold", {"slow"}, "cannot_tell"),
        ("does_not_hold", {"fast"}, "does_not_hold"),
        ("cannot_tell", {"slow"}, "cannot_tell"),
    ],
)
def test_runs_that_ended_early_are_lower_bounds(verdict, short, told):
    assert judge.at_least(verdict, "slow", "fast", short) == told
