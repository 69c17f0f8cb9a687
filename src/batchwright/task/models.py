"""Reference networks of the built-in tasks, plain ``nn.Sequential`` stacks of torch's own layers."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from batchwright.core.errors import InputError


def dense(
    inputs: int,
    hidden: int | Sequence[int],
    classes: int,
    *,
    batch_norm: bool = False,
    init_scale: float = 1.0,
) -> nn.Sequential:
    """Fully connected network: Linear, ReLU, ..., Linear, with logits as outputs.

    The initial numbers drawn are the same with and without batch norm, and at every scale.

    Args:
        inputs: numbers an example, shape (batch, inputs).
        hidden: width of the hidden layer, or the widths of several.
        classes: number of outputs.
        batch_norm: normalise what enters every ReLU over the batch (Ioffe and Szegedy 2015, arXiv
            1502.03167); batches of one example cannot train then.
        init_scale: factor on the initial weights and biases of the linear layers.

    Raises:
        InputError: a width below 1.

    >>> [tuple(p.shape) for p in dense(64, [32, 16], 10).parameters()]
    [(32, 64), (32,), (16, 32), (16,), (10, 16), (10,)]
    """
    layers: list[nn.Module] = []
    for width in hidden_widths(hidden):
        normalised = [nn.BatchNorm1d(width)] if batch_norm else []
        layers += [nn.Linear(inputs, width), *normalised, nn.ReLU()]
        inputs = width
    model = nn.Sequential(*layers, nn.Linear(inputs, classes))
    if init_scale != 1:
        _scale_linear(model, init_scale)
    return model


def _scale_linear(model: nn.Module, factor: float) -> None:
    with torch.no_grad():
        for layer in model.modules():
            if isinstance(layer, nn.Linear):
                for parameter in layer.parameters():
                    parameter.mul_(factor)


def hidden_widths(hidden: int | Sequence[int]) -> list[int]:
    """The widths of the hidden layers, one number standing for one layer.

    Raises:
        InputError: a width below 1.
    """
    widths = [hidden] if isinstance(hidden, int) else list(hidden)
    if any(width < 1 for width in widths):
        raise InputError(f"hidden must be at least 1 unit a layer, got {','.join(map(str, widths))}")
    return widths


def lenet(classes: int = 10) -> nn.Sequential:
    """LeNet-5 with ReLU and max pooling, for images of shape (batch, 1, 28, 28).

    After LeCun et al. 1998, "Gradient-based learning applied to document recognition"; 61,706 parameters
    for 10 classes. The padding of 2 stands for the original's 32 x 32 input.
    """
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, kernel_size=5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, classes),
    )
