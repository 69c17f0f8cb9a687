"""Which learning rate and batch size next, from the losses of a few runs that all saw equally many examples.

A Gaussian process over (log lr, log B) whose prior is what such surfaces have in common: a bowl, its valley
tilted so that larger batches want larger rates, walls that rise steeply where training diverges.

    t = log(1 + (loss - least) / scale),  scale = lower quartile of the losses - least
    t ~ u^2/2 + v^2/2 + quadratic polynomial + smooth remainder + noise
    u = log lr - log B / 4,  v = log B, both about the mean of the best three runs

The logarithm keeps a diverged run from bending the valley; the scale makes all free of the loss's unit. The
constants were chosen on two cells of StepLaw's language-model runs (arXiv 2503.04715) and scored on two
others, see ``benchmarks/tables.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy import linalg

from batchwright.core.errors import InputError
from batchwright.core.statistics import t_quantile

_Pairs = Float[np.ndarray, "points 2"]
_Floats = Float[np.ndarray, "points"]

FEWEST_RUNS = 5
_VALLEY_SLOPE = 0.25
_CURVATURE = 0.5
"""Of the prior bowl; the polynomial below corrects it."""
_POLYNOMIAL_SD = (10.0, 0.3, 0.3, 0.1, 0.1, 0.1)
"""Prior standard deviations of the coefficients of 1, u, v, u^2, v^2, u v."""
_REMAINDER_SD, _REMAINDER_LENGTHS = 0.5, (1.0, 1.25)
_NOISE_SD = 0.25
_CAUTION = 1.0
"""A run is recommended by mean plus so many standard deviations: not where nothing was measured."""
_CENTRE_RUNS = 3


@dataclass(frozen=True)
class PredictedLoss:
    """Loss of one run at a learning rate and batch size, with its 90% interval."""

    lr: float
    batch_size: float
    loss: float
    low: float
    high: float


@dataclass(frozen=True)
class LossSurface:
    """A fitted surface; see :func:`fit_loss_surface`."""

    runs: int
    _least: float
    _scale: float
    _centre: tuple[float, float]
    _places: _Pairs
    _weights: _Floats
    _factor: tuple[np.ndarray, bool]

    def predict(self, lr: float, batch_size: float) -> PredictedLoss:
        """The loss of one further run there.

        Raises:
            InputError: a learning rate or batch size that is not positive and finite.
        """
        mean, sd = self._predict(_logs([lr], [batch_size]))
        half = t_quantile(math.inf) * math.hypot(float(sd[0]), _NOISE_SD)
        loss, low, high = (self._loss(float(mean[0]) + shift) for shift in (0.0, -half, half))
        return PredictedLoss(lr, batch_size, loss, low, high)

    def recommend(self, lrs: Sequence[float], batch_sizes: Sequence[float]) -> PredictedLoss:
        """The best of these pairs: the least mean plus one standard deviation of the surface.

        Args:
            lrs, batch_sizes: the candidates, pair by pair.

        Raises:
            InputError: no candidates, unequal lengths, or values that are not positive and finite.
        """
        if not len(lrs) or len(lrs) != len(batch_sizes):
            raise InputError(
                f"candidates must be pairs, got {len(lrs)} rates and {len(batch_sizes)} batch sizes"
            )
        mean, sd = self._predict(_logs(lrs, batch_sizes))
        best = int(np.argmin(mean + _CAUTION * sd))
        return self.predict(lrs[best], batch_sizes[best])

    def _predict(self, logs: _Pairs) -> tuple[_Floats, _Floats]:
        places = _places(logs, self._centre)
        shared = _kernel(places, self._places)
        mean = _bowl(places) + shared @ self._weights
        own = np.sum(_polynomial(places) ** 2, axis=1) + _REMAINDER_SD**2
        explained = np.sum(shared.T * linalg.cho_solve(self._factor, shared.T), axis=0)
        return mean, np.sqrt(np.maximum(own - explained, 0.0))

    def _loss(self, transformed: float) -> float:
        return self._least + self._scale * math.expm1(min(transformed, 50.0))


def fit_loss_surface(
    lrs: Sequence[float], batch_sizes: Sequence[float], losses: Sequence[float]
) -> LossSurface:
    """Fit the loss over learning rate and batch size to a few runs of equally many examples.

    >>> lrs, batch_sizes = [1e-3, 4e-3, 1e-3, 4e-3, 2e-3, 8e-3], [64, 64, 256, 256, 128, 512]
    >>> losses = [2.50, 2.53, 2.51, 2.49, 2.48, 2.55]
    >>> best = fit_loss_surface(lrs, batch_sizes, losses).recommend(lrs, batch_sizes)
    >>> best.lr, best.batch_size
    (0.002, 128)

    Args:
        lrs, batch_sizes, losses: one entry a run. A run that diverged has an infinite loss or none (nan); it
            counts as no better than the worst that did not.

    Raises:
        InputError: unequal lengths, fewer than five runs with a finite loss, or rates and batch sizes that
            are not positive and finite.
    """
    if not len(lrs) == len(batch_sizes) == len(losses):
        lengths = f"{len(lrs)}, {len(batch_sizes)} and {len(losses)}"
        raise InputError(f"a run needs a learning rate, a batch size and a loss, got {lengths} of them")
    logs, loss = _logs(lrs, batch_sizes), np.asarray(losses, dtype=float)
    finite = np.isfinite(loss)
    if int(finite.sum()) < FEWEST_RUNS:
        raise InputError(
            f"a loss surface needs {FEWEST_RUNS} runs or more with a finite loss, got {finite.sum()}"
        )
    least = float(loss[finite].min())
    scale = float(np.quantile(loss[finite], 0.25)) - least or abs(least) / 100 or 1.0
    transformed = np.full(len(loss), -np.inf)
    transformed[finite] = np.log1p((loss[finite] - least) / scale)
    transformed[~finite] = max(float(transformed.max()), math.log1p(10.0))
    centre = logs[np.argsort(transformed, kind="stable")[:_CENTRE_RUNS]].mean(axis=0)
    middle = (float(centre[0]), float(centre[1]))
    places = _places(logs, middle)
    factor = linalg.cho_factor(_kernel(places, places) + _NOISE_SD**2 * np.eye(len(places)), lower=True)
    weights = linalg.cho_solve(factor, transformed - _bowl(places))
    return LossSurface(len(loss), least, scale, middle, places, weights, factor)


def _logs(lrs: Sequence[float], batch_sizes: Sequence[float]) -> _Pairs:
    values = np.stack([np.asarray(lrs, dtype=float), np.asarray(batch_sizes, dtype=float)], axis=1)
    bad = ~(np.isfinite(values) & (values > 0)).all(axis=1)
    if bad.any():
        lr, batch_size = values[bad][0]
        raise InputError(
            f"learning rates and batch sizes must be positive and finite, got {lr:g} and {batch_size:g}"
        )
    return np.log(values)


def _places(logs: _Pairs, centre: tuple[float, float]) -> _Pairs:
    """(u, v): across the valley and along it."""
    lr, batch = logs[:, 0] - centre[0], logs[:, 1] - centre[1]
    return np.stack([lr - _VALLEY_SLOPE * batch, batch], axis=1)


def _bowl(places: _Pairs) -> _Floats:
    return _CURVATURE * np.sum(places**2, axis=1)


def _polynomial(places: _Pairs) -> Float[np.ndarray, "points 6"]:
    u, v = places.T
    return np.stack([np.ones_like(u), u, v, u**2, v**2, u * v], axis=1) * np.array(_POLYNOMIAL_SD)


def _kernel(a: _Pairs, b: _Pairs) -> Float[np.ndarray, "a b"]:
    """Covariance of the polynomial and of the smooth remainder."""
    apart = (a[:, None, :] - b[None, :, :]) / np.array(_REMAINDER_LENGTHS)
    smooth = _REMAINDER_SD**2 * np.exp(-0.5 * np.sum(apart**2, axis=2))
    return _polynomial(a) @ _polynomial(b).T + smooth
