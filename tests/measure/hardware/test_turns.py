"""Turns at the clock, on a machine whose time is made up."""

import math
from dataclasses import dataclass

import pytest

from batchwright.measure.hardware.turns import Pace, excess, in_same_sweeps, take_turns, warm_up

from .machines import FakeMachine

SIZES = [1, 4, 16, 64]
PACE = Pace(turn_seconds=0.04)


def true(size):
    return 1e-3 + 1e-5 * size


def timed(machine, sizes=SIZES, pace=PACE):
    contenders = [machine.contender(size) for size in sizes]
    instruments = machine.instruments()
    warm = [warm_up(contender, instruments.clock, pace.turn_seconds) for contender in contenders]
    return take_turns(contenders, warm, pace, instruments)


def test_contenders_take_turns_that_are_alike_in_time():
    machine = FakeMachine(lambda size, made: true(size))
    found = timed(machine)
    assert [turns.median for turns in found] == pytest.approx([true(size) for size in SIZES])
    assert [len(turns.seconds) for turns in found] == [PACE.enough] * 4
    sweeps = machine.turns[2 * len(SIZES) :]  # after the warm-up
    assert [size for size, _ in sweeps] == SIZES * PACE.enough
    for size, updates in sweeps:
        assert updates * true(size) == pytest.approx(PACE.turn_seconds, rel=0.05)


def test_an_update_longer_than_a_turn_is_made_once():
    machine = FakeMachine(lambda size, made: 0.5)
    timed(machine, [8])
    assert {updates for _, updates in machine.turns} == {1}


def test_a_warm_up_that_was_held_up_does_not_make_all_turns_short():
    machine = FakeMachine(lambda size, made: 0.5 if made < 4 else true(size))
    (found,) = timed(machine, [8])
    assert found.median == pytest.approx(true(8))
    assert machine.turns[-1][1] == round(PACE.turn_seconds / true(8))


def test_sweeps_under_load_do_not_count():
    machine = FakeMachine(lambda size, made: true(size), loads=[0.6] * 5 + [0.05])
    found = timed(machine)
    assert len(machine.turns) == 2 * 4 + 4 * (5 + PACE.enough)
    assert found[0].others_load == 0.05
    assert len(found[0].seconds) == PACE.enough


def test_a_machine_that_never_rests_is_measured_to_the_end_and_its_calmest_sweeps_count():
    machine = FakeMachine(lambda size, made: true(size), loads=[0.9 - 0.01 * i for i in range(PACE.most)])
    found = timed(machine)
    assert len(machine.turns) == 2 * 4 + 4 * PACE.most
    assert len(found[0].seconds) == PACE.enough
    calmest = [0.9 - 0.01 * i for i in range(PACE.most)][-PACE.enough :]
    assert found[0].others_load == pytest.approx(sorted(calmest)[PACE.enough // 2])


def test_a_system_that_does_not_tell_its_load_counts_as_calm():
    found = timed(FakeMachine(lambda size, made: true(size), loads=[None]))
    assert found[0].others_load is None
    assert len(found[0].seconds) == PACE.enough


def test_turns_that_disagree_are_repeated():
    machine = FakeMachine(lambda size, made: 0.1 * (1 + made % 2))
    (found,) = timed(machine, [8])
    assert len(found.seconds) == PACE.most
    assert found.spread > PACE.spread


def test_the_limit_ends_sweeps_but_for_the_fewest():
    machine = FakeMachine(lambda size, made: 10.0)
    (found,) = timed(machine, [8], Pace(fewest=3, limit_seconds=1.0))
    assert len(found.seconds) == 3


# --- times that do not fit their neighbours' ---


def held_up(odd, factor, until):
    """One size is slower by a factor for so many updates of it."""
    return lambda size, made: true(size) * (factor if size == odd and made < until else 1.0)


@pytest.mark.parametrize("odd", SIZES)
def test_a_size_that_was_held_up_is_measured_again_and_right(odd):
    """126 times too slow, as once was printed: all its turns fell beside other work."""
    machine = FakeMachine(held_up(odd, 126, until=9))
    found = timed(machine)
    assert [turns.median for turns in found] == pytest.approx([true(size) for size in SIZES])
    assert not any(turns.suspect for turns in found)


@pytest.mark.parametrize("odd", SIZES)
def test_a_size_that_stays_out_of_line_is_suspect(odd):
    found = timed(FakeMachine(held_up(odd, 126, until=math.inf)))
    assert [turns.suspect for turns in found] == [size == odd for size in SIZES]


@pytest.mark.parametrize("odd", SIZES)
def test_turns_are_known_by_their_sweeps_also_where_a_size_was_measured_again(odd):
    """In the second half of the sweeps the machine is three times slower; a size measured again shares no sweep."""
    found = timed(FakeMachine(held_up(odd, 126, until=9)))
    sweeps = {size: set(turns.sweeps) for size, turns in zip(SIZES, found, strict=True)}
    assert all(len(turns.sweeps) == len(turns.seconds) for turns in found)
    others = [size for size in SIZES if size != odd]
    assert len({frozenset(sweeps[size]) for size in others}) == 1
    assert not sweeps[odd] & sweeps[others[0]]


@dataclass
class Kept:
    turns: tuple[float, ...]
    sweeps: tuple[int, ...] = ()


def test_comparisons_take_the_sweeps_that_all_have():
    one, two = Kept((1.0, 2.0, 3.0, 4.0), (0, 1, 2, 3)), Kept((20.0, 30.0, 40.0, 50.0), (1, 2, 3, 4))
    assert in_same_sweeps([one, two]) == [(2.0, 3.0, 4.0), (20.0, 30.0, 40.0)]


def test_without_common_sweeps_turns_are_compared_as_they_come():
    one, again = Kept((1.0, 2.0, 3.0), (0, 1, 2)), Kept((10.0, 20.0, 30.0, 40.0), (3, 4, 5, 6))
    assert in_same_sweeps([one, again, one]) == [one.turns, (10.0, 20.0, 30.0), one.turns]


def test_turns_of_older_versions_belong_to_the_sweep_of_their_place():
    assert in_same_sweeps([Kept((1.0, 2.0, 3.0)), Kept((4.0, 5.0, 6.0, 7.0))]) == [
        (1.0, 2.0, 3.0),
        (4.0, 5.0, 6.0),
    ]


def test_what_hardware_does_is_not_suspect():
    """Threads that set in make the next size cheaper; a cache that is left makes the last one dearer."""
    costs = {1: 1.0, 4: 2.0, 16: 1.2, 64: 12.0}
    found = timed(FakeMachine(lambda size, made: costs[size]))
    assert not any(turns.suspect for turns in found)


def test_a_throughput_that_collapses_for_good_is_not_suspect():
    """All sizes from 16 on are ten times slower: each fits its neighbours."""
    found = timed(FakeMachine(lambda size, made: true(size) * (10 if size >= 16 else 1)))
    assert not any(turns.suspect for turns in found)


def test_the_excess_over_the_neighbours():
    assert excess([8], [3.0]) == [1.0]
    assert excess([1, 2, 4], [1.0, 1.0, 1.0]) == pytest.approx([1.0, 1.0, 1 / 3])
    assert excess([4, 1, 2], [9.0, 1.0, 2.0])[0] == pytest.approx(9 / 6)  # in any order
    assert excess([2, 2], [1.0, 5.0]) == [0.2, 5.0]
