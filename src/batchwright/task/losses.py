"""Losses with one value an example, shape (batch,): the trainer takes the mean itself.

``LOSSES`` holds those with a name. Where an example has several positions (the tokens of a text, the pixels
of a mask), its value is the mean over them; classes lie along dimension 1, as torch has it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from batchwright.core.shapes import Losses
from batchwright.task.metrics import ACCURACY, SIGN_ACCURACY, Metric


def cross_entropy(outputs: Tensor, targets: Tensor) -> Losses:
    """Negative log-likelihood of the target class under softmax(outputs).

    Args:
        outputs: logits, shape (batch, classes, ...).
        targets: class indices, shape (batch, ...).
    """
    return by_example(F.cross_entropy(outputs, targets, reduction="none"))


def negative_log_likelihood(outputs: Tensor, targets: Tensor) -> Losses:
    """-outputs at the target class, for models that end in a log-softmax.

    Args:
        outputs: log-probabilities, shape (batch, classes, ...).
        targets: class indices, shape (batch, ...).
    """
    return by_example(F.nll_loss(outputs, targets, reduction="none"))


def binary_cross_entropy(outputs: Tensor, targets: Tensor) -> Losses:
    """-y log s(z) - (1 - y) log(1 - s(z)) of logits z and labels y, s the logistic function.

    Args:
        outputs: logits, shape (batch, ...), with as many numbers an example as the targets.
        targets: labels from 0 to 1, shape (batch, ...).
    """
    logits = outputs.reshape(targets.shape)
    return by_example(F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype), reduction="none"))


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
    return by_example((outputs.reshape(targets.shape) - targets).square())


def absolute_error(outputs: Tensor, targets: Tensor) -> Losses:
    """|output - target|; shapes as those of :func:`squared_error`."""
    return by_example((outputs.reshape(targets.shape) - targets).abs())


def huber(outputs: Tensor, targets: Tensor) -> Losses:
    """1/2 e^2 for errors |e| up to 1, |e| - 1/2 beyond; shapes as those of :func:`squared_error`."""
    return by_example(F.huber_loss(outputs.reshape(targets.shape), targets, reduction="none"))


def by_example(values: Tensor) -> Losses:
    """Values of shape (batch, ...) averaged over all dimensions but the first."""
    return values if values.ndim < 2 else values.flatten(1).mean(dim=1)


@dataclass(frozen=True, kw_only=True)
class NamedLoss:
    """A loss that a task can name.

    Attributes:
        function: one value an example.
        least: the smallest value it can take; None where it has no bound.
        accuracy: what accuracy means where it is the loss; None for regression.
    """

    function: Callable[[Any, Any], Tensor]
    least: float | None = 0.0
    accuracy: Metric | None = None


LOSSES = {
    "cross_entropy": NamedLoss(function=cross_entropy, accuracy=ACCURACY),
    "nll": NamedLoss(function=negative_log_likelihood, least=None, accuracy=ACCURACY),
    "bce": NamedLoss(function=binary_cross_entropy, accuracy=SIGN_ACCURACY),
    "mse": NamedLoss(function=squared_error),
    "l1": NamedLoss(function=absolute_error),
    "huber": NamedLoss(function=huber),
}
"""Every loss that ``Task(loss="...")`` takes."""

BY_EXAMPLE = frozenset({entry.function for entry in LOSSES.values()} | {label_squared_error})
"""Losses of which a value depends on its own example alone."""
