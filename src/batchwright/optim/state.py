"""Optimizer state as named tensors, the same whether or not parameters share a flat buffer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from batchwright.core.errors import InputError
from batchwright.optim.catalogue import CATALOGUE
from batchwright.optim.flat import FlatParameters
from batchwright.optim.spec import OptimizerSpec

States = dict[str, dict[str, Tensor]]
"""Parameter -> key -> tensor."""


def collect_state(
    spec: OptimizerSpec,
    optimizers: Sequence[Optimizer],
    flat: FlatParameters | None,
    loose: Mapping[str, nn.Parameter],
) -> dict[str, Tensor]:
    """Contiguous copies of torch's state, named ``key/parameter``.

    Args:
        spec: the optimizer.
        optimizers: what moves the parameters.
        flat: the parameters in a buffer, if any.
        loose: name -> parameter, those outside it.
    """
    states: States = {}
    record = CATALOGUE[spec.name]
    for optimizer in optimizers:
        if flat is not None and flat.parameter in optimizer.state:
            own = _tensors(optimizer.state[flat.parameter])
            states |= flat.split_state(own, record.scalar_state())
        (group,) = optimizer.param_groups
        for name, p in loose.items():
            if p in optimizer.state:
                kept = {k: v for k, v in optimizer.state[p].items() if k not in record.scratch}
                counts = {k: torch.tensor(float(group[k])) for k in record.group_state()}
                states[name] = _tensors(kept) | counts
    return {
        f"{key}/{name}": value.detach().clone(memory_format=torch.contiguous_format)
        for name, state in states.items()
        for key, value in state.items()
    }


def restore_state(
    spec: OptimizerSpec,
    entries: Mapping[str, Tensor],
    optimizers: Sequence[Optimizer],
    flat: FlatParameters | None,
    loose: Mapping[str, nn.Parameter],
) -> None:
    """The inverse of :func:`collect_state`, into freshly built optimizers.

    Raises:
        InputError: an unknown parameter or tensor, a wrong shape or dtype, or an incomplete state.
    """
    states = _by_parameter(spec, entries, dict(loose) | (flat.params if flat else {}))
    names = {id(p): name for name, p in loose.items()}
    record = CATALOGUE[spec.name]
    scalars = record.scalar_state()
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            for p in group["params"]:
                if flat is not None and p is flat.parameter:
                    own = flat.join_state(states, scalars)
                else:
                    own = states.get(names[id(p)], {})
                for key in record.group_state() & own.keys():
                    group[key] = int(own.pop(key))
                if own:
                    optimizer.state[p] = _placed(own, p, scalars, fused=bool(group.get("fused")))


def _by_parameter(
    spec: OptimizerSpec, entries: Mapping[str, Tensor], params: Mapping[str, nn.Parameter]
) -> States:
    """The entries by parameter, each complete: all that the optimizer keeps for it, or nothing."""
    states: States = {}
    for full, value in entries.items():
        key, _, name = full.partition("/")
        if name not in params:
            raise InputError(f"the optimizer state names {name!r}, and the model has no such parameter")
        states.setdefault(name, {})[key] = value
    for name, own in states.items():
        kept = CATALOGUE[spec.name].state_of(spec, tuple(params[name].shape))
        for key, value in own.items():
            if key not in kept:
                raise InputError(
                    f"the optimizer state holds {key} of {name!r}, which {spec.name} does not keep"
                )
            _check(f"{key} of {name!r}", value, kept[key], params[name].dtype)
        if absent := [key for key in kept if key not in own]:
            raise InputError(f"the optimizer state must hold {absent[0]} of {name!r}, got none")
    return states


def _check(what: str, value: Tensor, shape: tuple[int, ...], dtype: torch.dtype) -> None:
    if tuple(value.shape) != shape:
        raise InputError(f"{what} must have shape {shape}, got {tuple(value.shape)}")
    # Numbers that are no entries (a step count) have a dtype of torch's choice.
    if value.dtype != dtype and not (shape == () and value.is_floating_point()):
        raise InputError(f"{what} must be {dtype}, got {value.dtype}")


def _placed(
    state: Mapping[str, Tensor], p: Tensor, scalars: Collection[str], *, fused: bool
) -> dict[str, Tensor]:
    # torch counts steps on the host, but for its fused kernels on the parameter's device.
    host = p.device if fused else torch.device("cpu")
    placed: dict[str, Tensor] = {}
    for key, value in state.items():
        if key in scalars or value.shape != p.shape:
            placed[key] = value.to(host if key in scalars else p.device, copy=True)
        else:  # in the memory order of the parameter, which fused kernels take for granted
            placed[key] = torch.empty_like(p.detach(), dtype=value.dtype).copy_(value)
    return placed


def _tensors(state: Mapping[str, Tensor | None]) -> dict[str, Tensor]:
    return {key: value for key, value in state.items() if value is not None}
