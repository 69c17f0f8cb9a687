"""The density of the Hessian's eigenvalues, by stochastic Lanczos quadrature.

A probe z with |z| = 1 turns the spectrum into the measure sum_i (q_i' z)^2 delta(lambda - lambda_i), whose
mean over random z is the density of eigenvalues. m steps of the Lanczos method give its m-point Gauss
quadrature: nodes are the eigenvalues of the tridiagonal matrix, weights the squared first components of its
eigenvectors, and z' H^k z is exact for k <= 2m - 1 (Golub and Welsch 1969; Ubaru, Chen and Saad 2017;
Ghorbani et al. 2019, arXiv 1901.10159).
"""

from __future__ import annotations

import math
import time

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from batchwright.core.errors import InputError
from batchwright.core.shapes import Vectors
from batchwright.core.streams import generator
from batchwright.measure.gradients.per_example import MEMORY_BYTES
from batchwright.measure.hessian.operator import SymmetricOperator
from batchwright.measure.hessian.ritz import vector_norm

PROBES, STEPS = 8, 64
_SMOOTHING = 0.01
"""Width of the Gaussian that stands for a node, relative to the range of the spectrum."""
_BREAKDOWN = 1e2
"""An off-diagonal below this many units in the last place ends the recurrence: the space is invariant."""


class Density(BaseModel):
    """Quadratures of the spectral measure, one a probe; the weights of each add up to 1.

    Attributes:
        nodes, weights: for each probe, ascending by node.
        probes, steps: random directions, and products with each.
    """

    model_config = ConfigDict(frozen=True)
    nodes: tuple[tuple[float, ...], ...]
    weights: tuple[tuple[float, ...], ...]
    probes: int
    steps: int
    products: int
    seconds: float = 0.0

    def on_grid(
        self, grid: NDArray[np.float64], width: float | None = None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Density at ``grid``, and its standard deviation over the probes; in shares of eigenvalues per unit.

        Args:
            grid: eigenvalues.
            width: standard deviation of the Gaussian that smooths it; 1% of the spectrum's range by default.
        """
        everything = [node for own in self.nodes for node in own]
        width = width or _SMOOTHING * (max(everything) - min(everything)) or 1.0
        curves = []
        for nodes, weights in zip(self.nodes, self.weights, strict=True):
            gaps = (np.asarray(grid)[:, None] - np.array(nodes)) / width
            bells = np.exp(-0.5 * gaps**2) / (width * math.sqrt(2 * math.pi))
            curves.append(bells @ np.array(weights))
        spread = np.std(curves, axis=0, ddof=1) if len(curves) > 1 else np.zeros(len(grid))
        return np.mean(curves, axis=0), spread

    def share_above(self, value: float) -> tuple[float, float]:
        """Estimated share of the eigenvalues above ``value``, with its standard error over the probes.

        A node stands for the eigenvalues about it, so the share is blurred where many lie close to ``value``.
        """
        shares = [
            sum(w for node, w in zip(nodes, weights, strict=True) if node > value)
            for nodes, weights in zip(self.nodes, self.weights, strict=True)
        ]
        error = float(np.std(shares, ddof=1)) / math.sqrt(len(shares)) if len(shares) > 1 else math.nan
        return float(np.mean(shares)), error


def spectral_density(
    operator: SymmetricOperator,
    *,
    probes: int = PROBES,
    steps: int = STEPS,
    memory_bytes: int = MEMORY_BYTES,
    seed: int = 0,
) -> Density:
    """The density of the eigenvalues from ``probes`` times ``steps`` products.

    Args:
        operator: its products.
        probes: random vectors of signs (stream ``probe``).
        steps: of the Lanczos method, with full reorthogonalisation; fewer where it exhausts the space.
        memory_bytes: for the bases; probes are taken several at a time as far as theirs fit.
        seed: of the probes.

    Raises:
        InputError: probes or steps below 1, or products that are not finite.
    """
    if probes < 1 or steps < 1:
        raise InputError(f"probes and steps must be at least 1, got {probes} and {steps}")
    began, before = time.perf_counter(), operator.products
    steps = min(steps, operator.count)
    basis_bytes = steps * operator.count * torch.finfo(operator.dtype).bits // 8
    together = max(1, min(probes, memory_bytes // basis_bytes))
    nodes: list[tuple[float, ...]] = []
    weights: list[tuple[float, ...]] = []
    for first in range(0, probes, together):
        starts = _probes(operator, range(first, min(first + together, probes)), seed)
        for diagonal, off_diagonal in _lanczos(operator, starts, steps):
            values, vectors = np.linalg.eigh(
                np.diag(diagonal) + np.diag(off_diagonal, 1) + np.diag(off_diagonal, -1)
            )
            nodes.append(tuple(values.tolist()))
            weights.append(tuple((vectors[0] ** 2).tolist()))
    return Density(
        nodes=tuple(nodes), weights=tuple(weights), probes=probes, steps=steps,
        products=operator.products - before, seconds=time.perf_counter() - began,
    )  # fmt: skip


def _probes(operator: SymmetricOperator, numbers: range, seed: int) -> Vectors:
    """Unit vectors of random signs, shape (k, P)."""
    rows = [
        torch.randint(2, (operator.count,), generator=generator(seed, "probe", "density", k)) for k in numbers
    ]
    signs = (2 * torch.stack(rows) - 1).to(operator.device, operator.dtype)
    return signs / math.sqrt(operator.count)


def _lanczos(
    operator: SymmetricOperator, starts: Vectors, steps: int
) -> list[tuple[list[float], list[float]]]:
    """Diagonal and off-diagonal of each start's tridiagonal matrix; all starts share the products' passes."""
    k, count = starts.shape
    bases = torch.empty(k, steps, count, dtype=starts.dtype, device=starts.device)
    bases[:, 0] = starts
    diagonals: list[list[float]] = [[] for _ in range(k)]
    off_diagonals: list[list[float]] = [[] for _ in range(k)]
    going = list(range(k))
    rounding = _BREAKDOWN * torch.finfo(starts.dtype).eps
    for step in range(steps):
        products = operator.hessian_products(bases[going, step])
        if not bool(torch.isfinite(products).all()):
            raise InputError("a density needs finite Hessian products, got NaN or infinity")
        for place, product in zip(tuple(going), products, strict=True):
            basis = bases[place, : step + 1]
            diagonals[place].append(float(basis[-1].double() @ product.double()))
            scale = vector_norm(product)
            for _ in range(2):
                product = product - (basis @ product) @ basis
            length = vector_norm(product)
            if step + 1 == steps:
                continue
            if length <= rounding * max(scale, max(map(abs, diagonals[place]))):
                going.remove(place)
                continue
            off_diagonals[place].append(length)
            bases[place, step + 1] = product / length
        if not going:
            break
    return list(zip(diagonals, off_diagonals, strict=True))
