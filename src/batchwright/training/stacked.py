"""The forward pass of K copies of one model in one: parameters stacked, a product of matrices a batch of products.

Layers of ``torch.nn`` that treat examples alone and draw nothing are put together here by hand, and not by
``torch.func.vmap``: for a small net the interpreter of vmap costs several times what the layers do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import torch
from torch import Tensor, nn

Stacks = Mapping[str, Tensor]
"""Parameter name -> the K parameters, shape (K, ...)."""
StackedForward = Callable[[Stacks, Tensor], Tensor]
"""Stacks and inputs of shape (K, batch, ...) to outputs of shape (K, batch, ...)."""

_BY_ENTRY: tuple[type[nn.Module], ...] = (
    nn.Identity, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid,
    nn.LogSigmoid, nn.Tanh, nn.Softplus, nn.Softsign, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish,
)  # fmt: skip
"""Layers without parameters that work entry by entry, whatever the shape."""


def stacked_forward(model: nn.Module) -> StackedForward | None:
    """The forward pass of K models of this structure; None where a layer is not known here.

    Known are chains (``nn.Sequential``, also nested) of dense layers, activations and a flattening of all but the
    examples. Nothing but the structure is taken from ``model``.
    """
    layers = _chain(model, "")
    if layers is None:
        return None

    def forward(stacks: Stacks, x: Tensor) -> Tensor:
        for layer in layers:
            x = layer(stacks, x)
        return x

    return forward


def _chain(module: nn.Module, name: str) -> list[StackedForward] | None:
    if _hooked(module):
        return None
    if type(module) is nn.Sequential:
        layers: list[StackedForward] = []
        for child, part in module.named_children():
            inner = _chain(part, f"{name}{child}.")
            if inner is None:
                return None
            layers += inner
        return layers
    if type(module) is nn.Linear:
        return [_dense(f"{name}weight", f"{name}bias" if module.bias is not None else None)]
    if type(module) is nn.Flatten and (module.start_dim, module.end_dim) == (1, -1):
        return [lambda stacks, x: x.flatten(2)]
    if type(module) in _BY_ENTRY:
        by_entry = cast(Callable[[Tensor], Tensor], module)
        return [lambda stacks, x: by_entry(x)]
    return None


def _hooked(module: nn.Module) -> bool:
    """Whether somebody else's code goes along with the layer: hooks, a forward or a parametrization of its own."""
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or "forward" in vars(module)
    ) or hasattr(module, "parametrizations")


def _dense(weight: str, bias: str | None) -> StackedForward:
    def layer(stacks: Stacks, x: Tensor) -> Tensor:
        # Examples stand in columns, so that the gradient comes in the memory order of the weights: the other way
        # round torch returns it transposed, and the update of a large layer takes several times as long.
        columns = x.mT
        if bias is None:
            return torch.bmm(stacks[weight], columns).mT
        return torch.baddbmm(stacks[bias].unsqueeze(2), stacks[weight], columns).mT

    return layer
