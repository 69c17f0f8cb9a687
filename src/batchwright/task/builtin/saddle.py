"""``saddle``: two weights that start at a saddle, under noise that is additive or that vanishes there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.task.options import require_at_least
from batchwright.task.target import Target
from batchwright.task.task import Task

Noise = Literal["additive", "vanishing"]


@dataclass(frozen=True)
class SaddleLoss:
    """The loss of an example z at (u, v), of mean h/2 u^2 + g/4 (1 - v^2)^2.

    additive:   h/2 u^2 + g/4 (1 - v^2)^2 + sigma (z_1 u + z_2 v)
    vanishing:  h/2 u^2 (1 + sigma z_1) + g/4 (1 - v^2)^2 - sigma z_2 g/2 v^2

    (0, 0) is a saddle with eigenvalues h and -g, (0, +-1) are minima with loss 0 and eigenvalues h and 2g.
    The noise of a gradient is sigma everywhere, or proportional to h u and to g v.
    """

    kind: Noise
    steep: float
    down: float
    sigma: float

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        u, v = outputs.unbind(dim=-1)
        first, second = (self.sigma * z for z in targets.unbind(dim=-1))
        mean = 0.5 * self.steep * u.square() + 0.25 * self.down * (1 - v.square()).square()
        if self.kind == "additive":
            return mean + first * u + second * v
        return mean + 0.5 * (first * self.steep * u.square() - second * self.down * v.square())


class TwoCoordinates(nn.Module):
    """Two weights, turned by an angle, as the outputs of every example.

    Args:
        start: (u, v) at the start.
        angle: between the weights' axes and those of (u, v), in degrees.
    """

    turn: Tensor

    def __init__(self, start: tuple[float, float], angle: float) -> None:
        super().__init__()
        c, s = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        self.register_buffer("turn", torch.tensor([[c, s], [-s, c]]))
        self.weights = nn.Parameter(self.turn.T @ torch.tensor(start))

    def forward(self, inputs: Tensor) -> Tensor:
        return (self.turn @ self.weights).expand(len(inputs), 2)


def saddle(
    *,
    data_dir: str | None = None,
    noise: Noise = "additive",
    steep: float = 1.0,
    down: float = 0.1,
    sigma: float = 0.1,
    start: list[float] | None = None,
    angle: float = 0.0,
    examples: int = 1024,
    data_seed: int = 0,
) -> Task:
    """Leave the saddle of h/2 u^2 + g/4 (1 - v^2)^2 (see :class:`SaddleLoss`); the target is half its loss.

    Args:
        data_dir: unused, the data are made.
        noise: ``additive``, or ``vanishing`` at the saddle.
        steep: h, the curvature across.
        down: g, the curvature along which the loss falls.
        sigma: standard deviation of the noise of one example.
        start: initial (u, v); by default (1, 0), from where gradient descent runs into the saddle.
        angle: in degrees, between the weights' axes and those of (u, v).
        examples: training examples, also for validation; their noise sums to zero.
        data_seed: another seed, other noise.

    Raises:
        InputError: ``start`` is not two numbers, or a value is out of range.
    """
    if not down > 0:
        raise InputError(f"down must be above 0, got {down:g}")
    require_at_least("steep", steep, 0)
    require_at_least("sigma", sigma, 0)
    require_at_least("examples", examples, 2)
    at = (1.0, 0.0) if start is None else tuple(start)
    if len(at) != 2:
        raise InputError(f"start must be two numbers u,v, got {','.join(map(str, at))}")
    drawn = torch.randn(examples, 2, generator=generator(data_seed, "saddle"), dtype=torch.float64)
    drawn = drawn - drawn.mean(dim=0)
    drawn = (drawn / drawn.square().mean(dim=0).sqrt()).to(torch.float32)
    data = (torch.zeros(examples, 1), drawn)
    return Task(
        name="saddle",
        model=partial(TwoCoordinates, (at[0], at[1]), angle),
        train=data,
        validation=data,
        loss=SaddleLoss(noise, steep, down, sigma),
        target=Target(metric="loss", value=down / 8),
        max_epochs=1000,
        options={
            "noise": noise, "steep": steep, "down": down, "sigma": sigma, "start": list(at),
            "angle": angle, "examples": examples, "data_seed": data_seed,
        },
        description="two weights that start at a saddle, under noise that is additive or vanishes there",
    )  # fmt: skip
