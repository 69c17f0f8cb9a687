"""The examples of a measurement, in memory: a measurement goes over them a hundred times.

A map-style data set is read item by item, which may take longer than the model does. So its items are read
once, as far as memory allows, and stacked where they have one shape.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from batchwright.core.errors import InputError
from batchwright.core.streams import global_randomness
from batchwright.task.data import ItemSplit, Split, TensorSplit
from batchwright.task.task import Task, take_examples

_CHUNK = 256
_LOOKED_AT = 16
"""Items read a second time, under other draws, to see whether they stay the same."""


class _Held(list[Any]):
    """Items that have been read."""


def measured_task(
    model: nn.Module, task: Task, *, examples: int | None, memory_bytes: int, seed: int
) -> Task:
    """The task over the examples that a loss is the mean of, read once.

    Args:
        model: on whose device and in whose precision they are wanted.
        task: any.
        examples: a stratified subset of so many training examples; all of them by default.
        memory_bytes: for items read; what does not fit stays where it is.
        seed: of the subset.

    Raises:
        InputError: ``examples`` is no number of them, or items that differ from one reading to the next.
    """
    chosen = task if examples is None else take_examples(task, examples, seed)
    _check_repeatable(chosen.train)
    return chosen.with_fields(train=in_memory(chosen.train, model, memory_bytes))


def in_memory(split: Split, model: nn.Module, memory_bytes: int) -> Split:
    """The split where the model is, its items read; they stay where they are if they exceed the memory."""
    first = next(model.parameters())
    return _read_once(split.to(first.device, first.dtype), memory_bytes)


def _read_once(split: Split, memory_bytes: int) -> Split:
    if not isinstance(split, ItemSplit) or isinstance(split.dataset, _Held):
        return split
    items, held = _Held(), 0
    with global_randomness(0, python_too=True):
        for item in _items(split):
            held += _bytes(item)
            if held > memory_bytes:
                return split
            items.append(item)
    read = replace(split, dataset=items, positions=None)
    return _stacked(read) or read


def _items(split: ItemSplit) -> Iterator[Any]:
    positions = range(len(split.dataset)) if split.positions is None else split.positions.tolist()
    return (split.dataset[i] for i in positions)


def _bytes(item: Any) -> int:
    return sum(
        leaf.nbytes if isinstance(leaf, (Tensor, np.ndarray)) else sys.getsizeof(leaf)
        for leaf in pytree.tree_leaves(item)
    )


def _stacked(split: ItemSplit) -> TensorSplit | None:
    """All batches as one; None where a batch is more than its examples side by side (padded ones)."""
    pieces = torch.arange(len(split)).split(_CHUNK)
    batches = [split.gather(piece, seed=0) for piece in pieces]
    alone = [split.gather(one, seed=0) for one in pieces[0][:_LOOKED_AT].split(1)]
    leaves, layouts = zip(*(pytree.tree_flatten(batch) for batch in [*batches, *alone]), strict=True)
    if any(layout != layouts[0] for layout in layouts):
        return None
    columns = list(zip(*leaves, strict=True))
    sizes = [len(piece) for piece in pieces] + [1] * len(alone)
    for column in columns:
        if not all(isinstance(leaf, Tensor) and leaf.ndim for leaf in column):
            return None
        if [len(leaf) for leaf in column] != sizes or len({leaf.shape[1:] for leaf in column}) > 1:
            return None
    inputs, targets = pytree.tree_unflatten(
        [torch.cat(column[: len(batches)]) for column in columns], layouts[0]
    )
    return TensorSplit(inputs=inputs, targets=targets)


def _check_repeatable(split: Split) -> None:
    """Refuse items that are drawn at random: a loss over them is another one at every pass."""
    if not isinstance(split, ItemSplit) or isinstance(split.dataset, _Held):
        return
    some = torch.arange(min(_LOOKED_AT, len(split)))
    first, second = (pytree.tree_leaves(split.gather(some, seed=seed)) for seed in (0, 1))
    for a, b in zip(first, second, strict=True):
        if isinstance(a, Tensor) and not torch.equal(torch.nan_to_num(a), torch.nan_to_num(b)):
            raise InputError(
                "curvature needs the same examples at every pass over the data, got items that differ from "
                "one reading to the next, likely by random transforms: turn them off"
            )
