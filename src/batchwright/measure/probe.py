"""What the hardware says: seconds and memory of an update against B, and the largest batch that fits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from batchwright.core.errors import InputError
from batchwright.measure.caller_state import isolated, state_digest
from batchwright.measure.cost_model import CostModel, Knee, fit_cost_model
from batchwright.measure.largest import LargestFit, largest_that_fits
from batchwright.measure.memory import (
    MemoryChild,
    MemoryUnknownError,
    ModelBytes,
    Trial,
    free_memory_bytes,
)
from batchwright.measure.timing import time_steps
from batchwright.task.task import Task
from batchwright.training.environment import environment
from batchwright.training.spec import RunSpec

_FROZEN = ConfigDict(frozen=True)
_FREE_SHARE = 0.9
"""Share of the free memory that the largest batch may take, where no budget is given."""
_TOLERANCE = 0.03
_SEARCH_SECONDS = 40.0
_COLLAPSED = 0.7
"""Throughput below this share of the best at a smaller size is a collapse."""
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


class ProbePoint(BaseModel):
    """One batch size: median seconds of an update with quartiles, throughput, peak memory of the update.

    ``peak_memory_bytes`` is above what the process holds with model and data loaded; None where it was not
    measured.
    """

    model_config = _FROZEN
    batch_size: int
    seconds_per_step: float
    low: float
    high: float
    examples_per_second: float
    peak_memory_bytes: int | None


class Cache(BaseModel):
    """A cache of the processor, and the batch size at which an update's working set passes it."""

    model_config = _FROZEN
    level: int
    bytes: int
    passed_at: float | None


class Collapse(BaseModel):
    """From this batch size on throughput is below ``share`` of the best: memory is being juggled."""

    model_config = _FROZEN
    batch_size: int
    share: float
    allocator_retries: int | None


class Probe(BaseModel):
    """What a probe found.

    Attributes:
        points: every batch size timed, ascending.
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
    cost_model: CostModel | None
    knee: Knee | None
    knee_reason: str
    largest_that_fits: int | None
    largest_is_all: bool = False
    memory_budget_bytes: int
    memory_bytes_per_example: float | None
    memory_note: str = ""
    largest_search: LargestFit | None = None
    model_bytes: ModelBytes | None = None
    caches: tuple[Cache, ...] = ()
    collapse: Collapse | None = None
    state_unchanged: bool
    others_load: float | None
    seconds: float
    environment: dict[str, Any]


def probe(
    spec: RunSpec,
    task: Task,
    *,
    batch_sizes: Sequence[int] | None = None,
    memory_budget_bytes: int | None = None,
    limit_seconds: float = 8.0,
    watched: Sequence[Any] = (),
) -> Probe:
    """Time updates at many batch sizes, measure their memory, and find the largest that fits.

    Time is measured in this process, on a model of its own; memory in a child process that may be killed.
    Nothing that the caller owns is changed: models, optimizers, random states, data sets.

    Args:
        spec: the run whose updates are probed; its batch size does not matter.
        task: the live task.
        batch_sizes: to time; powers of two and all examples by default.
        memory_budget_bytes: what the process may take; 90% of the free memory by default.
        limit_seconds: timing ends about here; larger sizes may then be left out.
        watched: further objects of the caller (a run in mid-training, a loader) that must stay as they are.

    Raises:
        InputError: a batch size outside 1 ... N, or a budget that is not positive.
    """
    began = time.perf_counter()
    total = len(task.train)
    sizes = sorted(set(batch_sizes or [*_powers(total), total]))
    for size in sizes:
        if not 1 <= size <= total:
            raise InputError(f"batch_size must be between 1 and {total} (the training examples), got {size}")
    if memory_budget_bytes is not None and memory_budget_bytes < 1:
        raise InputError(f"the memory budget must be positive, got {memory_budget_bytes} bytes")
    before = state_digest(task, *watched)
    own = isolated(task)
    specs = [spec.model_copy(update={"batch_size": size}) for size in sizes]
    timed = time_steps(specs, own, limit_seconds=limit_seconds)
    model = fit_cost_model(list(timed), [row.median for row in timed.values()]) if len(timed) > 1 else None
    budget = memory_budget_bytes or int(_FREE_SHARE * free_memory_bytes(spec.device))
    memory = _Memory(spec, own, budget, total)
    memory.search(list(timed))
    points = tuple(
        ProbePoint(
            batch_size=size, seconds_per_step=row.median, low=row.low, high=row.high,
            examples_per_second=size / row.median, peak_memory_bytes=memory.peak(size),
        )
        for size, row in timed.items()
    )  # fmt: skip
    loads = [row.others_load for row in timed.values() if row.others_load is not None]
    slope = memory.slope()
    return Probe(
        points=points,
        cost_model=model,
        knee=None if model is None else model.knee,
        knee_reason="one batch size alone shows no knee" if model is None else model.knee_reason,
        largest_that_fits=None if memory.found is None else memory.found.value,
        largest_is_all=memory.found is not None and memory.found.value == total,
        memory_budget_bytes=budget,
        memory_bytes_per_example=slope,
        memory_note=memory.note,
        largest_search=memory.found,
        model_bytes=memory.facts,
        caches=_caches(memory.facts) if spec.device == "cpu" else (),
        collapse=_collapse(points, memory),
        state_unchanged=state_digest(task, *watched) == before,
        others_load=max(loads) if loads else None,
        seconds=time.perf_counter() - began,
        environment=environment(),
    )


def _powers(total: int) -> list[int]:
    return [2**k for k in range(total.bit_length()) if 2**k < total]


class _Memory:
    """Peak memory by batch size, from one child process after another."""

    def __init__(self, spec: RunSpec, task: Task, budget: int, total: int) -> None:
        self._spec, self._task, self._budget, self._total = spec, task, budget, total
        self._trials: dict[int, Trial] = {}
        self.found: LargestFit | None = None
        self.facts: ModelBytes | None = None
        self.note = ""

    def search(self, timed: Sequence[int]) -> None:
        """The largest that fits, and the peak of every timed size up to it."""
        ladder = sorted({*_powers(self._total), self._total, *timed})
        try:
            with MemoryChild(self._spec, self._task, budget_bytes=self._budget) as child:

                def measure(size: int) -> Trial:
                    if size not in self._trials:
                        self._trials[size] = child.measure(size)
                    return self._trials[size]

                child.measure(ladder[0])  # starts the process, which takes seconds of its own
                self.facts = child.facts
                room = None if self.facts is None else float(self._budget - self.facts.resident_bytes)
                self.found = largest_that_fits(
                    measure, ladder, room_bytes=room, tolerance=_TOLERANCE, limit_seconds=_SEARCH_SECONDS
                )
        except MemoryUnknownError as error:
            self.note = str(error)
            return
        if self.found.value is None:
            self.note = next((t.reason for t in self.found.trials if t.reason), "not even one example fits")

    def peak(self, size: int) -> int | None:
        trial = self._trials.get(size)
        return None if trial is None else trial.peak_memory_bytes

    def retries(self, size: int) -> int | None:
        trial = self._trials.get(size)
        return None if trial is None else trial.allocator_retries

    def slope(self) -> float | None:
        """Bytes an example, between the largest size with a known peak and the one at half of it."""
        peaks = sorted((b, t.peak_memory_bytes) for b, t in self._trials.items() if t.peak_memory_bytes)
        lower = [(b, p) for b, p in peaks if b <= peaks[-1][0] / 2] if peaks else []
        if not lower or lower[-1][1] is None or peaks[-1][1] is None:
            return None
        return max(0.0, (peaks[-1][1] - lower[-1][1]) / (peaks[-1][0] - lower[-1][0]))


def _collapse(points: Sequence[ProbePoint], memory: _Memory) -> Collapse | None:
    """The first size at which throughput falls far below the best so far, or the allocator starts over."""
    best = 0.0
    for point in points:
        retries = memory.retries(point.batch_size)
        if best and (point.examples_per_second < _COLLAPSED * best or retries):
            return Collapse(
                batch_size=point.batch_size, share=point.examples_per_second / best, allocator_retries=retries
            )
        best = max(best, point.examples_per_second)
    return None


def _caches(facts: ModelBytes | None) -> tuple[Cache, ...]:
    """Level 2 and 3 caches, with the batch size at which parameters, state and activations exceed them."""
    found = []
    for folder in sorted(_CACHES.glob("index*")) if _CACHES.exists() else []:
        try:
            level, kind = int((folder / "level").read_text()), (folder / "type").read_text().strip()
            size = _cache_bytes((folder / "size").read_text().strip())
        except (OSError, ValueError):
            continue
        if level < 2 or kind == "Instruction":
            continue
        passed = None
        if facts is not None and facts.activation_bytes_per_example:
            fixed = 2 * facts.parameter_bytes + (facts.optimizer_bytes or 0)  # gradients are as large
            passed = max(0.0, (size - fixed) / facts.activation_bytes_per_example)
        found.append(Cache(level=level, bytes=size, passed_at=passed))
    return tuple(found)


def _cache_bytes(text: str) -> int:
    """``512K`` in bytes.

    >>> _cache_bytes("512K"), _cache_bytes("32M")
    (524288, 33554432)
    """
    units = {"K": 2**10, "M": 2**20, "G": 2**30}
    return int(text[:-1]) * units[text[-1]] if text[-1] in units else int(text)
