"""The profile likelihood of the critical batch size: a robust, closed-form fit for each value on a grid."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy import optimize, special

from batchwright.advice.curve.runs import Medians, Vector, normal_hazard
from batchwright.core.statistics import correlation_factor, neighbour_correlation

HUBER = 1.5
"""Residuals beyond this many standard deviations pull with constant force (Huber 1964)."""
_PSI_SQUARED = float(special.chdtr(3, HUBER**2) + HUBER**2 * special.chdtrc(1, HUBER**2))
"""E psi^2 of a standard normal residual, psi(z) = z limited to +-HUBER."""

PRIOR_MISFIT, PRIOR_MISFIT_BEYOND = 0.05, 0.04
PRIOR_DOF = 1.0
"""Real tables leave the plain law by some 5%, and the best of all exponents by some 4%; that knowledge weighs as much
as one residual."""
LEAST_MISFIT = 0.005
"""Below half a per cent a misfit cannot be told from none; the fit needs one."""

EXPONENT_SD = 0.3
"""Of the prior of log a about a = 1: half of all curves have exponents between 0.82 and 1.22."""
PLAIN = 0.35
"""Prior weight of the plain law, a = 1, beside that of all other exponents together."""
_FARTHEST, _EXPONENTS = 0.9, 15
"""Largest |log a|, and how many exponents are tried at once."""
FEWEST_FOR_EXPONENT = 5
"""Exact medians below which nothing can be said of the exponent: the plain law is assumed."""

_GRID_DECADES = 4.0
GRID_VALUES = 200
_COARSE_VALUES = 60
_CELLS = 6_000_000
"""Curves times batch sizes held at once, so that tables with many batch sizes get a coarser grid."""
_ITERATIONS = 25
_FAR_OFF = 30.0
"""Deviance beyond which a part of the grid needs no fine values."""


@dataclass(frozen=True)
class Profile:
    """Twice the negative log likelihood over a grid of log B_crit, averaged over exponents, and the best curve.

    Attributes:
        deviance: relative to its minimum.
        residuals: of the best curve.
        covariance: of (log S_min, log B_crit) of the best curve, with log a where its exponent is not 1.
        misfit: standard deviation of the curve's own error, shrunk to the prior; ``raw_misfit`` without the prior.
        exponent_interval: 90% of the belief in a without the plain law's prior weight: what the data leave open; None
            where they are too few to ask.
        plain_share: belief in the plain law.
    """

    log_critical: Vector
    deviance: Vector
    best_log_critical: float
    best_log_steps_min: float
    best_exponent: float
    residuals: Vector
    covariance: Float[np.ndarray, "k k"]
    misfit: float
    raw_misfit: float
    exponent_interval: tuple[float, float] | None
    plain_share: float

    def log_steps(self, log_batch: Vector) -> Vector:
        """The best curve."""
        return self.best_log_steps_min + log_curve(self.best_log_critical, log_batch, self.best_exponent)

    def variance(self, log_batch: Vector) -> Vector:
        """Of the best curve's log steps, from that of its parameters."""
        slope = slopes(self.best_log_critical, log_batch, self.best_exponent)
        return np.einsum("ip,ij,jp->p", slope, self.covariance, slope)


def log_curve(
    log_critical: Vector | float, log_batch: Vector | float, exponent: Vector | float = 1.0
) -> Vector:
    """log(1 + (B_crit/B)^a)."""
    return np.logaddexp(0.0, exponent * np.subtract(log_critical, log_batch))


def _fit_curves(data: Medians, shape: Vector, sd: Vector) -> tuple[Vector, Vector]:
    """Best intercept and deviance of every curve: iteratively reweighted means, all curves at once.

    ``shape`` is log S - log S_min, one row a curve.
    """
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


def slopes(log_critical: float, log_batch: Vector, exponent: float) -> Float[np.ndarray, "parameters points"]:
    """Derivatives of log S by log S_min, log B_crit and, where the law is not the plain one, log a."""
    rising = exponent * special.expit(exponent * (log_critical - log_batch))
    rows = [np.ones_like(log_batch), rising]
    return np.stack(rows if exponent == 1.0 else [*rows, rising * (log_critical - log_batch)])


def _exponents(low: float, high: float) -> tuple[Vector, Vector]:
    """Log exponents, the plain law's first, and minus twice the log of their prior weights."""
    logs = np.linspace(low, high, _EXPONENTS)
    density = np.exp(-0.5 * (logs / EXPONENT_SD) ** 2) / (EXPONENT_SD * math.sqrt(2 * math.pi))
    weight = (1 - PLAIN) * density * (logs[1] - logs[0])
    return np.concatenate([[0.0], logs]), -2 * np.log(np.concatenate([[PLAIN], weight]))


def _profile(data: Medians, misfit: float, values: int, *, free: bool) -> Profile:
    sd = np.sqrt(data.variance + misfit**2)
    span = math.log(10) * _GRID_DECADES
    count = int(np.clip(_CELLS / len(sd) / (_EXPONENTS + 1), 60, values))
    coarse = np.linspace(data.log_batch.min() - span, data.log_batch.max() + span, min(count, _COARSE_VALUES))
    logs, prior = _exponents(-_FARTHEST, _FARTHEST)
    if not free:
        logs, prior = np.zeros(1), np.zeros(1)
    joint = _fit_pairs(data, coarse, logs, prior, sd)[1]
    believed = joint <= joint.min() + _FAR_OFF
    grid = np.union1d(coarse, np.linspace(*_around(coarse, believed.any(axis=1)), count))
    if len(logs) > 1:
        logs, prior = _exponents(*_around(logs[1:], believed[:, 1:].any(axis=0)))
    joint = _fit_pairs(data, grid, logs, prior, sd)[1]
    row, column = map(int, np.unravel_index(int(np.argmin(joint)), joint.shape))
    exponent = math.exp(logs[column])
    best, level = _refined(data, grid, row, logs[[column]], sd)
    residuals = data.log_steps - level - log_curve(best, data.log_batch, exponent)
    residuals = np.where(data.is_bound, np.maximum(residuals, 0.0), residuals)
    weight = np.where(data.is_bound, 0.0, huber_weights(residuals, sd))
    slope = slopes(best, data.log_batch, exponent)
    deviance = _averaged(joint)
    belief = np.exp(-(joint - joint.min()) / 2) * np.gradient(grid)[:, None]
    return Profile(
        log_critical=grid,
        deviance=deviance - deviance.min(),
        best_log_critical=best,
        best_log_steps_min=level,
        best_exponent=exponent,
        residuals=residuals,
        covariance=np.linalg.pinv((slope * weight) @ slope.T),
        misfit=misfit,
        raw_misfit=misfit,
        plain_share=float(belief[:, 0].sum() / belief.sum()),
        exponent_interval=_exponent_interval(logs[1:], joint[:, 1:]) if len(logs) > 1 else None,
    )


def _refined(data: Medians, grid: Vector, row: int, log_exponent: Vector, sd: Vector) -> tuple[float, float]:
    """The best log B_crit about a value of the grid, at one exponent, and its log S_min."""
    for _ in range(2):
        grid = np.linspace(grid[max(row - 1, 0)], grid[min(row + 1, len(grid) - 1)], 41)
        intercept, deviance = _fit_pairs(data, grid, log_exponent, np.zeros(1), sd)
        row = int(np.argmin(deviance))
    return float(grid[row]), float(intercept[row, 0])


def _exponent_interval(logs: Vector, joint: Vector) -> tuple[float, float]:
    belief = np.exp(-(joint - joint.min()) / 2).sum(axis=0)
    share = np.cumsum((belief[1:] + belief[:-1]) / 2)
    ends = np.interp([0.05, 0.95], np.concatenate([[0.0], share]) / share[-1], logs)
    return math.exp(ends[0]), math.exp(ends[1])


def _around(values: Vector, believed: np.ndarray) -> tuple[float, float]:
    """The stretch of the grid that is believed in, and a value more at either end."""
    near = np.flatnonzero(believed)
    if not len(near):
        return float(values[0]), float(values[-1])
    return float(values[max(near[0] - 1, 0)]), float(values[min(near[-1] + 1, len(values) - 1)])


def _fit_pairs(data: Medians, grid: Vector, logs: Vector, prior: Vector, sd: Vector) -> tuple[Vector, Vector]:
    """Intercepts and deviances with the prior, shape (B_crit, exponents)."""
    shape = log_curve(grid[:, None, None], data.log_batch, np.exp(logs)[:, None])
    intercept, deviance = _fit_curves(data, shape.reshape(-1, len(sd)), sd)
    pair = (len(grid), len(logs))
    return intercept.reshape(pair), deviance.reshape(pair) + prior


def _averaged(joint: Vector) -> Vector:
    """Minus twice the log likelihood at each B_crit, averaged over the exponents."""
    least = joint.min(axis=1)
    return least - 2 * np.log(np.exp(-(joint - least[:, None]) / 2).sum(axis=1))


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


def _excess_variance(residuals: Vector, variance: Vector, dof: float) -> float:
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


def fit_profile(data: Medians, *, grid_values: int = GRID_VALUES, plain: bool = False) -> Profile:
    """Fit log S = log S_min + log(1 + (B_crit/B)^a) with the misfit estimated from its own residuals.

    The misfit variance is the residuals' excess over ``data.variance``, averaged with the prior by degrees of
    freedom; fit and misfit are repeated until they agree. The best value is refined between those of the
    grid, so that only the interval needs many (``grid_values``). ``plain`` holds the exponent at 1.
    """
    exact = ~data.is_bound
    free = data.exact >= FEWEST_FOR_EXPONENT and not plain
    prior = PRIOR_MISFIT_BEYOND if free else PRIOR_MISFIT
    profile = _profile(data, prior, grid_values, free=free)
    raw = 0.0
    for _ in range(12):
        dof = data.exact - parameters(profile)
        raw = _excess_variance(profile.residuals[exact], data.variance[exact], dof)
        pooled = (PRIOR_DOF * prior**2 + max(dof, 0) * raw) / (PRIOR_DOF + max(dof, 0))
        misfit = math.sqrt(max(pooled, LEAST_MISFIT**2))
        settled = abs(misfit - profile.misfit) < 0.01 * misfit
        profile = _profile(data, misfit, grid_values, free=free)
        if settled:
            break
    return replace(profile, raw_misfit=math.sqrt(max(raw, 0.0)))


def run_together(residuals: Vector) -> float:
    """Factor by which neighbours that miss the curve to the same side widen the variance of what is fitted.

    (1 + r) / (1 - r), with r the correlation of neighbouring residuals, less the 1 / sqrt(n) that scatter alone
    brings about: a curve of the wrong shape leaves few independent residuals, however many batch sizes there are.

    >>> run_together(np.array([1.0, -1.0, 1.0, -1.0]))
    1.0
    """
    if len(residuals) < FEWEST_FOR_EXPONENT:
        return 1.0
    return correlation_factor(neighbour_correlation(residuals) - 1 / math.sqrt(len(residuals)))


def parameters(profile: Profile) -> float:
    """Parameters taken from the data: two, and the exponent as far as it is not the plain law's."""
    return 3.0 - profile.plain_share
