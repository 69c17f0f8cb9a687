"""``squares``: x to x^2 through two sigmoid layers of normal weights."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from batchwright.core.streams import generator
from batchwright.task.losses import squared_error
from batchwright.task.options import require_at_least
from batchwright.task.target import Target
from batchwright.task.task import Task

WIDTH = 10
"""Numbers in an input and in an output."""


def squares(
    *, data_dir: str | None = None, examples: int = 1000, hidden: int = 1000, data_seed: int = 0
) -> Task:
    """Inputs of 10 standard normal numbers, targets their squares, MatMul-Sigmoid-MatMul-Sigmoid-MSE.

    A sigmoid cannot exceed 1, so the loss has a floor near 1.6; outputs saturate on the way at 1 everywhere,
    E(x^2 - 1)^2 = 2. The default target is 3% above that constant's validation loss.

    Args:
        data_dir: unused, the data are made.
        examples: training examples; 1000 more for validation.
        hidden: columns of the first matrix, rows of the second.
        data_seed: another seed, other inputs.
    """
    require_at_least("examples", examples, 1)
    require_at_least("hidden", hidden, 1)
    random = generator(data_seed, "squares")
    train = torch.randn(examples, WIDTH, generator=random)
    validation = torch.randn(1000, WIDTH, generator=random)
    constant = squared_error(torch.ones_like(validation), validation.square()).mean()
    return Task(
        name="squares",
        model=partial(sigmoid_net, hidden),
        train=_with_squares(train),
        validation=_with_squares(validation),
        loss=squared_error,
        target=Target(metric="loss", value=round(1.03 * float(constant), 4)),
        max_epochs=100,
        options={"examples": examples, "hidden": hidden, "data_seed": data_seed},
        description="x to x^2 through two sigmoid layers of normal weights",
    )


def sigmoid_net(hidden: int) -> nn.Sequential:
    """Linear-Sigmoid-Linear-Sigmoid without biases, weights standard normal."""
    first, second = nn.Linear(WIDTH, hidden, bias=False), nn.Linear(hidden, WIDTH, bias=False)
    for layer in (first, second):
        nn.init.normal_(layer.weight)
    return nn.Sequential(first, nn.Sigmoid(), second, nn.Sigmoid())


def _with_squares(inputs: Tensor) -> tuple[Tensor, Tensor]:
    return inputs, inputs.square()
