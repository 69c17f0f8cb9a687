"""Averaged sharpness: the mean rise of the loss under Gaussian perturbations.

E f(x + sigma z) - f(x), z standard normal: sigma^2 tr(H)/2 for small sigma
"""

from __future__ import annotations

import math

import torch
from pydantic import BaseModel, ConfigDict

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.measure.hessian.shifted import ShiftedLoss


class AveragedSharpness(BaseModel):
    """The mean rise of the loss under Gaussian perturbations, in ``draws`` pairs +-sigma z."""

    model_config = ConfigDict(frozen=True)
    sigma: float
    value: float | None
    std_error: float | None
    draws: int


def averaged(shifted: ShiftedLoss, *, sigma: float, draws: int = 16, seed: int = 0) -> AveragedSharpness:
    """Mean of f(x + sigma z) - f(x) over pairs +-z of standard normal vectors, with its standard error.

    Args:
        shifted: f, at its origin x.
        sigma: standard deviation of each parameter's perturbation.
        draws: pairs, at least 2.
        seed: of the vectors (stream ``sharpness``).
    """
    if not sigma > 0:
        raise InputError(f"sigma must be above 0, got {sigma}")
    if draws < 2:
        raise InputError(f"draws must be at least 2, got {draws}")
    base, random, rises = shifted.loss(shifted.origin), generator(seed, "sharpness", "gaussian"), []
    for _ in range(draws):
        z = torch.randn(shifted.origin.numel(), generator=random, dtype=torch.float64).to(shifted.origin)
        pair = [shifted.loss(shifted.origin + side * sigma * z) - base for side in (1, -1)]
        rises.append(sum(pair) / 2)
    values = torch.tensor(rises, dtype=torch.float64)
    return AveragedSharpness(
        sigma=sigma, value=_finite(float(values.mean())),
        std_error=_finite(float(values.std()) / math.sqrt(draws)), draws=draws,
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
