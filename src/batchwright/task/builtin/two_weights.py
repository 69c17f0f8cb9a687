"""``two-weights``: the smallest network with a saddle, (1 - w1 w2)^2."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.task.losses import squared_error
from batchwright.task.target import Target
from batchwright.task.task import Task


class TwoWeights(nn.Module):
    """The product w1 w2 x of two scalar layers.

    Args:
        start: initial (w1, w2); by default two standard normal numbers.
    """

    def __init__(self, start: tuple[float, float] | None = None) -> None:
        super().__init__()
        first, second = torch.randn(2).tolist() if start is None else start
        self.w1 = nn.Parameter(torch.tensor(float(first)))
        self.w2 = nn.Parameter(torch.tensor(float(second)))

    def forward(self, inputs: Tensor) -> Tensor:
        return self.w1 * self.w2 * inputs


def two_weights(*, data_dir: str | None = None, start: list[float] | None = None) -> Task:
    """Minimise (y - w1 w2 x)^2 on the one example x = 1, y = 1.

    The origin is a saddle with Hessian eigenvalues +-2; every point of w1 w2 = 1 is a global minimum, with
    eigenvalues 0 and 2 (w1^2 + w2^2).

    Args:
        data_dir: unused, the data are made.
        start: initial w1 and w2, two numbers.

    Raises:
        InputError: ``start`` is not two numbers.
    """
    if start is not None and len(start) != 2:
        raise InputError(f"start must be two numbers w1,w2, got {','.join(map(str, start))}")
    example = (torch.ones(1), torch.ones(1))
    return Task(
        name="two-weights",
        model=partial(TwoWeights, None if start is None else (start[0], start[1])),
        train=example,
        validation=example,
        loss=squared_error,
        target=Target(metric="loss", value=1e-4),
        # One example is one step an epoch.
        max_epochs=1000,
        options={"start": start},
        description="two scalar layers on one example, the smallest saddle",
    )
