"""A measurement's own copy of a model: the caller's is read, never written to.

Most models can be deep-copied. Some keep what a copy cannot take along: a tensor of their last forward pass
(an activation, the weight that an old-style weight norm computes), which belongs to a graph; a lock, an open
file, a connection. The former are copied without their graph; for the latter the task builds another model,
which takes over the parameters and buffers.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError, one_line
from batchwright.task.task import Task

_DEEPEST = 6
"""Containers within containers in which tensors of a graph are looked for."""
_SPARSE = nn.Embedding, nn.EmbeddingBag


def own_copy(model: nn.Module, task: Task) -> nn.Module:
    """A copy that shares nothing with ``model``, in its modes, dtype and device.

    Embeddings with sparse gradients get dense ones: the numbers are the same, and only dense ones can be
    differentiated again or computed example by example.

    Args:
        model: any module.
        task: whose factory builds another model where this one cannot be copied.

    Raises:
        InputError: it cannot be copied, and the task's factory gives the same model again or another kind.
    """
    try:
        made = copied_off_graph(model)
    except Exception as error:  # whatever a user's module raises when it is copied
        made = _built_anew(model, task, error)
    for module in made.modules():
        if isinstance(module, _SPARSE):
            module.sparse = False
    return made


def copied_off_graph(model: nn.Module) -> nn.Module:
    """A deep copy, in which what the last forward pass left behind belongs to no graph."""
    return copy.deepcopy(model, {id(t): t.detach().clone() for t in _of_graphs(model)})


def another_of(task: Task) -> nn.Module:
    """A model as the task's factory makes it, which is nobody else's: a copy, or a second one.

    Raises:
        InputError: it cannot be copied, and the factory gives the same one again.
    """
    made = task.model()
    try:
        return copied_off_graph(made)
    except Exception as error:
        other = task.model()
        _refuse_the_same(made, other, error)
        return other


def _refuse_the_same(model: nn.Module, other: nn.Module, error: Exception) -> None:
    if {id(t) for t in _state(other).values()} & {id(t) for t in _state(model).values()}:
        raise InputError(
            f"{_why(error)}, and the task hands out this very model each time: "
            "give it a function that builds one"
        )


def _why(error: Exception) -> str:
    return f"the model cannot be copied ({type(error).__name__}: {one_line(error)})"


def _of_graphs(model: nn.Module) -> Iterator[Tensor]:
    """Tensors that the modules keep and that belong to a graph: torch refuses to copy these."""
    for module in model.modules():
        own = [v for name, v in vars(module).items() if name not in ("_parameters", "_modules")]
        yield from (t for t in _tensors(own, 0) if not t.is_leaf)


def _tensors(values: Iterable[Any], depth: int) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif depth < _DEEPEST and isinstance(value, Mapping):
            yield from _tensors(value.values(), depth + 1)
        elif depth < _DEEPEST and isinstance(value, (list, tuple, set)):
            yield from _tensors(value, depth + 1)


def _built_anew(model: nn.Module, task: Task, error: Exception) -> nn.Module:
    """Another model of the task's with this one's parameters, buffers and modes."""
    other = task.build_model(0)
    _refuse_the_same(model, other, error)
    first = next(model.parameters(), None)
    if first is not None:
        other = other.to(device=first.device, dtype=first.dtype)
    mine, theirs = _state(model), _state(other)
    if {n: t.shape for n, t in mine.items()} != {n: t.shape for n, t in theirs.items()}:
        odd = sorted(n for n in {*mine, *theirs} if n not in mine or n not in theirs) or sorted(mine)
        raise InputError(f"{_why(error)}, and what the task builds has other parameters, see {odd[0]!r}")
    with torch.no_grad():
        for name, value in mine.items():
            theirs[name].copy_(value)
            theirs[name].requires_grad_(value.requires_grad)
    modes = {name: module.training for name, module in model.named_modules()}
    for name, module in other.named_modules():
        module.training = modes.get(name, module.training)
    return other


def _state(model: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers by name, the non-persistent ones too."""
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}
