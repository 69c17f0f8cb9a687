"""Seconds of an update as a function of the batch size: a constant overhead, then in proportion to B."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from batchwright.core.errors import InputError
from batchwright.core.remark import Remark, remark

Vector = NDArray[np.float64]

FEWEST_SIZES = 4
"""Two straight parts and the bend between them are three parameters."""
_BENDS = np.geomspace(0.6, 8.0, 25)
"""Sharpness p: 1 adds overhead and work, large values overlap them. Below 1, larger batches also raise the
efficiency for long."""
_KNEES = 181
_BEYOND = 64.0
"""The grid of knees reaches this factor beyond the sizes measured, to see whether one lies inside."""
_INSIDE = 2.0
"""A knee must lie this factor inside the sizes measured, and its interval inside them."""
_HUBER = 2.0
_NO_CURVE = 0.6
"""Residuals in log t above which the timings say nothing of a knee (others kept the processors busy)."""
_FLOOR = 0.005
"""Relative error that no timing is better than."""


class Knee(BaseModel):
    """The batch size a/b at which the work of a step equals its overhead, with its 90% interval."""

    model_config = ConfigDict(frozen=True)

    value: float
    interval: tuple[float, float]


class CostModel(BaseModel):
    """t(B) = (a^p + (b B)^p)^(1/p), with a the overhead, b the seconds an example and p the sharpness.

    Attributes:
        overhead_seconds, seconds_per_example, sharpness: a, b and p of the best fit.
        knee: where a = b B; None where the sizes measured do not show it, and ``knee_reason`` says why.
        relative_sd: standard deviation of log t about :meth:`seconds` at a size that was not measured, from
            leaving out each inner size in turn.
        residual_sd: the same of the sizes measured about the formula.
        batch_sizes, measured_seconds: what it was fitted to, ascending.
    """

    model_config = ConfigDict(frozen=True)

    overhead_seconds: float
    seconds_per_example: float
    sharpness: float
    knee: Knee | None
    knee_reason: Remark | None = None
    relative_sd: float
    residual_sd: float
    batch_sizes: tuple[int, ...]
    measured_seconds: tuple[float, ...]

    def formula(self, batch_size: float) -> float:
        """The formula alone, in seconds."""
        scaled = self.sharpness * math.log(
            max(self.seconds_per_example * batch_size / self.overhead_seconds, 1e-300)
        )
        return self.overhead_seconds * math.exp(float(np.logaddexp(0.0, scaled)) / self.sharpness)

    def seconds(self, batch_size: float) -> float:
        """Seconds of an update at any batch size: the formula, bent through the sizes that were measured.

        The ratio of measurement to formula is interpolated in log B, and held beyond the ends.

        Raises:
            InputError: a batch size that is not positive.
        """
        if not batch_size > 0:
            raise InputError(f"batch_size must be greater than 0, got {batch_size:g}")
        ratios = [
            math.log(t / self.formula(b))
            for b, t in zip(self.batch_sizes, self.measured_seconds, strict=True)
        ]
        correction = np.interp(math.log(batch_size), np.log(self.batch_sizes), ratios)
        return self.formula(batch_size) * math.exp(float(correction))


def fit_cost_model(batch_sizes: Sequence[int], seconds: Sequence[float] | Vector) -> CostModel:
    """Fit t(B) to measured medians, robustly, in log t.

    The posterior of knee and sharpness is summed over a grid, flat in both logs, with the level and the noise
    integrated out (residual sum of squares to the power -(n - 1)/2); sizes far off the curve get Huber
    weights. So a knee that the data do not show is seen as such.

    Args:
        batch_sizes: two different sizes or more.
        seconds: median seconds of an update at each.

    Raises:
        InputError: fewer than two sizes, or values that are not positive and finite.
    """
    pairs = sorted(zip(batch_sizes, seconds, strict=True))
    sizes = np.array([b for b, _ in pairs], dtype=float)
    times = np.array([t for _, t in pairs], dtype=float)
    if len(set(sizes)) < 2 or len(set(sizes)) < len(sizes):
        raise InputError(f"a cost model needs two batch sizes or more, each once, got {list(batch_sizes)}")
    if not (np.all(sizes > 0) and np.all(times > 0) and np.all(np.isfinite(times))):
        raise InputError("batch sizes and seconds must be positive and finite")
    log_a, log_knee, p, knees, marginal = _fit(sizes, np.log(times))
    residuals = np.log(times) - log_a - _shape(sizes, np.exp([log_knee]), np.array([p]))[0, 0]
    residual_sd = math.sqrt(float(np.sum(residuals**2)) / max(1, len(sizes) - 3) + _FLOOR**2)
    knee, reason = _knee(sizes, log_knee, knees, marginal)
    if residual_sd > _NO_CURVE:
        knee, reason = None, remark("knee.no_curve", factor=math.exp(residual_sd))
    return CostModel(
        overhead_seconds=math.exp(log_a),
        seconds_per_example=math.exp(log_a - log_knee),
        sharpness=float(p),
        knee=knee,
        knee_reason=reason,
        relative_sd=_left_out_sd(sizes, residuals),
        residual_sd=residual_sd,
        batch_sizes=tuple(int(b) for b in sizes),
        measured_seconds=tuple(float(t) for t in times),
    )


def _shape(sizes: Vector, knees: Vector, bends: Vector) -> Vector:
    """log t - log a, shape (knee, bend, size)."""
    scaled = np.log(sizes)[None, None, :] - np.log(knees)[:, None, None]
    p = bends[None, :, None]
    return np.asarray(np.logaddexp(0.0, p * scaled) / p)


def _fit(sizes: Vector, log_times: Vector) -> tuple[float, float, float, Vector, Vector]:
    """Best log a, log knee and p; the knees of the last grid and their posterior."""
    # With too few sizes to show a bend, overhead and work are added.
    bends = _BENDS if len(sizes) >= FEWEST_SIZES else np.array([1.0])
    knees = np.geomspace(sizes[0] / _BEYOND, sizes[-1] * _BEYOND, _KNEES)
    for _ in range(2):
        log_a, log_knee, p, marginal = _fit_on_grid(sizes, log_times, knees, bends)
        last, step = knees, knees[1] / knees[0]
        # The same number of knees again, over the part of the grid that holds the posterior.
        held = knees[marginal > 1e-4 * marginal.max()]
        knees = np.geomspace(held[0] / step, held[-1] * step, _KNEES)
    return log_a, log_knee, p, last, marginal


def _fit_on_grid(
    sizes: Vector, log_times: Vector, knees: Vector, bends: Vector
) -> tuple[float, float, float, Vector]:
    shape = _shape(sizes, knees, bends)
    weights = np.ones(len(sizes))
    spare = math.sqrt(len(sizes) / max(len(sizes) - 3, 1))
    for _ in range(5):
        level = np.sum(weights * (log_times - shape), axis=-1) / weights.sum()
        residuals = log_times - shape - level[..., None]
        squares = np.sum(weights * residuals**2, axis=-1) + len(sizes) * _FLOOR**2
        i, j = np.unravel_index(int(np.argmin(squares)), squares.shape)
        best = np.abs(residuals[i, j])
        scale = max(1.4826 * float(np.median(best)) * spare, 2 * _FLOOR)
        weights = np.minimum(1.0, _HUBER * scale / np.maximum(best, 1e-12))
    log_posterior = -(len(sizes) - 1) / 2 * np.log(squares)
    marginal = np.exp(log_posterior - log_posterior.max()).sum(axis=1)
    return float(level[i, j]), math.log(knees[i]), float(bends[j]), marginal / marginal.sum()


def _knee(
    sizes: Vector, log_knee: float, knees: Vector, marginal: Vector
) -> tuple[Knee | None, Remark | None]:
    """The knee with its 90% interval, or why there is none."""
    if len(sizes) < FEWEST_SIZES:
        return None, remark("knee.too_few_sizes", needed=FEWEST_SIZES, got=len(sizes))
    cumulative = np.cumsum(marginal) - marginal / 2
    value = math.exp(log_knee)
    low, high = np.exp(np.interp((0.05, 0.95), cumulative, np.log(knees)))
    low, high = min(float(low), value), max(float(high), value)
    first, last = float(sizes[0]), float(sizes[-1])
    if value > last / _INSIDE or high > last:
        return None, remark("knee.beyond_largest", largest=int(last), above=low)
    if value < first * _INSIDE or low < first:
        return None, remark("knee.below_smallest", smallest=int(first), below=high)
    return Knee(value=value, interval=(low, high)), None


def _left_out_sd(sizes: Vector, residuals: Vector) -> float:
    """How far the interpolated ratio misses a size that is left out; neighbours are then twice as far."""
    if len(sizes) < 3:
        return max(float(np.max(np.abs(residuals))), 0.2)
    x = np.log(sizes)
    missed = [
        residuals[i] - np.interp(x[i], np.delete(x, i), np.delete(residuals, i))
        for i in range(1, len(sizes) - 1)
    ]
    return math.sqrt(float(np.mean(np.square(missed))) + _FLOOR**2)
