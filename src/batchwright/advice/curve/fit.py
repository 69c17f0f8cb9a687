"""Steps to target against batch size: the critical batch size, how sure it is, and when there is none.

    S(B) = S_min (1 + (B_crit/B)^a),    E(B) = B S(B)

At B_crit steps are twice their minimum, whatever the exponent. With a = 1, the plain law, E(B) = E_min (1 + B/B_crit)
and examples are twice theirs there, too (McCandlish et al. 2018, arXiv 1812.06162; Shallue et al. 2019, arXiv
1811.03600; Zhang et al. 2024, arXiv 2410.21676). Which exponent it is the data seldom say for sure, so statements
are averaged over it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from scipy import optimize, special

from batchwright.advice.curve.fitted import Band, Fitted, leave_each_out
from batchwright.advice.curve.profile import (
    PRIOR_MISFIT,
    deviance_crossings,
    fit_profile,
    log_curve,
    parameters,
)
from batchwright.advice.curve.runs import Medians, Point, medians_of, merged
from batchwright.core.errors import InputError
from batchwright.core.remark import Remark, remark

CurveVerdict = Literal["fits", "not_identifiable", "does_not_follow"]

LARGE_ERROR = 0.15
"""The curve is not followed where it misses the median left-out batch size by more than this on log steps."""
LARGE_ERROR_UNREPEATED = 0.25
"""The same with one run per batch size, whose error holds the seeds' spread too."""
FAR = 2.0
"""How far beyond the measured batch sizes an estimate or a prediction still counts."""


@dataclass(frozen=True)
class Prediction:
    """Median steps to target at one batch size with its interval; all None where refused as too far."""

    batch_size: float
    steps: float | None
    low: float | None
    high: float | None
    refused: bool


@dataclass(frozen=True)
class CurveFit:
    """The fitted curve and how far to trust it; steps in updates, batch sizes and examples in examples.

    Attributes:
        verdict: "fits"; "not_identifiable": B_crit lies, or may lie anywhere, beyond the measured range, and
            ``one_sided_bound`` says what is known; "does_not_follow": the misfit is large.
        critical_batch: B_crit, the batch size at which steps are twice their minimum; the best value whatever the
            verdict.
        interval: at ``level``, averaged over exponents; an end is None where the data do not bound it.
        exponent: a of the best curve, 1 where the data do not ask for another.
        exponent_interval: 90% of what the data leave open; None with fewer than five batch sizes.
        one_sided_bound: ("at least" or "at most", batch size) at ``level`` where not identifiable, if any.
        examples_min: E_min = S_min B_crit of the plain law; None with another exponent.
        seed_sd: standard deviation of log steps between seeds, pooled; None with one run per batch size.
        misfit_sd: standard deviation of log steps about the curve beyond seeds and evaluation spacing. The
            intervals use it; it holds a prior of 4% (5% with fewer than five
            batch sizes) with the weight of one residual.
        residuals: log steps minus the curve, in the order of ``batch_sizes``.
        valid_range: batch sizes for which predictions are made unasked.
        notes: what limits this fit.
    """

    verdict: CurveVerdict
    critical_batch: float
    interval: tuple[float | None, float | None]
    one_sided_bound: tuple[Literal["at least", "at most"], float] | None
    exponent: float
    exponent_interval: tuple[float, float] | None
    steps_min: float
    examples_min: float | None
    seed_sd: float | None
    misfit_sd: float
    residuals: tuple[float, ...]
    batch_sizes: tuple[float, ...]
    points_used: int
    valid_range: tuple[float, float]
    level: float
    resolution: float
    notes: tuple[Remark, ...]
    _points: tuple[Point, ...] = field(repr=False)
    _fitted: Fitted = field(repr=False, compare=False)

    def predict(self, batch_size: float, allow_far: bool = False, *, runs: int | None = None) -> Prediction:
        """Median steps of ``runs`` runs at ``batch_size``; by default as many as a measured batch size has.

        The interval adds the variances of the parameters, the misfit, the seeds and the resolution. Outside
        the measured range the misfit's variance grows by itself with every doubling.

        Raises:
            InputError: a batch size that is not positive and finite.
        """
        if not (batch_size > 0 and math.isfinite(batch_size)):
            raise InputError(f"a batch size must be positive and finite, got {batch_size}")
        smallest, largest = self.valid_range
        if not (smallest <= batch_size <= largest or allow_far):
            return Prediction(batch_size, None, None, None, refused=True)
        runs = runs or int(np.median(self._fitted.data.runs))
        band = self._fitted.predict(batch_size, runs, self.level)
        return Prediction(batch_size, band.steps, band.low, band.high, refused=False)

    def band(self, values: int = 61) -> dict[str, list[float]]:
        """The curve with its interval over the measured range, evenly in log B, for figures.

        Returns:
            ``batch_size``, ``low``, ``mid`` and ``high`` (steps), each with ``values`` entries.
        """
        sizes = np.geomspace(self.batch_sizes[0], self.batch_sizes[-1], values)
        runs = int(np.median(self._fitted.data.runs))
        rows = [self._fitted.predict(float(b), runs, self.level) for b in sizes]
        return {
            "batch_size": [float(b) for b in sizes],
            "low": [row.low for row in rows],
            "mid": [row.steps for row in rows],
            "high": [row.high for row in rows],
        }

    @cached_property
    def plain_misfit_sd(self) -> float:
        """``misfit_sd`` of the plain law: what tuning leaves on log steps is no less than that."""
        return fit_profile(self._fitted.data, plain=True).misfit

    def overhead_batch(self, anchor: float, overhead: float = 0.2) -> float:
        """The batch size whose examples to target exceed those at ``anchor`` by the share ``overhead``.

        E(B) = (1 + overhead) E(anchor), the definition of Zhang et al. 2024 (arXiv 2410.21676); under the plain law
        B = overhead B_crit + (1 + overhead) anchor.
        """
        return overhead_batch(self.critical_batch, self.exponent, anchor, overhead)

    def left_out(self) -> list[tuple[float, Prediction]]:
        """Each batch size's median steps and the prediction of it from all the others.

        Batch sizes whose median is only a bound are not scored.

        Raises:
            InputError: fewer than three batch sizes with an answer.
        """
        scored = leave_each_out(self._points, self._fitted, self.level)
        exact = np.flatnonzero(~self._fitted.data.is_bound)
        return [
            (
                math.exp(actual),
                Prediction(self.batch_sizes[i], band.steps, band.low, band.high, refused=False),
            )
            for i, (actual, band) in zip(exact, scored, strict=True)
        ]

    def leave_one_out(self) -> tuple[float, float]:
        """(median |log error|, share inside the interval) over :meth:`left_out`."""
        scored = leave_each_out(self._points, self._fitted, self.level)
        return _median_error(scored), float(
            np.mean([abs(y - band.center) <= band.half for y, band in scored])
        )


def overhead_batch(critical_batch: float, exponent: float, anchor: float, overhead: float) -> float:
    """The largest B with B (1 + (B_crit/B)^a) = (1 + overhead) anchor (1 + (B_crit/anchor)^a).

    >>> round(overhead_batch(1000.0, 1.0, 100.0, 0.2), 6)
    320.0
    """
    limit = math.log1p(overhead) + _log_examples(math.log(anchor), critical_batch, exponent)
    # With a > 1 examples fall at first: where they rise again, at (a - 1)^(1/a) B_crit, the search begins.
    turn = critical_batch * max(exponent - 1, 0.0) ** (1 / exponent)
    low = math.log(max(anchor, turn))
    high = low + limit - _log_examples(low, critical_batch, exponent) + 1.0
    while _log_examples(high, critical_batch, exponent) < limit:
        high += 1.0
    return math.exp(optimize.brentq(lambda x: _log_examples(x, critical_batch, exponent) - limit, low, high))


def _log_examples(log_batch: float, critical_batch: float, exponent: float) -> float:
    return log_batch + float(log_curve(math.log(critical_batch), log_batch, exponent))


def _median_error(scored: Sequence[tuple[float, Band]]) -> float:
    return float(np.median([abs(actual - band.center) for actual, band in scored]))


def fit_curve(points: Sequence[Point], *, resolution: float = 0.0, level: float = 0.90) -> CurveFit:
    """Fit S(B) = S_min (1 + (B_crit/B)^a) to the medians of log S, robustly.

    For every pair of log B_crit and log a on a grid the best log S_min is a Huber-weighted mean. The exponent has a
    prior: a third for the plain law, a = 1, and all others log-normal about it. Averaged over the
    exponents, the deviance gives the interval {B_crit: D <= t^2}; the estimate is that of the best pair. The variance
    of a median is that of the seeds, pooled over batch sizes, plus ``resolution``^2 plus the misfit of the curve,
    which is estimated from the residuals. A bootstrap over runs would miss the misfit and be far too narrow.

    Args:
        points: runs by batch size; points of equal batch size are merged.
        resolution: standard deviation of log S from the spacing of the evaluations.
        level: of the intervals, between 0 and 1.

    Raises:
        InputError: fewer than two batch sizes whose median run reached the target, or a bad option.
    """
    if not 0 < level < 1:
        raise InputError(f"level must be between 0 and 1, got {level}")
    if not 0 <= resolution < math.inf:
        raise InputError(f"resolution must be a standard deviation of log steps, 0 or more, got {resolution}")
    points = merged(points)
    data = medians_of(points, resolution)
    if data.exact < 2:
        raise InputError(
            "a curve needs two batch sizes or more at which the median run reached the target, "
            f"got {data.exact}"
        )
    best = fit_profile(data)
    fitted = Fitted(data, best)
    smallest, largest = points[0].batch_size, points[-1].batch_size
    low, high = deviance_crossings(best, fitted.limit((1 + level) / 2))
    critical, steps_min = math.exp(best.best_log_critical), math.exp(best.best_log_steps_min)
    verdict: CurveVerdict = "fits"
    bound = None
    if _does_not_follow(points, fitted, level):
        verdict = "does_not_follow"
    elif low is None or high is None or not smallest / FAR <= critical <= largest * FAR:
        verdict = "not_identifiable"
        one_sided = deviance_crossings(best, fitted.limit(level))
        bound = _one_sided(one_sided, critical > math.sqrt(smallest * largest))
    return CurveFit(
        verdict=verdict,
        critical_batch=critical,
        interval=(None if low is None else math.exp(low), None if high is None else math.exp(high)),
        one_sided_bound=bound,
        exponent=best.best_exponent,
        exponent_interval=best.exponent_interval,
        steps_min=steps_min,
        examples_min=steps_min * critical if best.best_exponent == 1.0 else None,
        seed_sd=data.seed_sd,
        misfit_sd=best.misfit,
        residuals=tuple(float(r) for r in best.residuals),
        batch_sizes=tuple(p.batch_size for p in points),
        points_used=data.exact,
        valid_range=(smallest, FAR * largest),
        level=level,
        resolution=resolution,
        notes=_notes(data),
        _points=points,
        _fitted=fitted,
    )


def _does_not_follow(points: Sequence[Point], fitted: Fitted, level: float) -> bool:
    """Whether the misfit is large: most batch sizes badly predicted by the others, beyond what seeds explain.

    The median over batch sizes is asked, so that one bad batch size does not condemn the rest.
    """
    data, best = fitted.data, fitted.profile
    dof = data.exact - parameters(best)
    large = LARGE_ERROR if data.seed_dof else LARGE_ERROR_UNREPEATED
    # Leaving one of three out extrapolates from two: there the residuals decide.
    if dof < 1 or best.raw_misfit <= large:
        return False
    if dof > 1 and _median_error(leave_each_out(points, fitted, level)) <= large:
        return False
    if not data.seed_dof:
        return True
    exact = ~data.is_bound
    ratio = float(np.sum(best.residuals[exact] ** 2 / np.maximum(data.variance[exact], 1e-12))) / dof
    return bool(special.fdtrc(dof, data.seed_dof, ratio) < 0.01)


def _one_sided(
    log_ends: tuple[float | None, float | None], above: bool
) -> tuple[Literal["at least", "at most"], float] | None:
    """The end that faces the measured batch sizes, if the data bound B_crit there."""
    low, high = log_ends
    if low is not None and (high is None or above):
        return "at least", math.exp(low)
    return None if high is None else ("at most", math.exp(high))


def _notes(data: Medians) -> tuple[Remark, ...]:
    notes = []
    if data.exact == 2:
        code = "curve.two_batch_sizes_and_seeds" if data.seed_dof else "curve.two_batch_sizes"
        notes.append(remark(code, misfit=PRIOR_MISFIT))
    elif not data.seed_dof:
        notes.append(remark("curve.one_run_each"))
    if bounds := int(np.sum(data.is_bound)):
        notes.append(remark("curve.bounds", count=bounds))
    return tuple(notes)
