"""Linear regression with a penalty, solved exactly: where training with ``weight_decay`` or ``l1`` ends.

With N rows x_i, targets y_i and a strength s, the loss is the package's mean squared error:

    ridge   (1/N) |X w - y|^2 + s/2 |w|_2^2     s = weight_decay (L2, or decoupled under plain SGD)
    lasso   (1/N) |X w - y|^2 + s |w|_1         s = l1

so that scikit-learn's ``Ridge(alpha)`` has alpha = N s / 2 and its ``Lasso(alpha)`` alpha = s / 2. There is no
intercept: centre X and y first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from batchwright.core.errors import InputError

Floats = NDArray[np.float64]
_CHANGE = 1e-13
"""Of a sweep of coordinate descent that ends it, relative to the largest coefficient."""
_MOST_SWEEPS = 100_000


def ridge_path(inputs: ArrayLike, targets: ArrayLike, strengths: Sequence[float]) -> Floats:
    """Minimisers of (1/N) |X w - y|^2 + s/2 |w|^2, one row a strength, shape (strengths, features).

    Through the singular value decomposition X = U S V', which every strength shares:

        w(s) = V diag(S / (S^2 + N s / 2)) U' y

    At s = 0 it is the least-squares solution, of smallest norm where there are several.

    Args:
        inputs: X, shape (N, features).
        targets: y, shape (N,).
        strengths: each at least 0.

    Raises:
        InputError: shapes that do not fit, values that are not finite, or a negative strength.

    >>> ridge_path([[1.0], [1.0]], [2.0, 4.0], [0, 2]).round(12).tolist()
    [[3.0], [1.5]]
    """
    X, y, s = _checked_regression(inputs, targets, strengths)
    left, values, right = np.linalg.svd(X, full_matrices=False)
    values[values <= np.finfo(float).eps * max(X.shape) * values.max(initial=0.0)] = 0.0
    along = left.T @ y
    denominators = values**2 + len(y) * s[:, None] / 2
    shrunk = np.divide(values * along, denominators, out=np.zeros_like(denominators), where=denominators > 0)
    return np.asarray(shrunk @ right)


def lasso_path(inputs: ArrayLike, targets: ArrayLike, strengths: Sequence[float]) -> Floats:
    """Minimisers of (1/N) |X w - y|^2 + s |w|_1, one row a strength; coefficients that are zero are exactly zero.

    Cyclic coordinate descent (Friedman, Hastie and Tibshirani 2010) from the largest strength down, each
    started from the last: with a_jk = 2/N x_j.x_k and b = 2/N X'y,

        w_j <- soft(b_j - sum_(k != j) a_jk w_k, s) / a_jj,    soft(r, s) = sign(r) max(|r| - s, 0)

    Args:
        inputs: X, shape (N, features).
        targets: y, shape (N,).
        strengths: each at least 0.

    Raises:
        InputError: as :func:`ridge_path`; or no convergence, as with columns that depend on one another.

    >>> lasso_path([[1.0], [1.0]], [2.0, 4.0], [0, 2, 9]).tolist()
    [[3.0], [2.0], [0.0]]
    """
    X, y, s = _checked_regression(inputs, targets, strengths)
    curvature, pull = 2 / len(y) * X.T @ X, 2 / len(y) * X.T @ y
    path = np.zeros((len(s), X.shape[1]))
    weights = np.zeros(X.shape[1])
    for i in np.argsort(-s, kind="stable"):
        weights = _coordinate_descent(curvature, pull, float(s[i]), weights)
        path[i] = weights
    return path


def _coordinate_descent(curvature: Floats, pull: Floats, strength: float, start: Floats) -> Floats:
    weights = start.copy()
    columns = np.flatnonzero(np.diag(curvature) > 0)
    for _ in range(_MOST_SWEEPS):
        change = 0.0
        for j in columns:
            before = weights[j]
            rest = pull[j] - curvature[j] @ weights + curvature[j, j] * before
            weights[j] = (rest - np.clip(rest, -strength, strength)) / curvature[j, j]
            change = max(change, abs(weights[j] - before))
        if change <= _CHANGE * np.abs(weights).max(initial=0.0):
            return weights
    raise InputError(
        f"columns of inputs must not depend on one another, got some that nearly do: no convergence at strength "
        f"{strength} in {_MOST_SWEEPS} sweeps; drop some, or use ridge"
    )


def _checked_regression(inputs: Any, targets: Any, strengths: Any) -> tuple[Floats, Floats, Floats]:
    X, y, s = (np.asarray(given, dtype=np.float64) for given in (inputs, targets, strengths))
    if X.ndim != 2 or y.ndim != 1 or len(X) != len(y) or len(y) == 0:
        raise InputError(
            f"inputs must have shape (N, features) and targets (N,), got {X.shape} and {y.shape}"
        )
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise InputError("inputs and targets must be finite, got an infinity or no number")
    if s.ndim != 1 or not (np.isfinite(s) & (s >= 0)).all():
        raise InputError(f"strengths must be a list of finite numbers from 0 on, got {s.tolist()}")
    return X, y, s
