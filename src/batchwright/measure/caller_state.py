"""What a measurement must leave as it found it: a copy to work on, and a digest to check by."""

from __future__ import annotations

import copy
import hashlib
import random
from collections.abc import Mapping
from dataclasses import replace
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from batchwright.core.streams import global_randomness
from batchwright.measure.own_copy import another_of
from batchwright.task.data import ItemSplit, Split
from batchwright.task.task import Task

_DEEPEST = 40
_MOST_ITEMS = 20_000
"""Of a longer list, so many items are looked at, evenly spaced."""


def isolated(task: Task) -> Task:
    """The task with copies of what may carry state: models, data sets read item by item, callables.

    A factory that hands out the caller's live model (``lambda: model``) then hands out copies of it. Tensors
    held in a :class:`~batchwright.task.data.TensorSplit` are only read, and stay shared.
    """
    return task.with_fields(
        model=lambda: another_of(task),
        train=_own_split(task.train),
        validation=_own_split(task.validation),
        test=None if task.test is None else _own_split(task.test),
        loss=_own(task.loss),
        augment=_own(task.augment),
        forward=_own(task.forward),
        schedule=_own(task.schedule),
    )


def _own_split(split: Split) -> Split:
    if not isinstance(split, ItemSplit):
        return split
    return replace(split, dataset=_own(split.dataset), collate_fn=_own(split.collate_fn))


def _own(value: Any) -> Any:
    """A deep copy, or the thing itself where it cannot be copied (an open file): the digest then tells."""
    try:
        return copy.deepcopy(value)
    except Exception:
        return value


def state_digest(task: Task, *watched: Any) -> str:
    """A digest of all that a probe of ``task`` could disturb in this process, bit by bit.

    The process-wide generators of torch (every device in use), NumPy and Python; threads, default dtype,
    gradient mode; the task's data; the model that its factory hands out under a fixed seed (the caller's own,
    where it is a live one: parameters, buffers, gradients, training mode); and everything in ``watched``
    (models, optimizers, runs, data loaders).
    """
    digest = hashlib.blake2b(digest_size=16)
    seen: dict[int, Any] = {}
    _add(digest, _process_state(), seen, 0)
    for split in (task.train, task.validation, task.test):
        _add(digest, split, seen, 0)
    for part in (task.loss, task.augment, task.forward, task.collate_fn, *watched):
        _add(digest, part, seen, 0)
    with global_randomness(0, python_too=True):
        model = task.model()
    _add(digest, model, seen, 0)
    return digest.hexdigest()


def _process_state() -> tuple[Any, ...]:
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    return (
        torch.default_generator.get_state(), cuda, random.getstate(), np.random.get_state(),
        torch.get_num_threads(), str(torch.get_default_dtype()), torch.is_grad_enabled(),
        torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark,
    )  # fmt: skip


def _add(digest: Any, value: Any, seen: dict[int, Any], depth: int) -> None:
    """Add a value and what it holds; an object that was added before, or lies too deep, by its type only."""
    digest.update(type(value).__name__.encode() + b"\0")
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        digest.update(repr(value).encode())
        return
    if id(value) in seen or depth > _DEEPEST:
        return
    seen[id(value)] = value  # kept alive, so that no later object gets the same id
    if isinstance(value, Tensor):
        _add_tensor(digest, value, seen, depth)
    elif isinstance(value, np.ndarray):
        digest.update(f"{value.dtype}{value.shape}".encode())
        if value.dtype.hasobject:
            _add(digest, value.tolist(), seen, depth + 1)
        else:
            digest.update(np.ascontiguousarray(value).tobytes())
    else:
        for name, part in _parts(value):
            digest.update(name.encode())
            _add(digest, part, seen, depth + 1)


def _add_tensor(digest: Any, value: Tensor, seen: dict[int, Any], depth: int) -> None:
    digest.update(f"{value.dtype}{tuple(value.shape)}{value.device}{value.requires_grad}".encode())
    if value.layout is torch.strided and not value.is_meta:
        digest.update(value.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    if value.is_leaf:
        _add(digest, value.grad, seen, depth + 1)


def _parts(value: Any) -> list[tuple[str, Any]]:
    """What an object holds, by name."""
    if isinstance(value, torch.Generator):
        return [("state", value.get_state())]
    if isinstance(value, random.Random):
        return [("state", value.getstate())]
    if isinstance(value, np.random.Generator):
        return [("state", value.bit_generator.state)]
    if isinstance(value, np.random.RandomState):
        return [("state", value.get_state())]
    if isinstance(value, Mapping):
        return [(repr(k) if isinstance(k, (str, int)) else type(k).__name__, v) for k, v in value.items()]
    if isinstance(value, (list, tuple)):
        return [("", part) for part in value[:: len(value) // _MOST_ITEMS + 1]]
    if isinstance(value, (type, FunctionType, ModuleType)):
        return []
    held = getattr(value, "__dict__", None)
    return sorted(held.items()) if isinstance(held, dict) else []
