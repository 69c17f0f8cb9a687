"""Convolutions of the data themselves, whose second derivative torch computes with needless work.

Where the gradient of a convolution's weights is differentiated, torch also computes the derivative with
respect to the input, a transposed convolution, even if the input is data. On images that is a fifth of a
small network's Hessian product. Written as two linear maps, each the other's transpose, the same kernels
compute what is needed and no more:

    y = x * w,        dL/dw = X(dL/dy),        with X' (u) = x * u
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.overrides import TorchFunctionMode

_DIMENSIONS: Mapping[Any, int] = {torch.conv1d: 1, torch.conv2d: 2, torch.conv3d: 3}


class DataConvolutions(TorchFunctionMode):
    """While it is entered, convolutions whose input needs no gradient go by this module's derivatives."""

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func in _DIMENSIONS and torch.is_grad_enabled():
            found = _arguments(_DIMENSIONS[func], *args, **(kwargs or {}))
            if found is not None:
                return _Convolution.apply(*found)
        return func(*args, **(kwargs or {}))


def _arguments(
    dimensions: int, input: Any, weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> tuple[Any, ...] | None:  # fmt: skip
    """What ``_Convolution`` takes; None where torch's own way is needed."""
    if isinstance(padding, str) or input.ndim != dimensions + 2 or input.requires_grad:
        return None
    if not weight.requires_grad or input.dtype != weight.dtype:
        return None
    sizes = [[v] * dimensions if isinstance(v, int) else list(v) for v in (stride, padding, dilation)]
    return input, weight, bias, (*sizes, groups)


def _convolved(inputs: Tensor, weight: Tensor, bias: Tensor | None, geometry: Any) -> Tensor:
    stride, padding, dilation, groups = geometry
    return torch.ops.aten.convolution(
        inputs, weight, bias, stride, padding, dilation, False, [0] * len(stride), groups
    )


class _Convolution(Function):
    """x * w + b for data x."""

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None, geometry: Any) -> Tensor:
        ctx.save_for_backward(inputs, weight)
        ctx.geometry, ctx.biased = geometry, bias is not None
        return _convolved(inputs, weight, bias, geometry)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> Any:
        (slope,) = slopes
        inputs, weight = ctx.saved_tensors
        own = _WeightGradient.apply(slope, inputs, weight, ctx.geometry) if ctx.needs_input_grad[1] else None
        others = [d for d in range(slope.ndim) if d != 1]
        return None, own, slope.sum(others) if ctx.biased and ctx.needs_input_grad[2] else None, None


class _WeightGradient(Function):
    """dL/dw from dL/dy; linear, and the values of w do not matter."""

    @staticmethod
    def forward(ctx: Any, slope: Tensor, inputs: Tensor, weight: Tensor, geometry: Any) -> Tensor:
        ctx.save_for_backward(inputs)
        ctx.geometry = geometry
        stride, padding, dilation, groups = geometry
        return torch.ops.aten.convolution_backward(
            slope, inputs, weight, None, stride, padding, dilation, False, [0] * len(stride), groups,
            [False, True, False],
        )[1]  # fmt: skip

    @staticmethod
    def backward(ctx: Any, *directions: Tensor) -> Any:
        (direction,) = directions
        (inputs,) = ctx.saved_tensors
        return _Convolution.apply(inputs, direction, None, ctx.geometry), None, None, None
