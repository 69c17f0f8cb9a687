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
class _Place:
    """Where the tensors of a split are found among the arrays, with what a flat array does not tell."""

    structure: pytree.TreeSpec
    tensors: tuple[tuple[int, torch.dtype, torch.Size], ...]


def take_apart(task: Task) -> SharedTask:
    """The task for processes on any machine that has the modules its parts come from.

    Raises:
        InputError: a part cannot be sent, with where it is held.
    """
    import cloudpickle

    arrays: list[np.ndarray] = []
    places: dict[int, _Place] = {}

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]
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
        def persistent_load(self, place: _Place) -> TensorSplit:
            inputs, targets = pytree.tree_unflatten(
                [_tensor(arrays[i], dtype, shape) for i, dtype, shape in place.tensors], place.structure
            )
            return TensorSplit(inputs=inputs, targets=targets)

    try:
        task = Unpickler(io.BytesIO(code)).load()
    except Exception as error:
        raise cannot_be_read(error) from None
    assert isinstance(task, Task)
    return task


def _stored(split: TensorSplit, arrays: list[np.ndarray]) -> _Place:
    leaves, structure = pytree.tree_flatten((split.inputs, split.targets))
    first = len(arrays)
    arrays += [_bytes_of(leaf) for leaf in leaves]
    tensors = ((first + i, leaf.dtype, leaf.shape) for i, leaf in enumerate(leaves))
    return _Place(structure, tuple(tensors))


def _bytes_of(leaf: Tensor) -> np.ndarray:
    flat = leaf.detach().cpu().contiguous().reshape(-1)
    array: np.ndarray = flat.view(torch.uint8).numpy()
    return array


def _tensor(array: np.ndarray, dtype: torch.dtype, shape: torch.Size) -> Tensor:
    with warnings.catch_warnings():
        # torch knows no tensors that cannot be written to, and says so.
        warnings.filterwarnings("ignore", "The given NumPy array is not writable", UserWarning)
        flat = torch.from_numpy(array)
    return flat.view(dtype).view(shape)
