"""Find a critical point, of whatever class, near a model: minimise the squared norm of the gradient.

Each iteration solves H p = -g approximately, by MINRES on Hessian products (Paige and Saunders 1975), which
takes an indefinite or singular H as it is. With phi = |g|^2/2, whose gradient is H g, any MINRES iterate has
p . H g = -|H p|^2, so it is a descent direction of phi; a backtracking line search on phi makes it global.
Saddles and maxima attract this search just as minima do.
"""

from __future__ import annotations

import math
import time
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from scipy.sparse.linalg import LinearOperator, minres
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.shapes import FlatParams
from batchwright.measure.gradients.per_example import MEMORY_BYTES
from batchwright.measure.hessian.curvature import Curvature
from batchwright.task.task import Task

_ARMIJO = 1e-4
_HALVINGS = 30


class CriticalSearch(BaseModel):
    """Where the search for a critical point ended.

    Attributes:
        status: converged; stalled, where the norm has a local minimum or a kink, or falls no further in this
            precision; budget_exhausted, where it was still falling.
        gradient_norm_before, gradient_norm: of the mean loss, where it began and where it ended.
        distance: between the two points.
        parameters: where it ended, shape (P,), in the model's order; not part of the JSON document.
        hessian_products: vectors that the Hessian was multiplied with.
    """

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
    status: Literal["converged", "stalled", "budget_exhausted"]
    gradient_norm_before: float
    gradient_norm: float
    tolerance: float
    loss_before: float
    loss: float
    distance: float
    iterations: int
    hessian_products: int
    seconds: float
    parameters: Tensor = Field(exclude=True, repr=False)


def find_critical_point(
    model: nn.Module,
    task: Task,
    *,
    tolerance: float | None = None,
    max_iterations: int = 100,
    max_products: int = 5000,
    examples: int | None = None,
    chunk: int = 128,
    memory_bytes: int = MEMORY_BYTES,
    seed: int = 0,
) -> CriticalSearch:
    """Minimise |g|^2 from the model's present parameters; the model itself is left alone.

    Args:
        model, task, examples, chunk, memory_bytes, seed: see
            :class:`~batchwright.measure.hessian.curvature.Curvature`.
        tolerance: gradient norm to reach; by default 1e-9 in float64, else 1e-6.
        max_iterations: steps of the outer search.
        max_products: bounds the Hessian products, up to the two of a last line search.

    Raises:
        InputError: a tolerance or budget that is not positive, or a gradient at the start that is not finite.
    """
    began = time.perf_counter()
    at = Curvature(model, task, examples=examples, chunk=chunk, memory_bytes=memory_bytes, seed=seed)
    goal = (1e-9 if at.dtype == torch.float64 else 1e-6) if tolerance is None else tolerance
    limits = {"tolerance": goal, "max_iterations": max_iterations, "max_products": max_products}
    for name, given in limits.items():
        if not given > 0:
            raise InputError(f"{name} must be above 0, got {given}")
    start, loss_before, norm_before = at.point(), at.loss(), _norm(at)
    if not math.isfinite(norm_before):
        raise InputError(f"the search needs a finite gradient to start from, got a norm of {norm_before:g}")
    status: Literal["converged", "stalled", "budget_exhausted"] = "converged"
    iterations = 0
    while _norm(at) > goal:
        if iterations == max_iterations or at.products + 2 > max_products:
            status = "budget_exhausted"
            break
        newton = _newton_direction(at, max_products - at.products - 1)
        if not (_descended(at, newton) or _descended(at, -_product(at, at.gradient().double()))):
            status = "stalled"
            break
        iterations += 1
    return CriticalSearch(
        status=status, gradient_norm_before=norm_before, gradient_norm=_norm(at),
        tolerance=goal, loss_before=loss_before, loss=at.loss(),
        distance=float((at.point() - start).double().norm()), iterations=iterations,
        hessian_products=at.products, seconds=time.perf_counter() - began, parameters=at.point(),
    )  # fmt: skip


def _norm(at: Curvature) -> float:
    return float(at.gradient().double().norm())


def _product(at: Curvature, vector: FlatParams) -> FlatParams:
    return at.hessian_products(vector.to(at.dtype)[None])[0].double()


def _newton_direction(at: Curvature, products: int) -> FlatParams:
    """p with |H p + g| small, by at most so many products; the larger the gradient, the fewer digits."""
    gradient = at.gradient().double()
    device = gradient.device

    def times(vector: object) -> object:
        return _product(at, torch.as_tensor(vector, device=device)).cpu().numpy()

    operator = LinearOperator((at.count, at.count), matvec=times, dtype="float64")
    accuracy = min(1e-2, math.sqrt(float(gradient.norm())))
    found, _ = minres(
        operator, -gradient.cpu().numpy(), rtol=max(accuracy, 1e-8), maxiter=min(products, 2 * at.count)
    )
    return torch.as_tensor(found, device=device)


def _descended(at: Curvature, direction: FlatParams) -> bool:
    """Move along the direction as far as |g|^2 falls enough; back where it began if it does not."""
    here, gradient = at.point(), at.gradient().double()
    before = 0.5 * float(gradient @ gradient)
    slope = float(_product(at, direction) @ gradient)
    if not slope < 0:
        return False
    step = 1.0
    for _ in range(_HALVINGS):
        at.move((here.double() + step * direction).to(at.dtype))
        if 0.5 * _norm(at) ** 2 <= before + _ARMIJO * step * slope:
            return True
        step /= 2
    at.move(here)
    return False
