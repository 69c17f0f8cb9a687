"""Where examples live: tensors resident on a device, or somebody's map-style data set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils.data import TensorDataset, default_collate

from batchwright.core.errors import InputError
from batchwright.core.shapes import Indices
from batchwright.core.streams import global_randomness

Collate = Callable[[list[Any]], tuple[Any, Any]]
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
        batch = self.collate_fn(items)
        if not isinstance(batch, (tuple, list)) or len(batch) != 2:
            raise InputError(f"a batch must be a pair (inputs, targets), got {type(batch).__name__}")
        return move(tuple(batch), self.device, self.dtype)

    def to(self, device: torch.device, dtype: torch.dtype) -> ItemSplit:
        return replace(self, device=device, dtype=dtype)

    def subset(self, indices: Indices) -> ItemSplit:
        own = torch.arange(len(self)) if self.positions is None else self.positions
        return replace(self, positions=own[indices.cpu()])

    def labels(self) -> Tensor | None:
        targets = getattr(self.dataset, "targets", None)
        if targets is None:
            with global_randomness(0, python_too=True):
                items = [self.dataset[i] for i in range(len(self.dataset))]
            if not all(isinstance(item, (tuple, list)) and len(item) == 2 for item in items):
                return None
            targets = [item[1] for item in items]
        try:
            labels = torch.as_tensor(targets)
        except (TypeError, ValueError, RuntimeError):  # masks, texts, boxes: not one integer an example
            return None
        if labels.ndim != 1 or labels.is_floating_point():
            return None
        return labels if self.positions is None else labels[self.positions]


def as_split(data: Any, collate_fn: Collate | None = None) -> Split:
    """A split from ``(inputs, targets)`` tensors, a ``TensorDataset`` or a map-style data set.

    Raises:
        InputError: anything else, for instance an iterable data set without a length.
    """
    if isinstance(data, (TensorSplit, ItemSplit)):
        return data
    if isinstance(data, TensorDataset) and len(data.tensors) == 2 and collate_fn is None:
        return TensorSplit(inputs=data.tensors[0], targets=data.tensors[1])
    if isinstance(data, tuple) and len(data) == 2:
        return TensorSplit(inputs=data[0], targets=data[1])
    if hasattr(data, "__getitem__") and hasattr(data, "__len__"):
        if len(data) == 0:
            raise InputError("a data split must have at least one example, got 0")
        return ItemSplit(dataset=data, collate_fn=collate_fn or default_collate)
    raise InputError(
        "data must be a pair (inputs, targets) of tensors or a map-style data set with __len__ and "
        f"__getitem__, got {type(data).__name__}"
    )
