"""Whether the factory builds a model of its own for every run, and the same one for the same seed."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from batchwright.core.streams import global_randomness
from batchwright.measure.checkup.bench import Bench, same
from batchwright.measure.checkup.result import TaskFinding, finding
from batchwright.task.task import Task

NAMES = 3
"""Names that a finding repeats."""


def shared_models(task: Task) -> Iterator[TaskFinding]:
    """Models of two runs that are one object, or whose weights lie in the same memory.

    Frozen parameters and buffers that training leaves alone may be shared.

    Args:
        task: with the caller's own factory.
    """
    first, second = task.build_model(0), task.build_model(1)
    if first is second:
        yield finding("factory_returns_same", "error", model=type(first).__name__)
        return
    places = {_place(t): name for name, t in _moving(first).items()}
    shared = [name for name, t in _moving(second).items() if _place(t) in places]
    if shared:
        yield finding("factory_shares_weights", "error", names=shared[:NAMES], count=len(shared))


def built_alike(bench: Bench) -> Iterator[TaskFinding]:
    """The same seed must build the same model, and the next seed another one."""
    task = bench.task
    first, again = task.build_model(0), task.build_model(0)
    odd = _different(first, again)
    if odd:
        yield finding("factory_unrepeatable", "error", names=odd[:NAMES], count=len(odd))
        return
    other = task.build_model(1)
    drawn = any(p.requires_grad for p in other.parameters())
    if drawn and not _different(first, other):
        yield finding(*(("factory_reseeds", "warning") if _reseeds(task) else ("same_start", "note")))


def _reseeds(task: Task) -> bool:
    """Whether building sets the process-wide generator: it stands at the same place whatever it was seeded with."""
    states, draws = [], []
    for seed in (0, 1):
        with global_randomness(seed, python_too=True):
            before = torch.default_generator.get_state()
            task.model()
            states.append(torch.default_generator.get_state())
            draws.append(not torch.equal(before, states[-1]))
    return all(draws) and bool(torch.equal(states[0], states[1]))


def _different(first: nn.Module, second: nn.Module) -> list[str]:
    """Names of parameters and buffers that differ."""
    one, other = _tensors_of(first), _tensors_of(second)
    return [n for n in one if n not in other or not same(one[n], other[n])] + [
        n for n in other if n not in one
    ]


def _tensors_of(model: nn.Module) -> dict[str, Tensor]:
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def _moving(model: nn.Module) -> dict[str, Tensor]:
    """What training moves: trainable parameters, and buffers of layers that update theirs in training mode."""
    moving = {name: p for name, p in model.named_parameters() if p.requires_grad}
    for place, module in model.named_modules():
        if getattr(module, "track_running_stats", False):
            moving |= {f"{place}.{name}": b for name, b in module.named_buffers(recurse=False)}
    return {name: tensor for name, tensor in moving.items() if tensor.numel()}


def _place(tensor: Tensor) -> tuple[str, int]:
    return str(tensor.device), tensor.untyped_storage().data_ptr()
