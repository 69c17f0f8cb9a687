"""Leave a saddle along the direction of most negative curvature, with a line search.

Along +-u, the eigenvector of the smallest eigenvalue lambda < 0, the loss falls as lambda t^2/2 at first.
Steps are doubled while it falls, then the minimum between the last three is refined (Brent 1973); the better
side wins.
"""

from __future__ import annotations

import math
import time

from pydantic import AliasChoices, BaseModel, ConfigDict, Field
from scipy.optimize import minimize_scalar
from torch import Tensor, nn

from batchwright.core.remark import Remark, remark
from batchwright.core.shapes import FlatParams
from batchwright.measure.examples import measured_task
from batchwright.measure.gradients.per_example import MEMORY_BYTES
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.shifted import ShiftedLoss
from batchwright.measure.hessian.spectrum import Eigenpairs, eigenpairs
from batchwright.measure.points.critical import Kind, classify
from batchwright.task.task import Task
from batchwright.training.environment import environment

LISTED = 100
"""Directions of more parameters are not listed."""
_FIRST_STEP = 1e-2
"""Of the line search, relative to 1 + |w|."""
_TIE = 1e-9
"""Sides that differ less, relative to the loss before, are alike: the first is taken."""
_SHRINKINGS, _EXPANSIONS = 12, 40


class Escape(BaseModel):
    """The way out of a point, if it has one.

    Attributes:
        escaped: whether a lower loss was found.
        kind: the class of the point that was left, ``class`` in JSON.
        loss_before, loss_after: mean loss; the same where there is no way out.
        direction: the unit vector stepped along, sign included; None where there is none, or above 100
            parameters.
        eigenvalue, residual: the smallest eigenvalue of the Hessian and its |H v - lambda v|.
        distance: stepped along ``direction``, in parameter space.
        reason: what happened.
        evaluations: of the loss in the line search.
        parameters: where the step ends, shape (P,), in the model's order; not part of the JSON document.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    escaped: bool
    kind: Kind = Field(serialization_alias="class", validation_alias=AliasChoices("class", "kind"))
    loss_before: float
    loss_after: float
    direction: tuple[float, ...] | None
    eigenvalue: float | None
    residual: float | None
    distance: float
    reason: Remark
    evaluations: int
    hessian_products: int
    seconds: float
    environment: dict[str, str | int] = {}
    parameters: Tensor = Field(exclude=True, repr=False)


def escape_saddle(
    model: nn.Module,
    task: Task,
    *,
    pairs: Eigenpairs | None = None,
    examples: int | None = None,
    chunk: int = 128,
    memory_bytes: int = MEMORY_BYTES,
    seed: int = 0,
) -> Escape:
    """Step out of the model's point along its most negative curvature; the model itself is left alone.

    Args:
        model, task, examples, chunk, memory_bytes, seed: see
            :class:`~batchwright.measure.hessian.curvature.Curvature`.
        pairs: eigenpairs at the point, the smallest among them; computed if not given.

    Returns:
        The step, or the reason why there is none: an eigenvalue counts as negative only where it lies below
        zero by more than its residual and the rounding of the products.
    """
    began = time.perf_counter()
    task = measured_task(model, task, examples=examples, memory_bytes=memory_bytes, seed=seed)
    curvature = Curvature(model, task, chunk=chunk, memory_bytes=memory_bytes, seed=seed)
    pairs = eigenpairs(curvature, top=1, bottom=1, seed=seed) if pairs is None else pairs
    point = classify(curvature, pairs, seed=seed)
    shifted = ShiftedLoss(model, task, chunk=chunk, seed=seed)
    lowest = int(pairs.values.argmin())
    value, residual = float(pairs.values[lowest]), float(pairs.residuals[lowest])
    before = shifted.loss(shifted.origin)
    distance, after, direction = 0.0, before, None
    certified = value < -(residual + point.tolerance)
    if certified:
        unit = pairs.vectors[lowest].to(shifted.origin)
        downhill = float(curvature.gradient() @ unit) or -float(unit.sum())
        unit = unit / unit.norm() if downhill <= 0 else -unit / unit.norm()
        distance, after, direction = _lower(shifted, unit, before)
    if direction is not None:
        reason = remark("way_out.found", eigenvalue=value, before=before, after=after)
    elif certified:
        reason = remark("way_out.kink", eigenvalue=value)
    else:
        reason = remark("way_out.none", eigenvalue=value)
    listed = direction is not None and direction.numel() <= LISTED
    return Escape(
        escaped=direction is not None, kind=point.kind, loss_before=before, loss_after=after,
        direction=tuple(direction.tolist()) if direction is not None and listed else None,
        eigenvalue=value, residual=residual, distance=distance, reason=reason,
        evaluations=shifted.evaluations, hessian_products=curvature.products,
        seconds=time.perf_counter() - began, environment=environment(curvature.device),
        parameters=shifted.origin if direction is None else shifted.origin + distance * direction,
    )  # fmt: skip


def _lower(shifted: ShiftedLoss, unit: FlatParams, before: float) -> tuple[float, float, FlatParams | None]:
    """(distance, loss, signed unit vector) of the lower end of the two sides, None where neither falls."""
    best: tuple[float, float, Tensor | None] = (0.0, before, None)
    for side in (unit, -unit):
        distance, value = _searched(shifted, side, before)
        if value < best[1] - _TIE * abs(before):
            best = (distance, value, side)
    return best


def _searched(shifted: ShiftedLoss, side: FlatParams, before: float) -> tuple[float, float]:
    """The lowest loss on a half-line: (distance, loss); distance 0 where no step lowers it."""

    def at(distance: float) -> float:
        value = shifted.loss(shifted.origin + distance * side)
        return value if math.isfinite(value) else before + abs(before) + 1  # just not lower

    step = _FIRST_STEP * (1 + float(shifted.origin.norm()))
    value = at(step)
    for _ in range(_SHRINKINGS):
        if value < before:
            break
        step /= 4
        value = at(step)
    else:
        return 0.0, before
    shorter = 0.0
    for _ in range(_EXPANSIONS):
        longer = at(2 * step)
        if not longer < value:
            break
        shorter, step, value = step, 2 * step, longer
    found = minimize_scalar(at, bounds=(shorter, 2 * step), method="bounded", options={"xatol": 1e-6 * step})
    return (float(found.x), float(found.fun)) if found.fun < value else (step, value)
