"""Rayleigh-Ritz on a growing orthonormal basis whose products are kept."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from batchwright.core.errors import InputError
from batchwright.core.shapes import FlatParams, Vectors
from batchwright.core.streams import generator
from batchwright.measure.hessian.operator import SymmetricOperator

_SHORT = 1 << 13


def random_rows(operator: SymmetricOperator, count: int, seed: int, *names: str | int) -> Vectors:
    """Standard normal rows, shape (count, P), from the stream ``probe`` and ``names``; drawn on the CPU."""
    random = generator(seed, "probe", *names)
    drawn = torch.randn(count, operator.count, generator=random)
    return drawn.to(operator.device, operator.dtype)


def vector_norm(vector: Tensor) -> float:
    """Euclidean norm, accumulated in float64: in float32 torch loses two digits over 60,000 numbers."""
    return float(torch.linalg.vector_norm(vector, dtype=torch.float64))


def orthogonalised(vector: FlatParams, basis: Vectors) -> FlatParams:
    """``vector`` less its components along the orthonormal rows of ``basis``, to rounding.

    Classical Gram-Schmidt, twice: "twice is enough" (Giraud et al. 2005); a third pass where that cancelled
    nearly everything.
    """
    for number in range(3):
        before = vector_norm(vector)
        vector = vector - basis.T @ (basis @ vector)
        if number and vector_norm(vector) > 0.5 * before:
            break
    return vector


class RitzBasis:
    """Orthonormal V (rows), W = H V and G = V H V' in float64.

    The eigenpairs (theta, y) of G give Ritz pairs: x = y V, and the residual H x - theta x = y W - theta y V
    comes from products that were really made. Growing V by the residual of any pair is the Lanczos method as
    long as it grew from one vector (all residuals are parallel then); it also takes in several or fresh
    directions.

    Args:
        operator: gives the products.
        capacity: rows at most; ``compress`` makes room (thick restart, Wu and Simon 2000).
    """

    def __init__(self, operator: SymmetricOperator, capacity: int) -> None:
        self._operator = operator
        self._rows = torch.empty(capacity, operator.count, dtype=operator.dtype, device=operator.device)
        self._images = torch.empty_like(self._rows)
        self._gram = torch.zeros(capacity, capacity, dtype=torch.float64)
        self.capacity, self.size, self.products = capacity, 0, 0
        self.values = torch.zeros(0, dtype=torch.float64)
        self._mix = torch.zeros(0, 0, dtype=torch.float64)

    @property
    def spread(self) -> float:
        """The largest |theta| now."""
        return float(self.values.abs().max()) if self.size else 0.0

    @property
    def full(self) -> bool:
        """Whether V spans the whole space."""
        return self.size == self._operator.count

    def grow(self, vectors: Vectors) -> int:
        """Add what is new in each row of ``vectors``; how many rows that were.

        Raises:
            InputError: a product that is not finite.
        """
        began = self.size
        for vector in vectors:
            if self.size == min(self.capacity, self._operator.count):
                break
            before = vector_norm(vector)
            new = orthogonalised(vector, self._rows[: self.size])
            length = vector_norm(new)
            if length > 100 * torch.finfo(new.dtype).eps * before:
                self._rows[self.size] = new / length
                self.size += 1
        if self.size > began:
            self._multiply(began)
        return self.size - began

    def residual(self, index: int) -> FlatParams:
        """H x - theta x of the Ritz pair ``index``, shape (P,)."""
        y = self._mix[:, index].to(self._rows)
        return y @ self._images[: self.size] - float(self.values[index]) * (y @ self._rows[: self.size])

    def vectors(self, indices: Sequence[int]) -> Vectors:
        """The Ritz vectors ``indices`` as rows."""
        return self._mix[:, list(indices)].T.to(self._rows) @ self._rows[: self.size]

    def last_image(self) -> tuple[FlatParams, float]:
        """H times the row added last, and that row's Rayleigh quotient."""
        return self._images[self.size - 1], float(self._gram[self.size - 1, self.size - 1])

    def outside(self, vector: FlatParams) -> FlatParams:
        """``vector`` less its part in the basis."""
        return orthogonalised(vector, self._rows[: self.size])

    def compress(self, indices: Sequence[int]) -> None:
        """Keep only the span of the Ritz vectors ``indices``."""
        mix = self._mix[:, list(indices)].T.to(self._rows)
        kept = len(indices)
        for store in (self._rows, self._images):
            for columns in torch.arange(self._operator.count).split(1 << 16):  # in place, piece by piece
                piece = slice(int(columns[0]), int(columns[-1]) + 1)
                store[:kept, piece] = mix @ store[: self.size, piece]
        values = self.values[list(indices)]
        self.size, self._gram[:kept, :kept] = kept, values.diag()
        self.values, self._mix = values, torch.eye(kept, dtype=torch.float64)

    def _multiply(self, began: int) -> None:
        new = slice(began, self.size)
        images = self._operator.hessian_products(self._rows[new])
        self.products += self.size - began
        self._images[new] = images
        # Sums of many float32 products lose digits: short sums, added up in float64.
        pieces = zip(images.split(_SHORT, 1), self._rows[: self.size].split(_SHORT, 1), strict=True)
        found = torch.stack([(a @ b.T).double() for a, b in pieces]).sum(0).cpu()
        if not bool(torch.isfinite(found).all()):
            raise InputError(
                "eigenvalues need finite Hessian products, got NaN or infinity: the run has diverged"
            )
        self._gram[new, : self.size] = found
        self._gram[: self.size, new] = found.T
        own = self._gram[new, new]
        self._gram[new, new] = (own + own.T) / 2
        self.values, self._mix = torch.linalg.eigh(self._gram[: self.size, : self.size])


def hidden_probability(diagonal: Sequence[float], off: Sequence[float], at: float, dimension: int) -> float:
    """The chance that an eigenvalue at ``at`` or farther out left no trace in a Lanczos run.

    The run from a random unit vector v made the tridiagonal matrix of ``diagonal`` (s numbers) and ``off``
    (s, the last one being the norm of the next direction). Its orthonormal polynomials p_j bound the
    weight that v can have on an eigenvector at mu by the Christoffel number 1 / sum_{j <= s} p_j(mu)^2,
    which falls with the distance from the Ritz values; and a random direction of n dimensions has a
    weight below c with probability sqrt(2 n c / pi) at most.

    Args:
        at: outside the run's Ritz values, else the answer is 1.
        dimension: n.
    """
    order = len(diagonal)
    inner = torch.diag(torch.tensor(diagonal, dtype=torch.float64))
    if order > 1:
        beta = torch.tensor(off[: order - 1], dtype=torch.float64)
        inner = inner + beta.diag(1) + beta.diag(-1)
    ritz = torch.linalg.eigvalsh(inner)
    if float(ritz[0]) <= at <= float(ritz[-1]):
        return 1.0
    earlier, now, total = 0.0, 1.0, 1.0
    for j in range(order):
        following = (at - diagonal[j]) * now - (off[j - 1] * earlier if j else 0.0)
        if off[j] == 0 or total > 1e200:
            return 0.0
        earlier, now = now, following / off[j]
        total += now * now
    return min(1.0, math.sqrt(2 * dimension / (math.pi * total)))
