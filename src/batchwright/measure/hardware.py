"""Seconds a step, measured alone on the machine with the loop that trains."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence

import torch
from pydantic import BaseModel, ConfigDict

from batchwright.task.task import Task
from batchwright.training.loop import Run
from batchwright.training.spec import RunSpec

_ROUND_SECONDS = 0.04
_MIN_ROUNDS = 7
_MAX_ROUNDS = 21
_CALM_SPREAD = 0.15


class SecondsPerStep(BaseModel):
    """Seconds of one update: median and quartiles over ``repeats`` rounds of several updates each."""

    model_config = ConfigDict(frozen=True)

    median: float
    low: float
    high: float
    repeats: int
    threads: int

    @property
    def spread(self) -> float:
        """Half the interquartile range over the median."""
        return (self.high - self.low) / 2 / self.median


def seconds_per_step(specs: Sequence[RunSpec], task: Task) -> list[SecondsPerStep]:
    """Seconds of one update of each spec, in the user's thread count.

    The specs are measured in turn, round after round, so that a change of the machine's speed meets all of
    them alike; a round lasts at least 40 ms or one update. Each spec is warmed up first. Rounds are added
    (up to 21) to those specs whose half interquartile range is above 15% of the median, since the machine
    was then not calm.

    Args:
        specs: runs of the same task; only their updates are executed, never an evaluation.
        task: the live task.

    Returns:
        One measurement a spec, in the order given.
    """
    runs = [Run(spec, task) for spec in specs]
    per_round = [_warm_up(run) for run in runs]
    samples: list[list[float]] = [[] for _ in runs]
    for round_number in range(_MAX_ROUNDS):
        todo = range(len(runs))
        if round_number >= _MIN_ROUNDS:
            todo = [i for i in todo if _summary(samples[i]).spread > _CALM_SPREAD]  # type: ignore[assignment]
        if not todo:
            break
        for i in todo:
            samples[i].append(_time(runs[i], per_round[i]))
    return [_summary(values) for values in samples]


def _warm_up(run: Run) -> int:
    """Run a few updates; how many fill a round."""
    _time(run, 2)
    once = _time(run, 3)
    return max(1, min(1000, round(_ROUND_SECONDS / max(once, 1e-7))))


def _time(run: Run, updates: int) -> float:
    cuda = run.device.type == "cuda"
    if cuda:
        torch.cuda.synchronize(run.device)
    began = time.perf_counter()
    for _ in range(updates):
        run.update()
    if cuda:
        torch.cuda.synchronize(run.device)
    return (time.perf_counter() - began) / updates


def _summary(values: Sequence[float]) -> SecondsPerStep:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return SecondsPerStep(
        median=median, low=low, high=high, repeats=len(values), threads=torch.get_num_threads()
    )
