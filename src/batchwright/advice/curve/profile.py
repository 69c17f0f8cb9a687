"""The profile likelihood of the critical batch size: a robust, closed-form fit for each value on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy import optimize, special

from batchwright.advice.curve.runs import Medians, Vector, normal_hazard

HUBER = 1.5
"""Residuals beyond this many standard deviations pull with constant force (Huber 1964)."""
_PSI_SQUARED = float(special.chdtr(3, HUBER**2) + HUBER**2 * special.chdtrc(1, HUBER**2))
"""E psi^2 of a standard normal residual, psi(z) = z limited to +-HUBER."""

PRIOR_MISFIT = 0.05
PRIOR_DOF = 1.0
"""Real tables leave the curve by some 5%; that knowledge weighs as much as one residual."""
LEAST_MISFIT = 0.005
"""Below half a per cent a misfit cannot be told from none; the fit needs one."""

_GRID_DECADES = 4.0
GRID_VALUES = 400
_CELLS = 1_500_000
"""Grid values times batch sizes held at once, so that tables with many batch sizes get a coarser grid."""
_ITERATIONS = 25


@dataclass(frozen=True)
class Profile:
    """Twice the negative log likelihood over the grid, at its best intercept, and the best point.

    ``deviance`` is relative to its minimum. ``misfit`` is the standard deviation of the curve's own error,
    shrunk to the prior; ``raw_misfit`` is without the prior. ``covariance`` is that of
    (log S_min, log B_crit).
    """

    log_critical: Vector
    deviance: Vector
    best_log_critical: float
    best_log_steps_min: float
    residuals: Vector
    covariance: Float[np.ndarray, "2 2"]
    misfit: float
    raw_misfit: float


def log_curve(log_critical: Vector | float, log_batch: Vector | float) -> Vector:
    """log(1 + B_crit/B)."""
    return np.logaddexp(0.0, np.subtract(log_critical, log_batch))


def _fit_on_grid(data: Medians, log_critical: Vector, sd: Vector) -> tuple[Vector, Vector]:
    """Best intercept and deviance at every grid value: iteratively reweighted means, all values at once."""
    shape = log_curve(log_critical[:, None], data.log_batch[None, :])
    target = data.log_steps - shape
    exact = ~data.is_bound
    intercept = np.median(target[:, exact], axis=1)
    # A bound acts as the mean of what lies above it (expectation-maximisation); it starts as a value.
    completed = target.copy()
    for _ in range(_ITERATIONS):
        if data.is_bound.any():
            z = (target - intercept[:, None]) / sd
            completed = np.where(exact, target, intercept[:, None] + sd * normal_hazard(z))
        weight = np.where(exact, huber_weights(completed - intercept[:, None], sd), 1 / sd**2)
        updated = np.sum(weight * completed, axis=1) / np.sum(weight, axis=1)
        done = np.max(np.abs(updated - intercept)) < 1e-6
        intercept = updated
        if done:
            break
    z = (target - intercept[:, None]) / sd
    size = np.abs(z)
    loss = np.where(size <= HUBER, size**2, 2 * HUBER * size - HUBER**2)
    if data.is_bound.any():
        loss = np.where(exact, loss, -2 * special.log_ndtr(-z))
    return intercept, np.sum(loss, axis=1)


def huber_weights(residuals: Vector, sd: Vector) -> Vector:
    """1/sd^2, less for residuals beyond HUBER sd."""
    return np.minimum(1.0, HUBER / np.maximum(np.abs(residuals) / sd, 1e-300)) / sd**2


def slopes(log_critical: float, log_batch: Vector) -> Float[np.ndarray, "2 points"]:
    """Derivatives of log S by (log S_min, log B_crit): 1 and B_crit/(B + B_crit)."""
    return np.stack([np.ones_like(log_batch), special.expit(log_critical - log_batch)])


def _profile(data: Medians, misfit: float, values: int) -> Profile:
    sd = np.sqrt(data.variance + misfit**2)
    span = math.log(10) * _GRID_DECADES
    count = int(np.clip(_CELLS / len(sd), 80, values))
    coarse = np.linspace(data.log_batch.min() - span, data.log_batch.max() + span, count)
    around = int(np.argmin(_fit_on_grid(data, coarse, sd)[1]))
    fine = np.linspace(coarse[max(around - 1, 0)], coarse[min(around + 1, count - 1)], 40)
    grid = np.union1d(coarse, fine)
    intercept, deviance = _fit_on_grid(data, grid, sd)
    best = int(np.argmin(deviance))
    residuals = data.log_steps - intercept[best] - log_curve(grid[best], data.log_batch)
    residuals = np.where(data.is_bound, np.maximum(residuals, 0.0), residuals)
    weight = np.where(data.is_bound, 0.0, huber_weights(residuals, sd))
    slope = slopes(grid[best], data.log_batch)
    return Profile(
        log_critical=grid,
        deviance=deviance - deviance[best],
        best_log_critical=float(grid[best]),
        best_log_steps_min=float(intercept[best]),
        residuals=residuals,
        covariance=np.linalg.pinv((slope * weight) @ slope.T),
        misfit=misfit,
        raw_misfit=misfit,
    )


def deviance_crossings(profile: Profile, limit: float) -> tuple[float | None, float | None]:
    """Ends of {log B_crit: deviance <= limit}; None where the grid ends first.

    Between grid values the root of the deviance, which is straight near the minimum, is interpolated.
    """
    inside = np.flatnonzero(profile.deviance <= limit)
    first, last = int(inside[0]), int(inside[-1])
    root = np.sqrt(np.maximum(profile.deviance, 0.0))

    def crossing(a: int, b: int) -> float:
        share = (math.sqrt(limit) - root[a]) / (root[b] - root[a])
        return float(profile.log_critical[a] + share * (profile.log_critical[b] - profile.log_critical[a]))

    low = crossing(first, first - 1) if first > 0 else None
    high = crossing(last, last + 1) if last < len(root) - 1 else None
    return low, high


def _excess_variance(residuals: Vector, variance: Vector, dof: int) -> float:
    """The misfit variance that brings the (Huber-limited) squared residuals to their expectation.

    sum psi^2(r_i / sqrt(v_i + tau^2)) = dof E psi^2, after Paule and Mandel (1982). It may be negative, down
    to minus the smallest v_i: residuals below what the seeds explain speak against a misfit.
    """
    if dof <= 0:
        return 0.0

    def excess(misfit_variance: float) -> float:
        size = np.abs(residuals) / np.sqrt(variance + misfit_variance)
        return float(np.sum(np.minimum(size, HUBER) ** 2)) - dof * _PSI_SQUARED

    low = 1e-12 - 0.99 * float(variance.min())
    return float(optimize.brentq(excess, low, 400.0, xtol=1e-9)) if excess(low) > 0 else low


def fit_profile(data: Medians, *, grid_values: int = GRID_VALUES) -> Profile:
    """Fit log S = log S_min + log(1 + B_crit/B) with the misfit estimated from its own residuals.

    The misfit variance is the residuals' excess over ``data.variance``, averaged with the prior by degrees of
    freedom; fit and misfit are repeated until they agree. The best value is refined between those of the
    grid, so that only the interval needs many (``grid_values``).
    """
    dof = data.exact - 2
    exact = ~data.is_bound
    profile = _profile(data, PRIOR_MISFIT, grid_values)
    raw = 0.0
    for _ in range(12):
        raw = _excess_variance(profile.residuals[exact], data.variance[exact], dof)
        pooled = (PRIOR_DOF * PRIOR_MISFIT**2 + max(dof, 0) * raw) / (PRIOR_DOF + max(dof, 0))
        misfit = math.sqrt(max(pooled, LEAST_MISFIT**2))
        settled = abs(misfit - profile.misfit) < 0.01 * misfit
        profile = _profile(data, misfit, grid_values)
        if settled:
            break
    return replace(profile, raw_misfit=math.sqrt(max(raw, 0.0)))
