"""Losses with one value an example, shape (batch,): the trainer takes the mean itself."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from batchwright.core.shapes import Losses


def cross_entropy(outputs: Tensor, targets: Tensor) -> Losses:
    """Negative log-likelihood of the target class under softmax(outputs).

    Args:
        outputs: logits, shape (batch, classes).
        targets: class indices, shape (batch,).
    """
    return F.cross_entropy(outputs, targets, reduction="none")


def label_squared_error(outputs: Tensor, targets: Tensor) -> Losses:
    """1/2 |output - e_target|^2: classification by least squares on one-hot labels.

    Args:
        outputs: shape (batch, classes).
        targets: class indices, shape (batch,).
    """
    return 0.5 * (outputs - F.one_hot(targets, outputs.shape[1])).square().sum(dim=1)


def squared_error(outputs: Tensor, targets: Tensor) -> Losses:
    """(output - target)^2, averaged over all dimensions but the first.

    Args:
        outputs: shape (batch, ...), with as many numbers an example as the targets.
        targets: shape (batch, ...).
    """
    errors = (outputs.reshape(targets.shape) - targets).square()
    return errors if errors.ndim == 1 else errors.flatten(1).mean(dim=1)
