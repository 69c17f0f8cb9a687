"""Keskar's sharpness: the largest loss in a small box about the point, by bounded ascent from several starts.

    phi = 100 (max_{y in C} f(x + A y) - f(x)) / (1 + f(x)),   C = {y: |y_i| <= eps (|(A^+ x)_i| + 1)}

(Keskar et al. 2017, arXiv 1609.04836), with A the identity or n x 100 of independent standard normal numbers,
and at most 10 iterations of L-BFGS-B. From the centre alone L-BFGS-B stops at once where the gradient is
zero, and reports a minimiser of any sharpness as perfectly flat; so corners of the box are starts as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.optimize import Bounds, minimize
from torch import Tensor

from batchwright.core.errors import InputError
from batchwright.core.shapes import Vectors
from batchwright.core.streams import generator
from batchwright.measure.hessian.shifted import ShiftedLoss

EPSILONS = (1e-3, 5e-4)
SUBSPACE = 100
"""Columns of a random A."""
ITERATIONS = 10
_GAIN = 1e-7
"""An ascent ends where an iteration gains less than this share of the rise so far."""


class KeskarSharpness(BaseModel):
    """phi, in percent of 1 + loss.

    Attributes:
        epsilon: half the width of the box, relative to |parameter| + 1.
        subspace: the whole space, or that of random columns.
        dimension: of y.
        value: phi; None where the loss in the box is not finite.
        starts: the centre, and the corners on the sides of the gradient, of the eigenvectors given, and of
            a random direction. The loss is computed at all of them; L-BFGS-B sets out from the centre and the
            highest corner.
        best_start: the one that led to the maximum.
    """

    model_config = ConfigDict(frozen=True)
    epsilon: float
    subspace: Literal["full_space", "random_subspace"]
    dimension: int
    value: float | None
    starts: int
    best_start: str


def keskar(
    shifted: ShiftedLoss,
    *,
    epsilon: float = EPSILONS[0],
    subspace: int | None = None,
    directions: Vectors | None = None,
    iterations: int = ITERATIONS,
    seed: int = 0,
) -> KeskarSharpness:
    """Keskar's sharpness at the origin of ``shifted``.

    Args:
        shifted: the loss.
        epsilon: of the box.
        subspace: columns of a random A; None is the full space, A = I.
        directions: directions of large curvature, shape (k, P), whose corners are starts: top eigenvectors.
        iterations: of L-BFGS-B from every start that is climbed from.
        seed: of A and of a random corner (stream ``sharpness``).

    Raises:
        InputError: an epsilon that is not positive, a subspace below 1 or above P, or a loss at the point
            that is not finite.
    """
    count = shifted.origin.numel()
    if not epsilon > 0:
        raise InputError(f"epsilon must be above 0, got {epsilon}")
    if subspace is not None and not 1 <= subspace <= count:
        raise InputError(f"subspace must be between 1 and {count} (the parameters), got {subspace}")
    base, gradient = shifted.loss_and_gradient(shifted.origin)
    if not math.isfinite(base):
        raise InputError(f"sharpness needs a finite loss, got {base}: the run has diverged")
    box = _Box(shifted, epsilon, subspace, base, seed)
    given = () if directions is None else tuple(directions.to(shifted.origin))
    corners = box.corners(gradient, given, seed)
    values = {name: box.loss(corner) for name, corner in corners.items()}
    best, start = base, "centre"
    for name in ("centre", max(values, key=lambda name: values[name])):
        top = box.climb(corners.get(name), iterations)
        if top > best:
            best, start = top, name
    return KeskarSharpness(
        epsilon=epsilon, subspace="full_space" if subspace is None else "random_subspace",
        dimension=box.dimension, starts=1 + len(corners), best_start=start,
        value=100 * (best - base) / (1 + base) if math.isfinite(best) else None,
    )  # fmt: skip


class _Box:
    """f(x + A (b z)) for z in the unit box [-1, 1]^dimension, b the half widths: all scales are alike."""

    def __init__(
        self, shifted: ShiftedLoss, epsilon: float, subspace: int | None, base: float, seed: int
    ) -> None:
        x = shifted.origin
        self._shifted, self._base = shifted, base
        self._columns: Tensor | None = None
        inside = x
        if subspace is not None:
            drawn = torch.randn(
                x.numel(), subspace, dtype=x.dtype, generator=generator(seed, "sharpness", "subspace")
            )
            self._columns = drawn.to(x.device)
            gram = (self._columns.T @ self._columns).double()
            inside = torch.linalg.solve(gram, (self._columns.T @ x).double()).to(x)
        self._widths = epsilon * (inside.abs() + 1)
        self.dimension = len(inside)

    def corners(self, gradient: Tensor, directions: Sequence[Tensor], seed: int) -> dict[str, Tensor]:
        """Corners of the unit box by name: on both sides of the gradient, the directions, a random one."""
        towards = {"gradient": gradient} if bool(gradient.any()) else {}
        towards |= {f"eigenvector {k}": v for k, v in enumerate(directions, start=1)}
        signs = {name: self._inside(vector).sign() for name, vector in towards.items()}
        drawn = torch.randint(2, (self.dimension,), generator=generator(seed, "sharpness", "corner"))
        signs["random"] = (2 * drawn - 1).to(gradient)
        found = {}
        for name, corner in signs.items():
            corner[corner == 0] = 1  # a side of the box is no corner: ascent would never leave it
            found[f"+{name}"], found[f"-{name}"] = corner, -corner
        return found

    def loss(self, z: Tensor) -> float:
        value = self._shifted.loss(self._point(z))
        return value if math.isfinite(value) else math.inf

    def climb(self, start: Tensor | None, iterations: int) -> float:
        """The largest loss on the way up from ``start``, or from the centre; inf where one is not finite."""
        like = self._widths
        largest = -math.inf

        def downhill(numbers: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            nonlocal largest
            z = torch.as_tensor(numbers, device=like.device).to(like.dtype)
            value, gradient = self._shifted.loss_and_gradient(self._point(z))
            if not math.isfinite(value) or largest == math.inf:
                largest = math.inf
                return 0.0, np.zeros_like(numbers)  # no slope: the search ends
            largest = max(largest, value)
            slope = -self._inside(gradient).double().cpu().numpy() / scale
            return (self._base - value) / scale, slope

        first = np.zeros(self.dimension) if start is None else start.double().cpu().numpy()
        scale = 1.0
        # A mean slope of 1, so that its first step is as long as the box is wide and no change of the loss is
        # so small that it would stop at once.
        scale = float(np.abs(downhill(first)[1]).mean()) or 1.0
        edge = np.ones(self.dimension)
        minimize(
            downhill, first, jac=True, method="L-BFGS-B", bounds=Bounds(-edge, edge),
            options={"maxiter": iterations, "ftol": _GAIN, "gtol": 1e-12},
        )  # fmt: skip
        return largest

    def _point(self, z: Tensor) -> Tensor:
        y = self._widths * z
        return self._shifted.origin + (y if self._columns is None else self._columns @ y)

    def _inside(self, vector: Tensor) -> Tensor:
        """The gradient for z, given that for the parameters."""
        return self._widths * (vector if self._columns is None else self._columns.T @ vector)
