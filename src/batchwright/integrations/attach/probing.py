"""Measurements of a step: seconds, memory, noise; each ends with everything as it was."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError, one_line
from batchwright.core.streams import generator
from batchwright.integrations.attach.batches import BatchMaker
from batchwright.integrations.attach.memento import Memento
from batchwright.integrations.attach.noise import noise_of
from batchwright.integrations.attach.result import LargestBatch, OwnNoiseScale, OwnStepSeconds
from batchwright.measure.hardware.largest import largest_that_fits
from batchwright.measure.hardware.memory import MemoryTrial, free_memory_bytes
from batchwright.measure.hardware.turns import REAL, Contender, Pace, take_turns, warm_up

_SIZES = 4, 8
"""Batch sizes whose difference in memory is that of so many examples."""
_FREE_SHARE = 0.9
_BATCHES = 16
_MOST = 1 << 20


class StepProbe:
    """Measures a step. Made by :func:`~batchwright.attach`.

    Args:
        step: one update from a batch.
        model: whose gradients are looked at.
        batches: what the step is given.
        memento: what each measurement goes back to.
    """

    def __init__(
        self, step: Callable[[Any], Any], model: nn.Module, batches: BatchMaker, memento: Memento
    ) -> None:
        self._step, self._model, self._batches, self._memento = step, model, batches, memento
        self._device = next((p.device for p in model.parameters()), torch.device("cpu"))

    def seconds_per_step(
        self, batch_sizes: Sequence[int], *, limit_seconds: float = 8.0
    ) -> tuple[OwnStepSeconds, ...]:
        """Seconds of a step at each batch size, all taken in turn.

        Args:
            batch_sizes: to time, ascending in the result.
            limit_seconds: no sweep starts that would end later, but for the first three.
        """
        sizes = sorted(set(batch_sizes))
        if not sizes or sizes[0] < 1:
            raise InputError(f"batch_sizes must be whole numbers from 1, got {list(batch_sizes)}")
        with self._undone():
            contenders = [self._contender(size) for size in sizes]
            pace = Pace(limit_seconds=limit_seconds)
            warm = [
                warm_up(one, REAL.clock, pace.turn_seconds, first=i == 0) for i, one in enumerate(contenders)
            ]
            turns = take_turns(contenders, warm, pace, REAL)
        return tuple(
            OwnStepSeconds(
                batch_size=size, seconds=row.median, low=row.quartiles[0], high=row.quartiles[1],
                turns=row.seconds, others_load=row.others_load, suspect=row.suspect,
            )
            for size, row in zip(sizes, turns, strict=True)
        )  # fmt: skip

    def largest_batch(
        self, *, most: int | None = None, memory_budget_bytes: int | None = None
    ) -> LargestBatch:
        """The largest batch that a step can take.

        On CUDA sizes are tried, by doubling and bisection; on a CPU, where trying would bring the machine down, it is
        computed from the bytes that the backward pass keeps of an example.

        Args:
            most: largest size to consider; the data set of a loader, else 1,048,576 by default.
            memory_budget_bytes: what a step may take beside what is in use; 90% of what is free by default.
        """
        most = most or self._batches.total or _MOST
        cuda = self._device.type == "cuda"
        budget = memory_budget_bytes or int(_FREE_SHARE * free_memory_bytes(str(self._device)))
        with self._undone():
            return self._tried(most, budget) if cuda else self._estimated(most, budget)

    def noise_scale(self, *, batches: int = _BATCHES) -> OwnNoiseScale:
        """The gradient noise scale at the present weights, from the gradients of the step itself.

        Args:
            batches: disjoint batches of equal size, of the examples that were given.
        """
        known = self._batches.examples
        count = min(batches, known)
        if count < 3:
            raise InputError(
                f"the noise scale takes three examples or more, got {known}: pass a larger batch or loader="
            )
        size = known // count
        order = torch.randperm(known, generator=generator(0, "attach"))
        gradients = []
        for rows in order[: count * size].split(size):
            with self._undone():
                gradients.append(self._gradient(rows))
        rows = torch.stack(gradients).double()
        return noise_of(rows @ rows.T, size)

    @contextmanager
    def _undone(self) -> Iterator[None]:
        """A step's own error is said in one line; whatever happens is undone."""
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"the step fails: {type(error).__name__}: {one_line(error)}") from error
        finally:
            self._memento.restore()

    def _contender(self, size: int) -> Contender:
        """One whose turns all start from the same state."""
        batch = self._batches.sized(size)
        wait = torch.cuda.synchronize if self._device.type == "cuda" else lambda: None
        return Contender(
            batch_size=size,
            update=lambda: self._step(batch),
            prepare=lambda updates: self._memento.restore(),
            wait=lambda: wait(),
        )

    def _gradient(self, rows: Tensor) -> Tensor:
        """The gradient that the step's backward pass yields, before it is added up, clipped or used."""
        parameters = [p for p in self._model.parameters() if p.requires_grad]
        sums = [torch.zeros_like(p) for p in parameters]
        hooks = [p.register_hook(partial(_added, total)) for p, total in zip(parameters, sums, strict=True)]
        try:
            self._step(self._batches.of(rows))
        finally:
            for hook in hooks:
                hook.remove()
        return torch.cat([total.flatten().float().cpu() for total in sums])

    def _estimated(self, most: int, budget: int) -> LargestBatch:
        kept = []
        for size in _SIZES:
            batch = self._batches.sized(size)
            kept.append(_bytes_kept(partial(self._step, batch)) + _bytes_of(batch))
            self._memento.restore()
        each = max(0.0, (kept[1] - kept[0]) / (_SIZES[1] - _SIZES[0]))
        # A first step also makes gradients and, of an adaptive optimizer, two numbers a parameter.
        fixed = 3 * sum(p.numel() * p.element_size() for p in self._model.parameters())
        room = budget - fixed
        fits = 0 if room < each else most if each == 0 else min(most, math.floor(room / each))
        return LargestBatch(
            value=fits or None, method="estimated", bytes_per_example=each, memory_budget_bytes=budget,
            capped=fits == most,
        )  # fmt: skip

    def _tried(self, most: int, budget: int) -> LargestBatch:
        def measure(size: int) -> MemoryTrial:
            torch.cuda.empty_cache()
            before = torch.cuda.memory_allocated(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)
            try:
                self._step(self._batches.sized(size))
                torch.cuda.synchronize(self._device)
            except torch.cuda.OutOfMemoryError:
                return MemoryTrial(batch_size=size, fits=False)
            finally:
                self._memento.restore()
            used = torch.cuda.max_memory_allocated(self._device) - before
            return MemoryTrial(batch_size=size, fits=used <= budget, peak_memory_bytes=used)

        ladder = [*(2**k for k in range(most.bit_length()) if 2**k < most), most]
        found = largest_that_fits(measure, ladder, room_bytes=float(budget), tolerance=0.01)
        torch.cuda.empty_cache()
        peaks = sorted((t.batch_size, t.peak_memory_bytes) for t in found.trials if t.peak_memory_bytes)
        (b1, p1), (b2, p2) = (peaks[0], peaks[-1]) if len(peaks) > 1 else ((0, 0), (1, 0))
        return LargestBatch(
            value=found.value, method="measured", bytes_per_example=max(0.0, (p2 - p1) / (b2 - b1)),
            memory_budget_bytes=budget, capped=found.value == most,
        )  # fmt: skip


def _added(total: Tensor, grad: Tensor) -> None:
    """Add a gradient up; returning nothing leaves it as it is."""
    total.add_(grad.detach().to_dense() if grad.is_sparse else grad.detach())


def _bytes_kept(step: Callable[[], Any]) -> int:
    """Bytes of all storages that the backward pass of a step needs, each once."""
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor.detach()  # an output that its own graph held would never be freed

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        step()
    return sum(kept.values())


def _bytes_of(batch: Any) -> int:
    from torch.utils import _pytree as pytree

    leaves = [leaf for leaf in pytree.tree_leaves(batch) if isinstance(leaf, Tensor)]
    return sum(leaf.numel() * leaf.element_size() for leaf in leaves)
