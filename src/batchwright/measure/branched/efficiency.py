"""From loss curves of branches to the local critical batch size; arithmetic alone.

With B the run's batch size and k B a branch's, the efficiency of the branch is

    e_k = examples of the branch with B to the loss at the end of the one with k B / examples of a branch

or, where the branch with k B ends lower, those of a branch over its own to the loss at the end of the one with B. It
is 1 while the batch is all noise and 1/k once more examples a batch buy nothing. Under S = S_min (1 + B_crit/B) the
examples to any loss are proportional to B + B_crit, so that with u = B / (B + B_crit)

    1/e_k = (B_crit + k B) / (B_crit + B) = 1 + (k - 1) u

(McCandlish et al. 2018, arXiv 1812.06162, at one point). u is fitted by least squares on e_k, whose errors are about
equal; it may come out below 0, where large batches do better than they can, and the interval then says so. Its
variance is the delete-one jackknife's over the seeds, which keeps what the branches of a seed share, and what the
efficiencies miss the curve by beyond that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import isotonic_regression, minimize_scalar

from batchwright.core.statistics import jackknife_error, t_quantile

Array = NDArray[np.float64]
_GRID = 2001
_ROUNDING = 1e-9


@dataclass(frozen=True)
class BranchCurve:
    """Losses along a branch, each after so many examples, from 0 on: never rising, as smoothed."""

    examples: Array
    losses: Array

    @property
    def last(self) -> float:
        return float(self.losses[-1])

    def reach(self, level: float) -> float:
        """Examples until the loss falls below a level, by monotone cubic interpolation; all where it never does."""
        grid = np.linspace(0.0, self.examples[-1], _GRID)
        losses = PchipInterpolator(self.examples, self.losses)(grid)
        below = np.flatnonzero(losses < level - _ROUNDING * (losses[0] - losses[-1]))
        if not len(below):
            return float(grid[-1])
        i = int(below[0])
        if i == 0:
            return 0.0
        high, low = losses[i - 1], losses[i]
        return float(grid[i - 1] + (grid[i] - grid[i - 1]) * (high - level) / (high - low))


def smoothed_curve(examples: Sequence[float], losses: Array) -> BranchCurve:
    """The mean over seeds, made never to rise by isotonic regression: the last iterate's noise averages out.

    Args:
        examples: of each check, 0 first.
        losses: shape (seeds, checks).
    """
    mean = losses.mean(axis=0)
    if not np.isfinite(mean).all():
        return BranchCurve(np.asarray(examples, float), np.full(len(mean), math.inf))
    fitted = isotonic_regression(mean, increasing=False).x
    return BranchCurve(np.asarray(examples, float), fitted)


def efficiency_of(branch: BranchCurve, base: BranchCurve) -> float:
    """e_k; 0 for a branch that diverged or got nowhere."""
    if not math.isfinite(branch.last):
        return 0.0
    whole = float(branch.examples[-1])
    if branch.last >= base.last:
        return base.reach(branch.last) / whole
    return whole / branch.reach(base.last)


def noise_share(efficiencies: Mapping[float, float]) -> float:
    """u by least squares on the efficiencies, keyed by k.

    >>> round(noise_share({0.5: 1 / (1 - 0.5 * 0.3), 2: 1 / 1.3, 8: 1 / (1 + 7 * 0.3)}), 6)
    0.3
    """
    k = np.array([factor for factor in efficiencies if factor != 1])
    e = np.array([efficiencies[factor] for factor in k])

    def squares(u: float) -> float:
        return float(((e - 1 / (1 + (k - 1) * u)) ** 2).sum())

    least = -0.9 / (k.max() - 1) if k.max() > 1 else -1.0
    most = min(1.5, 0.95 / (1 - k.min()) if k.min() < 1 else 1.5)
    grid = np.concatenate([np.linspace(least, 0, 40), np.geomspace(1e-5, most, 200)])
    at = int(np.argmin([squares(u) for u in grid]))
    low, high = grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)]
    found = minimize_scalar(squares, bounds=(low, high), method="bounded", options={"xatol": 1e-10})
    return float(found.x)


@dataclass(frozen=True)
class EfficiencyFit:
    """What the branches of a point say.

    Attributes:
        efficiencies: k -> e_k, with ``errors``, their standard errors.
        share: u, with ``error``, its standard error, the misfit's included.
        degrees: of freedom of the efficiencies' errors, and ``share_degrees`` of u's.
    """

    efficiencies: dict[float, float]
    errors: dict[float, float]
    share: float
    error: float
    degrees: int
    share_degrees: float

    @property
    def half(self) -> float:
        """Half the width of the 90% interval of u."""
        return t_quantile(self.share_degrees) * self.error


def fit_efficiencies(curves: Mapping[float, tuple[Sequence[float], Array]]) -> EfficiencyFit:
    """Efficiencies and u from the branches, keyed by k: examples of the checks, losses of shape (seeds, checks)."""
    seeds = len(curves[1][1])
    whole = _efficiencies(curves, range(seeds))
    parts = [_efficiencies(curves, [s for s in range(seeds) if s != left]) for left in range(seeds)]
    share, shares = noise_share(whole), [noise_share(part) for part in parts]
    errors = {k: jackknife_error([part[k] for part in parts]) for k in whole}
    by_seeds, missed = jackknife_error(shares), _misfit(whole, errors, share)
    return EfficiencyFit(
        efficiencies=whole, errors=errors, share=share, error=math.hypot(by_seeds, missed), degrees=seeds - 1,
        share_degrees=_welch([(by_seeds, seeds - 1), (missed, len(whole) - 2)]),
    )  # fmt: skip


def _welch(errors: Sequence[tuple[float, int]]) -> float:
    """Degrees of freedom of a sum of independent errors (Welch and Satterthwaite), each with its own."""
    total = sum(error**2 for error, _ in errors) ** 2
    return total / sum(error**4 / max(degrees, 1) for error, degrees in errors) if total else math.inf


def _efficiencies(
    curves: Mapping[float, tuple[Sequence[float], Array]], seeds: Sequence[int] | range
) -> dict[float, float]:
    smooth = {k: smoothed_curve(examples, losses[list(seeds)]) for k, (examples, losses) in curves.items()}
    return {k: efficiency_of(curve, smooth[1]) for k, curve in smooth.items()}


def _misfit(efficiencies: Mapping[float, float], errors: Mapping[float, float], share: float) -> float:
    """Standard error of u from what the efficiencies miss the curve by beyond their own errors."""
    k = np.array([factor for factor in efficiencies if factor != 1])
    if len(k) < 2:
        return 0.0
    bottom = 1 + (k - 1) * share
    missed = np.array([efficiencies[factor] for factor in k]) - 1 / bottom
    own = float(np.mean([errors[factor] ** 2 for factor in k]))
    beyond = max(0.0, float((missed**2).sum()) / (len(k) - 1) - own)
    return math.sqrt(beyond / float((((k - 1) / bottom**2) ** 2).sum()))
