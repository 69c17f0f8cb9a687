"""Many parameters in one buffer, so that an elementwise optimizer makes one call instead of one a tensor."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError

_ALIGNMENT_BYTES = 64


def can_flatten(params: Sequence[Tensor]) -> bool:
    """Whether the tensors share one real floating dtype and one device."""
    return (
        len({(p.dtype, p.device) for p in params}) == 1
        and params[0].is_floating_point()
        and all(p.layout == torch.strided for p in params)
    )


def aligned_offsets(params: Mapping[str, Tensor]) -> tuple[dict[str, int], int]:
    """Where each tensor begins in one buffer, at multiples of 64 bytes, and the entries of the buffer."""
    offsets, size = {}, 0
    for name, p in params.items():
        unit = max(1, _ALIGNMENT_BYTES // p.element_size())
        offsets[name] = size
        size += -(-p.numel() // unit) * unit
    return offsets, size


def is_dense(p: Tensor) -> bool:
    """Whether a real floating tensor fills its memory, in any order of its dimensions."""
    # empty_like keeps the strides of such a tensor and makes new ones for any other.
    return p.is_floating_point() and p.layout == torch.strided and p.stride() == torch.empty_like(p).stride()


class FlatParameters:
    """Parameters moved into one buffer, of which each ``p.data`` becomes a view.

    The nn.Parameter objects keep their identity, shape and, where it is dense, memory order (channels
    last stays); any other layout becomes contiguous. Each starts at a multiple of 64 bytes, as vectorised
    kernels like it; the padding has gradient 0 and is never read.
    """

    def __init__(self, params: Mapping[str, nn.Parameter]) -> None:
        self.params = dict(params)
        first = next(iter(self.params.values()))
        self._strides = {n: torch.empty_like(p.data).stride() for n, p in self.params.items()}
        self._offsets, size = aligned_offsets(self.params)
        buffer = torch.zeros(size, dtype=first.dtype, device=first.device)
        for name, view in self.views(buffer).items():
            p = self.params[name]
            view.copy_(p.data)
            p.data = view
        self.parameter = nn.Parameter(buffer)
        self.gradient = torch.zeros_like(buffer)
        self._gradient_views = list(self.views(self.gradient).values())

    def copy_gradients(self, gradients: list[Tensor]) -> None:
        """Copy the members' gradients, in their order, into the flat gradient."""
        torch._foreach_copy_(self._gradient_views, gradients)

    def views(self, vector: Tensor) -> dict[str, Tensor]:
        """The part of a flat vector that belongs to each member, in its shape."""
        return {
            name: vector.as_strided(p.shape, self._strides[name], self._offsets[name])
            for name, p in self.params.items()
        }

    def split_state(
        self, state: Mapping[str, Tensor], scalars: Collection[str]
    ) -> dict[str, dict[str, Tensor]]:
        """torch's state of the flat parameter as each member's own: name -> key -> tensor (views).

        ``scalars`` are the keys that hold one number and not one an entry.
        """
        out: dict[str, dict[str, Tensor]] = {name: {} for name in self.params}
        for key, value in state.items():
            parts = dict.fromkeys(self.params, value) if key in scalars else self.views(value)
            for name, part in parts.items():
                out[name][key] = part
        return out

    def join_state(
        self, states: Mapping[str, Mapping[str, Tensor]], scalars: Collection[str]
    ) -> dict[str, Tensor]:
        """The inverse of :meth:`split_state`.

        Raises:
            InputError: a member's state is missing, or the members' step counts differ.
        """
        keys = dict.fromkeys(key for name in self.params for key in states.get(name, {}))
        joined: dict[str, Tensor] = {}
        for key in keys:
            values = {name: states[name][key] for name in self.params if key in states.get(name, {})}
            absent = [name for name in self.params if name not in values]
            if absent:
                raise InputError(f"the optimizer state must hold {key} of {absent[0]!r}, got none")
            sample = next(iter(values.values()))
            if key in scalars:
                if any(not torch.equal(sample, value) for value in values.values()):
                    raise InputError(f"joined parameters must agree in their optimizer's {key}, got several")
                joined[key] = sample.clone()
                continue
            joined[key] = torch.zeros_like(self.parameter.data, dtype=sample.dtype)
            for name, view in self.views(joined[key]).items():
                view.copy_(values[name])
        return joined
