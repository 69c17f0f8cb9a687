"""Taking turns at the clock: what is to be compared is timed in sweeps, so that one weather meets all.

A machine's speed changes while one measures: other processes come and go, clocks rise and fall. So nothing is
timed alone. In a sweep each contender makes updates for some milliseconds, then the next one does; sweeps are
repeated until their times agree, and those count during which other processes left the machine alone.

Then the times of neighbouring batch sizes must fit each other. A larger batch is never much cheaper than a
smaller one, and the largest costs no more than in proportion to the one before. What breaks that is measured
again from its warm-up on, and is *suspect* if it breaks it again.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, runtime_checkable

from batchwright.measure.hardware.load import CALM_LOAD, LoadMeter

_MOST_UPDATES = 1000
"""Of a turn: what takes so little time is timed well enough."""
_WARM_UPDATES, _VERY_LONG = 3, 10
_AGAIN, _SUSPECT = 1.3, 3.0
"""Times above what the neighbours allow by these factors are taken again, and doubted if they stay there.
Between them lies what hardware really does: kernels and threads that set in at a batch size."""
_CACHES = 1.5
"""Examples of the largest batch may cost so many times those of the next smaller one: a cache is left."""
_ROUNDS = 2
_FEWEST_COMMON = 3
"""Sweeps that a comparison in pairs needs."""


def _nothing(*_: int) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Contender:
    """Something to be timed.

    Attributes:
        batch_size: by which neighbours are known.
        update: what is timed, once or more a turn.
        prepare: before every turn of so many updates, outside the clock.
        wait: until the device has done what it was given; inside the clock.
    """

    batch_size: int
    update: Callable[[], None]
    prepare: Callable[[int], None] = _nothing
    wait: Callable[[], None] = _nothing


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How long to measure.

    Attributes:
        turn_seconds: of a turn, or one update where that takes longer.
        fewest, enough, most: sweeps made in any case; those that suffice once calm and in agreement; all.
        spread: half the interquartile range over the median at which turns agree.
        limit_seconds: no sweep starts that would end later, but for the fewest.
    """

    turn_seconds: float = 0.04
    fewest: int = 3
    enough: int = 7
    most: int = 28
    spread: float = 0.15
    limit_seconds: float = math.inf

    def within(self, limit_seconds: float) -> Pace:
        """The same with another limit."""
        return replace(self, limit_seconds=limit_seconds)


@dataclass(frozen=True, kw_only=True)
class Instruments:
    """What time and load are read from; others in tests."""

    clock: Callable[[], float] = time.perf_counter
    meter: Callable[[], LoadMeter] = LoadMeter


REAL = Instruments()


@dataclass(frozen=True)
class Turns:
    """The turns of one contender that count.

    Attributes:
        seconds: of an update, one value a turn.
        sweeps: in which they were taken, one number a turn; what was measured again shares none with the others.
        others_load: median share of the machine that others used during these turns; None where not known.
        suspect: whether they do not fit the neighbours' although they were taken again.
    """

    seconds: tuple[float, ...]
    others_load: float | None
    suspect: bool = False
    sweeps: tuple[int, ...] = ()

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def quartiles(self) -> tuple[float, float]:
        """First and third."""
        if len(self.seconds) == 1:
            return self.seconds[0], self.seconds[0]
        low, _, high = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return low, high

    @property
    def spread(self) -> float:
        """Half the interquartile range over the median."""
        low, high = self.quartiles
        return (high - low) / 2 / self.median if self.median else 0.0


def warm_up(
    contender: Contender, clock: Callable[[], float], turn_seconds: float, *, first: bool = False
) -> float:
    """Seconds of an update, again after the first one, which sets things up, unless updates are very long.

    Args:
        contender: what is to take turns.
        clock: in seconds.
        turn_seconds: of a turn.
        first: no other contender was warmed up before. Then an update goes before that is not timed: in the first
            of a process libraries set themselves up, and on a GPU that takes as long as hundreds of updates.
    """
    if first:
        _turn(contender, 1, clock)
    once = _turn(contender, 1, clock)
    if once > _VERY_LONG * turn_seconds:
        return once
    return min(once, _turn(contender, _WARM_UPDATES if once < turn_seconds else 1, clock))


def take_turns(
    contenders: Sequence[Contender], warm: Sequence[float], pace: Pace, instruments: Instruments
) -> list[Turns]:
    """Time all contenders.

    Args:
        contenders: in the order in which they take their turns.
        warm: seconds of an update of each, from :func:`warm_up`.
        pace: how long.
        instruments: clock and load meter.

    Returns:
        The turns of each, in the same order.
    """
    began = instruments.clock()
    found = _sweeps(contenders, warm, pace, instruments, began)
    sizes = [contender.batch_size for contender in contenders]
    for _ in range(_ROUNDS):
        odd = _beyond(_AGAIN, sizes, found)
        if not odd:
            break
        again = [contenders[i] for i in odd]
        warm = [warm_up(contender, instruments.clock, pace.turn_seconds) for contender in again]
        first = 1 + max(sweep for turns in found for sweep in turns.sweeps)
        for i, turns in zip(odd, _sweeps(again, warm, pace, instruments, began, first), strict=True):
            found[i] = min(found[i], turns, key=lambda turns: turns.median)  # others only ever slow it down
    suspects = _beyond(_SUSPECT, sizes, found)
    return [replace(turns, suspect=i in suspects) for i, turns in enumerate(found)]


@runtime_checkable
class Timed(Protocol):
    """What keeps its turns."""

    @property
    def turns(self) -> tuple[float, ...]: ...

    @property
    def sweeps(self) -> tuple[int, ...]: ...


def in_same_sweeps(timed: Sequence[Timed]) -> list[tuple[float, ...]]:
    """The turns of each that were taken in sweeps which all have in common, in their order.

    Where these are fewer than three, as for a size that was measured again, what the machine did does not cancel:
    then the first turns of each as they come, as many as all have.
    """
    numbers = [sweeps_of(each) for each in timed]
    common = sorted(set(numbers[0]).intersection(*numbers[1:]))
    if len(common) >= _FEWEST_COMMON:
        places = [dict(zip(own, each.turns, strict=True)) for own, each in zip(numbers, timed, strict=True)]
        return [tuple(place[sweep] for sweep in common) for place in places]
    count = min(len(each.turns) for each in timed)
    return [each.turns[:count] for each in timed]


def sweeps_of(timed: Timed) -> tuple[int, ...]:
    """The number of the sweep of each turn; where it was not kept yet, turns of one place belong to one sweep."""
    return timed.sweeps or tuple(range(len(timed.turns)))


def excess(batch_sizes: Sequence[int], seconds: Sequence[float]) -> list[float]:
    """How many times as long each takes as its neighbours allow; 1 or less is in order.

    The allowance is what the cheapest batch of at least its size takes, and for the largest batch, which has
    no such neighbour, 1.5 times what the next smaller one takes an example.

    >>> excess([1, 2, 4], [1.0, 126.0, 1.5])
    [0.6..., 84.0, 0.0...]
    """
    allowed = []
    for i, size in enumerate(batch_sizes):
        larger = [t for j, t in enumerate(seconds) if j != i and batch_sizes[j] >= size]
        smaller = [
            (b, t) for j, (b, t) in enumerate(zip(batch_sizes, seconds, strict=True)) if j != i and b < size
        ]
        if larger:
            allowed.append(min(larger))
        elif smaller:
            before, taken = max(smaller)
            allowed.append(_CACHES * taken * size / before)
        else:
            allowed.append(seconds[i])
    return [t / most if most else 1.0 for t, most in zip(seconds, allowed, strict=True)]


def _beyond(factor: float, sizes: Sequence[int], found: Sequence[Turns]) -> list[int]:
    values = excess(sizes, [turns.median for turns in found])
    return [i for i, value in enumerate(values) if value > factor]


def _sweeps(
    contenders: Sequence[Contender], warm: Sequence[float], pace: Pace, instruments: Instruments, began: float,
    first: int = 0,
) -> list[Turns]:  # fmt: skip
    """Sweep after sweep until enough of them were calm and agree, or time is up; numbered from ``first`` on."""
    clock, quickest = instruments.clock, list(warm)
    sweeps: list[list[float]] = []
    loads: list[float | None] = []
    while True:
        meter, sweep_began = instruments.meter(), clock()
        row = []
        for i, contender in enumerate(contenders):
            # By the quickest turn so far: a warm-up that was held up must not make all turns short ones.
            updates = round(pace.turn_seconds / max(quickest[i], 1e-7))
            row.append(_turn(contender, min(max(updates, 1), _MOST_UPDATES), clock))
            quickest[i] = min(quickest[i], row[-1])
        sweeps.append(row)
        loads.append(meter.share())
        now = clock()
        over = now - began + (now - sweep_began) > pace.limit_seconds
        if len(sweeps) < pace.fewest:
            continue
        calm, found = _counted(sweeps, loads, pace.enough, first)
        settled = calm and all(turns.spread <= pace.spread for turns in found)
        if over or settled or len(sweeps) >= pace.most:
            return found


def _turn(contender: Contender, updates: int, clock: Callable[[], float]) -> float:
    """Seconds of an update, over so many."""
    contender.prepare(updates)
    contender.wait()
    began = clock()
    for _ in range(updates):
        contender.update()
    contender.wait()
    return (clock() - began) / updates


def _counted(
    sweeps: Sequence[Sequence[float]], loads: Sequence[float | None], enough: int, first: int
) -> tuple[bool, list[Turns]]:
    """Whether enough sweeps were calm, and the turns of the calm ones (else of the calmest)."""
    order = sorted(range(len(sweeps)), key=lambda i: (loads[i] or 0.0, i))
    calm = [i for i in order if (loads[i] or 0.0) <= CALM_LOAD]
    used = sorted(calm if len(calm) >= enough else order[:enough])
    known = [load for i in used if (load := loads[i]) is not None]
    load = statistics.median(known) if known else None
    columns = zip(*(sweeps[i] for i in used), strict=True)
    numbers = tuple(first + i for i in used)
    return len(calm) >= enough, [Turns(tuple(values), load, sweeps=numbers) for values in columns]
