"""Everything that a training step can change, remembered bit by bit and put back in place.

What is reached from the given objects is walked through: containers, the attributes of objects, what functions close
over and the globals that they name. At the end every object holds again what it held: the same tensors with the same
bits and gradients, the same entries and no others. So the state of an optimizer that was empty is empty again, and
whoever refers to a parameter still refers to the one that trains.

Data sets are not copied: a step reads them. An iterator cannot be set back, and is left alone.
"""

from __future__ import annotations

import collections
import functools
import queue
import random
import threading
from collections.abc import Callable, Iterable
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from batchwright.integrations.attach.lightning_step import is_trainer

Restore = Callable[[], None]

_ATOMS = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, torch.Size, range)
_OPAQUE = (ModuleType, type, BuiltinFunctionType, threading.Thread, queue.Queue)
"""Not walked into: what no step changes, and what other threads work on."""


class Memento:
    """The present state of objects and of the process-wide generators; :meth:`restore` goes back to it.

    Args:
        roots: what a step can change: models, optimizers, schedulers, scalers, the step itself.
    """

    def __init__(self, *roots: Any) -> None:
        self._seen: dict[int, Any] = {}
        self._restore: list[Restore] = [_process()]
        pending = collections.deque(roots)
        while pending:
            value = pending.popleft()
            if isinstance(value, (*_ATOMS, *_OPAQUE)) or id(value) in self._seen or is_trainer(value):
                continue
            self._seen[id(value)] = value  # kept alive, so that no other object gets the same id
            restore, parts = _remembered(value)
            if restore is not None:
                self._restore.append(restore)
            pending.extend(parts)

    def restore(self) -> None:
        """Put everything back; can be done again."""
        with torch.no_grad():
            for restore in self._restore:
                restore()


def _remembered(value: Any) -> tuple[Restore | None, Iterable[Any]]:
    """How one object is put back, and what it holds."""
    if isinstance(value, Tensor):
        return _of_tensor(value), [value.grad] if value.is_leaf else []
    if isinstance(value, np.ndarray):
        kept = value.copy()
        return (lambda: np.copyto(value, kept)) if value.flags.writeable else None, []
    if (generator := _of_generator(value)) is not None:
        return generator, []
    if isinstance(value, Dataset):
        return None, [part for part in vars(value).values() if _of_generator(part) is not None]
    if isinstance(value, FunctionType):
        return _of_function(value)
    if isinstance(value, MethodType):
        return None, [value.__self__, value.__func__]
    if isinstance(value, functools.partial):
        return None, [value.func, value.args, value.keywords]
    if isinstance(value, (tuple, frozenset)):
        return None, value
    own, parts = _of_attributes(value)
    content, held = _of_container(value)
    both = [restore for restore in (own, content) if restore is not None]

    def put_back() -> None:
        for restore in both:
            restore()

    return put_back if both else None, [*parts, *held]


def _of_tensor(value: Tensor) -> Restore | None:
    """Its bits, kept on the host, its gradient, and whether it takes one; in the memory that it had."""
    if value.is_meta or value.layout is not torch.strided:
        return None
    alias, kept, needs = value.data, value.detach().to("cpu", copy=True), value.requires_grad
    leaf, grad = value.is_leaf, value.grad if value.is_leaf else None

    def restore() -> None:
        if value.data_ptr() != alias.data_ptr() or value.shape != alias.shape or value.dtype != alias.dtype:
            value.data = alias
        if not _same_bits(value, kept):
            value.detach().copy_(kept)
        if leaf:
            value.grad = grad
            if value.is_leaf and value.requires_grad != needs:
                value.requires_grad_(needs)

    return restore


def _same_bits(value: Tensor, kept: Tensor) -> bool:
    if value.device.type != "cpu":
        return False
    flat, other = (t.detach().contiguous().view(-1).view(torch.uint8) for t in (value, kept))
    return bool(torch.equal(flat, other))


def _of_generator(value: Any) -> Restore | None:
    if isinstance(value, torch.Generator):
        kept = value.get_state().clone()

        def rewind() -> None:
            value.set_state(kept)

        return rewind
    if isinstance(value, random.Random):
        return functools.partial(value.setstate, value.getstate())
    if isinstance(value, np.random.RandomState):
        return functools.partial(value.set_state, value.get_state())
    if isinstance(value, np.random.Generator):
        state = value.bit_generator.state
        return lambda: setattr(value.bit_generator, "state", state)
    return None


def _of_function(value: FunctionType) -> tuple[Restore, list[Any]]:
    """What its closure's cells and the globals that it names are bound to."""
    cells = [(cell, cell.cell_contents) for cell in value.__closure__ or () if _is_bound(cell)]
    own = _is_users(value)  # a library sets its globals up as it goes, and they are not a step's
    names = [name for name in _names(value.__code__) if name in value.__globals__] if own else []
    bound = {name: value.__globals__[name] for name in names}

    def restore() -> None:
        for cell, content in cells:
            cell.cell_contents = content
        value.__globals__.update(bound)

    parts = [content for _, content in cells] + [part for part in bound.values() if _is_users(part)]
    return restore, [*parts, value.__defaults__, value.__kwdefaults__]


def _names(code: Any) -> set[str]:
    """Names that a function and those inside it may look up."""
    inner = [constant for constant in code.co_consts if hasattr(constant, "co_names")]
    return set(code.co_names).union(*(_names(one) for one in inner))


def _is_users(value: Any) -> bool:
    """Whether a global may hold what a step changes: functions of installed libraries do not."""
    home = getattr(value, "__module__", None) or ""
    return not (isinstance(value, FunctionType) and home.partition(".")[0] in ("torch", "numpy", "lightning"))


def _is_bound(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises where it is empty
    except ValueError:
        return False
    return True


def _refill(held: dict[Any, Any], kept: dict[Any, Any]) -> None:
    """Make a dictionary what it was, untouched where it is."""
    if list(held) != list(kept) or any(held[name] is not value for name, value in kept.items()):
        held.clear()
        held.update(kept)


def _of_attributes(value: Any) -> tuple[Restore | None, list[Any]]:
    held = getattr(value, "__dict__", None)
    if not isinstance(held, dict):
        return None, []
    kept = dict(held)

    def restore() -> None:
        _refill(held, kept)

    return restore, list(kept.values())


def _of_container(value: Any) -> tuple[Restore | None, list[Any]]:
    if isinstance(value, dict):
        kept = dict(value)

        return lambda: _refill(value, kept), [*kept.keys(), *kept.values()]
    if isinstance(value, (list, collections.deque)):
        items = list(value)

        def put_back() -> None:
            if len(value) != len(items) or any(a is not b for a, b in zip(value, items, strict=True)):
                value.clear()
                value.extend(items)

        return put_back, items
    if isinstance(value, set):
        members = set(value)

        def regather() -> None:
            value.clear()
            value.update(members)

        return regather, list(members)
    return None, []


def _process() -> Restore:
    """The process-wide generators, default type, threads."""
    torch_state, python_state, numpy_state = torch.get_rng_state(), random.getstate(), np.random.get_state()
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()

    def restore() -> None:
        torch.set_rng_state(torch_state)
        for index, state in enumerate(devices):
            torch.cuda.set_rng_state(state, index)
        random.setstate(python_state)
        np.random.set_state(numpy_state)
        if torch.get_default_dtype() != dtype:
            torch.set_default_dtype(dtype)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)

    return restore
