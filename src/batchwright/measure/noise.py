"""Gradient noise at a point: how much the mini-batch gradient scatters, and the batch size that says.

Notation: g_i the gradient of example i of the N stored ones, G their mean, Sigma their covariance (with
divisor N).

    B_simple = tr(Sigma) / |G|^2          B_noise = tr(H Sigma) / (G^T H G)

(McCandlish et al. 2018, arXiv 1812.06162). At batch sizes well below it steps fall in proportion to B, well
above it hardly. Everything is estimated from n rows drawn without replacement, so the truth in question is
that of the stored rows: with n = N the values are exact. Intervals come from the delete-one jackknife with
the finite-population factor 1 - n/N. A |G|^2 that cannot be told from zero is left unresolved, never clamped.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import torch
from pydantic import BaseModel, ConfigDict
from scipy import stats
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.measure.per_example import MEMORY_BYTES, PerExampleGradients
from batchwright.optim.scaling import ADAM_BETAS, ADAM_EPS, ADAM_FAMILY
from batchwright.optim.spec import OptimizerSpec
from batchwright.task.task import Task

_FROZEN = ConfigDict(frozen=True)
LEVEL = 0.90
SAMPLE = 512
"""Default number of rows; enough for a noise scale to within some 10 to 20%."""
_PROJECTIONS = 3
_GROUPS = 32


class Estimate(BaseModel):
    """A value with its 90% interval; an end is None where the data do not bound it."""

    model_config = _FROZEN
    value: float
    interval: tuple[float | None, float | None]


class NoiseScale(BaseModel):
    """A ratio of noise to signal; ``resolved`` is False where the signal may be zero."""

    model_config = _FROZEN
    value: float | None
    interval: tuple[float | None, float | None]
    resolved: bool


class Noise(BaseModel):
    """The gradient's noise at one point.

    Attributes:
        noise_scale: B_simple, in examples.
        grad_sq_norm: |G|^2, unbiased; may come out negative where it is small.
        trace_sigma: tr(Sigma).
        curvature_noise_scale: B_noise, where it was asked for.
        projections: u.G for three fixed random unit vectors u.
        examples: N; ``sample``: n, rows used.
        preconditioned: whether gradients were divided by an adaptive optimizer's scale first.
        vectorised: whether per-example gradients were computed a chunk at a time.
    """

    model_config = _FROZEN
    noise_scale: NoiseScale
    grad_sq_norm: Estimate
    trace_sigma: Estimate
    curvature_noise_scale: NoiseScale | None = None
    projections: tuple[Estimate, ...]
    examples: int
    sample: int
    parameters: int
    preconditioned: bool = False
    vectorised: bool = True
    mode: str = "evaluation mode: dropout off, batch norm with its running statistics"
    seconds: float = 0.0


def measure_noise(
    model: nn.Module,
    task: Task,
    *,
    sample: int | None = SAMPLE,
    seed: int = 0,
    memory_bytes: int = MEMORY_BYTES,
    weights: Tensor | None = None,
    curvature: bool = False,
) -> Noise:
    """Noise of the training loss's gradient at the model's present parameters.

    The model, its buffers and mode, and every random state are left as they are.

    Args:
        model: where to measure.
        task: training examples and per-example loss.
        sample: n, rows drawn without replacement; None, or N and more, takes all rows.
        seed: of the rows drawn (stream ``probe``); the projections are the same for every seed.
        memory_bytes: bounds the per-example gradients held at once.
        weights: preconditioner, see :func:`preconditioner`.
        curvature: also B_noise, at the cost of some 34 Hessian-vector products.

    Raises:
        InputError: fewer than three examples or rows.
    """
    began = time.perf_counter()
    gradients = PerExampleGradients(model, task, memory_bytes=memory_bytes, weights=weights)
    total = gradients.examples
    count = total if sample is None else min(sample, total)
    if count < 3:
        raise InputError(f"the noise of a gradient needs three examples or more, got {count}")
    indices = torch.randperm(total, generator=generator(seed, "probe", "rows"))[:count]
    moments = _moments(gradients, indices)
    return Noise(
        noise_scale=moments.noise_scale(),
        grad_sq_norm=moments.grad_sq_norm(),
        trace_sigma=moments.trace_sigma(),
        curvature_noise_scale=_curvature_noise_scale(gradients, indices, moments) if curvature else None,
        projections=moments.projections(),
        examples=total,
        sample=count,
        parameters=gradients.count,
        preconditioned=weights is not None,
        vectorised=gradients.vectorised,
        seconds=time.perf_counter() - began,
    )


def noise_scale_from_norms(
    small: float, large: float, batch: int, larger_batch: int, examples: int | None = None
) -> tuple[float, float]:
    """|G|^2 and tr(Sigma) from mean squared gradient norms at two batch sizes b < B.

        |G|^2 = (B |g_B|^2 - b |g_b|^2) / (B - b),   tr Sigma = (|g_b|^2 - |g_B|^2) / (1/b - 1/B)

    Both are unbiased for independent draws. For batches without replacement from N rows the covariance of
    g_B is (Sigma/B)(N - B)/(N - 1): the second is then N/(N-1) tr Sigma, the first |G|^2 - tr Sigma/(N - 1);
    both are corrected where ``examples`` is given.

    Args:
        small, large: means of |g|^2 over all batches of the same step, at ``batch`` and ``larger_batch``.
        examples: N, for batches drawn without replacement.

    Raises:
        InputError: not 1 <= batch < larger_batch (<= examples).

    >>> noise_scale_from_norms(1.0 + 8.0 / 2, 1.0 + 8.0 / 4, 2, 4)
    (1.0, 8.0)
    """
    if not 1 <= batch < larger_batch or (examples is not None and larger_batch > examples):
        raise InputError(f"batch sizes must be 1 <= b < B (<= N), got {batch} and {larger_batch}")
    signal = (larger_batch * large - batch * small) / (larger_batch - batch)
    trace = (small - large) / (1 / batch - 1 / larger_batch)
    if examples is None:
        return signal, trace
    trace *= (examples - 1) / examples
    return signal + trace / (examples - 1), trace


def preconditioner(state: dict[str, Tensor], names: list[str], spec: OptimizerSpec) -> Tensor:
    """1/(sqrt(v) + eps) of Adam, AdamW, NAdam, RAdam (v bias corrected) or RMSprop, shape (P,).

    Args:
        state: ``Updater.state_dict()`` of a run.
        names: the trainable parameters, in the model's order.
        spec: its optimizer.

    Raises:
        InputError: another optimizer, or one that has made no step.
    """
    key = "square_avg" if spec.name == "rmsprop" else "exp_avg_sq"
    missing = [name for name in names if f"{key}/{name}" not in state]
    if spec.name not in (*ADAM_FAMILY, "rmsprop") or missing:
        raise InputError(
            "a preconditioned noise scale needs the state of adam, adamw, nadam, radam or rmsprop after a "
            f"step, got {spec.name}" + (f" without state for {missing[0]!r}" if missing else "")
        )
    eps = ADAM_EPS if spec.eps is None else spec.eps
    beta = (spec.betas or ADAM_BETAS)[1]
    pieces = []
    for name in names:
        second = state[f"{key}/{name}"].reshape(-1)
        if spec.name != "rmsprop":
            second = second / (1.0 - beta ** float(state[f"step/{name}"]))
        pieces.append(1.0 / (second.sqrt() + eps))
    return torch.cat(pieces)


# --- moments of the sample ---


@dataclass(frozen=True)
class _Moments:
    """What the estimates need of the rows, in float64.

    ``mean``: their mean, shape (P,); ``squares``: |g_i|^2; ``along``: g_i . mean; ``projected``: u . g_i,
    shape (n, 3); ``population``: N.
    """

    mean: Tensor
    squares: Tensor
    along: Tensor
    projected: Tensor
    population: int

    @property
    def count(self) -> int:
        return len(self.squares)

    @property
    def finite(self) -> float:
        """1 - n/N: no sampling error remains once all rows are used."""
        return 1.0 - self.count / self.population

    def _leave_one_out(self) -> tuple[Tensor, Tensor]:
        """(|G|^2, tr Sigma) without each row in turn, then with all rows in the last place."""
        n, total = self.count, self.population
        sum_sq = n**2 * float(self.mean.double() @ self.mean.double())
        all_sq = self.squares.sum()
        without = sum_sq - 2 * n * self.along + self.squares
        sums = torch.cat([without, torch.tensor([sum_sq], dtype=torch.float64)])
        squares = torch.cat([all_sq - self.squares, all_sq.reshape(1)])
        rows = torch.cat([torch.full((n,), n - 1.0), torch.tensor([float(n)])]).double()
        variance = (squares - sums / rows) / (rows - 1)  # divisor N - 1, summed over coordinates
        pairs = (sums - squares) / (rows * (rows - 1))  # mean of g_i . g_j over pairs: |G|^2 - variance/N
        return pairs + variance / total, variance * (total - 1) / total

    def _jackknife(self, values: Tensor) -> float:
        """Standard error from leave-one-out values, shape (n,)."""
        n = self.count
        spread = float(((values - values.mean()) ** 2).sum()) * (n - 1) / n
        return math.sqrt(max(spread * self.finite, 0.0))

    def _quantile(self, level: float = (1 + LEVEL) / 2) -> float:
        return float(stats.t.ppf(level, self.count - 1))

    def grad_sq_norm(self) -> Estimate:
        signal, _ = self._leave_one_out()
        half = self._quantile() * self._jackknife(signal[:-1])
        value = float(signal[-1])
        return Estimate(value=value, interval=(value - half, value + half))

    def trace_sigma(self) -> Estimate:
        """On the log scale: a sum of squares is skewed to the right."""
        _, trace = self._leave_one_out()
        value = float(trace[-1])
        if value <= 0:
            return Estimate(value=value, interval=(value, value))
        half = self._quantile() * self._jackknife(trace[:-1]) / value
        return Estimate(value=value, interval=(value * math.exp(-half), value * math.exp(half)))

    def noise_scale(self) -> NoiseScale:
        signal, trace = self._leave_one_out()
        return _ratio(trace, signal, self._jackknife, self._quantile)

    def projections(self) -> tuple[Estimate, ...]:
        n = self.count
        half = self._quantile() * self.projected.std(dim=0) / math.sqrt(n) * math.sqrt(self.finite)
        return tuple(
            Estimate(value=float(v), interval=(float(v - h), float(v + h)))
            for v, h in zip(self.projected.mean(dim=0), half, strict=True)
        )


def _ratio(top: Tensor, bottom: Tensor, error: Any, quantile: Any) -> NoiseScale:
    """top/bottom with its interval on the log scale, where the bottom is clearly above zero.

    A noise-to-signal ratio is bounded below as soon as the signal is bounded above: an unresolved one keeps
    its lower end.
    """
    value_top, value_bottom = float(top[-1]), float(bottom[-1])
    below = value_bottom - quantile() * error(bottom[:-1])
    if value_bottom <= 0 or below <= 0 or value_top <= 0 or bool((bottom[:-1] <= 0).any()):
        most = value_bottom + quantile() * error(bottom[:-1])
        low = value_top / most if most > 0 and value_top > 0 else None
        value = value_top / value_bottom if value_bottom > 0 else None
        return NoiseScale(value=value, interval=(low, None), resolved=False)
    value = value_top / value_bottom
    logs = torch.log(top[:-1].clamp_min(1e-300) / bottom[:-1])
    half = quantile() * error(logs)
    return NoiseScale(value=value, interval=(value * math.exp(-half), value * math.exp(half)), resolved=True)


def _moments(gradients: PerExampleGradients, indices: Tensor) -> _Moments:
    """Two passes over the rows: their mean and norms, then their components along the mean."""
    directions = _directions(gradients)
    total = torch.zeros(gradients.count, dtype=torch.float64)
    squares, projected, kept = [], [], []
    for rows in gradients.chunks(indices):
        total += rows.sum(dim=0).double().cpu()
        squares.append(rows.double().square().sum(dim=1).cpu())
        projected.append((rows @ directions).double().cpu())
        kept = [rows] if len(indices) <= gradients.chunk else []
    mean = total / len(indices)
    direction = mean.to(gradients.device, gradients.dtype)
    again = kept or gradients.chunks(indices)  # one chunk need not be computed twice
    along = torch.cat([(rows @ direction).double().cpu() for rows in again])
    return _Moments(mean, torch.cat(squares), along, torch.cat(projected), gradients.examples)


def _directions(gradients: PerExampleGradients) -> Tensor:
    """Three fixed random unit vectors, shape (P, 3)."""
    random = generator(0, "probe", "directions")
    vectors = torch.randn(_PROJECTIONS, gradients.count, generator=random)
    return (vectors / vectors.norm(dim=1, keepdim=True)).T.to(gradients.device, gradients.dtype)


def _curvature_noise_scale(gradients: PerExampleGradients, indices: Tensor, moments: _Moments) -> NoiseScale:
    """B_noise from the means of 32 groups of rows and one Hessian-vector product each.

    With group means m_k about the mean m of all, n/K (m_k - m)' H (m_k - m) K/(K - 1) averages to
    tr(H Sigma); m' H m exceeds G' H G by tr(H Sigma)(1/n - 1/N). The Hessian is that of the sampled rows.
    No finite-population factor: how rows fall into groups is chance also where all rows are used.
    """
    groups = [indices[k::_GROUPS] for k in range(min(_GROUPS, len(indices)))]
    mean = moments.mean.to(gradients.device, gradients.dtype)
    means = torch.stack([gradients.mean(group) for group in groups])
    products = gradients.hessian_products(indices, torch.cat([means - mean, mean[None]])).double().cpu()
    off = (means - mean).double().cpu()
    k, n = len(groups), len(indices)
    sizes = torch.tensor([len(group) for group in groups], dtype=torch.float64)
    traces = sizes * (off * products[:-1]).sum(dim=1) * k / (k - 1)
    ends = moments.mean @ products[-1] + 2 * off @ products[-1]  # m'Hm linearised in each group's mean
    rest = (k * torch.cat([traces, traces]).mean() - traces) / (k - 1)
    without = (k * ends.mean() - ends) / (k - 1)
    excess = 1 / n - 1 / moments.population
    top = torch.cat([rest, traces.mean().reshape(1)])
    bottom = torch.cat([without - rest * excess, (ends.mean() - traces.mean() * excess).reshape(1)])

    def error(values: Tensor) -> float:
        spread = float(((values - values.mean()) ** 2).sum()) * (k - 1) / k
        return math.sqrt(max(spread, 0.0))

    def quantile(level: float = (1 + LEVEL) / 2) -> float:
        return float(stats.t.ppf(level, k - 1))

    return _ratio(top, bottom, error, quantile)
