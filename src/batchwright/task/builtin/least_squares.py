"""``least-squares``: linear regression with a known minimiser."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.task.losses import squared_error
from batchwright.task.options import require_at_least
from batchwright.task.target import Target
from batchwright.task.task import Task


def least_squares(
    *,
    data_dir: str | None = None,
    examples: int = 1000,
    features: int = 10,
    noise: float = 0.5,
    data_seed: int = 0,
) -> Task:
    """Minimise the mean of (x.w - y)^2, whose Hessian is (2/N) X'X.

    y = x.w* + noise * e with x, w* and e standard normal. ``truth`` is the minimiser over the stored
    training rows, (X'X)^-1 X'y, not w*; the target is its validation loss and 5% more.

    Args:
        data_dir: unused, the data are made.
        examples: training rows N; as many again for validation.
        features: columns.
        noise: standard deviation of y about x.w*.
        data_seed: another seed, another problem.

    Raises:
        InputError: fewer examples than features (no single minimiser), or a value out of range.
    """
    require_at_least("features", features, 1)
    require_at_least("noise", noise, 0)
    if examples < features:
        raise InputError(f"examples must be at least the {features} features, got {examples}")
    random = generator(data_seed, "least-squares")
    weights = torch.randn(features, generator=random, dtype=torch.float64)

    def rows() -> tuple[Tensor, Tensor]:
        inputs = torch.randn(examples, features, generator=random, dtype=torch.float64)
        errors = torch.randn(examples, generator=random, dtype=torch.float64)
        return inputs, inputs @ weights + noise * errors

    train, validation = rows(), rows()
    truth = torch.linalg.lstsq(train[0], train[1].unsqueeze(1)).solution.squeeze(1)
    least = float((validation[0] @ truth - validation[1]).square().mean())
    return Task(
        name="least-squares",
        model=partial(nn.Linear, features, 1, bias=False),
        train=_single(train),
        validation=_single(validation),
        loss=squared_error,
        # Without noise the minimum is zero, which rounding in float32 never quite reaches.
        target=Target(metric="loss", value=max(1.05 * least, 1e-6)),
        truth={"weight": truth.to(torch.float32).unsqueeze(0)},
        options={"examples": examples, "features": features, "noise": noise, "data_seed": data_seed},
        description="linear regression with a known minimiser",
    )


def _single(pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return pair[0].to(torch.float32), pair[1].to(torch.float32)
