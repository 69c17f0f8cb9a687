"""SAM's sharpness: how much the loss rises within a ball about the point.

    max_{|d| <= rho} f(x + d) - f(x), and f(x + rho g/|g|) - f(x), its one-step estimate

(Foret et al. 2021, arXiv 2010.01412).
"""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict
from scipy.optimize import minimize_scalar

from batchwright.core.errors import InputError
from batchwright.core.shapes import FlatParams, Vectors
from batchwright.measure.hessian.shifted import ShiftedLoss

RHO = 0.05
_ASCENT_STEPS = 20
_CLIMBED = 2
"""So many starts, those of the largest loss, are climbed from."""
_SETTLED, _SETTLED_ON_THE_WAY = 1e-8, 1e-3
"""An ascent ends where a step gains less than this share of the rise: among kinks no more can be had."""


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


def sam(shifted: ShiftedLoss, *, rho: float = RHO, directions: Vectors | None = None) -> SamSharpness:
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


def _ascent(shifted: ShiftedLoss, start: FlatParams, base: float, rho: float) -> float:
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


def _highest(shifted: ShiftedLoss, here: FlatParams, towards: FlatParams, value: float) -> float:
    """The share of the way at which the loss is largest."""

    def drop(share: float) -> float:
        found = shifted.loss(shifted.origin + here + share * towards)
        return value - found if math.isfinite(found) else -math.inf

    return float(minimize_scalar(drop, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-4}).x)


def _onto(vector: FlatParams, rho: float) -> FlatParams:
    return vector * (rho / vector.norm())


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
