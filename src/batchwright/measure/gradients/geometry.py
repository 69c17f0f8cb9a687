"""The noise scale in the geometry in which an optimizer moves, for those that do not follow the gradient itself.

Steepest descent in a norm |.| takes its direction from the dual norm |.|* of the gradient: the batch at which noise
and signal are equal in that norm is

    B = (sigma* / |G|*)^2        sigma* = sqrt(b) |noise of a batch of b|*

(arXiv 2602.03001; young). Sign descent, and Adam's steps nearly, have the l1 norm, where sigma* = sum_j sigma_j over
the coordinates' standard deviations; Muon has the nuclear norm of each matrix, where sigma* is an expectation. In the
Euclidean norm it is B_simple.

A norm of a noisy mean is too large, and has no unbiased estimate. Here it lies between two: the norm of the mean
itself, and the mean of one group of rows along the direction that the other groups give, which is too short by the
coordinates whose signs (or singular vectors) they get wrong. The value takes their geometric mean, and the interval
reaches over both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.statistics import jackknife_error, t_quantile
from batchwright.core.streams import generator
from batchwright.measure.estimate import NoiseScale, noise_ratio
from batchwright.measure.gradients.per_example import MEMORY_BYTES, PerExampleGradients
from batchwright.task.task import Task

Norm = Literal["l1", "nuclear"]
"""Dual norms of the gradient, as of ``optim.catalogue``."""
_GROUPS, _FEWEST_GROUPS, _FEWEST_ROWS = 32, 8, 4
GroupMeans = Float[Tensor, "groups ..."]
"""Mean gradients of K groups of rows, in the shape of a parameter or all in a row."""


class GeometryNoise(BaseModel):
    """The noise scale in an optimizer's geometry.

    Attributes:
        norm: l1, of all parameters together; nuclear, summed over the matrices, without the other parameters.
        noise_scale: (sigma*/|G|*)^2, in examples.
        sample: rows used; ``groups``: of which means were taken.
    """

    model_config = ConfigDict(frozen=True)
    norm: Norm
    noise_scale: NoiseScale
    sample: int
    groups: int


@dataclass(frozen=True)
class _Norms:
    """Of a part of the parameters: sigma*, and |G|* from above and, group by group, from below.

    ``without``: sigma* without each group in turn, shape (K,); ``along``: shape (K,), whose mean is the lower |G|*.
    """

    noise: float
    without: Float[Tensor, " groups"]
    above: float
    along: Float[Tensor, " groups"]


def geometry_noise(
    model: nn.Module,
    task: Task,
    norm: Norm,
    *,
    rows: int,
    seed: int = 0,
    memory_bytes: int = MEMORY_BYTES,
) -> GeometryNoise:
    """The noise scale of the training loss's gradient in a dual norm, at the model's present parameters.

    Args:
        model, task, seed, memory_bytes: as of :func:`~batchwright.measure.gradients.noise.measure_noise`.
        norm: of the gradient.
        rows: n, drawn without replacement and dealt into 32 groups (8 or more, as memory allows).

    Raises:
        InputError: too few rows or too little memory for eight groups of four, or no matrix for the nuclear norm.
    """
    gradients = PerExampleGradients(model, task, memory_bytes=memory_bytes)
    shapes = [p.shape for p in model.parameters() if p.requires_grad]
    if norm == "nuclear" and not any(len(shape) == 2 for shape in shapes):
        raise InputError(
            "the nuclear norm needs a parameter with two dimensions, got none: leave geometry out"
        )
    total = min(rows, gradients.examples)
    groups = min(_GROUPS, total // _FEWEST_ROWS, memory_bytes // (8 * gradients.count))
    if groups < _FEWEST_GROUPS:
        raise InputError(
            f"a noise scale in the optimizer's geometry needs {_FEWEST_GROUPS} groups of {_FEWEST_ROWS} rows, "
            f"got {total} rows and memory for {memory_bytes // (8 * gradients.count)} groups: "
            "raise sample or memory_budget"
        )
    each = total // groups
    order = torch.randperm(gradients.examples, generator=generator(seed, "probe", "rows"))[: each * groups]
    means = torch.stack([gradients.mean(order[k::groups]) for k in range(groups)])
    parts = _parts(means, shapes, norm)
    measured = [_l1(part, each) if norm == "l1" else _nuclear(part, each) for part in parts]
    used = each * groups
    exact = used == gradients.examples and gradients.deterministic
    return GeometryNoise(
        norm=norm, noise_scale=_scale(measured, gradients.examples, used, exact), sample=used, groups=groups
    )


def _parts(means: GroupMeans, shapes: Sequence[torch.Size], norm: Norm) -> list[GroupMeans]:
    """The group means of each parameter that the norm is about, in the parameter's shape."""
    if norm == "l1":
        return [means]
    pieces = means.split([shape.numel() for shape in shapes], dim=1)
    return [piece.reshape(-1, *shape) for piece, shape in zip(pieces, shapes, strict=True) if len(shape) == 2]


def _scale(parts: Sequence[_Norms], examples: int, used: int, exact: bool) -> NoiseScale:
    """(sigma*/|G|*)^2 of all parts together, by the jackknife over groups."""
    noise, without = sum(part.noise for part in parts), _total([part.without for part in parts])
    above, along = sum(part.above for part in parts), _total([part.along for part in parts])
    k = len(along)
    finite = 0.0 if exact else 1.0 - used / examples
    below = above if exact else float(along.mean())
    lengths = (k * along.mean() - along) / (k - 1)

    def half(values: Tensor, share: float) -> float:
        return t_quantile(k - 1) * jackknife_error(values, share)

    signal = math.sqrt(above * below) if below > 0 else below
    positive = bool((without > 0).all() and (lengths > 0).all())
    log_half = math.nan
    if positive and signal > 0:
        # How rows fall into groups is chance for sigma* also where all are used.
        log_half = 2 * math.hypot(half(torch.log(without), 1.0), half(torch.log(lengths), finite))
        log_half += math.log(above / below)
    return noise_ratio(
        noise**2 * (examples - 1) / examples, signal * abs(signal),
        bottom_half=2 * abs(signal) * half(lengths, finite), log_half=log_half,
    )  # fmt: skip


def _total(values: Sequence[Tensor]) -> Tensor:
    return torch.stack(list(values)).sum(dim=0)


# --- norms from group means ---


def _l1(means: GroupMeans, rows: int) -> _Norms:
    """sigma* = sum_j sigma_j, with the small-sample factor of a standard deviation from K group means."""
    k = len(means)
    mean = means.mean(dim=0)
    squares = ((means - mean) ** 2).sum(dim=0)
    noise = math.sqrt(rows) / _c4(k) * float((squares / (k - 1)).sqrt().double().sum())
    without = []
    for one in means:  # leaving a group out takes k/(k-1) of its own square away
        rest = (squares - (one - mean) ** 2 * k / (k - 1)).clamp(min=0.0)
        without.append(math.sqrt(rows) / _c4(k - 1) * float((rest / (k - 2)).sqrt().double().sum()))
    above, along = _directed(means, torch.sign)
    return _Norms(noise, torch.tensor(without, dtype=torch.float64), above, along)


def _nuclear(means: GroupMeans, rows: int) -> _Norms:
    """sigma* from the mean nuclear norm of the groups' deviations; along: by the other groups' polar factor."""
    k = len(means)
    off = torch.linalg.matrix_norm(means - means.mean(dim=0), ord="nuc").double().cpu()
    off = off * math.sqrt(rows * k / (k - 1))
    above, along = _directed(means, _polar)
    return _Norms(float(off.mean()), (k * off.mean() - off) / (k - 1), above, along)


def _polar(matrix: Tensor) -> Tensor:
    """U V' of the singular value decomposition U S V'."""
    u, _, vh = torch.linalg.svd(matrix, full_matrices=False)
    return u @ vh


def _directed(means: GroupMeans, dual: Callable[[Tensor], Tensor]) -> tuple[float, Float[Tensor, " groups"]]:
    """|mean|*, and each group's mean along the dual vector of the others': <dual(m_-k), m_k>."""
    k = len(means)
    mean = means.mean(dim=0)
    along = [float((dual((k * mean - one) / (k - 1)) * one).double().sum()) for one in means]
    return float((dual(mean) * mean).double().sum()), torch.tensor(along, dtype=torch.float64)


def _c4(count: int) -> float:
    """Mean of a standard deviation from ``count`` normal values, over the true one."""
    return math.sqrt(2 / (count - 1)) * math.exp(math.lgamma(count / 2) - math.lgamma((count - 1) / 2))
