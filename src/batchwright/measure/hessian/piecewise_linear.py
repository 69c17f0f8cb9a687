"""The exact trace of the Hessian of networks whose outputs are piecewise linear in every single parameter.

Dense, convolutional and normalising layers (with fixed statistics) are affine in each of their parameters,
and ReLU, pooling, sums and reshapes keep that, up to kinks. Where every layer is used once,
d^2 z / dw_j^2 = 0 for each output z and parameter w_j, so that the Hessian and the Gauss-Newton matrix have
the same diagonal (Botev, Ritter and Barber 2017, arXiv 1706.03662). The trace then takes as many backward
passes as there are outputs, instead of hundreds of products with random directions:

    tr H = 1/N sum_i tr(J_i' S_i J_i) = 1/N sum_i sum_m s_im |J_i' u_im|^2

with S_i = d^2 l_i / dz^2 = sum_m s_im u_im u_im'. The norms of the examples' own gradients come from the
inputs of the layers and the slopes at their outputs (Goodfellow 2015, arXiv 1510.01799).
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, fx, nn
from torch.nn import functional as F

from batchwright.task.data import Split
from batchwright.task.task import Task

_MOST_OUTPUTS = 64
"""Outputs of an example beyond which as many backward passes cost more than random products."""
_MOST_EXAMPLES = 256
"""Of a chunk: on a CPU larger ones fall out of its caches."""
_LAYERS = frozenset((nn.Linear, nn.Conv2d, nn.BatchNorm1d, nn.BatchNorm2d))
_MODULES = _LAYERS | {
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.Hardtanh, nn.Flatten, nn.Unflatten, nn.Identity, nn.Dropout,
    nn.Dropout2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d,
}  # fmt: skip
_FUNCTIONS = frozenset({
    operator.add, operator.iadd, operator.sub, operator.getitem, getattr, torch.add, torch.sub, torch.cat,
    torch.flatten, torch.mean, torch.relu, F.relu, F.leaky_relu, F.dropout, F.max_pool2d, F.avg_pool2d,
    F.adaptive_avg_pool2d,
})  # fmt: skip
_SCALINGS = frozenset({operator.mul, operator.truediv})
_METHODS = frozenset({
    "add", "sub", "relu", "mean", "sum", "size", "view", "reshape", "flatten", "contiguous", "squeeze",
    "unsqueeze", "permute", "transpose",
})  # fmt: skip


def is_piecewise_linear(model: nn.Module) -> bool:
    """Whether the outputs are known to be piecewise linear in every single parameter.

    False wherever the operations cannot be followed (by ``torch.fx``), a layer is used twice, parameters are
    tied, or an operation is not among those listed above.
    """
    try:
        graph = fx.symbolic_trace(copy.deepcopy(model)).graph  # of a copy: tracing may write to the model
    except Exception:
        return False
    modules, used = dict(model.named_modules()), set[int]()
    for node in graph.nodes:
        if node.op == "call_module":
            module = modules[str(node.target)]
            own = {id(p) for p in module.parameters()}
            if type(module) not in _MODULES or _has_hooks(module) or own & used:
                return False
            used |= own
        elif not _keeps_linearity(node):
            return False
    return True


def _has_hooks(module: nn.Module) -> bool:
    return bool(module._forward_hooks or module._forward_pre_hooks)


def _keeps_linearity(node: fx.Node) -> bool:
    if node.op == "call_function":
        constant = sum(isinstance(a, fx.Node) for a in node.args) == 1 and isinstance(node.args[0], fx.Node)
        return node.target in _FUNCTIONS or (node.target in _SCALINGS and constant)
    if node.op == "call_method":
        return node.target in _METHODS
    return node.op in ("placeholder", "output")  # a parameter that is fetched may be used in any way


def piecewise_linear_trace(model: nn.Module, task: Task, data: Split, memory_bytes: int) -> float | None:
    """tr H of the mean loss over ``data`` at the model's present parameters, exact to rounding.

    Args:
        model: in the mode it is to be measured in; a copy that may be hooked, its parameters are left alone.
        task: gives the per-example loss.
        data: the examples, on the model's device.
        memory_bytes: bounds what is held of a chunk.

    Returns:
        None where the model is not known to be piecewise linear, the task has a forward function of its own,
        or an example has more than 64 outputs.
    """
    if task.forward is not None or not is_piecewise_linear(model):
        return None
    total, start, size = 0.0, 0, 1
    while start < len(data):
        piece = torch.arange(start, min(start + size, len(data)))
        inputs, targets = data.gather(piece, seed=0)
        with _recorded(model) as layers:
            outputs = model(inputs)
        fits = isinstance(outputs, Tensor) and outputs.numel() <= _MOST_OUTPUTS * len(piece)
        if not fits or not all(layer.supported for layer in layers):
            return None
        total += _summed_traces(layers, outputs, task, targets)
        start += len(piece)
        held = sum(layer.bytes() for layer in layers) / len(piece)
        size = max(1, min(_MOST_EXAMPLES, int(memory_bytes / held)))
    return total / len(data)


class _Layer:
    """A layer with what went into it and what came out: the gradients of its parameters, by example."""

    def __init__(self, module: nn.Module, inputs: Tensor, outputs: Tensor) -> None:
        self.module: Any = module
        self.inputs, self.outputs = inputs.detach(), outputs
        self._columns: Tensor | None = None

    @property
    def supported(self) -> bool:
        if isinstance(self.module, nn.Linear):
            return self.inputs.ndim == 2
        if isinstance(self.module, nn.Conv2d):
            plain = self.module.groups == 1 and self.module.padding_mode == "zeros"
            return plain and not isinstance(self.module.padding, str) and self.inputs.ndim == 4
        return self.module.running_mean is not None and not self.module.training

    def bytes(self) -> int:
        numbers = self.inputs.numel() + 4 * self.outputs.numel()
        if isinstance(self.module, nn.Conv2d):
            inner = self.module.weight[0].numel()
            numbers += 2 * inner * self.outputs[:, 0].numel() + len(self.inputs) * self.module.weight.numel()
        return numbers * self.inputs.element_size()

    def square_norms(self, slopes: Float[Tensor, "batch ..."]) -> Float[Tensor, " batch"]:
        """|d(s_i z_i) / dw|^2 by example, shape (n,), from the slopes at the layer's outputs."""
        total = torch.zeros(len(slopes), dtype=torch.float64, device=slopes.device)
        if self.module.weight is not None and self.module.weight.requires_grad:
            total += self._weights_norms(slopes).double()
        if self.module.bias is not None and self.module.bias.requires_grad:
            total += _over_positions(slopes).square().sum(dim=1).double()
        return total

    def _weights_norms(self, slopes: Float[Tensor, "batch ..."]) -> Float[Tensor, " batch"]:
        if isinstance(self.module, nn.Linear):  # an outer product
            return self.inputs.square().sum(dim=1) * slopes.square().sum(dim=1)
        if isinstance(self.module, nn.Conv2d):
            if self._columns is None:  # once for all outputs
                conv: Any = self.module
                self._columns = F.unfold(
                    self.inputs, conv.kernel_size, conv.dilation, conv.padding, conv.stride
                ).transpose(1, 2)
            return torch.bmm(slopes.flatten(2), self._columns).square().sum(dim=(1, 2))
        shape = (1, -1) + (1,) * (self.inputs.ndim - 2)
        mean, variance = self.module.running_mean.view(shape), self.module.running_var.view(shape)
        normalised = (self.inputs - mean) / (variance + self.module.eps).sqrt()
        return _over_positions(slopes * normalised).square().sum(dim=1)


def _over_positions(values: Float[Tensor, "batch channels ..."]) -> Float[Tensor, "batch channels"]:
    """Summed over all dimensions but example and channel."""
    return values.flatten(2).sum(dim=2) if values.ndim > 2 else values


@contextmanager
def _recorded(model: nn.Module) -> Iterator[list[_Layer]]:
    """The layers with parameters, as the model uses them."""
    layers: list[_Layer] = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...], outputs: Tensor) -> Tensor:
        layers.append(_Layer(module, inputs[0], outputs))
        return outputs.clone()  # what follows may write to it

    own = [m for m in model.modules() if type(m) in _LAYERS and any(p.requires_grad for p in m.parameters())]
    handles = [module.register_forward_hook(note) for module in own]
    try:
        yield layers
    finally:
        for handle in handles:
            handle.remove()


def _summed_traces(layers: list[_Layer], outputs: Tensor, task: Task, targets: Any) -> float:
    """sum_i tr(J_i' S_i J_i) over a chunk."""
    sizes, directions = torch.linalg.eigh(_loss_hessians(outputs, task, targets))
    negligible = torch.finfo(outputs.dtype).eps * float(sizes.abs().max())
    total = 0.0
    for m in range(sizes.shape[1]):
        if float(sizes[:, m].abs().max()) <= negligible:  # softmax has one direction without curvature
            continue
        direction = directions[:, :, m].to(outputs.dtype).view_as(outputs)
        slopes = torch.autograd.grad(
            outputs, [layer.outputs for layer in layers], direction, retain_graph=True, allow_unused=True
        )
        for layer, slope in zip(layers, slopes, strict=True):
            if slope is not None:
                total += float(sizes[:, m] @ layer.square_norms(slope))
    return total


def _loss_hessians(
    outputs: Float[Tensor, "batch ..."], task: Task, targets: Any
) -> Float[Tensor, "batch outputs outputs"]:
    """S_i = d^2 l_i / dz^2, shape (n, outputs, outputs), in float64."""
    detached = outputs.detach().requires_grad_()
    (slope,) = torch.autograd.grad(task.loss(detached, targets).sum(), detached, create_graph=True)
    columns = slope.flatten(1)
    if not columns.requires_grad:
        return columns.new_zeros(*columns.shape, columns.shape[1], dtype=torch.float64)
    rows = [
        torch.autograd.grad(columns[:, k].sum(), detached, retain_graph=True)[0].flatten(1)
        for k in range(columns.shape[1])
    ]
    found = torch.stack(rows, dim=1).double()
    return (found + found.mT) / 2
