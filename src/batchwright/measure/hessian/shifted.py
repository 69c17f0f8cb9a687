"""The mean training loss as a function of all parameters in one vector."""

from __future__ import annotations

import torch
from torch import nn

from batchwright.core.shapes import FlatParams
from batchwright.measure.gradients.per_example import Mode
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.own_copy import own_copy
from batchwright.task.task import Task


class ShiftedLoss:
    """L(w), the mean training loss at any parameters w, evaluated on a copy of the model.

    What :class:`~.curvature.Curvature` refuses is refused here too; the caller's weights,
    buffers, mode and random state are left alone.

    Args:
        model: gives the origin; read, never written to.
        task: its training examples and per-example loss; its augmentation and autocast are left out.
        examples: a stratified subset of so many training examples; all of them by default.
        chunk: examples a forward or backward pass.
        mode: of dropout and batch norm; the model's present one by default.
        seed: of the subset.

    Attributes:
        origin: the model's parameters, shape (P,), in its dtype and on its device.
        evaluations: passes over the examples so far, with and without the gradient.
    """

    def __init__(
        self, model: nn.Module, task: Task, *, examples: int | None = None, chunk: int = 128,
        mode: Mode | None = None, seed: int = 0,
    ) -> None:  # fmt: skip
        # No products are asked for, so no graph is kept.
        self._at = Curvature(model, task, examples=examples, chunk=chunk, mode=mode, seed=seed)
        self.origin = self._at.point()
        self.evaluations = 0

    def loss(self, point: FlatParams) -> float:
        """L at ``point``; may not be finite."""
        self.evaluations += 1
        return self._at.loss_at(point)

    def loss_and_gradient(self, point: FlatParams) -> tuple[float, FlatParams]:
        """L and its gradient at ``point``; may not be finite."""
        self.evaluations += 1
        self._at.move(point)
        return self._at.loss(), self._at.gradient()


def model_at(model: nn.Module, task: Task, point: FlatParams) -> nn.Module:
    """A copy of the task's model with other trainable parameters, ``point``, in the model's order."""
    moved = own_copy(model, task)
    own = [p for p in moved.parameters() if p.requires_grad]
    pieces = point.split([p.numel() for p in own])
    with torch.no_grad():
        for parameter, piece in zip(own, pieces, strict=True):
            parameter.copy_(piece.view_as(parameter))
    return moved
