"""Models and generators that a task's functions hold, put back bit by bit after somebody's code has run.

A factory may close over a generator or a pretrained module, a loss over a teacher. They cannot be copied away
from the function that uses them, so what they hold is remembered and restored.
"""

from __future__ import annotations

import copy
import functools
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from batchwright.core.streams import global_randomness
from batchwright.task.data import ItemSplit
from batchwright.task.task import Task

_DEEPEST = 8
_MOST = 2000
"""Objects looked at; what lies beyond is data."""
_PARTS = "model", "loss", "forward", "augment", "collate_fn", "schedule", "metrics"


@contextmanager
def keeping(task: Task) -> Iterator[None]:
    """Restore, at the end, what the task's functions hold and the process-wide generators."""
    roots = [getattr(task, name) for name in _PARTS]
    for split in (task.train, task.validation, task.test):
        roots += [split.dataset, split.collate_fn] if isinstance(split, ItemSplit) else []
    restore = [_restorer(held) for held in _reachable(roots)]
    grad = torch.is_grad_enabled()
    with global_randomness(0, python_too=True):
        try:
            yield
        finally:
            torch.set_grad_enabled(grad)
            for put_back in restore:
                put_back()


def _reachable(roots: list[Any]) -> list[Any]:
    """Modules and generators that are reached from functions, partials and plain objects."""
    seen: dict[int, Any] = {}
    found, pending = [], [(root, 0) for root in roots]
    while pending and len(seen) < _MOST:
        value, depth = pending.pop()
        if (
            id(value) in seen
            or value is None
            or isinstance(value, (str, bytes, int, float, Tensor, np.ndarray))
        ):
            continue
        seen[id(value)] = value
        if isinstance(
            value, (nn.Module, torch.Generator, random.Random, np.random.Generator, np.random.RandomState)
        ):
            found.append(value)
        elif depth < _DEEPEST:
            pending += [(part, depth + 1) for part in _held_by(value)]
    return found


def _held_by(value: Any) -> list[Any]:
    if isinstance(value, (ModuleType, type)):
        return []
    if isinstance(value, FunctionType):
        cells = [c.cell_contents for c in value.__closure__ or () if _is_filled(c)]
        used = [value.__globals__[n] for n in value.__code__.co_names if n in value.__globals__]
        return [*cells, *used, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values()]
    if isinstance(value, MethodType):
        return [value.__self__, value.__func__]
    if isinstance(value, functools.partial):
        return [value.func, *value.args, *value.keywords.values()]
    if isinstance(value, Mapping):
        return list(value.values())[:_MOST]
    if isinstance(value, (list, tuple)):
        return list(value[:64])
    held = getattr(value, "__dict__", None)
    return list(held.values()) if isinstance(held, dict) else []


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - empty ones raise
    except ValueError:
        return False
    return True


def _restorer(held: Any) -> Any:
    """A function that puts one object back to what it is now."""
    if isinstance(held, nn.Module):
        return _module_restorer(held)
    if isinstance(held, torch.Generator):
        return functools.partial(held.set_state, held.get_state())
    if isinstance(held, random.Random):
        return functools.partial(held.setstate, held.getstate())
    if isinstance(held, np.random.RandomState):
        return functools.partial(held.set_state, held.get_state())
    state = copy.deepcopy(held.bit_generator.state)
    return lambda: setattr(held.bit_generator, "state", state)


def _module_restorer(module: nn.Module) -> Any:
    tensors = {id(t): (t, t.detach().clone()) for t in [*module.parameters(), *module.buffers()]}
    grads = [(p, p.grad, None if p.grad is None else p.grad.clone()) for p in module.parameters()]
    flags = [(p, p.requires_grad) for p in module.parameters()]
    modes = [(m, m.training) for m in module.modules()]
    # A forward pass may put another tensor in a buffer's place.
    places = [(m, dict(m._buffers), dict(m._parameters)) for m in module.modules()]

    def put_back() -> None:
        for owner, buffers, parameters in places:
            owner._buffers.update(buffers)
            owner._parameters.update(parameters)
        with torch.no_grad():
            for tensor, value in tensors.values():
                if not _equal(tensor, value):
                    tensor.copy_(value)
            for parameter, grad, grad_value in grads:
                parameter.grad = grad
                if grad is not None and grad_value is not None and not _equal(grad, grad_value):
                    grad.copy_(grad_value)
        for parameter, needs in flags:
            if parameter.is_leaf and parameter.requires_grad != needs:
                parameter.requires_grad_(needs)
        for owner, training in modes:
            owner.training = training

    return put_back


def _equal(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and bool(torch.equal(a, b))
