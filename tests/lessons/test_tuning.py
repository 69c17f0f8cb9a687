"""The search for a rate against a cost whose best rate is known."""

import math
from types import SimpleNamespace

import pytest

from batchwright.lessons.tuning import MOST_RATES, tuned_one_by_one, tuned_rates


class Bench:
    """A lab whose runs are what they were asked for."""

    def __init__(self):
        self.asked = []

    def runs(self, settings):
        self.asked += settings
        return [SimpleNamespace(**setting) for setting in settings]


def bowl(best):
    """Cost by distance from the best rate in octaves; a cliff two octaves above it."""
    return lambda lr: math.inf if lr > 4 * best else 1 + abs(math.log2(lr / best))


def tune(sides, cost, seeds=(0, 1)):
    bench = Bench()
    setting = lambda side, lr, seed: {"side": side, "lr": lr, "seed": seed}  # noqa: E731
    return tuned_rates(bench, sides, setting, cost, seeds), bench


def test_the_range_follows_the_best_rate_of_every_side():
    truth = {"small": 0.1, "large": 3.2}
    found, bench = tune({"small": 0.1, "large": 0.1}, lambda side, run: bowl(truth[side])(run.lr))
    for side, tuned in found.items():
        assert tuned.lr == pytest.approx(truth[side])
        assert tuned.inside
        assert min(tuned.costs) < tuned.lr < max(tuned.costs)
    assert len(bench.asked) == len({tuple(setting.items()) for setting in bench.asked})


def test_costs_are_medians_over_seeds():
    """One lucky seed of three does not choose the rate."""
    cost = lambda side, run: 0.0 if (run.lr, run.seed) == (0.2, 0) else bowl(0.1)(run.lr)  # noqa: E731
    found, _ = tune({"one": 0.1}, cost, seeds=(0, 1, 2))
    assert found["one"].lr == 0.1


def test_rates_tuned_one_by_one_scatter_as_the_seeds_do():
    """On seed s the best rate of a side lies s octaves above its first."""
    truth = {"small": 0.1, "large": 0.4}
    setting = lambda side, lr, seed: {"side": side, "lr": lr, "seed": seed}  # noqa: E731
    cost = lambda side, run: bowl(truth[side] * 2**run.seed)(run.lr)  # noqa: E731
    found = tuned_one_by_one(Bench(), dict.fromkeys(truth, 0.1), setting, cost, [0, 2, 1])
    for side, tuned in found.items():
        assert [rate.lr for rate in tuned] == pytest.approx([truth[side] * 2**s for s in (0, 2, 1)])
        assert all(rate.inside for rate in tuned)


def test_a_best_rate_on_the_edge_is_said_and_so_is_no_rate_at_all():
    falling, _ = tune({"one": 1.0}, lambda side, run: run.lr)
    assert not falling["one"].inside
    assert len(falling["one"].costs) == MOST_RATES
    none, _ = tune({"one": 1.0}, lambda side, run: math.inf)
    assert none["one"].lr is None


def test_another_statistic_may_judge_the_seeds():
    """A rate that fails on one seed of two is no good for the worst of them, whatever its median."""
    cost = lambda side, run: math.inf if (run.lr, run.seed) == (0.1, 0) else bowl(0.1)(run.lr)  # noqa: E731
    setting = lambda side, lr, seed: {"side": side, "lr": lr, "seed": seed}  # noqa: E731
    found = tuned_rates(Bench(), {"one": 0.1}, setting, cost, (0, 1, 2), statistic=max)
    assert found["one"].lr in (0.05, 0.2)
    assert tuned_rates(Bench(), {"one": 0.1}, setting, cost, (0, 1, 2))["one"].lr == 0.1
