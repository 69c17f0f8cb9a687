"""Seconds a step, quickly: what advice needs to know of the machine before it trains."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from batchwright.advice.quick.posterior import Array
from batchwright.measure.hardware.turns import REAL, Contender, Instruments, Pace, take_turns, warm_up
from batchwright.study.key import RunKey
from batchwright.study.spec import StudySpec
from batchwright.task.task import Task
from batchwright.training.loop import Run

_PACE = Pace(turn_seconds=0.008, fewest=5, enough=5, most=10)
_LADDER = 4
_PROPORTIONAL, _LONG_STEP_SECONDS = 3.0, 0.1


@dataclass(frozen=True)
class StepTimes:
    """Seconds a step at the measured batch sizes; between them linear in the logs.

    Below the smallest they are the smallest's, beyond the largest proportional to the batch size.
    ``others_load`` is the largest share of the machine that others used meanwhile.
    """

    measured: dict[int, float]
    others_load: float = 0.0

    def log_seconds(self, log_batch: Array) -> Array:
        """Log seconds a step at log batch sizes, shape (batch sizes,)."""
        known = np.log(np.array(sorted(self.measured), dtype=float))
        values = np.log([self.measured[b] for b in sorted(self.measured)])
        log_batch = np.asarray(log_batch, dtype=float)
        beyond = np.maximum(log_batch - known[-1], 0.0)
        return np.asarray(np.interp(log_batch, known, values) + beyond)

    def seconds_at(self, batch_size: int) -> float:
        """Seconds a step at one batch size."""
        return float(np.exp(self.log_seconds(np.log([float(batch_size)])))[0])

    @property
    def knee(self) -> float:
        """The batch size at which the part that grows with B equals the overhead of a step."""
        largest = max(self.measured)
        return min(self.measured.values()) / (self.measured[largest] / largest)


def step_times(spec: StudySpec, task: Task, *, instruments: Instruments = REAL) -> StepTimes:
    """Median seconds a step at batch sizes a factor of 4 apart, up to where they grow in proportion to B.

    Sizes take turns of a few milliseconds (:mod:`~batchwright.measure.hardware.turns`); one whose time does
    not fit its neighbours' is left to interpolation.
    """
    contenders: list[Contender] = []
    warm: list[float] = []
    last, steep = math.inf, 0
    size = min(spec.batch_sizes)
    while size <= max(spec.batch_sizes):
        run = Run(spec.run(RunKey(size, 0, "search", 0), 1), task)
        first = not contenders
        contenders.append(Contender(batch_size=size, update=run.update, wait=run.synchronise))
        warm.append(once := warm_up(contenders[-1], instruments.clock, _PACE.turn_seconds, first=first))
        steep = steep + 1 if once > _PROPORTIONAL * last else 0
        if steep == 2 or once > _LONG_STEP_SECONDS:
            break
        last, size = once, size * _LADDER
    turns = take_turns(contenders, warm, _PACE, instruments)
    timed = zip(contenders, turns, strict=True)
    load = max((found.others_load or 0.0 for found in turns), default=0.0)
    return StepTimes({c.batch_size: found.median for c, found in timed if not found.suspect}, load)
