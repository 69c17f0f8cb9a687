"""A split from the data that people have: tensors, arrays, data sets, loaders, streams, dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils.data import DataLoader, IterableDataset, Subset, TensorDataset, default_collate

from batchwright.core.errors import InputError, one_line
from batchwright.task.data import Collate, ItemSplit, Split, TensorSplit, widened
from batchwright.task.given.loader import parts_of
from batchwright.task.given.stream import read_once
from batchwright.task.labels import label_name, pair_of


def as_split(data: Any, collate_fn: Collate | None = None) -> Split:
    """A split from whatever holds examples with their labels.

    ==============================================  ====================================================
    ``(inputs, targets)``, ``[inputs, targets]``     tensors, arrays, frames or lists; inputs may be a tree
    ``TensorDataset`` of two tensors                 the same
    a dictionary, a data frame                       labels by name: ``labels``, ``target``, ``y``, ...
    a list of pairs or of dictionaries               stacked where the items allow it
    a map-style data set, ``Subset``                 read item by item
    ``DataLoader``                                   its data set and collate function; see :mod:`.loader`
    ``IterableDataset``, an iterator                 read once into memory, see :mod:`.stream`
    ==============================================  ====================================================

    Args:
        data: as the caller has it.
        collate_fn: makes a batch from a list of items; the loader's own by default.

    Raises:
        InputError: anything else, with the line that would work.
    """
    if isinstance(data, (TensorSplit, ItemSplit)):
        return data
    if isinstance(data, DataLoader):
        inner, collate, positions = parts_of(data)
        split = as_split(inner, collate_fn or collate)
        return split if positions is None else _some(split, positions)
    if isinstance(data, Subset):
        return _some(as_split(data.dataset, collate_fn), data.indices)
    if isinstance(data, (IterableDataset, Iterable)) and not _has_positions(data):
        data = read_once(data)
    pair = _columns(data) or (_stacked(data) if collate_fn is None else None)
    if pair is not None:
        return tensor_split(*pair)
    if isinstance(data, (Tensor, np.ndarray)):
        raise InputError(
            "data must hold labels beside the inputs, got one array of shape "
            f"{tuple(data.shape)}: pass a pair, as (table[:, :-1], table[:, -1])"
        )
    if not _has_positions(data) or isinstance(data, (str, bytes)):
        raise InputError(
            "data must be a pair (inputs, targets), a dictionary with labels, a data set or a DataLoader, "
            f"got {type(data).__name__}"
        )
    if len(data) == 0:
        raise InputError("a data split must have at least one example, got 0")
    return ItemSplit(dataset=data, collate_fn=collate_fn or default_collate)


def _some(split: Split, positions: Any) -> Split:
    positions = torch.as_tensor(list(positions), dtype=torch.long)
    if len(positions) == 0:
        raise InputError("a data split must have at least one example, got an empty subset")
    return split.subset(positions)


def tensor_split(inputs: Any, targets: Any) -> TensorSplit:
    """Inputs and targets in memory; integer targets become 64-bit, as torch's losses want them."""
    return TensorSplit(inputs=as_tensors(inputs), targets=widened(as_tensors(targets)))


def as_tensors(value: Any) -> Any:
    """Arrays, frames and lists of numbers or tensors as tensors; tuples and dictionaries entry by entry.

    Raises:
        InputError: texts, or rows of unequal length.
    """
    if isinstance(value, Tensor):
        return value
    if isinstance(value, Mapping):
        return {name: as_tensors(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return tuple(as_tensors(part) for part in value)
    try:
        if isinstance(value, list) and value and isinstance(value[0], Tensor):
            return torch.stack(value)
        if hasattr(value, "to_numpy"):
            value = value.to_numpy()
        # Negative strides and arrays that may not be written to are no matter to a copy.
        return torch.from_numpy(np.array(value)) if isinstance(value, (list, np.ndarray)) else value
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(
            f"inputs and targets must be numbers of one shape an example ({one_line(error)}): turn texts "
            "into numbers, pad rows to one length, or pass a data set with collate_fn"
        ) from None


def _columns(data: Any) -> tuple[Any, Any] | None:
    """Inputs and targets of data that hold those of all examples side by side; None for all other data."""
    if hasattr(data, "to_numpy") and hasattr(data, "columns"):
        label = label_name(data.columns)
        return data.drop(columns=label).to_numpy(dtype=np.float32), data[label]
    if isinstance(data, Mapping):
        return pair_of(
            {name: value if _is_texts(value) else as_tensors(value) for name, value in data.items()}
        )
    if isinstance(data, tuple) and len(data) == 2:
        return data[0], data[1]
    if isinstance(data, list) and len(data) == 2 and all(isinstance(p, (Tensor, np.ndarray)) for p in data):
        return data[0], data[1]
    return None


def _stacked(items: Any) -> tuple[Any, Any] | None:
    """Examples in memory as tensors; None where they differ in shape, are no numbers or must be read."""
    if isinstance(items, TensorDataset) and len(items.tensors) == 2:
        return items.tensors[0], items.tensors[1]
    if not isinstance(items, (list, tuple)) or not items:
        return None
    pair_of(items[0])
    try:
        inputs, targets = pair_of(default_collate(list(items)))
    except (TypeError, ValueError, RuntimeError, InputError):
        return None
    leaves = pytree.tree_leaves((inputs, targets))
    return (inputs, targets) if all(isinstance(leaf, Tensor) for leaf in leaves) else None


def _has_positions(data: Any) -> bool:
    return hasattr(data, "__getitem__") and hasattr(data, "__len__") and not isinstance(data, IterableDataset)


def _is_texts(value: Any) -> bool:
    return not isinstance(value, Tensor) and len(value) > 0 and isinstance(next(iter(value)), str)
