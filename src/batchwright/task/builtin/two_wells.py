"""``two-wells``: one weight between a narrow and a wide well that every example places a little elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from statistics import NormalDist

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.task.options import require_at_least
from batchwright.task.target import Target
from batchwright.task.task import Task

CENTRE, NARROW, WIDE, WIDE_DEPTH, WALL = 1.5, 0.25, 0.75, 1.0, 0.1
"""The wells lie at -CENTRE (narrow) and CENTRE (wide); their widths, the wide one's depth, the wall's slope."""


@dataclass(frozen=True)
class Wells:
    """The loss of one example as a function of its displacement u = w - x, with the example's tilt y.

    f(u) = 1 + WALL/2 u^2 - sum_j d_j exp(-(u - c_j)^2 / (2 s_j^2)) + tilt y u

    Over normal x of standard deviation ``shift`` the mean is the same function of w with the widths
    W_j = sqrt(s_j^2 + shift^2) and the depths D_j = d_j s_j / W_j, up to a constant. W and D are what is
    given: the mean loss is the same for every ``shift``, and only the noise differs.
    """

    narrow_depth: float
    shift: float
    tilt: float

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        losses = 1.0 + 0.5 * WALL * outputs.square() + self.tilt * targets * outputs
        wells = ((-CENTRE, NARROW, self.narrow_depth), (CENTRE, WIDE, WIDE_DEPTH))
        for centre, width, depth in wells:
            variance = width**2 - self.shift**2
            own_depth = depth * width / math.sqrt(variance)
            losses = losses - own_depth * torch.exp(-(outputs - centre).square() / (2 * variance))
        return losses


class OneWeight(nn.Module):
    """The displacement w - x of a single weight from an example."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(start))

    def forward(self, inputs: Tensor) -> Tensor:
        return self.weight - inputs


def two_wells(
    *,
    data_dir: str | None = None,
    start: float = -CENTRE,
    narrow_depth: float = 0.8,
    shift: float = 0.2,
    tilt: float = 0.0,
    examples: int = 1024,
    data_seed: int = 0,
) -> Task:
    """Minimise a mean of per-example losses that each have a narrow and a wide well (see :class:`Wells`).

    ``shift`` moves each example's wells, so that where one batch's loss is stuck another's is not; that noise
    grows with the curvature of a well. ``tilt`` adds noise that is the same everywhere. The target lies
    halfway between the two minima's losses.

    Args:
        data_dir: unused, the data are made.
        start: initial weight; -1.5 is the narrow well, 1.5 the wide one.
        narrow_depth: depth of the narrow well; the wide one's is 1.
        shift: standard deviation of the examples' displacements, below the narrow well's width 0.25.
        tilt: standard deviation of the examples' slopes.
        examples: training examples, also for validation; displacements and slopes are normal quantiles.
        data_seed: which displacement meets which slope.

    Raises:
        InputError: a value out of range.
    """
    require_at_least("narrow_depth", narrow_depth, 0)
    require_at_least("tilt", tilt, 0)
    require_at_least("examples", examples, 2)
    if not 0 <= shift < NARROW:
        raise InputError(
            f"shift must be at least 0 and below the narrow well's width {NARROW}, got {shift:g}"
        )
    quantiles = _normal_quantiles(examples)
    order = torch.randperm(examples, generator=generator(data_seed, "two-wells"))
    data = (shift * quantiles, quantiles[order])
    wells = Wells(narrow_depth, shift, tilt)
    narrow, wide = (_loss_at(wells, data, centre) for centre in (-CENTRE, CENTRE))
    return Task(
        name="two-wells",
        model=partial(OneWeight, start),
        train=data,
        validation=data,
        loss=wells,
        target=Target(metric="loss", value=0.5 * (narrow + wide)),
        max_epochs=1000,
        options={
            "start": start, "narrow_depth": narrow_depth, "shift": shift, "tilt": tilt,
            "examples": examples, "data_seed": data_seed,
        },
        description="one weight between a narrow and a wide well that every example places a little elsewhere",
    )  # fmt: skip


def _normal_quantiles(count: int) -> Tensor:
    """Quantiles of the standard normal at (i + 1/2) / count, scaled to variance 1."""
    quantiles = torch.tensor([NormalDist().inv_cdf((i + 0.5) / count) for i in range(count)])
    return quantiles / quantiles.square().mean().sqrt()


def _loss_at(wells: Wells, data: tuple[Tensor, Tensor], weight: float) -> float:
    return float(wells(weight - data[0], data[1]).mean())
