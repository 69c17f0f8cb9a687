"""A task on the bench: copies of its model and a few of its examples, and passes through them."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from batchwright.core.modes import evaluating
from batchwright.core.streams import generator, global_randomness
from batchwright.measure.checkup.rounding import moved
from batchwright.measure.own_copy import copied_off_graph
from batchwright.task.data import CPU, Split, move
from batchwright.task.task import Task

FEWEST, MOST = 8, 32
"""Examples that pass through the model."""
_TIMED = 4
_PASSES, _PASS_SECONDS = 40, 3.0
"""About so many passes are made, and they may take so long."""

Batch = tuple[Any, Any]
_WAYS = (
    (torch.device("cpu"), torch.float64),
    (torch.device("cpu"), torch.float32),
    (torch.device("cuda"), torch.float32),
)


@dataclass(frozen=True)
class Bench:
    """What the checks of model and loss work on; the caller's objects are not among it.

    Attributes:
        task: with copies of what may carry state.
        device, dtype: where model and loss are tried: in double precision where they can be.
        positions: of the training examples looked at, evenly spaced.
        built: the model of seed 0; passes take copies of it.
    """

    task: Task
    device: torch.device
    dtype: torch.dtype
    positions: Tensor
    built: nn.Module = field(repr=False)
    seconds_each: float = 0.0
    """Of a forward and a backward pass of one example."""

    @property
    def double(self) -> bool:
        return self.dtype == torch.float64

    def model(self, *, training: bool = False) -> nn.Module:
        """Another copy of the model, in one mode throughout."""
        return copied_off_graph(self.built).train(training)

    def batch(self, positions: Tensor | None = None, *, split: Split | None = None, seed: int = 0) -> Batch:
        """``(inputs, targets)``: the examples looked at, others, or of another split."""
        chosen = self.positions if positions is None else positions
        return read_batch(split or self.task.train, chosen, self.device, self.dtype, seed)

    @cached_property
    def random_items(self) -> bool:
        """Whether reading the examples draws random numbers: another seed, other items."""
        first, second = (self.batch(self.positions[:4], seed=seed) for seed in (0, 1))
        return not same(first, second)

    def rows(self, batch: Batch, chosen: Tensor) -> Batch | None:
        """Some rows of a batch: read again, or taken out of it where reading draws random numbers."""
        if not self.random_items:
            return self.batch(self.positions[chosen])
        return chosen_rows(batch, chosen, len(self.positions))

    def outputs(self, model: nn.Module, inputs: Any) -> Any:
        """What the loss takes, in the model's present mode."""
        return model(inputs) if self.task.forward is None else self.task.forward(model, inputs)

    def losses(self, model: nn.Module, batch: Batch, *, seed: int = 0) -> Tensor:
        """One value an example, shape (batch,): in the present mode, under a seed, from copies of the batch."""
        inputs, targets = own_leaves(batch)
        with global_randomness(seed, python_too=True):
            values: Tensor = self.task.loss(self.outputs(model, inputs), targets)
        return values

    def evaluated(self, batch: Batch, *, model: nn.Module | None = None, seed: int = 0) -> Tensor:
        """Losses in evaluation mode, of a copy of the model."""
        model = self.model() if model is None else model
        with torch.no_grad():
            return self.losses(model.eval(), batch, seed=seed)

    @cached_property
    def response(self) -> float:
        """Largest change of a loss when weights and inputs move by rounding."""
        batch, random = self.batch(), generator(0, "rounding")
        plain, model = self.evaluated(batch), self.model()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.copy_(moved(parameter.cpu(), random))
        inputs = pytree.tree_map(
            lambda leaf: moved(leaf.cpu(), random).to(leaf.device) if _is_tensor(leaf) else leaf, batch[0]
        )
        gaps = (self.evaluated((inputs, batch[1]), model=model) - plain).abs()
        finite = gaps[gaps.isfinite()]
        return float(finite.max()) if len(finite) else 0.0


def bench_of(own: Task) -> Bench:
    """Put a task on the bench.

    Args:
        own: the same with copies of what may carry state.

    Raises:
        BatchwrightError: model and loss run nowhere.
    """
    built = own.build_model(0)
    few = spaced(len(own.train), 3)
    error: Exception | None = None
    for device, dtype in _WAYS:
        if device.type == "cuda" and not torch.cuda.is_available():
            continue
        try:
            model = copied_off_graph(built).to(device, dtype)
            bench = Bench(own, device, dtype, few, model)
            with evaluating(model, python_too=True):
                bench.losses(model, bench.batch())
            each = _seconds_each(bench)
            count = int(min(MOST, max(FEWEST, _PASS_SECONDS / (_PASSES * max(each, 1e-9)))))
            return Bench(own, device, dtype, spaced(len(own.train), count), model, each)
        except Exception as raised:
            error = raised
    assert error is not None
    raise error


def _seconds_each(bench: Bench) -> float:
    batch, model, taken = bench.batch(), bench.model(), []
    for _ in range(_TIMED):
        began = time.perf_counter()
        bench.evaluated(batch, model=model)
        taken.append(time.perf_counter() - began)
    # The first pass is slow, others may be interrupted; a backward pass costs about two forward passes.
    return 3 * min(taken) / len(bench.positions)


def spaced(total: int, count: int) -> Tensor:
    """Positions of ``count`` of ``total`` examples, evenly spaced: sorted data give all their classes."""
    count = min(count, total)
    return torch.linspace(0, total - 1, count, dtype=torch.float64).round().long().unique()


def read_batch(
    split: Split,
    positions: Tensor,
    device: torch.device = CPU,
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
) -> Batch:
    """Examples of a split on a device, floating-point numbers in ``dtype``."""
    inputs, targets = move(split.gather(positions, seed=seed), device, dtype)
    return inputs, targets


def chosen_rows(batch: Batch, chosen: Tensor, count: int) -> Batch | None:
    """Rows of a batch of ``count`` examples; None where a tensor has them not along its first dimension."""
    leaves = [leaf for leaf in pytree.tree_leaves(batch) if _is_tensor(leaf)]
    if any(leaf.ndim == 0 or len(leaf) != count for leaf in leaves):
        return None
    rows: Batch = pytree.tree_map(
        lambda leaf: leaf[chosen.to(leaf.device)] if _is_tensor(leaf) else leaf, batch
    )
    return rows


def own_leaves(tree: Any) -> Any:
    """A tree with copies of its tensors."""
    return pytree.tree_map(lambda leaf: leaf.clone() if _is_tensor(leaf) else copy.copy(leaf), tree)


def same(first: Any, second: Any) -> bool:
    """Whether two trees hold the same numbers; NaN equals NaN."""
    one, other = pytree.tree_leaves(first), pytree.tree_leaves(second)
    if len(one) != len(other):
        return False
    return all(_alike(a, b) for a, b in zip(one, other, strict=True))


def _alike(a: Any, b: Any) -> bool:
    if not _is_tensor(a) or not _is_tensor(b):
        return True  # texts and flags beside the tensors are not what is trained on
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    return bool(torch.equal(a, b)) or (
        a.is_floating_point()
        and bool(torch.equal(a.nan_to_num(), b.nan_to_num()))
        and bool(torch.equal(a.isnan(), b.isnan()))
    )


def _is_tensor(leaf: Any) -> bool:
    return isinstance(leaf, Tensor)
