"""``quadratic``: 1/2 sum lambda x^2 with any condition number, axis-aligned or rotated."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.task.options import require_at_least
from batchwright.task.target import Target
from batchwright.task.task import Task


class QuadraticBowl(nn.Module):
    """The value of every example's function at the parameter ``point``: 1/2 x'Hx + e_i'x.

    Args:
        hessian: H, shape (d, d).
        axes: its eigenvectors as columns, shape (d, d).
        start: initial coordinates along them, shape (d,); by default d standard normal numbers.
    """

    hessian: Tensor

    def __init__(self, hessian: Tensor, axes: Tensor, start: Tensor | None = None) -> None:
        super().__init__()
        self.register_buffer("hessian", hessian)
        self.point = nn.Parameter(axes @ (torch.randn(len(axes)) if start is None else start))

    def forward(self, slopes: Tensor) -> Tensor:
        return 0.5 * (self.point @ self.hessian @ self.point) + slopes @ self.point


def quadratic(
    *,
    data_dir: str | None = None,
    condition: float = 100.0,
    dimensions: int = 10,
    rotated: bool = False,
    noise: float = 0.0,
    examples: int = 256,
    start: list[float] | None = None,
    data_seed: int = 0,
) -> Task:
    """Minimise 1/2 sum_i lambda_i x_i^2 as the mean of the examples' functions 1/2 x'Hx + e_n'x.

    The eigenvalues fall evenly in logarithm from 1 to 1 / ``condition``. The slopes e_n sum to zero, so that
    the mean is the quadratic itself and the gradient of a batch is Hx and the mean of the batch's slopes: noise
    that is the same at every point. The least loss is 0, at the origin. ``rotated`` turns slopes, start and
    bowl by one orthogonal matrix: methods that do not look at coordinates have the same losses either way.

    Args:
        data_dir: unused, the data are made.
        condition: largest eigenvalue over the smallest.
        dimensions: parameters d.
        rotated: turn the bowl's axes away from the parameters' by a seeded orthogonal matrix.
        noise: standard deviation of an example's slope along each axis.
        examples: functions in the mean; as many again, with other slopes, for validation.
        start: initial coordinates along the bowl's axes, the steepest first; by default drawn by the run's seed.
        data_seed: other slopes, another rotation.

    Raises:
        InputError: a value out of range, or another number of coordinates than of dimensions.
    """
    require_at_least("condition", condition, 1)
    require_at_least("dimensions", dimensions, 1)
    require_at_least("noise", noise, 0)
    require_at_least("examples", examples, 1)
    if start is not None and len(start) != dimensions:
        raise InputError(f"start must be {dimensions} numbers, one a dimension, got {len(start)}")
    random = generator(data_seed, "quadratic")
    eigenvalues = condition ** -torch.linspace(0, 1, dimensions, dtype=torch.float64)
    axes = _orthogonal(dimensions, random) if rotated else torch.eye(dimensions, dtype=torch.float64)
    train, validation = (
        _slopes(examples, axes, noise, data_seed, split) for split in ("train", "validation")
    )
    first = None if start is None else torch.tensor(start, dtype=torch.float32)
    hessian = axes * eigenvalues @ axes.T
    return Task(
        name="quadratic",
        model=partial(QuadraticBowl, hessian.float(), axes.float(), first),
        train=(train, torch.zeros(examples)),
        validation=(validation, torch.zeros(examples)),
        loss=value_itself,
        target=Target(metric="loss", value=1e-3),
        max_epochs=1000,
        truth={"point": torch.zeros(dimensions)},
        options={
            "condition": condition, "dimensions": dimensions, "rotated": rotated, "noise": noise,
            "examples": examples, "start": start, "data_seed": data_seed,
        },
        description="a quadratic bowl of any condition number, axis-aligned or rotated",
    )  # fmt: skip


def value_itself(outputs: Tensor, targets: Tensor) -> Tensor:
    """The outputs, shape (batch,), of a model that computes its own losses; the targets say nothing."""
    return outputs


def _orthogonal(dimensions: int, random: torch.Generator) -> Tensor:
    """An orthogonal matrix, uniformly drawn: Q of a normal matrix with the signs of R's diagonal."""
    normal = torch.randn(dimensions, dimensions, generator=random, dtype=torch.float64)
    q, r = torch.linalg.qr(normal)
    return q * r.diagonal().sign()


def _slopes(examples: int, axes: Tensor, noise: float, data_seed: int, split: str) -> Tensor:
    """Slopes of one split along the parameters' axes, shape (examples, dimensions), their sum zero."""
    random = generator(data_seed, "quadratic", split)
    along_axes = torch.randn(examples, len(axes), generator=random, dtype=torch.float64)
    return (noise * (along_axes - along_axes.mean(dim=0)) @ axes.T).float()
