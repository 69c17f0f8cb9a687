"""What a few runs say about steps to target at every batch size and learning rate: one posterior.

    log S(B, lr) = log S_0 + log(1 + B_crit/B) - log(1 + B_crit/B_0) + p(log lr - log lr*(B))
    lr*(B) = lr_0 [(B/(B + B_lr)) / (B_0/(B_0 + B_lr))]^alpha
    p(d) = log((kappa e^(-lambda d) + lambda e^(kappa d)) / (kappa + lambda))

The hyperbola and a best learning rate that grows with B and then levels off are those of McCandlish et al.
2018 (arXiv 1812.06162); alpha is near 1 for gradient descent with and without momentum, near 1/2 for adaptive
methods. p is 0 at the best rate; far below it steps grow as lr^-lambda (lambda = 1: half the rate, twice the
steps), above it faster. None of it is taken for granted: every constant has a prior with a spread, and each
observation an error of its own (Student's t with 5 degrees of freedom).

The posterior is sampled with an ensemble of walkers (Goodman and Weare 2010).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]

_NU = 5.0
_WALKERS, _SWEEPS, _SWEEPS_FROM_START, _KEPT = 200, 400, 160, 8
_STRETCH = 2.0


@dataclass(frozen=True)
class Observation:
    """Log steps to target of one run, or (``is_bound``) what they exceed.

    ``sd`` is the error of ``log_steps`` beyond the spread of finished runs: 0 for a run that reached the
    target, more for one that was stopped on the way and whose remainder is inferred.
    """

    log_batch: float
    log_lr: float
    log_steps: float
    sd: float = 0.0
    is_bound: bool = False


@dataclass(frozen=True)
class Prior:
    """Means and standard deviations of the eight constants, in the order of ``NAMES``."""

    mean: Array
    sd: Array


NAMES = (
    "log_steps", "log_critical", "log_lr", "log_kappa", "log_lambda", "log_lr_batch_over_critical",
    "alpha", "log_sigma",
)  # fmt: skip


def prior(log_steps: float, log_lr: float, log_critical: float, critical_sd: float, adaptive: bool) -> Prior:
    """What is known before: the reference run, a guess at B_crit, and how optimizers usually behave."""
    slope, alpha = (0.6, 0.5) if adaptive else (0.9, 0.9)
    mean = [log_steps, log_critical, log_lr, math.log(1.8), math.log(slope), 0.0, alpha, math.log(0.11)]
    sd = [1.0, critical_sd, 1.0, 0.5, 0.3, 1.0, 0.2, 0.35]
    return Prior(np.array(mean), np.array(sd))


@dataclass(frozen=True)
class Posterior:
    """Samples of the constants, shape (samples, 8), about the reference batch size."""

    samples: Array
    log_reference: float

    def log_steps(self, log_batch: Array, log_lr: Array) -> Array:
        """Log steps to target, shape (samples, points), at points given by equally long vectors."""
        return _log_steps(self.samples, self.log_reference, log_batch, log_lr)

    def best_log_lr(self, log_batch: Array) -> Array:
        """Log of the best learning rate, shape (samples, batch sizes)."""
        return _best_log_lr(self.samples, self.log_reference, log_batch)

    @property
    def critical(self) -> Array:
        """Samples of B_crit, in examples."""
        return np.exp(self.samples[:, 1])

    @property
    def sigma(self) -> float:
        """Median of the spread of finished runs about the model, on log steps."""
        return float(np.exp(np.median(self.samples[:, 7])))


def sample(
    observations: Sequence[Observation], before: Prior, log_reference: float, seed: int,
    start: Posterior | None = None,
) -> Posterior:  # fmt: skip
    """Sample the posterior.

    Args:
        observations: one or more runs.
        before: the prior.
        log_reference: log B_0.
        seed: of the walkers' own random stream; equal input gives equal samples.
        start: an earlier posterior to start from, which takes fewer sweeps.
    """
    data = _Data.of(observations)
    random = np.random.default_rng(seed)
    size = len(before.mean)
    if start is None:
        walkers, sweeps = before.mean + 0.3 * before.sd * random.standard_normal((_WALKERS, size)), _SWEEPS
    else:
        walkers, sweeps = start.samples[-_WALKERS:].copy(), _SWEEPS_FROM_START
    density = _log_density(walkers, data, before, log_reference)
    kept = []
    half = _WALKERS // 2
    for sweep in range(sweeps):
        for first in (True, False):
            mine = slice(0, half) if first else slice(half, None)
            others = walkers[half:] if first else walkers[:half]
            stretch = ((_STRETCH - 1) * random.random(half) + 1) ** 2 / _STRETCH
            partner = others[random.integers(half, size=half)]
            proposed = partner + stretch[:, None] * (walkers[mine] - partner)
            value = _log_density(proposed, data, before, log_reference)
            accept = np.log(random.random(half)) < (size - 1) * np.log(stretch) + value - density[mine]
            walkers[mine] = np.where(accept[:, None], proposed, walkers[mine])
            density[mine] = np.where(accept, value, density[mine])
        if sweep >= sweeps // 2 and sweep % (sweeps // 2 // _KEPT) == 0:
            kept.append(walkers.copy())
    return Posterior(np.concatenate(kept), log_reference)


@dataclass(frozen=True)
class _Data:
    log_batch: Array
    log_lr: Array
    log_steps: Array
    variance: Array
    is_bound: NDArray[np.bool_]

    @staticmethod
    def of(observations: Sequence[Observation]) -> _Data:
        return _Data(
            np.array([o.log_batch for o in observations]),
            np.array([o.log_lr for o in observations]),
            np.array([o.log_steps for o in observations]),
            np.array([o.sd for o in observations]) ** 2,
            np.array([o.is_bound for o in observations]),
        )


def _best_log_lr(theta: Array, log_reference: float, log_batch: Array) -> Array:
    levels_off = (theta[:, 1] + theta[:, 5])[:, None]
    # log(B/(B + B_lr)) = -log(1 + B_lr/B)
    rise = np.logaddexp(0.0, levels_off - log_reference) - np.logaddexp(0.0, levels_off - log_batch[None, :])
    return theta[:, 2, None] + theta[:, 6, None] * rise


def _log_steps(theta: Array, log_reference: float, log_batch: Array, log_lr: Array) -> Array:
    critical = theta[:, 1, None]
    hyperbola = np.logaddexp(0.0, critical - log_batch[None, :]) - np.logaddexp(0.0, critical - log_reference)
    off = log_lr[None, :] - _best_log_lr(theta, log_reference, log_batch)
    kappa, slope = np.exp(theta[:, 3, None]), np.exp(theta[:, 4, None])
    penalty = np.logaddexp(np.log(kappa) - slope * off, np.log(slope) + kappa * off) - np.log(kappa + slope)
    return theta[:, 0, None] + hyperbola + penalty


def _log_density(theta: Array, data: _Data, before: Prior, log_reference: float) -> Array:
    expected = _log_steps(theta, log_reference, data.log_batch, data.log_lr)
    sd = np.sqrt(np.exp(2 * theta[:, 7, None]) + data.variance[None, :])
    z = (data.log_steps[None, :] - expected) / sd
    seen = -np.log(sd) - (_NU + 1) / 2 * np.log1p(z**2 / _NU)
    exceeds = special.log_ndtr(-z)
    likelihood = np.where(data.is_bound[None, :], exceeds, seen).sum(axis=1)
    return likelihood - 0.5 * (((theta - before.mean) / before.sd) ** 2).sum(axis=1)
