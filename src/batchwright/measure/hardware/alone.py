"""Seconds a step, measured alone on the machine with the loop that trains."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from pydantic import BaseModel, ConfigDict

from batchwright.task.task import Task
from batchwright.training.loop import Run
from batchwright.training.spec import RunSpec

_TURN_SECONDS = 0.04
_MIN_SWEEPS = 7
_MAX_SWEEPS = 28
_CALM_SPREAD = 0.15
CALM_LOAD = 0.15
"""Share of the machine's processors that others may use while steps are timed."""


class SecondsPerStep(BaseModel):
    """Seconds of one update: median and quartiles over ``repeats`` turns of several updates each.

    ``others_load`` is the share of the machine's processor time that other processes used meanwhile (median
    over the turns that count), None where the system does not tell.
    """

    model_config = ConfigDict(frozen=True)

    median: float
    low: float
    high: float
    repeats: int
    threads: int
    others_load: float | None = None

    @property
    def spread(self) -> float:
        """Half the interquartile range over the median."""
        return (self.high - self.low) / 2 / self.median


def seconds_per_step(specs: Sequence[RunSpec], task: Task) -> list[SecondsPerStep]:
    """Seconds of one update of each spec, in the user's thread count.

    The specs take turns of at least 40 ms or one update, sweep after sweep, so that a change of the machine's
    speed meets all of them alike; each is warmed up first. Sweeps during which other processes used more than
    15% of the machine are repeated, and so are all while a spec's half interquartile range exceeds 15% of its
    median, up to 28 sweeps in all; the calmest count.

    Args:
        specs: runs of the same task; only their updates are executed, never an evaluation.
        task: the live task.

    Returns:
        One measurement a spec, in the order given.
    """
    runs = [Run(spec, task) for spec in specs]
    updates = [_warm_up(run) for run in runs]
    sweeps: list[list[float]] = []
    loads: list[float | None] = []
    result: list[SecondsPerStep] = []
    while len(sweeps) < _MAX_SWEEPS:
        meter = _OthersLoad()
        sweeps.append([_time(run, count) for run, count in zip(runs, updates, strict=True)])
        loads.append(meter.share())
        if len(sweeps) >= _MIN_SWEEPS:
            calm, result = _summarise(sweeps, loads)
            if calm and all(row.spread <= _CALM_SPREAD for row in result):
                break
    return result


def _summarise(sweeps: list[list[float]], loads: list[float | None]) -> tuple[bool, list[SecondsPerStep]]:
    """Whether enough sweeps were calm, and the measurements over the calm ones (else the calmest)."""
    order = sorted(range(len(sweeps)), key=lambda i: (loads[i] or 0.0, i))
    calm = [i for i in order if (loads[i] or 0.0) <= CALM_LOAD]
    used = calm if len(calm) >= _MIN_SWEEPS else order[:_MIN_SWEEPS]
    known = [load for i in used if (load := loads[i]) is not None]
    load = statistics.median(known) if known else None
    columns = zip(*(sweeps[i] for i in used), strict=True)
    return len(calm) >= _MIN_SWEEPS, [_summary(values, load) for values in columns]


def _summary(values: Sequence[float], load: float | None) -> SecondsPerStep:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return SecondsPerStep(
        median=median,
        low=low,
        high=high,
        repeats=len(values),
        threads=torch.get_num_threads(),
        others_load=load,
    )


def _warm_up(run: Run) -> int:
    """Run a few updates; how many fill a turn."""
    _time(run, 2)
    once = _time(run, 3)
    return max(1, min(1000, round(_TURN_SECONDS / max(once, 1e-7))))


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


class _OthersLoad:
    """Processor time of all other processes since construction, as a share of the whole machine."""

    def __init__(self) -> None:
        self._began = _busy_and_total(), time.process_time()

    def share(self) -> float | None:
        """None where /proc/stat is missing or too coarse to tell."""
        (before, own_before), (after, own) = self._began, (_busy_and_total(), time.process_time())
        if before is None or after is None or after[1] <= before[1]:
            return None
        ticks = os.sysconf("SC_CLK_TCK")
        busy = (after[0] - before[0]) / ticks - (own - own_before)
        return max(0.0, busy * ticks / (after[1] - before[1]))


def _busy_and_total() -> tuple[int, int] | None:
    """Busy and total processor ticks of the machine since it started."""
    try:
        fields = [int(x) for x in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError, IndexError):
        return None
    total = sum(fields)
    return total - fields[3] - fields[4], total
