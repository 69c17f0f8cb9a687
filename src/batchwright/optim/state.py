"""Optimizer state as named tensors, the same whether or not parameters share a flat buffer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from batchwright.core.errors import InputError
from batchwright.optim.flat import SCALAR_STATE, FlatParameters

FACTORED_STATE = ("row_var", "col_var")
"""Adafactor's state, one entry a row or a column."""


def collect_state(
    optimizers: Sequence[Optimizer], flat: FlatParameters | None, loose: Mapping[str, nn.Parameter]
) -> dict[str, Tensor]:
    """Contiguous copies of torch's state, named ``key/parameter``.

    Args:
        optimizers: what moves the parameters.
        flat: the parameters in a buffer, if any.
        loose: name -> parameter, those outside it.
    """
    states: dict[str, dict[str, Tensor]] = {}
    for optimizer in optimizers:
        if flat is not None and flat.parameter in optimizer.state:
            states |= flat.split_state(_tensors(optimizer.state[flat.parameter]))
        for name, p in loose.items():
            if p in optimizer.state:
                states[name] = _tensors(optimizer.state[p])
    return {
        f"{key}/{name}": value.detach().clone(memory_format=torch.contiguous_format)
        for name, state in states.items()
        for key, value in state.items()
    }


def restore_state(
    entries: Mapping[str, Tensor],
    optimizers: Sequence[Optimizer],
    flat: FlatParameters | None,
    loose: Mapping[str, nn.Parameter],
) -> None:
    """The inverse of :func:`collect_state`, into freshly built optimizers.

    Raises:
        InputError: an unknown parameter, a wrong shape, or an incomplete state.
    """
    params = dict(loose) | (flat.params if flat else {})
    states: dict[str, dict[str, Tensor]] = {}
    for full, value in entries.items():
        key, _, name = full.partition("/")
        if name not in params:
            raise InputError(f"the optimizer state names {name!r}, and the model has no such parameter")
        shape = params[name].shape
        if key not in SCALAR_STATE and key not in FACTORED_STATE and value.shape != shape:
            raise InputError(f"{key} of {name!r} must have shape {tuple(shape)}, got {tuple(value.shape)}")
        states.setdefault(name, {})[key] = value
    names = {id(p): name for name, p in loose.items()}
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            for p in group["params"]:
                if flat is not None and p is flat.parameter:
                    own = flat.join_state(states)
                else:
                    own = states.get(names[id(p)], {})
                if own:
                    optimizer.state[p] = _placed(own, p, fused=bool(group.get("fused")))


def _placed(state: Mapping[str, Tensor], p: Tensor, *, fused: bool) -> dict[str, Tensor]:
    # torch counts steps on the host, but for its fused kernels on the parameter's device.
    scalar = p.device if fused else torch.device("cpu")
    placed: dict[str, Tensor] = {}
    for key, value in state.items():
        if key in SCALAR_STATE or value.shape != p.shape:
            placed[key] = value.to(scalar if key in SCALAR_STATE else p.device, copy=True)
        else:  # in the memory order of the parameter, which fused kernels take for granted
            placed[key] = torch.empty_like(p.detach(), dtype=value.dtype).copy_(value)
    return placed


def _tensors(state: Mapping[str, Tensor | None]) -> dict[str, Tensor]:
    return {key: value for key, value in state.items() if value is not None}
