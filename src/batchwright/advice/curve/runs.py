"""Runs at one batch size, reduced to what a fit needs: their median, or a bound, and the seeds' spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from batchwright.core.errors import InputError
from batchwright.core.statistics import median_variance_factor, pooled_log_variance

Vector = NDArray[np.float64]

_EM_STEPS = 50


@dataclass(frozen=True)
class Point:
    """Steps to target of the runs at one batch size.

    ``censored`` holds a lower bound for each run whose budget ended first (right-censored): the steps it
    had made. A run that diverged is a failure, not a censored run; leave it out.

    Raises:
        InputError: a batch size or a number of steps that is not positive and finite, or no run at all.
    """

    batch_size: float
    steps: tuple[float, ...]
    censored: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not (self.batch_size > 0 and math.isfinite(self.batch_size)):
            raise InputError(f"a batch size must be positive and finite, got {self.batch_size}")
        where = f"at batch size {self.batch_size:g}"
        for value in (*self.steps, *self.censored):
            if not (value > 0 and math.isfinite(value)):
                raise InputError(f"steps to target must be positive and finite, got {value} {where}")
        if not (self.steps or self.censored):
            raise InputError(f"a batch size needs one run or more, got none {where}")

    @property
    def runs(self) -> int:
        """All runs, censored ones included."""
        return len(self.steps) + len(self.censored)


@dataclass(frozen=True)
class LogMedian:
    """Natural log of the median steps; ``is_bound``: too many runs are censored, it only bounds it below."""

    value: float
    is_bound: bool


def log_median(point: Point) -> LogMedian:
    """The median of log steps, from the product-limit curve when runs are censored.

    The survival curve of Kaplan and Meier (1958) falls, at each observed crossing, by the share of the runs
    still under way there; the median is where it passes 1/2 (the middle of the stretch on which it rests at
    1/2, as in a sample of even size). Where it never does, the median of the runs and bounds together is a
    lower bound of the true one.

    >>> round(math.exp(log_median(Point(32, (100.0, 400.0))).value))
    200
    >>> log_median(Point(32, (100.0,), censored=(150.0, 150.0))).is_bound
    True
    """
    observed = np.log(np.asarray(point.steps, dtype=float))
    if not point.censored:
        return LogMedian(float(np.median(observed)), is_bound=False)
    bounds = np.log(np.asarray(point.censored, dtype=float))
    values, ties = np.unique(observed, return_counts=True)
    # A run censored at the very crossing was still under way there.
    under_way = len(observed) - np.searchsorted(np.sort(observed), values)
    under_way += len(bounds) - np.searchsorted(np.sort(bounds), values)
    survival = np.cumprod(1 - ties / under_way)
    passed = np.flatnonzero(survival < 0.5 + 1e-9)
    if len(passed):
        i = int(passed[0])
        if survival[i] < 0.5 - 1e-9:
            return LogMedian(float(values[i]), is_bound=False)
        if i + 1 < len(values):
            return LogMedian(float(values[i] + values[i + 1]) / 2, is_bound=False)
    return LogMedian(float(np.median(np.concatenate([observed, bounds]))), is_bound=True)


def pooled_seed_sd(points: Sequence[Point]) -> tuple[float | None, int]:
    """Standard deviation of log steps between seeds, pooled over batch sizes, and its degrees of freedom.

    Batch sizes with two observed runs or more count. With censored runs the normal likelihood is climbed by
    expectation-maximisation (Tobin 1958), with n - 1 in place of n.

    Returns:
        (None, 0) where no batch size was run twice.
    """
    groups = [p for p in points if len(p.steps) >= 2]
    variance, dof = pooled_log_variance([p.steps for p in groups])
    if not variance or not any(p.censored for p in groups):
        return (None if variance is None else math.sqrt(variance)), dof
    sd = math.sqrt(variance)
    logs = [np.log(np.asarray(p.steps, dtype=float)) for p in groups]
    means = [float(x.mean()) for x in logs]
    for _ in range(_EM_STEPS):
        squares = 0.0
        for i, (point, x) in enumerate(zip(groups, logs, strict=True)):
            bounds = np.log(np.asarray(point.censored, dtype=float))
            # E and Var of a normal variable known to exceed its bound.
            alpha = (bounds - means[i]) / sd
            hazard = normal_hazard(alpha)
            imputed = np.concatenate([x, means[i] + sd * hazard])
            means[i] = float(imputed.mean())
            squares += float(np.sum((imputed - means[i]) ** 2))
            squares += float(np.sum(sd**2 * (1 + alpha * hazard - hazard**2)))
        previous, sd = sd, math.sqrt(squares / sum(p.runs - 1 for p in groups))
        if abs(sd - previous) < 1e-4 * sd:
            break
    return sd, dof


def normal_hazard(z: Vector) -> Vector:
    """Density over survival of a standard normal variable; the mean of one known to exceed z."""
    return np.exp(-0.5 * z**2 - special.log_ndtr(-z)) / math.sqrt(2 * math.pi)


@dataclass(frozen=True)
class Medians:
    """What a curve is fitted to, one entry a batch size in ascending order.

    ``log_steps`` is the log median, or where ``is_bound`` a lower bound of it; ``variance`` is its own
    variance from seeds and evaluation spacing, on top of which comes the misfit of the curve.
    """

    log_batch: Vector
    log_steps: Vector
    is_bound: NDArray[np.bool_]
    variance: Vector
    runs: NDArray[np.int_]
    seed_sd: float | None
    seed_dof: int
    resolution: float

    @property
    def exact(self) -> int:
        """Batch sizes at which the median run reached the target."""
        return int(np.sum(~self.is_bound))

    def median_variance(self, runs: int) -> float:
        """Variance of the log median of ``runs`` further runs about their truth."""
        return (self.seed_sd or 0.0) ** 2 * median_variance_factor(runs) + self.resolution**2


def medians_of(points: Sequence[Point], resolution: float) -> Medians:
    """Reduce runs to medians; ``resolution`` is the sd of log steps from evaluation spacing."""
    seed_sd, seed_dof = pooled_seed_sd(points)
    medians = [log_median(p) for p in points]
    factors = np.array([median_variance_factor(p.runs) for p in points])
    return Medians(
        log_batch=np.log([p.batch_size for p in points]),
        log_steps=np.array([m.value for m in medians]),
        is_bound=np.array([m.is_bound for m in medians]),
        variance=(seed_sd or 0.0) ** 2 * factors + resolution**2,
        runs=np.array([p.runs for p in points]),
        seed_sd=seed_sd,
        seed_dof=seed_dof,
        resolution=resolution,
    )


def merged(points: Sequence[Point]) -> tuple[Point, ...]:
    """One point per batch size, ascending."""
    steps: dict[float, list[float]] = {}
    bounds: dict[float, list[float]] = {}
    for point in points:
        steps.setdefault(float(point.batch_size), []).extend(point.steps)
        bounds.setdefault(float(point.batch_size), []).extend(point.censored)
    return tuple(Point(b, tuple(steps[b]), tuple(bounds[b])) for b in sorted(steps))
