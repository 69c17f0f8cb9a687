"""What the hardware says: seconds and memory of an update against B, and the largest batch that fits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict

from batchwright.batches import check_batch_size
from batchwright.core.errors import InputError
from batchwright.core.remark import Remark, remark
from batchwright.measure.caller_state import isolated, state_digest
from batchwright.measure.hardware.alone import SecondsPerStep, time_steps
from batchwright.measure.hardware.caches import Cache, caches
from batchwright.measure.hardware.cost_model import FEWEST_SIZES, CostModel, Knee, fit_cost_model
from batchwright.measure.hardware.largest import LargestFit
from batchwright.measure.hardware.load import CALM_LOAD
from batchwright.measure.hardware.memory import ModelBytes, free_memory_bytes
from batchwright.measure.hardware.peaks import PeakMemory, powers_of_two
from batchwright.task.task import Task
from batchwright.training.environment import environment
from batchwright.training.feed import device_of
from batchwright.training.spec import EvaluationPlan, RunSpec

_FROZEN = ConfigDict(frozen=True)
_FREE_SHARE = 0.9
"""Share of the free memory that the largest batch may take, where no budget is given."""
_LONGEST_SECONDS = 1e5
_COLLAPSED = 0.7
"""Throughput below this share of the best at a smaller size is a collapse."""


class ProbePoint(BaseModel):
    """One batch size: median seconds of an update with quartiles, throughput, peak memory of the update.

    ``peak_memory_bytes`` is above what the process holds with model and data loaded; None where it was not
    measured. ``working_set_bytes`` is what the update works on, as counted, None where it cannot be.
    ``turns`` are the single times, and ``sweeps`` says in which sweep each was taken, so that sizes can be compared
    in pairs (:func:`~.turns.in_same_sweeps`).
    A ``suspect`` time does not fit those of the neighbouring sizes: the cost model is without it.
    """

    model_config = _FROZEN
    batch_size: int
    seconds_per_step: float
    low: float
    high: float
    examples_per_second: float
    peak_memory_bytes: int | None
    working_set_bytes: float | None = None
    turns: tuple[float, ...] = ()
    sweeps: tuple[int, ...] = ()
    suspect: bool = False


class Collapse(BaseModel):
    """The first batch size at which throughput falls to ``share`` of the best at a smaller one.

    ``allocator_retries`` (CUDA) says that the allocator had to free and start over: memory is about to run
    out. ``cache_level`` is the last cache that the working set has passed by there (CPU).
    """

    model_config = _FROZEN
    batch_size: int
    share: float
    allocator_retries: int | None
    cache_level: int | None = None


class LeftOut(BaseModel):
    """A batch size asked for that was not timed, and why."""

    model_config = _FROZEN
    batch_size: int
    reason: Remark


class Probe(BaseModel):
    """What a probe found.

    Attributes:
        points: every batch size timed, ascending; ``left_out`` those that were not.
        cost_model: t(B), see ``measure.cost_model``; ``knee`` is its knee, None with ``knee_reason``.
        largest_that_fits: under ``memory_budget_bytes``, never more than all examples; None where even one
            does not fit or memory could not be measured (``memory_note`` says which).
        memory_bytes_per_example: slope of peak memory.
        largest_search: every size tried, in order, with why it did not fit.
        state_unchanged: whether a digest of all that the caller owns is bitwise what it was.
        others_load: share of the machine that others used meanwhile.
    """

    model_config = _FROZEN
    points: tuple[ProbePoint, ...]
    left_out: tuple[LeftOut, ...] = ()
    cost_model: CostModel | None
    knee: Knee | None
    knee_reason: Remark | None = None
    largest_that_fits: int | None
    largest_is_all: bool = False
    memory_budget_bytes: int
    memory_bytes_per_example: float | None
    memory_note: Remark | None = None
    largest_search: LargestFit | None = None
    model_bytes: ModelBytes | None = None
    caches: tuple[Cache, ...] = ()
    collapse: Collapse | None = None
    state_unchanged: bool
    others_load: float | None
    seconds: float
    environment: dict[str, Any]


def measure_hardware(
    spec: RunSpec,
    task: Task,
    *,
    batch_sizes: Sequence[int] | None = None,
    memory_budget_bytes: int | None = None,
    limit_seconds: float = 8.0,
    watched: Sequence[Any] = (),
) -> Probe:
    """Measure the memory of updates, find the largest batch that fits, and time those that do.

    Memory is measured in a child process that may be killed, before anything runs here; time in this process,
    on a model of its own. Batches run on across epoch ends, so that every update has its full size. Nothing
    that the caller owns is changed: models, optimizers, random states, data sets.

    Args:
        spec: the run whose updates are probed; its batch size, target and evaluations do not matter.
        task: the live task.
        batch_sizes: to time; powers of two and all examples by default.
        memory_budget_bytes: what the process may take; 90% of the free memory by default.
        limit_seconds: timing ends about here; larger sizes may then be left out.
        watched: further objects of the caller (a run in mid-training, a loader) that must stay as they are.

    Raises:
        InputError: a batch size outside 1 ... N, a budget that is not positive, or an absurd limit.
        BatchwrightError: the model raised an error at every batch size.
    """
    began = time.perf_counter()
    total = len(task.train)
    sizes = sorted(set(batch_sizes or [*powers_of_two(total), total]))
    for size in sizes:
        check_batch_size(size, total)
    if memory_budget_bytes is not None and memory_budget_bytes < 1:
        raise InputError(f"the memory budget must be positive, got {memory_budget_bytes} bytes")
    if not 0 < limit_seconds <= _LONGEST_SECONDS:
        raise InputError(
            f"limit_seconds must be above 0 and at most {_LONGEST_SECONDS:g}, got {limit_seconds:g}"
        )
    device = device_of(spec.device)
    if device.type == "cuda":
        torch.cuda.init()  # else the generators that it brings would look like a change
    before = state_digest(task, *watched)
    budget = memory_budget_bytes or int(_FREE_SHARE * free_memory_bytes(spec.device))
    own, base = isolated(task), _plain(spec)
    memory = PeakMemory(base, task, budget, total)
    memory.search(sizes)
    timed = _timed(base, own, [size for size in sizes if memory.refusal(size) is None], limit_seconds)
    model = _cost_model(timed)
    points = tuple(_point(size, row, memory) for size, row in timed.items())
    load = max((row.others_load for row in timed.values() if row.others_load is not None), default=None)
    levels = caches(memory.facts) if device.type == "cpu" else ()
    return Probe(
        points=points,
        left_out=tuple(
            LeftOut(batch_size=size, reason=memory.refusal(size) or remark("timing.too_slow"))
            for size in sizes
            if size not in timed
        ),
        cost_model=model,
        knee=None if model is None else model.knee,
        knee_reason=remark("knee.too_few_ran", needed=FEWEST_SIZES) if model is None else model.knee_reason,
        largest_that_fits=None if memory.found is None else memory.found.value,
        largest_is_all=memory.found is not None and memory.found.value == total,
        memory_budget_bytes=budget,
        memory_bytes_per_example=memory.slope(),
        memory_note=memory.note,
        largest_search=memory.found,
        model_bytes=memory.facts,
        caches=levels,
        collapse=_collapse(points, memory, levels, busy=(load or 0.0) > CALM_LOAD),
        state_unchanged=state_digest(task, *watched) == before,
        others_load=load,
        seconds=time.perf_counter() - began,
        environment=environment(device),
    )


def _plain(spec: RunSpec) -> RunSpec:
    """The run with nothing but its updates, each of the full size."""
    sampling = spec.sampling.model_copy(update={"last_batch": "run_on"})
    nothing = EvaluationPlan(splits=())
    return spec.model_copy(
        update={"sampling": sampling, "evaluation": nothing, "target": None, "batch_growth": None}
    )


def _timed(
    spec: RunSpec, task: Task, sizes: Sequence[int], limit_seconds: float
) -> dict[int, SecondsPerStep]:
    if not sizes:
        return {}
    specs = [spec.model_copy(update={"batch_size": size}) for size in sizes]
    return time_steps(specs, task, limit_seconds=limit_seconds)


def _cost_model(timed: dict[int, SecondsPerStep]) -> CostModel | None:
    """Of the times that fit each other; None below two."""
    sound = {size: row.median for size, row in timed.items() if not row.suspect}
    return fit_cost_model(list(sound), list(sound.values())) if len(sound) > 1 else None


def _point(size: int, row: SecondsPerStep, memory: PeakMemory) -> ProbePoint:
    return ProbePoint(
        batch_size=size, seconds_per_step=row.median, low=row.low, high=row.high,
        examples_per_second=size / row.median, peak_memory_bytes=memory.peak(size),
        working_set_bytes=None if memory.facts is None else memory.facts.working_set_bytes(size),
        turns=row.turns, sweeps=row.sweeps, suspect=row.suspect,
    )  # fmt: skip


def _collapse(
    points: Sequence[ProbePoint], memory: PeakMemory, levels: Sequence[Cache], *, busy: bool
) -> Collapse | None:
    """Where throughput falls far below the best so far, or the allocator starts over.

    While others use the machine, slow steps are no evidence of it.
    """
    best = 0.0
    for point in (point for point in points if not point.suspect):
        retries = memory.retries(point.batch_size)
        share = point.examples_per_second / best if best else 1.0
        if retries or (share < _COLLAPSED and not busy):
            passed = [c.level for c in levels if c.passed_at is not None and c.passed_at < point.batch_size]
            return Collapse(
                batch_size=point.batch_size, share=share, allocator_retries=retries,
                cache_level=max(passed, default=None),
            )  # fmt: skip
        best = max(best, point.examples_per_second)
    return None
