import math

import pytest

from batchwright.study.search import Outcome, Searched, find_rate
from batchwright.study.spec import SearchSettings

SETTINGS = SearchSettings()


def search(steps_at, *, start=0, budget=1000, settings=SETTINGS):
    """Drive a search with ``steps_at(ask) -> steps or inf or "diverged"``; returns what it found."""
    found = Searched(32)
    asks = []
    coroutine = find_rate(found, start, budget, settings)
    try:
        wave = next(coroutine)
        while True:
            outcomes = []
            for ask in wave:
                asks.append(ask)
                steps = steps_at(ask)
                if steps == "diverged":
                    outcomes.append(Outcome(ask.key, None, "diverged", 3))
                elif steps > ask.budget_steps:
                    outcomes.append(Outcome(ask.key, None, "budget_exhausted", ask.budget_steps))
                else:
                    outcomes.append(Outcome(ask.key, float(steps), "target_reached", math.ceil(steps)))
            wave = coroutine.send(outcomes)
    except StopIteration:
        return found, asks


def valley(best, cliff=math.inf, sharpness=0.08):
    """Steps 100 at the best rate, growing to both sides, diverging from the cliff on."""

    def steps_at(ask):
        return (
            "diverged"
            if ask.key.rate_index >= cliff
            else 100 * math.exp(sharpness * (ask.key.rate_index - best) ** 2)
        )

    return steps_at


@pytest.mark.parametrize("best", [-7, -2, 0, 3, 9])
def test_the_best_rate_is_found_from_any_start(best):
    found, _ = search(valley(best))
    assert found.rate in (best - 1, best)  # a neighbour within the 5% tie may be lower, never higher
    assert not found.on_edge
    assert len(found.confirmed) == SETTINGS.confirm_seeds


def test_the_lowest_rate_within_the_tie_wins():
    found, _ = search(lambda ask: {0: 100, -1: 104, -2: 130, 1: 103, 2: 140}.get(ask.key.rate_index, 300))
    assert found.rate == -1


def test_a_rate_that_fails_a_confirmation_seed_is_passed_over_and_the_next_gets_fresh_seeds():
    def steps_at(ask):
        if ask.key.rate_index == -1 and ask.key.purpose == "confirm" and ask.key.seed == 2:
            return "diverged"
        return {0: 100, -1: 102, 1: 130, -2: 140, 2: 200}.get(ask.key.rate_index, 400)

    found, asks = search(steps_at)
    assert found.rate == 0
    seeds = {
        rate: {a.key.seed for a in asks if a.key.purpose == "confirm" and a.key.rate_index == rate}
        for rate in (-1, 0)
    }
    assert seeds[-1] == {0, 1, 2, 3, 4}
    assert seeds[0] == {5, 6, 7, 8, 9}


def test_confirmation_seeds_take_no_part_in_the_selection():
    found, asks = search(valley(2))
    search_seeds = {a.key.seed for a in asks if a.key.purpose == "search"}
    assert search_seeds == {0, 1, 2}
    assert all(o.key.purpose == "confirm" for o in found.confirmed)


def test_failures_count_as_infinite_in_the_median():
    # at rate 2 two of three seeds fail though the first is the fastest of all
    def steps_at(ask):
        if ask.key.rate_index == 2 and ask.key.seed > 0:
            return "diverged"
        return {2: 80, 1: 90, 0: 100, -2: 190}.get(ask.key.rate_index, "diverged")

    found, _ = search(steps_at)
    assert found.rate == 1
    assert found.fails_at() == 2


def test_slow_runs_are_dropped_at_twice_the_fewest_steps_seen():
    _, asks = search(valley(0, sharpness=0.02))
    first, *later = [a for a in asks if a.key.purpose == "search"]
    assert first.budget_steps == 1000
    assert later[0].budget_steps == 200


def test_divergence_at_the_start_sends_the_search_down():
    found, asks = search(valley(-9, cliff=-4))
    assert found.rate in (-10, -9)
    assert max(a.key.rate_index for a in asks) == 0


def test_an_optimum_out_of_reach_sits_on_the_edge():
    found, asks = search(lambda ask: 1000 * 2.0 ** (-ask.key.rate_index / 4), budget=10**6)
    assert found.on_edge
    assert len({a.key.rate_index for a in asks}) <= SETTINGS.max_rates


def test_a_first_seed_that_was_lucky_is_found_out_and_the_range_extended():
    # On seed 0 the high rates seem best; on the other seeds they diverge, and the truth lies below the bracket.
    def steps_at(ask):
        if ask.key.rate_index >= -1:
            lucky = ask.key.purpose == "search" and ask.key.seed == 0
            return {-1: 60, 0: 50, 1: 60, 2: 80}.get(ask.key.rate_index, 90) if lucky else "diverged"
        return {-2: 110, -3: 100, -4: 104, -5: 140}.get(ask.key.rate_index, 200)

    found, _ = search(steps_at)
    assert found.rate == -4
    assert not found.on_edge
    assert found.fails_at() == -1


def test_nothing_reaches_the_target():
    found, asks = search(lambda ask: math.inf)
    assert found.rate is None
    assert found.confirmed == []
    assert len({a.key.rate_index for a in asks}) <= SETTINGS.max_rates


def test_flat_rates_are_within_twenty_percent():
    found, _ = search(lambda ask: {0: 100, -1: 115, -2: 125, 1: 119, 2: 150}.get(ask.key.rate_index, 400))
    assert found.flat_rates() == [-1, 0, 1]


def test_flat_rates_end_below_a_failure():
    def steps_at(ask):
        if ask.key.rate_index == 1 and ask.key.purpose == "search" and ask.key.seed == 1:
            return "diverged"
        return {0: 100, -1: 115, 1: 101, 2: 150, -2: 160}.get(ask.key.rate_index, 400)

    found, _ = search(steps_at)
    assert found.rate == 0
    assert found.flat_rates() == [-1, 0]
