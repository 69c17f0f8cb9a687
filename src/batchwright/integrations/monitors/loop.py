"""A loop under observation: which steps are measured, what their micro-batches were, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from batchwright.advice.monitored import NoiseReading, advice_for, why_unresolved
from batchwright.core.errors import InputError, shown
from batchwright.integrations.monitors.passes import BackwardPasses
from batchwright.integrations.monitors.ranks import WatchedRanks
from batchwright.integrations.monitors.window import Window
from batchwright.measure.gradients.micro_batches import MicroBatch, MicroBatchSums, moments_of_step, sums_of
from batchwright.task.options import require_at_least

Told = tuple[Tensor | None, float, float | None]
"""|g|^2 of a micro-batch, its examples and its weight, where that was given."""


class LoopNoise:
    """The noise scale of a training loop; :class:`batchwright.app.monitor.NoiseMonitor` says it in words."""

    def __init__(
        self,
        model: nn.Module,
        *,
        batch_size: int,
        micro_batch_size: int,
        every: int = 10,
        optimizer: Any = None,
        scaler: Any = None,
        window: int = 100,
        examples: int | None = None,
        divided: bool = True,
        process_group: Any = None,
    ) -> None:
        for name, number in {"micro_batch_size": micro_batch_size, "every": every, "window": window}.items():
            require_at_least(name, number, 1)
        if batch_size <= micro_batch_size:
            raise InputError(
                f"micro_batch_size must be below batch_size {batch_size}, got {micro_batch_size}: the noise scale "
                "needs two micro-batches or ranks a step; split the batch by gradient accumulation"
            )
        if examples is not None and examples < batch_size:
            raise InputError(f"examples must be at least batch_size {batch_size}, got {examples}")
        self.batch_size, self.micro_batch_size, self.every = batch_size, micro_batch_size, every
        self._optimizer, self._scaler = _unwrapped(optimizer), scaler
        self._examples, self._divided = examples, divided
        self._ranks = WatchedRanks(model, process_group)
        self._passes = BackwardPasses(model)
        self._device = next(model.parameters()).device
        self._window = Window(window)
        self._told: list[Told] = []
        self._updates = 0
        self._closed = False
        self._found: NoiseReading | None = None
        self._begin_step()

    def micro_batch(
        self, *, examples: float | Tensor | None = None, weight: float | Tensor | None = None
    ) -> None:
        """The micro-batch whose backward pass has just ended; needed only where they differ, and then for each.

        Args:
            examples: b_i; ``micro_batch_size`` by default.
            weight: the factor that its mean loss was multiplied by, ``1 / accumulation`` or its share of the tokens;
                by default one over the micro-batches of the step (with ``divided=False``, one).

        Raises:
            InputError: a size that is not positive or a negative weight, or several passes over the same parameters.
        """
        if not self.measuring:
            return
        size = self.micro_batch_size if examples is None else float(examples)
        factor = None if weight is None else float(weight)
        if not size > 0 or (factor is not None and not factor >= 0):
            raise InputError(
                f"a micro-batch needs examples above 0 and a weight of 0 or more, got {size:g} and {shown(factor)}"
            )
        self._told.append((self._passes.close(), size, factor))

    def step(self) -> bool:
        """An update is about to be made: all its backward passes are done. Says whether it was measured.

        Every rank has to call it.

        Raises:
            InputError: other micro-batches than were announced.
        """
        measured = self.measuring
        try:
            if measured:
                self._measure()
        finally:
            self._updates += 1
            self._begin_step()
        return measured

    def result(self) -> NoiseReading:
        """What the last measured steps say, as data."""
        if self._found is None or self._found.updates != self._updates:
            self._found = self._read()
        return self._found

    def close(self) -> None:
        """Take the hooks off the model; the readings stay."""
        self._closed = True
        self._begin_step()

    def state_dict(self) -> dict[str, Any]:
        """Plain numbers, for a checkpoint between two steps."""
        return {"updates": self._updates, **self._window.state_dict()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave, at the same update."""
        self._updates = int(state["updates"])
        self._window.load_state_dict(state)
        self._found = None
        self._begin_step()

    def _begin_step(self) -> None:
        """Hooks are on in measured steps alone."""
        self.measuring = not self._closed and self._updates % self.every == 0
        self._told = []
        self._passes.release()
        if self.measuring:
            self._passes.watch()

    def _measure(self) -> None:
        sums = self._ranks.added_up(sums_of(self._micro_batches()), self._device)
        if self._complete(sums):
            whole = self._passes.whole()
            sq_norm = 0.0 if whole is None else float(whole) / self._loss_scale() ** 2
            self._window.add(*moments_of_step(sums, sq_norm, self._examples))
        else:
            self._window.skipped["short"] += 1
        self._found = None

    def _micro_batches(self) -> list[MicroBatch]:
        """Of this rank, with the weights that they have in the average over the ranks."""
        if self._told and self._passes.count:
            raise InputError(
                "micro_batch() must follow the backward pass of every micro-batch of a step, got "
                f"{len(self._told)} calls and another pass: call it after the last one too"
            )
        told = self._told or [(squares, self.micro_batch_size, None) for squares in self._passes.each()]
        even = 1 / len(told) if self._divided and told else 1.0
        found, scale = [], self._loss_scale()
        squares = _numbers([squares for squares, _, _ in told])
        for square, (_, size, given) in zip(squares, told, strict=True):
            factor = even if given is None else given
            if factor > 0:
                sq_norm = square / (factor * scale) ** 2
                found.append(MicroBatch(sq_norm=sq_norm, examples=size, weight=factor / self._ranks.count))
        return found

    def _complete(self, sums: MicroBatchSums) -> bool:
        """Whether the step has the micro-batches that it should have; those whose sizes were told may differ."""
        if self._told:
            return sums.count >= 2
        if sums.examples > self.batch_size:
            raise InputError(
                f"a step must have batch_size / micro_batch_size = {self.batch_size / self.micro_batch_size:g} "
                f"backward passes over all ranks, got {sums.count:g}: "
                "call micro_batch(examples=...) after each micro-batch"
            )
        return sums.examples == self.batch_size

    def _loss_scale(self) -> float:
        return 1.0 if self._scaler is None else float(self._scaler.get_scale())

    def _read(self) -> NoiseReading:
        noise = self._window.noise()
        scale = None if noise is None else noise.noise_scale
        return NoiseReading(
            noise_scale=None if scale is None else scale.value,
            interval=(None, None) if scale is None else scale.interval,
            unresolved=why_unresolved(noise),
            grad_sq_norm=None if noise is None else noise.grad_sq_norm,
            trace_sigma=None if noise is None else noise.trace_sigma,
            steps=len(self._window),
            window=self._window.size,
            block=None if noise is None else noise.block,
            every=self.every,
            updates=self._updates,
            skipped=dict(self._window.skipped),
            batch_size=self.batch_size,
            micro_batch_size=self.micro_batch_size,
            ranks=self._ranks.count,
            advice=advice_for(scale, self.batch_size, self._optimizer),
        )


def _numbers(squares: list[Tensor | None]) -> list[float]:
    """In one transfer from the device; a pass in which no parameter took part has the gradient zero."""
    there = [value for value in squares if value is not None]
    numbers = iter(torch.stack(there).tolist() if there else [])
    return [0.0 if value is None else next(numbers) for value in squares]


def _unwrapped(optimizer: Any) -> Any:
    """The torch optimizer within those of Accelerate and Lightning."""
    while hasattr(getattr(optimizer, "optimizer", None), "param_groups"):
        optimizer = optimizer.optimizer
    return optimizer
