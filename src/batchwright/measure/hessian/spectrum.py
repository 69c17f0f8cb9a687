"""Eigenpairs of the Hessian at both ends, with true residuals and multiplicities.

Small problems are solved exactly, where the whole matrix costs little or hardly more than the pairs that are
asked for. Larger ones by the Lanczos method with full reorthogonalisation and thick
restart (Wu and Simon 2000, SIAM J. Matrix Anal. 22): the Krylov space of one random vector, the best space
for its number of products. It holds one vector only of every eigenspace, so a short run from another random
direction, orthogonal to everything seen, then looks for further copies; when it finds one, the search goes
on with both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from batchwright.core.errors import InputError
from batchwright.core.shapes import Vectors
from batchwright.measure.gradients.per_example import MEMORY_BYTES
from batchwright.measure.hessian.operator import SymmetricOperator
from batchwright.measure.hessian.ritz import RitzBasis, hidden_probability, random_rows, vector_norm

DENSE_LIMIT = 3000
"""Parameters up to which the whole matrix may be built."""
_LITTLE_WORK = 4e9
"""P^2 (N + P), for P products over N examples and their eigenvalues, of about two seconds on two cores."""
_PRODUCTS_A_PAIR = 30
"""That the Lanczos method takes, as a rule."""
_PRODUCTS = 2000
_MOST_ROWS = 160
"""More basis vectors save hardly any products, and orthogonalising against them costs."""
_BLOCK = 256
"""Rows of the identity multiplied at once on the dense path."""
_ROUNDING = 100
_HIDDEN = 0.02
"""Chance of an overlooked eigenvalue at which the look for copies ends."""


@dataclass(frozen=True)
class Eigenpairs:
    """Eigenvalues and eigenvectors at the ends of a spectrum.

    Attributes:
        values: shape (k,), float64, ascending: the bottom ones, then the top ones, none twice.
        vectors: orthonormal rows, shape (k, P), in the operator's dtype.
        residuals: |H v - lambda v|, shape (k,), float64, from products really made; an eigenvalue lies within
            that distance of each value.
        ends: "bottom" or "top" for each.
        complete: all P eigenvalues are here.
        spread: the largest |eigenvalue| seen, the scale of tolerances.
        converged: every residual is within the tolerance.
        products: that the search took.
        method: "dense" or "lanczos".
        all_values: all P eigenvalues, ascending, on the dense path.
        hidden: bound on the chance that an eigenvalue beyond the last wanted ones (another copy, most likely)
            was overlooked; 0 on the dense path.
    """

    values: Float[Tensor, " pairs"]
    vectors: Float[Tensor, "pairs params"]
    residuals: Float[Tensor, " pairs"]
    ends: tuple[str, ...]
    complete: bool
    spread: float
    converged: bool
    products: int
    method: str
    all_values: Float[Tensor, " params"] | None = None
    hidden: float = 0.0


def eigenpairs(
    operator: SymmetricOperator,
    *,
    top: int = 5,
    bottom: int = 5,
    tolerance: float = 1e-3,
    dense: bool | None = None,
    start: Tensor | None = None,
    max_products: int | None = None,
    seed: int = 0,
) -> Eigenpairs:
    """The ``top`` largest and ``bottom`` smallest eigenvalues of a symmetric operator, with multiplicities.

    Args:
        operator: its products.
        top, bottom: how many are wanted at either end; fewer where P is smaller.
        tolerance: of residuals, relative to the largest |eigenvalue|.
        dense: solve by the whole matrix or not; by default up to 3000 parameters, where that is little work
            or no more than 30 products a pair, unless ``start`` is given or ``max_products`` is too small.
        start: rows that may be near the eigenvectors, shape (k, P): of an earlier point of a run.
        max_products: bound on the work, 2000 by default; what was reached is then returned with
            ``converged=False``.
        seed: of the random directions (stream ``probe``).

    Raises:
        InputError: no eigenvalue asked for, a tolerance that is not positive, a start of the wrong shape, or
            products that are not finite.
    """
    if min(top, bottom) < 0 or top + bottom < 1:
        raise InputError(f"top and bottom must be 0 or more and not both 0, got {top} and {bottom}")
    if not 0 < tolerance < math.inf:
        raise InputError(f"tolerance must be a positive number, got {tolerance}")
    if start is not None and (start.ndim != 2 or start.shape[1] != operator.count):
        raise InputError(f"start must have shape (k, {operator.count}), got {tuple(start.shape)}")
    if dense is None:
        affordable = max_products is None or max_products >= operator.count
        dense = start is None and affordable and _dense_pays(operator, top + bottom)
    top, bottom = _shared(operator.count, top, bottom)
    if dense:
        return _dense(operator, top, bottom, tolerance)
    return _Search(operator, top, bottom, tolerance, max_products or _PRODUCTS, seed).run(start)


def _dense_pays(operator: SymmetricOperator, wanted: int) -> bool:
    """By counted work, not by the clock: P products, each of P numbers over N examples, and P^3 to solve."""
    count = operator.count
    work = count**2 * (operator.examples + count)
    return count <= DENSE_LIMIT and (work <= _LITTLE_WORK or count <= _PRODUCTS_A_PAIR * wanted)


def _shared(count: int, top: int, bottom: int) -> tuple[int, int]:
    """Both numbers, reduced where they would overlap; the middle one goes to the top."""
    if top + bottom <= count:
        return top, bottom
    low = min(bottom, max(count // 2, count - top))
    return min(top, count - low), low


def _ends(top: int, bottom: int) -> tuple[str, ...]:
    return ("bottom",) * bottom + ("top",) * top


def _dense(operator: SymmetricOperator, top: int, bottom: int, tolerance: float) -> Eigenpairs:
    count = operator.count
    eye = torch.eye(count, dtype=operator.dtype, device=operator.device)
    matrix = torch.cat([operator.hessian_products(piece).double() for piece in eye.split(_BLOCK)])
    if not bool(torch.isfinite(matrix).all()):
        raise InputError(
            "eigenvalues need finite Hessian products, got NaN or infinity: the run has diverged"
        )
    values, columns = torch.linalg.eigh((matrix + matrix.T) / 2)
    chosen = [*range(bottom), *range(count - top, count)]
    rows, picked = columns[:, chosen].T, values[chosen]
    residuals = (rows @ matrix - picked[:, None] * rows).norm(dim=1)
    spread = float(values.abs().max())
    return Eigenpairs(
        values=picked.cpu(), vectors=rows.to(operator.dtype).contiguous(), residuals=residuals.cpu(),
        ends=_ends(top, bottom), complete=top + bottom == count, spread=spread,
        converged=float(residuals.max()) <= tolerance * spread, products=count, method="dense",
        all_values=values.cpu(),
    )  # fmt: skip


class _Search:
    """Lanczos until the wanted pairs have converged, then a look for further copies, in turns."""

    def __init__(
        self, operator: SymmetricOperator, top: int, bottom: int, tolerance: float, products: int, seed: int
    ) -> None:
        self._operator, self._top, self._bottom = operator, top, bottom
        self._tolerance, self._limit, self._seed = tolerance, products, seed
        self._wanted = top + bottom
        row = 2 * operator.count * torch.finfo(operator.dtype).bits // 8
        capacity = max(min(MEMORY_BYTES // row, _MOST_ROWS), 2 * self._wanted + 12)
        self._basis = RitzBasis(operator, min(capacity, operator.count))
        self._draws, self._hidden = 0, 1.0

    def run(self, start: Vectors | None) -> Eigenpairs:
        if start is not None:
            self._basis.grow(
                start.to(self._operator.device, self._operator.dtype)[: self._basis.capacity // 2]
            )
        converged = self._converge()
        while converged and not self._basis.full and self._copy_appears():
            converged = self._converge()
        return self._result()

    def _converge(self) -> bool:
        """Grow by the residual of a wanted pair that has not converged; False when the products are spent."""
        basis, last = self._basis, 0
        while True:
            wanted = self._indices()
            order = wanted[last:] + wanted[:last]  # the pair that was not good enough last time comes first
            worst = next((i for i in order if not self._good(i)), None)
            if worst is None and basis.size >= self._wanted:
                return True
            if basis.products >= self._limit:
                return False
            if worst is None:
                basis.grow(self._random(1))
                continue
            last = wanted.index(worst)
            residual = basis.residual(worst)
            self._make_room(1)
            if not basis.grow(residual[None]):
                return False  # rounding allows no smaller residual

    def _copy_appears(self) -> bool:
        """Lanczos from a new random direction: whether a wanted value changes; sets ``_hidden`` if not."""
        basis = self._basis
        most = max(8, basis.size // 4)
        self._make_room(most)
        before, dimension = basis.values[self._indices()], self._operator.count - basis.size
        direction = self._random(1)[0]
        diagonal: list[float] = []
        off: list[float] = []
        while len(diagonal) < most and basis.products < self._limit and basis.grow(direction[None]):
            slack = self._tolerance * basis.spread
            if float((basis.values[self._indices()] - before).abs().max()) > slack:
                return True
            image, quotient = basis.last_image()
            direction = basis.outside(image)
            diagonal.append(quotient)
            off.append(vector_norm(direction))
            if off[-1] <= _ROUNDING * torch.finfo(direction.dtype).eps * basis.spread:
                self._hidden = 0.0  # an invariant subspace: nothing of the direction lies elsewhere
                break
            self._hidden = max(
                (hidden_probability(diagonal, off, mu, dimension) for mu in self._borders(slack)), default=0.0
            )
            if self._hidden <= _HIDDEN:
                break
        return any(not self._good(i) for i in self._indices())

    def _borders(self, slack: float) -> list[float]:
        """Where an overlooked eigenvalue would begin to matter, at the ends asked for."""
        values = self._basis.values
        low = [float(values[self._bottom - 1]) - slack] if self._bottom else []
        return low + ([float(values[-self._top]) + slack] if self._top else [])

    def _indices(self) -> list[int]:
        size = self._basis.size
        if size <= self._wanted:
            return list(range(size))
        return [*range(self._bottom), *range(size - self._top, size)]

    def _good(self, index: int) -> bool:
        return vector_norm(self._basis.residual(index)) <= self._tolerance * self._basis.spread

    def _make_room(self, rows: int) -> None:
        """Thick restart where the basis has no room: keep the wanted pairs and the next ones."""
        basis = self._basis
        if basis.size + rows <= basis.capacity:
            return
        spare = (basis.capacity - self._wanted) // 3
        low = self._bottom + (spare * self._bottom) // self._wanted
        high = self._top + (spare * self._top) // self._wanted
        basis.compress([*range(low), *range(basis.size - high, basis.size)])

    def _random(self, count: int) -> Vectors:
        self._draws += 1
        return random_rows(self._operator, count, self._seed, "spectrum", self._draws)

    def _result(self) -> Eigenpairs:
        basis, indices = self._basis, self._indices()
        top = min(self._top, len(indices) - min(self._bottom, len(indices)))
        residuals = torch.tensor([vector_norm(basis.residual(i)) for i in indices], dtype=torch.float64)
        good = bool((residuals <= self._tolerance * basis.spread).all())
        return Eigenpairs(
            values=basis.values[indices].clone(), vectors=basis.vectors(indices), residuals=residuals,
            ends=_ends(top, len(indices) - top), complete=len(indices) == self._operator.count,
            spread=basis.spread, converged=good and len(indices) == self._wanted, products=basis.products,
            method="lanczos", hidden=0.0 if basis.full else self._hidden,
        )  # fmt: skip
