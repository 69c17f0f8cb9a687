"""The 1/sqrt(B) law, measured: how far mini-batch gradients lie from their mean at each batch size.

std(B)^2 = tr(Sigma)/B                          with replacement
std(B)^2 = tr(Sigma)/B (N - B)/(N - 1)          without; 0 at B = N
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict
from scipy import stats
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.streams import generator
from batchwright.measure.noise import (
    LEVEL,
    SAMPLE,
    Noise,
    measure_noise,
    preconditioner,
)
from batchwright.measure.per_example import MEMORY_BYTES, PerExampleGradients
from batchwright.optim.update import Updater
from batchwright.task.task import Task
from batchwright.training.loop import train
from batchwright.training.spec import RunSpec

_FROZEN = ConfigDict(frozen=True)
SamplingName = Literal["with_replacement", "without_replacement"]
SAMPLINGS: tuple[SamplingName, ...] = ("with_replacement", "without_replacement")
_DRAWS = 32


class Scatter(BaseModel):
    """Root mean squared distance of mini-batch gradients from their mean, over ``draws`` batches.

    ``interval`` holds the spread of the draws at 90%; ``predicted`` follows from tr(Sigma).
    """

    model_config = _FROZEN
    batch_size: int
    sampling: SamplingName
    std: float
    interval: tuple[float, float]
    predicted: float
    draws: int


class Slope(BaseModel):
    """Exponent of std against B, the finite-population factor divided out; the law says -1/2."""

    model_config = _FROZEN
    value: float
    interval: tuple[float, float]
    sampling: SamplingName


def scatter_by_batch(
    model: nn.Module,
    task: Task,
    trace_sigma: float,
    *,
    batch_sizes: Sequence[int] | None = None,
    draws: int = _DRAWS,
    seed: int = 0,
) -> tuple[Scatter, ...]:
    """Draw batches at every size, with and without replacement, and measure how far they scatter.

    Args:
        model: where to measure; left as it is.
        task: training examples and loss.
        trace_sigma: tr(Sigma), for the prediction.
        batch_sizes: powers of four and N by default.
        draws: batches at every size and kind of sampling.
        seed: of the batches (stream ``probe``).

    Raises:
        InputError: a batch size outside 1 ... N, or fewer than three draws.
    """
    gradients = PerExampleGradients(model, task, memory_bytes=MEMORY_BYTES)
    total = gradients.examples
    sizes = sorted(batch_sizes or {4**k for k in range(12) if 4**k < total} | {total})
    if draws < 3:
        raise InputError(f"a spread needs three draws or more, got {draws}")
    rows = []
    for size in sizes:
        if not 1 <= size <= total:
            raise InputError(f"batch_size must be between 1 and {total} (the training examples), got {size}")
        for sampling in SAMPLINGS:
            random = generator(seed, "probe", sampling, size)
            means = torch.stack([gradients.mean(_draw(total, size, sampling, random)) for _ in range(draws)])
            rows.append(_scatter(means, size, sampling, total, trace_sigma))
    return tuple(rows)


def _draw(total: int, size: int, sampling: SamplingName, random: torch.Generator) -> Tensor:
    """Positions of one batch; ascending without replacement, so that the whole set is always the same sum."""
    if sampling == "with_replacement":
        return torch.randint(total, (size,), generator=random)
    return torch.randperm(total, generator=random)[:size].sort().values


def _scatter(means: Tensor, size: int, sampling: SamplingName, total: int, trace_sigma: float) -> Scatter:
    draws = len(means)
    center = means.double().mean(dim=0)
    squares = ((means.double() - center) ** 2).sum(dim=1) * draws / (draws - 1)
    value = float(squares.mean().sqrt())
    if float((means[1:] - means[:1]).abs().max()) == 0:
        value, squares = 0.0, torch.zeros(draws)  # equal draws: no rounding of their mean is let in
    error = float(squares.std()) / math.sqrt(draws) / (2 * value**2) if value else 0.0
    half = float(stats.t.ppf((1 + LEVEL) / 2, draws - 1)) * error
    return Scatter(
        batch_size=size, sampling=sampling, std=value,
        interval=(value * math.exp(-half), value * math.exp(half)),
        predicted=math.sqrt(max(trace_sigma, 0.0) / size * finite_factor(sampling, size, total)), draws=draws,
    )  # fmt: skip


def finite_factor(sampling: SamplingName, size: int, total: int) -> float:
    """(N - B)/(N - 1) without replacement, 1 with."""
    if sampling == "with_replacement":
        return 1.0
    return (total - size) / (total - 1) if total > 1 else 0.0


def slope_of(rows: Sequence[Scatter], examples: int, sampling: SamplingName) -> Slope:
    """Weighted regression of log(std / sqrt(finite factor)) on log B.

    Raises:
        InputError: fewer than two batch sizes with a spread.
    """
    used = [r for r in rows if r.sampling == sampling and r.std > 0 and r.batch_size < examples]
    if len(used) < 2:
        raise InputError(f"a slope needs two batch sizes below N or more, got {len(used)}")
    x = np.log([r.batch_size for r in used])
    y = np.log([r.std / math.sqrt(finite_factor(sampling, r.batch_size, examples)) for r in used])
    quantile = float(stats.t.ppf((1 + LEVEL) / 2, used[0].draws - 1))
    sd = np.array([math.log(r.interval[1] / r.interval[0]) / (2 * quantile) for r in used])
    weight = 1.0 / np.maximum(sd, 1e-3) ** 2
    center = np.sum(weight * x) / weight.sum()
    spread = np.sum(weight * (x - center) ** 2)
    value = float(np.sum(weight * (x - center) * y) / spread)
    half = quantile / math.sqrt(spread)
    return Slope(value=value, interval=(value - half, value + half), sampling=sampling)


# --- along a run ---


class NoiseAlong(BaseModel):
    """The noise after so many updates of a run; ``preconditioned`` for adaptive optimizers."""

    model_config = _FROZEN
    step: int
    epoch: float
    loss: float | None
    raw: Noise
    preconditioned: Noise | None = None


def noise_along(
    spec: RunSpec, task: Task, *, every: int, sample: int = SAMPLE, seed: int = 0,
    memory_bytes: int = MEMORY_BYTES,
) -> Iterator[NoiseAlong]:  # fmt: skip
    """Train, measuring the noise after every ``every`` updates; the run itself is bitwise the same.

    Raises:
        InputError: ``every`` below 1, or the spec does not fit the task.
    """
    if every < 1:
        raise InputError(f"--along must be a number of updates from 1 on, got {every}")
    for state in train(spec, task):
        if state.step % every == 0 or state.status is not None:
            weights = weights_of(state.updater, state.model, spec)
            yield NoiseAlong(
                step=state.step,
                epoch=state.epoch,
                loss=state.loss,
                raw=measure_noise(state.model, task, sample=sample, seed=seed, memory_bytes=memory_bytes),
                preconditioned=None
                if weights is None
                else measure_noise(
                    state.model, task, sample=sample, seed=seed, memory_bytes=memory_bytes, weights=weights
                ),
            )


def weights_of(updater: Updater, model: nn.Module, spec: RunSpec) -> Tensor | None:
    """The preconditioner of a run's optimizer; None where it has none or has made no step."""
    names = [name for name, p in model.named_parameters() if p.requires_grad]
    try:
        return preconditioner(updater.state_dict(), names, spec.optimizer)
    except InputError:
        return None
