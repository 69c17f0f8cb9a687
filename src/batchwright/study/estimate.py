"""What a study would cost, before anything is trained."""

from __future__ import annotations

import math
import time

from pydantic import BaseModel, ConfigDict

from batchwright.study.driver import RUNS_PER_BATCH_SIZE
from batchwright.study.key import RunKey
from batchwright.study.spec import RUNS_PER_BATCH_SIZE_ECONOMY, StudySpec
from batchwright.task.task import Task
from batchwright.training.loop import Run

_LOOK_SECONDS = 1.5
"""Time that may be spent looking at what a step takes."""


class StudyEstimate(BaseModel):
    """What a study may cost: an upper bound, since steps to target are not known yet.

    Attributes:
        batch_sizes: how many.
        runs: about so many in all.
        seconds: at most about so long; None where not even one update could be timed quickly.
        timed: batch sizes at which an update was timed; for the others its seconds are taken in proportion.
    """

    model_config = ConfigDict(frozen=True)
    study_id: str
    batch_sizes: int
    runs: int
    seconds: float | None
    timed: tuple[int, ...]


def estimate(spec: StudySpec, task: Task, *, workers: int) -> StudyEstimate:
    """Runs and seconds a study may take.

    A run is taken to last half of ``max_epochs`` at the smallest batch size and, as beyond a critical
    batch size, a tenth of the epochs' updates at the least, times seconds a step looked at now: one update a
    size from the smallest up, while that takes no longer than a moment.
    """
    economy = spec.budget_trainings is not None
    per_size = RUNS_PER_BATCH_SIZE_ECONOMY if economy else RUNS_PER_BATCH_SIZE
    timed = _glance(spec, task)
    seconds = None
    if timed:
        epochs = spec.max_epochs / 2
        seconds = sum(
            per_size * _at(size, timed) * max(math.ceil(epochs * len(task.train) / size), 10 * epochs)
            for size in spec.batch_sizes
        )
    return StudyEstimate(
        study_id=spec.identity(task.fingerprint),
        batch_sizes=len(spec.batch_sizes),
        runs=per_size * len(spec.batch_sizes),
        seconds=None if seconds is None else seconds / workers,
        timed=tuple(timed),
    )


def _glance(spec: StudySpec, task: Task) -> dict[int, float]:
    """Seconds of one update after a first one, at as many sizes as a moment allows."""
    timed: dict[int, float] = {}
    began = time.perf_counter()
    for size in sorted(spec.batch_sizes):
        largest = max(timed, default=size)
        expected = 2 * timed[largest] * size / largest if timed else 0.0
        if time.perf_counter() - began + expected > _LOOK_SECONDS:
            break
        run = Run(spec.run(RunKey(size, 0, "search", 0), 2), task)
        run.update()
        run.synchronise()
        once = time.perf_counter()
        run.update()
        run.synchronise()
        timed[size] = time.perf_counter() - once
    return timed


def _at(size: int, timed: dict[int, float]) -> float:
    """Seconds at a size: measured, or in proportion beyond the largest that was."""
    if size in timed:
        return timed[size]
    largest = max(timed)
    return timed[largest] * size / largest
