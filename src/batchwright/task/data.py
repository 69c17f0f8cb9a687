"""Where examples live: tensors resident on a device, or somebody's map-style data set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils.data import default_collate

from batchwright.core.errors import InputError
from batchwright.core.shapes import Indices
from batchwright.core.streams import global_randomness
from batchwright.task.labels import label_name, pair_of

Collate = Callable[[list[Any]], Any]
CPU = torch.device("cpu")
Augment = Callable[[Any, torch.Generator], Any]


@runtime_checkable
class Split(Protocol):
    """A data split: a number of examples, and batches of them by position."""

    def __len__(self) -> int: ...

    def gather(self, indices: Indices, *, seed: int | None = None) -> tuple[Any, Any]:
        """``(inputs, targets)`` of the examples at ``indices``; ``seed`` feeds random transforms."""
        ...

    def to(self, device: torch.device, dtype: torch.dtype) -> Split:
        """The same split on ``device``, floating-point inputs and targets in ``dtype``."""
        ...

    def subset(self, indices: Indices) -> Split:
        """The examples at ``indices``, in that order."""
        ...

    def labels(self) -> Tensor | None:
        """Integer class labels where targets are one integer an example, else None."""
        ...


def move(tree: Any, device: torch.device, dtype: torch.dtype) -> Any:
    """A tree of tensors on ``device``, its floating-point leaves in ``dtype``."""

    def one(leaf: Any) -> Any:
        if not isinstance(leaf, Tensor):
            return leaf
        return leaf.to(device=device, dtype=dtype if leaf.is_floating_point() else leaf.dtype)

    return pytree.tree_map(one, tree)


def widened(targets: Any) -> Any:
    """Integer targets of any width as 64-bit integers, which torch's losses want."""

    def one(leaf: Any) -> Any:
        narrow = isinstance(leaf, Tensor) and not leaf.is_floating_point() and not leaf.is_complex()
        return leaf.long() if narrow else leaf

    return pytree.tree_map(one, targets)


@dataclass(frozen=True, kw_only=True)
class TensorSplit:
    """Examples stacked along the first dimension of tensors (or trees of tensors), all in memory.

    Batches are index operations on the device that holds the data: no per-example Python work.
    """

    inputs: Any
    targets: Any

    def __post_init__(self) -> None:
        for leaf in pytree.tree_leaves((self.inputs, self.targets)):
            if not isinstance(leaf, Tensor) or leaf.ndim == 0:
                raise InputError(
                    "inputs and targets must be tensors with the examples along the first dimension, "
                    f"got {type(leaf).__name__}; torch.as_tensor makes one of an array"
                )
        sizes = {len(leaf) for leaf in pytree.tree_leaves((self.inputs, self.targets))}
        if len(sizes) != 1:
            raise InputError(f"inputs and targets must have equally many examples, got {sorted(sizes)}")
        if sizes == {0}:
            raise InputError("a data split must have at least one example, got 0")

    def __len__(self) -> int:
        return len(pytree.tree_leaves(self.inputs)[0])

    def gather(self, indices: Indices, *, seed: int | None = None) -> tuple[Any, Any]:
        indices = indices.to(pytree.tree_leaves(self.inputs)[0].device)
        return pytree.tree_map(lambda leaf: leaf.index_select(0, indices), (self.inputs, self.targets))

    def to(self, device: torch.device, dtype: torch.dtype) -> TensorSplit:
        return replace(
            self, inputs=move(self.inputs, device, dtype), targets=move(self.targets, device, dtype)
        )

    def subset(self, indices: Indices) -> TensorSplit:
        inputs, targets = self.gather(indices)
        return replace(self, inputs=inputs, targets=targets)

    def labels(self) -> Tensor | None:
        targets = self.targets
        integer = isinstance(targets, Tensor) and targets.ndim == 1 and not targets.is_floating_point()
        return targets if integer else None


@dataclass(frozen=True, kw_only=True)
class ItemSplit:
    """A map-style data set read item by item, with its own collate function.

    Random transforms inside ``dataset[i]`` draw from the process-wide generators; they are seeded for
    every batch, so a run repeats exactly, and restored afterwards.
    """

    dataset: Any
    collate_fn: Collate = default_collate
    positions: Tensor | None = None
    device: torch.device = CPU
    dtype: torch.dtype = torch.float32

    def __len__(self) -> int:
        return len(self.dataset) if self.positions is None else len(self.positions)

    def gather(self, indices: Indices, *, seed: int | None = None) -> tuple[Any, Any]:
        positions = indices.cpu() if self.positions is None else self.positions[indices.cpu()]
        with global_randomness(seed or 0, python_too=True):
            items = [self.dataset[i] for i in positions.tolist()]
        inputs, targets = pair_of(self.collate_fn(items))
        return move((inputs, widened(targets)), self.device, self.dtype)

    def to(self, device: torch.device, dtype: torch.dtype) -> ItemSplit:
        return replace(self, device=device, dtype=dtype)

    def subset(self, indices: Indices) -> ItemSplit:
        own = torch.arange(len(self)) if self.positions is None else self.positions
        return replace(self, positions=own[indices.cpu()])

    def labels(self) -> Tensor | None:
        targets = getattr(self.dataset, "targets", None)
        if targets is None:
            with global_randomness(0, python_too=True):
                try:
                    targets = [_label(self.dataset[i]) for i in range(len(self.dataset))]
                except InputError:
                    return None
        try:
            labels = torch.as_tensor(targets)
        except (TypeError, ValueError, RuntimeError):  # masks, texts, boxes: not one integer an example
            return None
        if labels.ndim != 1 or labels.is_floating_point():
            return None
        return labels if self.positions is None else labels[self.positions]


def _label(item: Any) -> Any:
    """The label of one item; unlike the inputs it need not be a tensor."""
    return item[label_name(item)] if isinstance(item, Mapping) else pair_of(item)[1]
