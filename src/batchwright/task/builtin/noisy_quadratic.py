"""``noisy-quadratic``: a bowl under gradient noise whose steps to target and best rates are known exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.task.options import require_at_least
from batchwright.task.target import Target
from batchwright.task.task import Task

Values = NDArray[np.float64] | float

_RATES = 401
_HALVINGS = 80
_LEAST = 1e-300


@dataclass(frozen=True, kw_only=True)
class NoisyQuadratic:
    """What its own mathematics says of the noisy quadratic, for batches drawn with replacement.

    The loss of an example x is l(w; x) = 1/2 sum_i h_i (w_i - x_i)^2. Over the examples every coordinate of x
    has mean 0, and the variances of all coordinates that share a curvature h add up to ``noise``; the weights
    that share one start at distance 1 from the minimum. Let e_h be the squared distance along them. An update
    with B examples is w_i <- (1 - a) w_i + a mean_B(x_i) with a = lr h, so that after t updates exactly

        E e_h = q^t (1 - s) + s,    q = (1 - a)^2,    s = a noise / (B (2 - a))

    and the loss exceeds its minimum by E = 1/2 sum_h h E e_h (the noisy quadratic model, Zhang et al. 2019,
    arXiv 1907.04164). Steps to target S(B, lr) are the real t at which E has fallen to ``target`` times its
    start; the best rate of a batch size is where S is least.

    Attributes:
        curvatures: the distinct h.
        noise: variance of an example about the minimum, along the coordinates of one curvature.
        target: share of the initial excess.
    """

    curvatures: tuple[float, ...]
    noise: float
    target: float

    @property
    def start_excess(self) -> float:
        """E before the first update."""
        return 0.5 * sum(self.curvatures)

    @property
    def target_excess(self) -> float:
        """E at the target."""
        return self.target * self.start_excess

    def excess(self, steps: Values, batch_size: float, lr: Values) -> Values:
        """E after ``steps`` updates, which may be infinitely many, for ``lr`` below 2 / max(h); elementwise."""
        h = np.asarray(self.curvatures)
        a = np.multiply.outer(np.asarray(lr, dtype=float), h)
        rest = a * self.noise / (batch_size * (2 - a))
        log_kept = 2 * np.log(np.maximum(np.abs(1 - a), _LEAST))
        kept = np.exp(np.asarray(steps, dtype=float)[..., None] * log_kept)
        return 0.5 * ((kept * (1 - rest) + rest) @ h)

    def steps_to_target(self, batch_size: float, lr: Values) -> Values:
        """S(B, lr); infinite where the noise keeps E above the target, or where updates grow; elementwise."""
        rates = np.atleast_1d(np.asarray(lr, dtype=float))
        steps = np.full(rates.shape, math.inf)
        settles = (rates > 0) & (rates < 2 / max(self.curvatures))
        settles[settles] &= self.excess(math.inf, batch_size, rates[settles]) < self.target_excess
        rates = rates[settles]
        low, high = np.zeros(rates.shape), np.ones(rates.shape)
        while np.any(above := self.excess(high, batch_size, rates) > self.target_excess):
            high = np.where(above, 2 * high, high)
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            above = self.excess(middle, batch_size, rates) > self.target_excess
            low, high = np.where(above, middle, low), np.where(above, high, middle)
        steps[settles] = high
        return steps.reshape(np.shape(lr))

    def best(self, batch_size: float) -> tuple[float, float]:
        """The learning rate that needs the fewest steps at a batch size, which may be infinite; these steps."""
        edge = 2 / max(self.curvatures)
        rates = edge * np.geomspace(1e-6, 1, _RATES, endpoint=False)
        while True:
            steps = np.asarray(self.steps_to_target(batch_size, rates))
            near = int(np.argmin(steps))
            low, high = rates[max(near - 1, 0)], rates[min(near + 1, len(rates) - 1)]
            if high / low < 1 + 1e-7:
                return float(rates[near]), float(steps[near])
            rates = np.geomspace(low, high, _RATES)

    def critical_batch_size(self) -> float:
        """E_min / S_min: the fewest examples, those of ever smaller batches, over the fewest steps.

        As the steps are no hyperbola of the batch size here, twice the least steps are needed at another one.
        """
        tiny = 1e-4 * self.noise / self.target
        return tiny * self.best(tiny)[1] / self.best(math.inf)[1]


class QuadraticPoint(nn.Module):
    """A point w and the displacements of examples from it, scaled by the roots of the curvatures.

    Args:
        scales: sqrt(h_i), shape (coordinates,).
        size: |w_i| at the start; the signs are random.
    """

    scales: Tensor

    def __init__(self, scales: Tensor, size: float) -> None:
        super().__init__()
        self.register_buffer("scales", scales)
        self.weights = nn.Parameter(size * (2.0 * torch.randint(2, scales.shape) - 1.0))

    def forward(self, inputs: Tensor) -> Tensor:
        return (self.weights - inputs) * self.scales


def half_square(outputs: Tensor, targets: Tensor) -> Tensor:
    """1/2 |output|^2, whatever the targets."""
    return 0.5 * outputs.square().sum(dim=1)


def noisy_quadratic(
    *,
    data_dir: str | None = None,
    curvatures: list[float] | None = None,
    noise: float = 1.0,
    target: float = 0.01,
    copies: int = 64,
    examples: int = 1024,
    data_seed: int = 0,
) -> Task:
    """Minimise the mean of 1/2 sum_i h_i (w_i - x_i)^2; see :class:`NoisyQuadratic` for all that is known.

    The one validation example is the minimum itself, so that the validation loss is the excess.

    Args:
        data_dir: unused, the data are made.
        curvatures: the distinct h; by default 1 and 0.05.
        noise: variance of an example about the minimum, along the coordinates of one curvature.
        target: share of the initial excess at which the task's target lies.
        copies: coordinates that share a curvature; the more, the less single runs scatter about the mean.
        examples: training examples.
        data_seed: another seed, other examples with the same means and variances.

    Raises:
        InputError: a curvature that is not positive, or a value out of range.
    """
    chosen = tuple(curvatures or (1.0, 0.05))
    if min(chosen) <= 0:
        raise InputError(f"curvatures must be positive, got {','.join(f'{h:g}' for h in chosen)}")
    if not 0 < target < 1:
        raise InputError(f"target must be a share of the initial excess between 0 and 1, got {target:g}")
    require_at_least("noise", noise, 0)
    require_at_least("copies", copies, 1)
    require_at_least("examples", examples, 2)
    known = NoisyQuadratic(curvatures=chosen, noise=noise, target=target)
    scales = torch.tensor(chosen).repeat_interleave(copies).sqrt()
    random = generator(data_seed, "noisy-quadratic")
    drawn = torch.randn(examples, len(scales), generator=random, dtype=torch.float64)
    drawn = drawn - drawn.mean(dim=0)
    drawn *= math.sqrt(noise / copies) / drawn.square().mean(dim=0).sqrt()
    minimum = torch.zeros(1, len(scales))
    return Task(
        name="noisy-quadratic",
        model=partial(QuadraticPoint, scales, 1 / math.sqrt(copies)),
        train=(drawn.to(torch.float32), torch.zeros(examples)),
        validation=(minimum, torch.zeros(1)),
        loss=half_square,
        target=Target(metric="loss", value=known.target_excess),
        max_epochs=1000,
        truth={"weights": minimum[0]},
        options={
            "curvatures": list(chosen), "noise": noise, "target": target, "copies": copies,
            "examples": examples, "data_seed": data_seed,
        },
        description="a bowl under gradient noise whose steps to target and best rates are known exactly",
    )  # fmt: skip
