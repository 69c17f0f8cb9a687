"""What a fitted profile predicts, and how well it predicts batch sizes it has not seen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from batchwright.advice.curve.profile import (
    PRIOR_DOF,
    Profile,
    fit_profile,
    huber_weights,
    parameters,
    run_together,
)
from batchwright.advice.curve.runs import Medians, Point, medians_of
from batchwright.core.errors import InputError
from batchwright.core.statistics import t_quantile

_MOST_REFITS = 30
_REFIT_VALUES = 100
"""Refits need the best curve, not its interval: a coarse grid, refined, is enough."""
_MANY_RUNS = 2000


@dataclass(frozen=True)
class Band:
    """Predicted log steps and the half width of their interval."""

    center: float
    half: float

    @property
    def steps(self) -> float:
        """The prediction, in updates."""
        return math.exp(self.center)

    @property
    def low(self) -> float:
        """Lower end of the interval."""
        return math.exp(self.center - self.half)

    @property
    def high(self) -> float:
        """Upper end of the interval."""
        return math.exp(self.center + self.half)


@dataclass(frozen=True)
class Fitted:
    """The data and their best curve."""

    data: Medians
    profile: Profile

    def quantile(self, probability: float) -> float:
        """Student's t for a sum of seed variance and misfit variance (degrees of freedom by Welch 1947).

        Two points fit exactly: then the misfit is the prior's, was not estimated, and brings no small-sample
        correction of its own.
        """
        seeds, misfit = float(np.mean(self.data.variance)), self.profile.misfit**2
        uncertainty = seeds**2 / self.data.seed_dof if self.data.seed_dof else 0.0
        if self.data.exact > 2:
            uncertainty += misfit**2 / (PRIOR_DOF + self.data.exact - parameters(self.profile))
        dof = (seeds + misfit) ** 2 / uncertainty if uncertainty > 0 else math.inf
        return t_quantile(dof, probability)

    def limit(self, probability: float) -> float:
        """Deviance up to which values of B_crit are held possible."""
        exact = ~self.data.is_bound
        return self.quantile(probability) ** 2 * run_together(self.profile.residuals[exact])

    def predict(self, batch_size: float, runs: int, level: float) -> Band:
        """Median steps of ``runs`` runs at ``batch_size``.

        The variances of the parameters, the misfit, the seeds and the resolution add. Outside the measured
        range the misfit grows as a random walk: by its own variance with every doubling.
        """
        best, at = self.profile, np.array([math.log(batch_size)])
        measured = self.data.log_batch
        outside = max(measured[0] - at[0], at[0] - measured[-1], 0.0) / math.log(2)
        variance = float(best.variance(at)[0]) + best.misfit**2 * (1 + outside)
        variance += self.data.median_variance(runs)
        return Band(float(best.log_steps(at)[0]), self.quantile((1 + level) / 2) * math.sqrt(variance))


def leave_each_out(points: Sequence[Point], fitted: Fitted, level: float) -> list[tuple[float, Band]]:
    """For each batch size with an exact median: its log steps, and the prediction from all the others.

    Refitted up to 30 batch sizes; beyond, one of them moves the curve so little that the linearised update
    r_i/(1 - h_i), with leverage h_i, is used.

    Raises:
        InputError: fewer than three batch sizes with an answer.
    """
    data = fitted.data
    if data.exact < 3:
        raise InputError(f"leaving one out needs three batch sizes with an answer, got {data.exact}")
    if len(points) > _MOST_REFITS:
        return _linearised(fitted, level)
    scored = []
    for i in map(int, np.flatnonzero(~data.is_bound)):
        others = _without(points, data, i)
        band = Fitted(others, fit_profile(others, grid_values=_REFIT_VALUES)).predict(
            points[i].batch_size, points[i].runs, level
        )
        scored.append((float(data.log_steps[i]), band))
    return scored


def _without(points: Sequence[Point], data: Medians, i: int) -> Medians:
    """The other batch sizes; with very many runs their pooled spread is that of all, and costs nothing."""
    if data.seed_dof <= _MANY_RUNS:
        return medians_of([*points[:i], *points[i + 1 :]], data.resolution)
    return replace(
        data,
        log_batch=np.delete(data.log_batch, i),
        log_steps=np.delete(data.log_steps, i),
        is_bound=np.delete(data.is_bound, i),
        variance=np.delete(data.variance, i),
        runs=np.delete(data.runs, i),
        seed_dof=data.seed_dof - max(len(points[i].steps) - 1, 0),
    )


def _linearised(fitted: Fitted, level: float) -> list[tuple[float, Band]]:
    data, best = fitted.data, fitted.profile
    variance = best.variance(data.log_batch)
    sd = np.sqrt(data.variance + best.misfit**2)
    leverage = np.minimum(huber_weights(best.residuals, sd) * variance, 0.99)
    center = data.log_steps - best.residuals / (1 - leverage)
    half = fitted.quantile((1 + level) / 2) * np.sqrt(variance / (1 - leverage) + sd**2)
    return [
        (float(data.log_steps[i]), Band(float(center[i]), float(half[i])))
        for i in np.flatnonzero(~data.is_bound)
    ]
