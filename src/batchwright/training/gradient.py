"""The gradient of one update: per-example losses, weights, micro-batches."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.streams import derive_seed, global_randomness
from batchwright.task.task import Task

# Layers of torch.nn that draw nothing at random. Any other class might (a user's own module can call
# F.dropout), so only models made of these alone skip the seeding of the process-wide generator.
_DRAWS_NOTHING = frozenset(
    {
        "Sequential", "ModuleList", "ModuleDict", "Identity", "Flatten", "Unflatten", "Linear", "Bilinear",
        "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d",
        "MaxPool1d", "MaxPool2d", "MaxPool3d", "AvgPool1d", "AvgPool2d", "AvgPool3d",
        "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d", "AdaptiveMaxPool1d",
        "AdaptiveMaxPool2d", "AdaptiveMaxPool3d", "BatchNorm1d", "BatchNorm2d", "BatchNorm3d",
        "LayerNorm", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "RMSNorm",
        "Embedding", "EmbeddingBag", "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "GELU",
        "SiLU", "Mish", "Sigmoid", "LogSigmoid", "Tanh", "Softplus", "Softsign", "Softmax", "LogSoftmax",
        "Hardtanh", "Hardsigmoid", "Hardswish", "Upsample", "PixelShuffle", "ZeroPad2d",
    }
)  # fmt: skip


def draws_randomness(model: nn.Module) -> bool:
    """Whether a forward pass in training mode might draw random numbers; True when in doubt."""
    return any(
        type(module).__name__ not in _DRAWS_NOTHING or not type(module).__module__.startswith("torch.nn.")
        for module in model.modules()
    )


def may_be_sparse(model: nn.Module) -> bool:
    """Whether a gradient might be a sparse tensor: an embedding asks for it, or the code is not torch's."""
    return any(
        getattr(module, "sparse", False) or not type(module).__module__.startswith("torch.nn.")
        for module in model.modules()
    )


class GradientEngine:
    """Gradients of the mean loss of a batch, in one pass or accumulated over micro-batches.

    With per-example losses l_i and weights w_i = 1/divisor the gradient is d/dtheta sum_i w_i l_i. The
    weights enter as the vector of the vector-Jacobian product, so every batch size, a short last batch
    and accumulation all use the same graph, and no mean is ever rescaled.

    Gradients are dense: those of ``Embedding(sparse=True)`` are filled with their zeros, since most
    optimizers take no sparse ones, and momentum and weight decay move the other rows all the same. The
    trajectory is that of ``sparse=False``.
    """

    def __init__(self, model: nn.Module, task: Task, seed: int, autocast: str | None) -> None:
        self.model = model
        self.params = [p for p in model.parameters() if p.requires_grad]
        if not self.params:
            raise InputError(f"task {task.name!r}: the model has no trainable parameters")
        self._loss = task.loss
        self._forward: Callable[[nn.Module, Any], Any] | None = task.forward
        self._seed = seed
        self._random = draws_randomness(model)
        self._sparse = may_be_sparse(model)
        self._autocast = autocast
        self._device = self.params[0].device
        self._weights: dict[tuple[int, int, torch.dtype], Tensor] = {}

    def losses(self, inputs: Any, targets: Any) -> Tensor:
        """Per-example losses, shape (batch,), in the model's current mode."""
        if self._autocast is not None:
            with torch.autocast(self._device.type, dtype=torch.bfloat16):
                outputs = self.model(inputs) if self._forward is None else self._forward(self.model, inputs)
                losses = self._loss(outputs, targets)
        else:
            outputs = self.model(inputs) if self._forward is None else self._forward(self.model, inputs)
            losses = self._loss(outputs, targets)
        if losses.ndim != 1:
            raise InputError(
                "loss(outputs, targets) must return one value an example, shape (batch,), "
                f"got shape {tuple(losses.shape)}: pass reduction='none'"
            )
        return losses

    def gradients(self, inputs: Any, targets: Any, divisor: int, position: int) -> tuple[Any, Tensor]:
        """``(gradients, losses)`` of sum_i losses_i / divisor; None for parameters not in the graph."""
        with self._randomness(position):
            losses = self.losses(inputs, targets)
        weights = self._weight(len(losses), divisor, losses.dtype)
        gradients = torch.autograd.grad(losses, self.params, weights, allow_unused=True)
        if self._sparse:
            gradients = tuple(g.to_dense() if g is not None and g.is_sparse else g for g in gradients)
        return gradients, losses.detach()

    def accumulate(
        self, batches: list[tuple[Any, Any, int]], divisor: int
    ) -> tuple[list[Tensor | None], Tensor]:
        """Gradients and losses of one update from its micro-batches ``(inputs, targets, position)``, if any."""
        total: list[Tensor | None] | None = None
        losses = []
        for inputs, targets, position in batches:
            part, part_losses = self.gradients(inputs, targets, divisor, position)
            losses.append(part_losses)
            total = list(part) if total is None else [_sum(a, b) for a, b in zip(total, part, strict=True)]
        if total is None:
            return [None] * len(self.params), torch.zeros(0, device=self._device)
        return total, torch.cat(losses)

    def _weight(self, count: int, divisor: int, dtype: torch.dtype) -> Tensor:
        key = (count, divisor, dtype)
        weight = self._weights.get(key)
        if weight is None:
            weight = torch.full((count,), 1.0 / divisor, dtype=dtype, device=self._device)
            self._weights[key] = weight
        return weight

    def _randomness(self, position: int) -> AbstractContextManager[None]:
        if not self._random:
            return _NOTHING
        return global_randomness(derive_seed(self._seed, "model", position), python_too=True)


_NOTHING: AbstractContextManager[None] = nullcontext()


def _sum(a: Tensor | None, b: Tensor | None) -> Tensor | None:
    if a is None or b is None:
        return b if a is None else a
    return a.add_(b)
