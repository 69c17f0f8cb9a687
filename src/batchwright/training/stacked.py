"""The forward pass of K copies of one model in one: parameters stacked, a product of matrices a batch of products.

Layers of ``torch.nn`` that treat examples alone and draw nothing are put together here by hand, and not by
``torch.func.vmap``: for a small net the interpreter of vmap costs several times what the layers do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

Stacks = Mapping[str, Tensor]
"""Parameter name -> the K parameters, shape (K, ...)."""
StackedForward = Callable[[Stacks, Tensor], Tensor]
"""Stacks and inputs of shape (K, batch, ...) to outputs of shape (K, batch, ...)."""

_BY_ENTRY: tuple[type[nn.Module], ...] = (
    nn.Identity, nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.ELU, nn.SELU, nn.CELU, nn.GELU, nn.SiLU, nn.Mish, nn.Sigmoid,
    nn.LogSigmoid, nn.Tanh, nn.Softplus, nn.Softsign, nn.Hardtanh, nn.Hardsigmoid, nn.Hardswish,
)  # fmt: skip
"""Layers without parameters that work entry by entry, whatever the shape."""
_POOLS: tuple[type[nn.Module], ...] = (
    nn.MaxPool1d,
    nn.MaxPool2d,
    nn.MaxPool3d,
    nn.AvgPool1d,
    nn.AvgPool2d,
    nn.AvgPool3d,
)
_CONVOLUTIONS: dict[type[nn.Module], Callable[..., Tensor]] = {
    nn.Conv1d: F.conv1d, nn.Conv2d: F.conv2d, nn.Conv3d: F.conv3d,
}  # fmt: skip


def stacked_forward(model: nn.Module) -> StackedForward | None:
    """The forward pass of K models of this structure; None where a layer is not known here.

    Known are chains (``nn.Sequential``, also nested) of dense layers, convolutions with zeros around, pooling, layer
    norm, activations, and a flattening of all but the examples. Nothing but the structure is taken from ``model``.
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
    if hooked(module):
        return None
    if type(module) is nn.Sequential:
        layers: list[StackedForward] = []
        for (
            child,
            part,
        ) in module._modules.items():  # named_children leaves out a layer that stands there again
            inner = None if part is None else _chain(part, f"{name}{child}.")
            if inner is None:
                return None
            layers += inner
        return layers
    layer = layer_of(module, name)
    return None if layer is None else [layer]


def layer_of(module: nn.Module, name: str) -> StackedForward | None:
    """One layer, whose parameters' names begin with ``name``; None where it is not known."""
    if hooked(module):
        return None
    layer = _weighted(module, f"{name}weight", f"{name}bias")
    if layer is not None:
        return layer
    if type(module) in _POOLS and not getattr(module, "return_indices", False):
        pool = cast(Callable[[Tensor], Tensor], module)
        return lambda stacks, x: _by_channel(pool, x)
    if type(module) is nn.Flatten and (module.start_dim, module.end_dim) == (1, -1):
        return lambda stacks, x: x.flatten(2)
    if type(module) in _BY_ENTRY:
        by_entry = cast(Callable[[Tensor], Tensor], module)
        return lambda stacks, x: by_entry(x)
    return None


def _weighted(module: nn.Module, weight: str, bias: str) -> StackedForward | None:
    """A layer with parameters of these names; None where it is not known."""
    if type(module) is nn.Linear:
        return _dense(weight, bias if module.bias is not None else None)
    if isinstance(module, _ConvNd) and type(module) in _CONVOLUTIONS and module.padding_mode == "zeros":
        return _convolution(module, weight, bias if module.bias is not None else None)
    if type(module) is nn.LayerNorm and module.elementwise_affine:
        return _layer_norm(module, weight, bias if module.bias is not None else None)
    return None


def hooked(module: nn.Module) -> bool:
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


def _by_channel(layer: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """A layer that takes channels one by one or in groups, with the K models as so many times the channels."""
    count = len(x)
    return layer(x.transpose(0, 1).flatten(1, 2)).unflatten(1, (count, -1)).transpose(0, 1)


def _convolution(module: _ConvNd, weight: str, bias: str | None) -> StackedForward:
    convolve = _CONVOLUTIONS[type(module)]
    stride, padding, dilation, groups = module.stride, module.padding, module.dilation, module.groups

    def layer(stacks: Stacks, x: Tensor) -> Tensor:
        kernels = stacks[weight].flatten(0, 1)
        shifts = None if bias is None else stacks[bias].flatten()
        return _by_channel(
            lambda c: convolve(c, kernels, shifts, stride, padding, dilation, groups * len(x)), x
        )

    return layer


def _layer_norm(module: nn.LayerNorm, weight: str, bias: str | None) -> StackedForward:
    shape, eps = module.normalized_shape, module.eps

    def layer(stacks: Stacks, x: Tensor) -> Tensor:
        ones = [1] * (x.ndim - 1 - len(shape))
        x = F.layer_norm(x, shape, eps=eps) * stacks[weight].view(len(x), *ones, *shape)
        return x if bias is None else x + stacks[bias].view(len(x), *ones, *shape)

    return layer
