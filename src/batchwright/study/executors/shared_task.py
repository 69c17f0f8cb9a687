"""A task in two parts: its data as arrays that many processes may read in place, and everything else as bytes."""

from __future__ import annotations

import io
import pickle
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from batchwright.task.data import TensorSplit
from batchwright.task.live import cannot_be_read, cannot_be_sent
from batchwright.task.task import Task


@dataclass(frozen=True)
class SharedTask:
    """A task taken apart.

    Attributes:
        code: the task without the data of its tensor splits.
        arrays: those data, a flat array of bytes a tensor.
    """

    code: bytes
    arrays: list[np.ndarray]

    @property
    def data_bytes(self) -> int:
        return sum(array.nbytes for array in self.arrays)


@dataclass(frozen=True)
class _Leaf:
    """A tensor in the place of which this stands: its array's number, and what a flat array does not tell."""

    number: int
    dtype: torch.dtype
    shape: torch.Size


def take_apart(task: Task) -> SharedTask:
    """The task for processes on any machine that has the modules its parts come from.

    Raises:
        InputError: a part cannot be sent, with where it is held.
    """
    import cloudpickle

    arrays: list[np.ndarray] = []
    places: dict[int, Any] = {}

    class Pickler(cloudpickle.Pickler):
        def persistent_id(self, value: Any) -> Any:
            if not isinstance(value, TensorSplit):
                return None
            if id(value) not in places:
                places[id(value)] = _stored(value, arrays)
            return places[id(value)]

    content = io.BytesIO()
    try:
        Pickler(content, protocol=pickle.HIGHEST_PROTOCOL).dump(task)
    except Exception as error:
        raise cannot_be_sent(task, error) from None
    return SharedTask(content.getvalue(), arrays)


def put_together(code: bytes, arrays: Sequence[np.ndarray]) -> Task:
    """The task again. Its data are the arrays themselves, which nothing may write to: batches are copies.

    Raises:
        InputError: this process lacks a module that the task's parts come from.
    """

    class Unpickler(pickle.Unpickler):
        def persistent_load(self, place: Any) -> TensorSplit:
            inputs, targets = pytree.tree_map(lambda leaf: _tensor(arrays[leaf.number], leaf), place)
            return TensorSplit(inputs=inputs, targets=targets)

    try:
        task = Unpickler(io.BytesIO(code)).load()
    except Exception as error:
        raise cannot_be_read(error) from None
    assert isinstance(task, Task)
    return task


def _stored(split: TensorSplit, arrays: list[np.ndarray]) -> Any:
    """Inputs and targets of a split with a leaf for each tensor, which becomes an array."""

    def one(tensor: Tensor) -> _Leaf:
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        arrays.append(flat.view(torch.uint8).numpy())
        return _Leaf(len(arrays) - 1, tensor.dtype, tensor.shape)

    return pytree.tree_map(one, (split.inputs, split.targets))


def _tensor(array: np.ndarray, leaf: _Leaf) -> Tensor:
    if not array.size:
        return torch.empty(leaf.shape, dtype=leaf.dtype)
    with warnings.catch_warnings():
        # torch knows no tensors that cannot be written to, and says so.
        warnings.filterwarnings("ignore", ".*writable", UserWarning)
        flat = torch.from_numpy(array)
    return flat.view(leaf.dtype).view(leaf.shape)
