"""Seconds a step, measured alone on the machine with the loop that trains: batch sizes take turns."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from pydantic import BaseModel, ConfigDict

from batchwright.core.errors import BatchwrightError, InputError, one_line
from batchwright.measure.hardware.turns import (
    REAL,
    Contender,
    Instruments,
    Pace,
    Turns,
    take_turns,
    warm_up,
)
from batchwright.task.task import Task
from batchwright.training.loop import Run, is_out_of_memory
from batchwright.training.spec import RunSpec

STUDY_PACE = Pace(turn_seconds=0.025, limit_seconds=60.0)
_QUICK = Pace(turn_seconds=0.03, spread=0.1)
_FEWEST_SIZES = 4
"""So many sizes are timed however long they take."""


class SecondsPerStep(BaseModel):
    """Seconds of one update: median and quartiles over ``repeats`` turns of several updates each.

    ``others_load`` is the share of the machine's processor time that other processes used meanwhile (median
    over the turns that count), None where the system does not tell. ``suspect`` says that the time does not
    fit those of the neighbouring batch sizes although it was taken again: nothing should rest on it.

    ``turns`` are the single values, in the order of time, and ``sweeps`` the number of the sweep that each was taken
    in: sizes are compared sweep by sweep (:func:`~.turns.in_same_sweeps`). Earlier versions kept neither.
    """

    model_config = ConfigDict(frozen=True)

    median: float
    low: float
    high: float
    repeats: int
    threads: int
    others_load: float | None = None
    suspect: bool = False
    turns: tuple[float, ...] = ()
    sweeps: tuple[int, ...] = ()

    @classmethod
    def of(cls, turns: Turns) -> SecondsPerStep:
        """What the turns of one batch size say, in the present thread count."""
        low, high = turns.quartiles
        return cls(
            median=turns.median, low=low, high=high, repeats=len(turns.seconds),
            threads=torch.get_num_threads(), others_load=turns.others_load, suspect=turns.suspect,
            turns=turns.seconds, sweeps=turns.sweeps,
        )  # fmt: skip

    @property
    def spread(self) -> float:
        """Half the interquartile range over the median."""
        return (self.high - self.low) / 2 / self.median


def seconds_per_step(
    specs: Sequence[RunSpec], task: Task, *, instruments: Instruments = REAL
) -> list[SecondsPerStep]:
    """Seconds of one update of each spec, in the user's thread count.

    One model is trained with all the specs in turns of 25 ms or one update, sweep after sweep, so that a
    change of the machine's speed meets all of them alike, and memory is that of a single run. Sweeps during
    which other processes used more than 15% of the machine are repeated, and so are all while a spec's half
    interquartile range exceeds 15% of its median, up to 28 sweeps or about a minute; the calmest count. What
    does not fit its neighbours is measured again (:mod:`~.turns`).

    Args:
        specs: runs of the same task that differ in batch size and learning rate only; only their updates are
            executed, never an evaluation.
        task: the live task.
        instruments: clock and load meter.

    Returns:
        One measurement a spec, in the order given.

    Raises:
        InputError: specs that differ otherwise.
    """
    contenders = list(_contenders(specs, task))
    turn_seconds = STUDY_PACE.turn_seconds
    warm = [warm_up(each, instruments.clock, turn_seconds, first=not i) for i, each in enumerate(contenders)]
    return [SecondsPerStep.of(turns) for turns in take_turns(contenders, warm, STUDY_PACE, instruments)]


def time_steps(
    specs: Sequence[RunSpec], task: Task, *, limit_seconds: float = 10.0, instruments: Instruments = REAL
) -> dict[int, SecondsPerStep]:
    """The same within about a limit, for sizes that may be too large or too slow, ascending.

    Args:
        specs: as in :func:`seconds_per_step`, each batch size once.
        task: the live task; its model is built anew, and only updated, never evaluated.
        limit_seconds: sweeps end about here. Sizes from which on three sweeps would take twice as long are
            left out, but for the four smallest.
        instruments: clock and load meter.

    Returns:
        A measurement a batch size, ascending, with its turns. Sizes left out are missing, and so are those at
        which the model raises an error (batch normalisation of one example) and those from the first that runs
        out of memory.

    Raises:
        InputError: specs that differ otherwise.
        BatchwrightError: the model raises an error at every size.
    """
    pace = _QUICK.within(limit_seconds)
    contenders = _contenders(sorted(specs, key=lambda spec: spec.batch_size), task)
    warm = _warmed(contenders, pace, instruments)
    running = [contender for contender in contenders if contender.batch_size in warm]
    turns = take_turns(running, list(warm.values()), pace, instruments)
    return dict(zip(warm, map(SecondsPerStep.of, turns), strict=True))


def _contenders(specs: Sequence[RunSpec], task: Task) -> list[Contender]:
    """All the specs as turns of one run."""
    if any(_but_size_and_rate(spec) != _but_size_and_rate(specs[0]) for spec in specs):
        raise InputError("specs timed together must differ in batch_size and learning rate only")
    run = Run(specs[0], task)

    def contender(spec: RunSpec) -> Contender:
        def prepare(updates: int) -> None:
            run.rewind(spec.batch_size)
            if updates > 1:
                run.update()  # gathers the first block of examples, and the caches change hands

        return Contender(batch_size=spec.batch_size, update=run.update, prepare=prepare, wait=run.synchronise)

    return [contender(spec) for spec in specs]


def _but_size_and_rate(spec: RunSpec) -> RunSpec:
    plain = spec.optimizer.model_copy(update={"lr": 1.0})
    return spec.model_copy(update={"batch_size": 1, "optimizer": plain})


def _warmed(contenders: Sequence[Contender], pace: Pace, instruments: Instruments) -> dict[int, float]:
    """Seconds of an update by batch size, of the sizes that run and are quick enough."""
    found: dict[int, float] = {}
    sweep, last, last_size = 0.0, 0.0, 1
    failure: Exception | None = None
    for contender in contenders:
        size = contender.batch_size
        expected = last * size / last_size
        if len(found) >= _FEWEST_SIZES and (sweep + expected) * pace.fewest > 2 * pace.limit_seconds:
            break
        try:
            last = warm_up(contender, instruments.clock, pace.turn_seconds, first=not found)
            found[size] = last
        except BatchwrightError:
            raise
        except Exception as error:
            failure = error
            if is_out_of_memory(error):
                break
            continue
        sweep, last_size = sweep + max(last, pace.turn_seconds), size
    if not found and failure is not None:
        raise BatchwrightError(
            f"the model runs at no batch size: {type(failure).__name__}: {one_line(failure)}"
        )
    return found
