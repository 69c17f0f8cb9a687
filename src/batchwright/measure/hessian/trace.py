"""The trace of the Hessian with its standard error: exact where its structure gives it, else by XTrace.

With k random directions Omega, an orthonormal basis Q of H Omega catches the large eigenvalues, whose sum
tr(Q' H Q) is then exact; what is left is estimated by Hutchinson's method. XTrace lets every direction
estimate the remainder of the basis made from all the others, which makes k estimates of the whole trace from
the same 2k products (Epperly, Tropp and Webber 2024, arXiv 2301.07825). Their mean is the estimate, their
scatter its error, once corrected for what they have in common.
"""

from __future__ import annotations

import math
import time
from typing import Literal, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from batchwright.core.errors import InputError
from batchwright.core.shapes import Vectors
from batchwright.core.streams import generator
from batchwright.measure.gradients.per_example import MEMORY_BYTES
from batchwright.measure.hessian.operator import SymmetricOperator
from batchwright.measure.hessian.ritz import vector_norm

_PRODUCTS = 400
_BLOCK = 8
"""Directions added at a time."""
_FEWEST = 8
"""Directions below which their scatter says too little of the error."""
_EXACT_LIMIT = 128
"""Parameters up to which the diagonal is computed."""
_HELD = 3
"""Matrices of one row a direction that XTrace holds: directions, basis, and the basis' products."""
_CORRELATION = 1.75
"""The estimates share their directions, so their mean errs more than their scatter says: by factors of 1.2
to 1.9 over seven kinds of spectra, 1.6 as a rule (root mean square error over scatter / sqrt(k), 80 seeds
each)."""
_NEW = 1e3
"""A product counts as new where the basis leaves more of it than this many units in the last place."""


@runtime_checkable
class KnowsItsTrace(Protocol):
    """An operator that may know its trace without products, as ``Curvature`` does for many networks."""

    def exact_trace(self) -> float | None:
        """tr H to rounding, or None."""
        ...


class Trace(BaseModel):
    """tr H.

    Attributes:
        value: the estimate; ``std_error`` its standard error, 0 where it is exact to rounding.
        samples: estimates it is the mean of.
        products: with vectors; none where the slopes of the outputs gave it (``piecewise-linear``).
        converged: whether the standard error met the relative error asked for.
    """

    model_config = ConfigDict(frozen=True)
    value: float
    std_error: float
    samples: int
    products: int
    method: Literal["exact", "piecewise-linear", "xtrace", "hutchinson"]
    converged: bool
    seconds: float = 0.0


def trace(
    operator: SymmetricOperator,
    *,
    relative_error: float = 0.01,
    max_products: int = _PRODUCTS,
    memory_bytes: int = MEMORY_BYTES,
    seed: int = 0,
) -> Trace:
    """The sum of all eigenvalues.

    Args:
        operator: its products; one that knows its trace is asked for it first.
        relative_error: standard error at which it stops, relative to the trace.
        max_products: bound on the work; what was reached is then returned with ``converged=False``.
        memory_bytes: for the directions held; Hutchinson's method, which holds none, where it is short.
        seed: of the directions (stream ``probe``).

    Raises:
        InputError: a relative error that is not positive, fewer than 4 products, or products that are not
            finite.
    """
    if not 0 < relative_error < math.inf:
        raise InputError(f"relative_error must be a positive number, got {relative_error}")
    if max_products < 4:
        raise InputError(f"max_products must be at least 4, got {max_products}")
    began, before = time.perf_counter(), operator.products
    if operator.count <= min(_EXACT_LIMIT, max_products):
        eye = torch.eye(operator.count, dtype=operator.dtype, device=operator.device)
        estimates, method = None, "exact"
        value = float(_checked(operator.hessian_products(eye)).diagonal().double().sum())
    elif isinstance(operator, KnowsItsTrace) and (known := operator.exact_trace()) is not None:
        if not math.isfinite(known):
            raise _not_finite()
        value, estimates, method = known, None, "piecewise-linear"
    else:
        row_bytes = operator.count * torch.finfo(operator.dtype).bits // 8
        rows = min(memory_bytes // (_HELD * row_bytes), max_products // 2)
        if rows >= _FEWEST:
            value, estimates = _xtrace(operator, relative_error, int(rows), seed)
            method = "xtrace"
        else:
            estimates, method = _hutchinson(operator, relative_error, max_products, seed), "hutchinson"
            value = float(estimates.mean())
    error = 0.0 if estimates is None else _error(estimates, method)
    return Trace(
        value=value, std_error=error, samples=0 if estimates is None else len(estimates),
        products=operator.products - before, method=method,  # type: ignore[arg-type]
        converged=error <= relative_error * abs(value), seconds=time.perf_counter() - began,
    )  # fmt: skip


def _error(estimates: Float[Tensor, " estimates"], method: str) -> float:
    scatter = float(estimates.std()) / math.sqrt(len(estimates))
    return _CORRELATION * scatter if method == "xtrace" else scatter


def _not_finite() -> InputError:
    return InputError(
        "a trace needs finite second derivatives, got NaN or infinity: the run may have diverged"
    )


def _checked(products: Tensor) -> Tensor:
    if not bool(torch.isfinite(products).all()):
        raise _not_finite()
    return products


def _directions(operator: SymmetricOperator, first: int, count: int, seed: int) -> Vectors:
    """Points of the sphere of radius sqrt(P), shape (count, P): directions ``first``, ``first + 1``, ...

    Not random signs: where few parameters matter these repeat themselves, and look like a range that is full.
    """
    rows = [
        torch.randn(operator.count, generator=generator(seed, "probe", "trace", first + k))
        for k in range(count)
    ]
    scaled = [row * (math.sqrt(operator.count) / vector_norm(row)) for row in rows]
    return torch.stack(scaled).to(operator.device, operator.dtype)


def _hutchinson(
    operator: SymmetricOperator, relative_error: float, most: int, seed: int
) -> Float[Tensor, " estimates"]:
    """z' H z for random z, one after another."""
    found: list[float] = []
    while len(found) < most:
        z = _directions(operator, len(found), 1, seed)
        found.append(float((z.double() * _checked(operator.hessian_products(z)).double()).sum()))
        values = torch.tensor(found, dtype=torch.float64)
        if len(found) >= _FEWEST and _error(values, "hutchinson") <= relative_error * abs(
            float(values.mean())
        ):
            break
    return torch.tensor(found, dtype=torch.float64)


def _xtrace(
    operator: SymmetricOperator, relative_error: float, most: int, seed: int
) -> tuple[float, Float[Tensor, " estimates"] | None]:
    """The trace and its k estimates; None for these where the basis holds the whole range of H."""
    omega = torch.empty(0, operator.count, dtype=operator.dtype, device=operator.device)
    basis, images = omega, omega
    upper = torch.zeros(0, 0, dtype=torch.float64)
    while True:
        fresh = _directions(operator, len(omega), min(_BLOCK, most - len(omega)), seed)
        products = _checked(operator.hessian_products(fresh))
        omega = torch.cat([omega, fresh])
        basis, upper, complete = _extended(basis, upper, products)
        if complete and len(images) == len(basis):
            return _captured(basis, images), None
        images = torch.cat([images, _checked(operator.hessian_products(basis[len(images) :]))])
        if complete:
            return _captured(basis, images), None
        estimates = _leave_one_out(omega, basis, images, upper)
        value = float(estimates.mean())
        if len(omega) >= _FEWEST and _error(estimates, "xtrace") <= relative_error * abs(value):
            return value, estimates
        if len(omega) >= most:
            return value, estimates


def _captured(basis: Vectors, images: Vectors) -> float:
    """tr(Q' H Q)."""
    return float((basis.double() * images.double()).sum())


def _extended(basis: Tensor, upper: Tensor, products: Tensor) -> tuple[Tensor, Tensor, bool]:
    """Q and R with these products of further directions in them; True where one of them added nothing."""
    eps = torch.finfo(basis.dtype).eps
    for product in products:
        left, parts = product, torch.zeros(len(basis), dtype=torch.float64)
        for _ in range(2):  # twice is enough
            step = basis @ left
            left = left - step @ basis
            parts += step.double().cpu()
        length = vector_norm(left)
        if length <= _NEW * eps * vector_norm(product):
            return basis, upper, True
        size = len(basis)
        grown = torch.zeros(size + 1, size + 1, dtype=torch.float64)
        grown[:size, :size], grown[:size, size], grown[size, size] = upper, parts, length
        basis, upper = torch.cat([basis, left[None] / length]), grown
    return basis, upper, False


def _leave_one_out(
    omega: Vectors, basis: Vectors, images: Vectors, upper: Float[Tensor, "vectors vectors"]
) -> Float[Tensor, " vectors"]:
    """One estimate of the trace a direction, from the basis that the other directions make."""
    k, count = omega.shape
    inner = (basis @ images.T).double().cpu()
    inner = (inner + inner.T) / 2
    parts = (basis @ omega.T).double().cpu()
    crossed = (images @ omega.T).double().cpu()  # Q' H omega
    own = torch.linalg.solve_triangular(upper.T, torch.eye(k, dtype=torch.float64), upper=False)
    own = own / own.norm(dim=0)  # the direction in the basis that only omega_i brought in
    rest = parts - own * (own * parts).sum(dim=0)
    left_out = (own * (inner @ own)).sum(dim=0)
    # omega' H omega, with H omega = Q R: nothing is multiplied again.
    whole = (parts * upper).sum(dim=0)
    remainder = whole - 2 * (rest * crossed).sum(dim=0) + (rest * (inner @ rest)).sum(dim=0)
    norms = float(count) - rest.square().sum(dim=0)
    # Directions scaled to the sphere of the space that is left: less scatter for the same mean.
    return inner.trace() - left_out + remainder * (count - k + 1) / norms
