"""The 1/sqrt(B) law, measured: how far mini-batch gradients lie from the mean gradient at each batch size.

std(B)^2 = tr(Sigma)/B                          with replacement
std(B)^2 = tr(Sigma)/B (N - B)/(N - 1)          without; 0 at B = N
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict
from torch import nn

from batchwright.core.errors import InputError
from batchwright.core.shapes import Indices
from batchwright.core.statistics import t_quantile
from batchwright.core.streams import generator
from batchwright.measure.estimate import on_log_scale
from batchwright.measure.gradients.per_example import MEMORY_BYTES, PerExampleGradients
from batchwright.task.task import Task

_FROZEN = ConfigDict(frozen=True)
SamplingName = Literal["with_replacement", "without_replacement"]
SAMPLINGS: tuple[SamplingName, ...] = ("with_replacement", "without_replacement")
DRAWS = 64
_FEWEST_DRAWS, _MOST_DRAWS = 3, 10_000
_MOST_EXAMPLES = 1 << 15
"""Examples drawn at one batch size and kind of sampling; larger batches are drawn less often."""
Progress = Callable[[int, int], None]


class Scatter(BaseModel):
    """Root mean squared distance of mini-batch gradients from the mean gradient, over ``draws`` batches.

    ``interval`` holds it at 90%, from the spread of the draws; ``predicted`` follows from tr(Sigma).
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
    draws: int = DRAWS,
    seed: int = 0,
    memory_bytes: int = MEMORY_BYTES,
    progress: Progress | None = None,
) -> tuple[Scatter, ...]:
    """Draw batches at every size, with and without replacement, and measure how far they scatter.

    Distances are from the gradient of all N examples, one pass over them; no batch gradient is kept.

    Args:
        model: where to measure, in evaluation mode; left as it is.
        task: training examples and loss.
        trace_sigma: tr(Sigma), for the prediction.
        batch_sizes: powers of four up to 16,384, and N, by default.
        draws: batches at every size and kind of sampling; fewer, three at least, where that would be more
            than 32,768 examples, and one of all N without replacement, which is always the same.
        seed: of the batches (stream ``probe``).
        memory_bytes: bounds what a backward pass keeps.
        progress: called with the examples drawn so far and in all.

    Raises:
        InputError: a batch size outside 1 ... N, or draws outside 3 ... 10,000.
    """
    gradients = PerExampleGradients(model, task, memory_bytes=memory_bytes, seed=seed)
    total = gradients.examples
    sizes = sorted(set(batch_sizes or {4**k for k in range(8) if 4**k < total} | {total}))
    if not _FEWEST_DRAWS <= draws <= _MOST_DRAWS:
        raise InputError(f"draws must be between {_FEWEST_DRAWS} and {_MOST_DRAWS}, got {draws}")
    for size in sizes:
        if not 1 <= size <= total:
            raise InputError(f"batch_size must be between 1 and {total} (the training examples), got {size}")
    plan = [(size, name, _draws_at(size, name, total, draws)) for size in sizes for name in SAMPLINGS]
    if (
        batch_sizes is None and total > _MOST_EXAMPLES
    ):  # all N with replacement cost much and show nothing new
        plan.remove((total, "with_replacement", _FEWEST_DRAWS))
    expected, done = total + sum(size * count for size, _, count in plan), total
    center = gradients.mean(torch.arange(total))
    rows = []
    for size, sampling, count in plan:
        random = generator(seed, "probe", sampling, size)
        squares = []
        for _ in range(count):
            off = gradients.mean(_draw(total, size, sampling, random)) - center
            squares.append(float(off.double().square().sum()))
            done += size
            if progress is not None:
                progress(done, expected)
        predicted = max(trace_sigma, 0.0) / size * finite_factor(sampling, size, total)
        rows.append(_scatter(np.array(squares), size, sampling, math.sqrt(predicted)))
    return tuple(rows)


def _draws_at(size: int, sampling: SamplingName, total: int, draws: int) -> int:
    if size == total and sampling == "without_replacement":
        return 1
    return max(_FEWEST_DRAWS, min(draws, _MOST_EXAMPLES // size))


def _draw(total: int, size: int, sampling: SamplingName, random: torch.Generator) -> Indices:
    """Positions of one batch; ascending without replacement, so that the whole set is always the same sum."""
    if sampling == "with_replacement":
        return torch.randint(total, (size,), generator=random)
    return torch.randperm(total, generator=random)[:size].sort().values


def _scatter(squares: np.ndarray, size: int, sampling: SamplingName, predicted: float) -> Scatter:
    draws, mean = len(squares), float(squares.mean())
    # Of log std: half of that of the log of the mean square.
    error = float(squares.std(ddof=1)) / math.sqrt(draws) / (2 * mean) if mean and draws > 1 else 0.0
    std = on_log_scale(math.sqrt(mean), t_quantile(draws - 1) * error)
    return Scatter(
        batch_size=size, sampling=sampling, std=std.value, interval=std.interval, predicted=predicted,
        draws=draws,
    )  # fmt: skip


def finite_factor(sampling: SamplingName, size: float, total: int) -> float:
    """(N - B)/(N - 1) without replacement, 1 with."""
    if sampling == "with_replacement":
        return 1.0
    return (total - size) / (total - 1) if total > 1 else 0.0


def scatter_slope(rows: Sequence[Scatter], examples: int, sampling: SamplingName) -> Slope:
    """Weighted regression of log(std / sqrt(finite factor)) on log B.

    Weighted by the number of draws, not by each size's own spread: a size whose few draws happen to lie close
    together would get too much weight, and its std is then too small as well.

    Raises:
        InputError: fewer than two batch sizes with a spread.
    """
    used = [r for r in rows if r.sampling == sampling and r.std > 0 and r.batch_size < examples]
    if len(used) < 2:
        raise InputError(f"a slope needs two batch sizes below N or more, got {len(used)}")
    x = np.log([r.batch_size for r in used])
    y = np.log([r.std / math.sqrt(finite_factor(sampling, r.batch_size, examples)) for r in used])
    degrees = np.array([r.draws - 1 for r in used])
    sd = np.array([math.log(r.interval[1] / r.interval[0]) / (2 * t_quantile(r.draws - 1)) for r in used])
    weight = np.array([r.draws for r in used], dtype=float)
    center = np.sum(weight * x) / weight.sum()
    lever = weight * (x - center) / np.sum(weight * (x - center) ** 2)
    value = float(np.sum(lever * y))
    variance = (lever * sd) ** 2
    # Welch and Satterthwaite's degrees of freedom: sizes drawn three times hardly enter.
    freedom = variance.sum() ** 2 / np.sum(variance**2 / degrees) if variance.any() else degrees.sum()
    half = t_quantile(int(freedom)) * math.sqrt(variance.sum())
    return Slope(value=value, interval=(value - half, value + half), sampling=sampling)
