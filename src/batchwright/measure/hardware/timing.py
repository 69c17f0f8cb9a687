"""Seconds a step at many batch sizes within a limit of time: one model, the sizes taking turns."""

from __future__ import annotations

import time
from collections.abc import Sequence

from batchwright.core.errors import BatchwrightError, InputError, one_line
from batchwright.measure.hardware.alone import SecondsPerStep, _OthersLoad, _summarise
from batchwright.measure.hardware.cost_model import CostModel, fit_cost_model
from batchwright.task.task import Task
from batchwright.training.loop import Run, is_out_of_memory
from batchwright.training.spec import RunSpec

_TURN_SECONDS = 0.03
_FEWEST_SWEEPS, _SWEEPS, _MOST_SWEEPS = 3, 7, 28
_CALM_SPREAD = 0.1
_FEWEST_SIZES = 4
"""So many sizes are timed however long they take."""


def time_steps(
    specs: Sequence[RunSpec], task: Task, *, limit_seconds: float = 10.0
) -> dict[int, SecondsPerStep]:
    """Seconds of one update at each batch size, in the caller's thread count, within about a limit.

    One model is trained at all the sizes, ascending, in turns of 30 ms or one update, sweep after sweep, so
    that a change of the machine's speed meets all of them alike, and memory is that of a single run. Sweeps
    during which other processes used more than 15% of the machine are repeated while time is left, and the
    calmest count. Each size gets at least three turns.

    Args:
        specs: runs of one task that differ in ``batch_size`` only.
        task: the live task; its model is built anew, and only updated, never evaluated.
        limit_seconds: sweeps end about here. Sizes from which on three sweeps would take twice as long are
            left out, but for the four smallest.

    Returns:
        A measurement a batch size, ascending. Sizes left out are missing, and so are those at which the model
        raises an error (batch normalisation of one example) and those from the first that runs out of memory.

    Raises:
        InputError: specs that differ otherwise.
        BatchwrightError: the model raises an error at every size.
    """
    began = time.perf_counter()
    by_size = {spec.batch_size: spec for spec in sorted(specs, key=lambda spec: spec.batch_size)}
    first = specs[0]
    if any(s.model_copy(update={"batch_size": first.batch_size}) != first for s in specs):
        raise InputError("specs timed together must differ in batch_size only")
    run = Run(first, task)
    counts = _warm_up(run, by_size, limit_seconds)
    sweeps: list[list[float]] = []
    loads: list[float | None] = []
    while True:
        meter, sweep_began = _OthersLoad(), time.perf_counter()
        sweeps.append([_turn(run, by_size[size], count) for size, count in counts.items()])
        loads.append(meter.share())
        if len(sweeps) < _FEWEST_SWEEPS:
            continue
        calm, rows = _summarise(sweeps, loads)
        now = time.perf_counter()
        over = now - began + (now - sweep_began) > limit_seconds
        settled = calm and len(sweeps) >= _SWEEPS and all(row.spread <= _CALM_SPREAD for row in rows)
        if over or settled or len(sweeps) >= _MOST_SWEEPS:
            return dict(zip(counts, rows, strict=True))


def probe_seconds(specs: Sequence[RunSpec], task: Task, *, limit_seconds: float = 10.0) -> CostModel:
    """The cost model of updates at the batch sizes of ``specs``; arguments as in :func:`time_steps`."""
    timed = time_steps(specs, task, limit_seconds=limit_seconds)
    return fit_cost_model(list(timed), [row.median for row in timed.values()])


def _warm_up(run: Run, by_size: dict[int, RunSpec], limit_seconds: float) -> dict[int, int]:
    """Run every size once or more; how many updates fill a turn of each."""
    counts: dict[int, int] = {}
    sweep, last, last_size = 0.0, 0.0, 1
    failure: Exception | None = None
    for size, spec in by_size.items():
        expected = last * size / last_size
        if len(counts) >= _FEWEST_SIZES and (sweep + expected) * _FEWEST_SWEEPS > 2 * limit_seconds:
            break
        try:
            once = _turn(run, spec, 1)
            if once < _TURN_SECONDS:
                once = _turn(run, spec, 3)
        except BatchwrightError:
            raise
        except Exception as error:
            failure = error
            if is_out_of_memory(error):
                break
            continue
        counts[size] = max(1, min(1000, round(_TURN_SECONDS / max(once, 1e-7))))
        sweep += once * counts[size]
        last, last_size = once, size
    if not counts and failure is not None:
        raise BatchwrightError(
            f"the model runs at no batch size: {type(failure).__name__}: {one_line(failure)}"
        )
    return counts


def _turn(run: Run, spec: RunSpec, updates: int) -> float:
    """Seconds an update over a few of them, from the start of the stream."""
    run.spec, run.position = spec, 0
    if updates > 1:
        run.update()  # gathers the first block of examples, and the caches change hands
    run.synchronise()
    began = time.perf_counter()
    for _ in range(updates):
        run.update()
    run.synchronise()
    return (time.perf_counter() - began) / updates
