"""Seconds a step, quickly: what advice needs to know of the machine before it trains."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np

from batchwright.advice.quick.posterior import Array
from batchwright.study.spec import StudySpec
from batchwright.task.task import Task
from batchwright.training.loop import Run

_TURN_SECONDS, _SWEEPS = 0.008, 5
_LADDER = 4
_PROPORTIONAL, _LONG_STEP_SECONDS = 3.0, 0.1


@dataclass(frozen=True)
class StepTimes:
    """Seconds a step at the measured batch sizes; between them linear in the logs.

    Below the smallest they are the smallest's, beyond the largest proportional to the batch size.
    """

    measured: dict[int, float]

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


def step_times(spec: StudySpec, task: Task) -> StepTimes:
    """Median seconds a step at batch sizes a factor of 4 apart, up to where they grow in proportion to B.

    Sizes take turns of a few milliseconds, sweep after sweep, so that a change of the machine's speed meets
    all of them alike.
    """
    runs: dict[int, tuple[Run, int]] = {}
    last, steep = math.inf, 0
    size = min(spec.batch_sizes)
    while size <= max(spec.batch_sizes):
        run = Run(spec.run(size, spec.optimizer.lr, 0, 1), task)
        run.update()
        once = min(_timed(run, 1) for _ in range(4))
        runs[size] = run, max(1, min(500, round(_TURN_SECONDS / max(once, 1e-7))))
        steep = steep + 1 if once > _PROPORTIONAL * last else 0
        if steep == 2 or once > _LONG_STEP_SECONDS:
            break
        last, size = once, size * _LADDER
    turns = [[_timed(run, count) for run, count in runs.values()] for _ in range(_SWEEPS)]
    medians = np.median(turns, axis=0)
    return StepTimes({size: float(value) for size, value in zip(runs, medians, strict=True)})


def _timed(run: Run, updates: int) -> float:
    began = time.perf_counter()
    for _ in range(updates):
        run.update()
    run.synchronise()
    return (time.perf_counter() - began) / updates
