"""Sharpness: how much the loss rises near a point, by several definitions side by side.

Keskar      in a box about the point, in percent (see :mod:`batchwright.measure.sharpness.keskar`)
SAM         max_{|d| <= rho} f(x + d) - f(x), and f(x + rho g/|g|) - f(x), its one-step estimate
            (Foret et al. 2021, arXiv 2010.01412)
averaged    E f(x + sigma z) - f(x), z standard normal: sigma^2 tr(H)/2 for small sigma
eigenvalue  the largest eigenvalue of the Hessian; trace: the sum of all
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import torch
from pydantic import BaseModel, ConfigDict
from scipy.optimize import minimize_scalar
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.remark import Remark, remark
from batchwright.core.streams import generator
from batchwright.measure.examples import measured_task
from batchwright.measure.gradients.per_example import MEMORY_BYTES
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.shifted import ShiftedLoss
from batchwright.measure.hessian.spectrum import Eigenpairs, eigenpairs
from batchwright.measure.sharpness.keskar import EPSILONS, SUBSPACE, KeskarSharpness, keskar
from batchwright.task.task import Task

RHO = 0.05
NOT_INVARIANT = remark("sharpness.not_invariant")
"""None of these measures is invariant to reparametrisation (Dinh et al. 2017, arXiv 1703.04933)."""
_ASCENT_STEPS = 20
_CLIMBED = 2
"""So many starts, those of the largest loss, are climbed from."""
_SETTLED, _SETTLED_ON_THE_WAY = 1e-8, 1e-3
"""An ascent ends where a step gains less than this share of the rise: among kinks no more can be had."""
_SUBSPACE_BYTES = 1 << 30
"""A random subspace that would take more is left out."""
_DIRECTIONS = 2


class SamSharpness(BaseModel):
    """Rises of the loss within a distance rho, in units of the loss; None where the loss there is not finite.

    Attributes:
        one_step: after one step of length rho along the gradient, as SAM takes it; 0 where the gradient is 0.
        maximum: the largest found in the ball, by ascent from the two highest of ``starts`` points.
    """

    model_config = ConfigDict(frozen=True)
    rho: float
    one_step: float | None
    maximum: float | None
    starts: int


class AveragedSharpness(BaseModel):
    """The mean rise of the loss under Gaussian perturbations, in ``draws`` pairs +-sigma z."""

    model_config = ConfigDict(frozen=True)
    sigma: float
    value: float | None
    std_error: float | None
    draws: int


class Sharpness(BaseModel):
    """All of them at one point, with the caveat that belongs to them.

    Attributes:
        keskar: one a box and subspace.
        sam, averaged: see there.
        largest_eigenvalue, trace: of the Hessian, as passed in.
        evaluations: passes over the examples.
    """

    model_config = ConfigDict(frozen=True)
    keskar: tuple[KeskarSharpness, ...]
    sam: SamSharpness
    averaged: AveragedSharpness
    largest_eigenvalue: float | None = None
    trace: float | None = None
    caveat: Remark = NOT_INVARIANT
    evaluations: int
    seconds: float


def measure_sharpness(
    model: nn.Module,
    task: Task,
    *,
    pairs: Eigenpairs | None = None,
    trace: float | None = None,
    epsilons: Sequence[float] = EPSILONS,
    subspace: int | None = SUBSPACE,
    rho: float = RHO,
    examples: int | None = None,
    chunk: int = 128,
    seed: int = 0,
) -> Sharpness:
    """Sharpness of the mean training loss at the model's present parameters; the model is left alone.

    Args:
        model, task, examples, chunk: see :class:`~batchwright.measure.hessian.curvature.Curvature`.
        pairs: eigenpairs of the Hessian there; the largest is computed if not given.
        trace: of the Hessian, to be reported along with the rest.
        epsilons: of Keskar's boxes.
        subspace: columns of a random A, beside the full space; left out where it is None, where the model has
            no more parameters than that, or where A would take more than 1 GiB.
        rho: of SAM; the Gaussian perturbations have this length too, in the root mean square.
        seed: of everything drawn.
    """
    began = time.perf_counter()
    task = measured_task(model, task, examples=examples, memory_bytes=MEMORY_BYTES, seed=seed)
    shifted = ShiftedLoss(model, task, chunk=chunk, seed=seed)
    if pairs is None:
        pairs = eigenpairs(Curvature(model, task, chunk=chunk, seed=seed), top=1, bottom=0, seed=seed)
    largest_first = pairs.values.argsort(descending=True)
    directions = pairs.vectors[largest_first[:_DIRECTIONS].to(pairs.vectors.device)]
    spaces: list[int | None] = [None]
    size = (subspace or 0) * shifted.origin.numel() * shifted.origin.element_size()
    if subspace is not None and subspace < shifted.origin.numel() and size <= _SUBSPACE_BYTES:
        spaces.append(subspace)
    boxes = [
        keskar(shifted, epsilon=epsilon, subspace=space, directions=directions, seed=seed)
        for space in spaces
        for epsilon in epsilons
    ]
    return Sharpness(
        keskar=tuple(boxes), sam=sam(shifted, rho=rho, directions=directions),
        averaged=averaged(shifted, sigma=rho / math.sqrt(shifted.origin.numel()), seed=seed),
        largest_eigenvalue=float(pairs.values[largest_first[0]]), trace=trace,
        evaluations=shifted.evaluations, seconds=time.perf_counter() - began,
    )  # fmt: skip


def sam(shifted: ShiftedLoss, *, rho: float = RHO, directions: Tensor | None = None) -> SamSharpness:
    """SAM's sharpness at the origin of ``shifted``: after its one step, and the true maximum over the ball.

    The maximum is sought from +-rho times the gradient's and every given direction, by steps to the point of
    the sphere where the gradient points (which never lowers a convex loss), or part of the way there.

    Args:
        shifted: the loss.
        rho: radius of the ball.
        directions: starts, shape (k, P): top eigenvectors. At an exact minimiser they are the only ones.

    Raises:
        InputError: a rho that is not positive, or a loss at the point that is not finite.
    """
    if not rho > 0:
        raise InputError(f"rho must be above 0, got {rho}")
    base, gradient = shifted.loss_and_gradient(shifted.origin)
    if not math.isfinite(base):
        raise InputError(f"sharpness needs a finite loss, got {base}: the run has diverged")
    one_step: float | None = 0.0
    towards = [] if directions is None else list(directions.to(gradient))
    if float(gradient.norm()) > 0:
        one_step = _finite(shifted.loss(shifted.origin + _onto(gradient, rho)) - base)
        towards.insert(0, gradient)
    starts = [side * _onto(vector, rho) for vector in towards for side in (1, -1)]
    heights = [shifted.loss(shifted.origin + start) for start in starts]
    order = sorted(range(len(starts)), key=lambda k: -heights[k] if math.isfinite(heights[k]) else -math.inf)
    maximum = max([0.0, *(_ascent(shifted, starts[k], base, rho) for k in order[:_CLIMBED])])
    return SamSharpness(rho=rho, one_step=one_step, maximum=_finite(maximum), starts=len(starts))


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


def _ascent(shifted: ShiftedLoss, start: Tensor, base: float, rho: float) -> float:
    """The largest rise on the way up from ``start`` within the ball; inf where the loss is not finite."""
    here = start
    value, gradient = shifted.loss_and_gradient(shifted.origin + here)
    for _ in range(_ASCENT_STEPS):
        if not math.isfinite(value):
            return math.inf
        if float(gradient.norm()) == 0:
            break
        towards, enough = _onto(gradient, rho) - here, _SETTLED
        found, slope = shifted.loss_and_gradient(shifted.origin + here + towards)
        if found <= value:
            # Too far for a loss that is not convex; what lies between two points of the ball is in it.
            towards, enough = _highest(shifted, here, towards, value) * towards, _SETTLED_ON_THE_WAY
            found, slope = shifted.loss_and_gradient(shifted.origin + here + towards)
            if found <= value:
                break
        gain = found - value
        here, value, gradient = here + towards, found, slope
        if gain <= enough * abs(value - base):
            break
    return value - base if math.isfinite(value) else math.inf


def _highest(shifted: ShiftedLoss, here: Tensor, towards: Tensor, value: float) -> float:
    """The share of the way at which the loss is largest."""

    def drop(share: float) -> float:
        found = shifted.loss(shifted.origin + here + share * towards)
        return value - found if math.isfinite(found) else -math.inf

    return float(minimize_scalar(drop, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-4}).x)


def _onto(vector: Tensor, rho: float) -> Tensor:
    return vector * (rho / vector.norm())


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
