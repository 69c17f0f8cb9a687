"""Gradient noise at a point: how much the mini-batch gradient scatters, and the batch size that says.

Notation: g_i the gradient of example i of the N stored ones, G their mean, Sigma their covariance (with
divisor N), H the Hessian of the mean loss.

    B_simple = tr(Sigma) / |G|^2          B_noise = tr(H Sigma) / (G^T H G)

(McCandlish et al. 2018, arXiv 1812.06162). At batch sizes well below it steps fall in proportion to B, well
above it hardly. Everything is estimated from n rows drawn without replacement, so the truth in question is
that of the stored rows: with n = N the values are exact. Intervals come from the delete-one jackknife with
the finite-population factor 1 - n/N. A |G|^2 that cannot be told from zero is left unresolved, never clamped, and so
is a noise scale that few examples decide while others were not looked at (``measure.gradients.tails``).
"""

from __future__ import annotations

import math
import time
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from batchwright.core.errors import InputError, one_line
from batchwright.core.remark import Remark, remark
from batchwright.core.shapes import FlatParams, Indices
from batchwright.core.statistics import jackknife_error, t_quantile
from batchwright.core.streams import generator
from batchwright.measure.estimate import Estimate, NoiseScale, noise_ratio
from batchwright.measure.gradients.moments import Moments, moments
from batchwright.measure.gradients.per_example import MEMORY_BYTES, Mode, PerExampleGradients
from batchwright.measure.gradients.tails import Tail, Unresolved, enough, resolved_by, tail_of
from batchwright.task.task import Task
from batchwright.training.environment import environment

SAMPLE = 512
"""Rows that are enough for a noise scale to within some 10 to 20% where no few examples dominate."""
Rows = int | Literal["auto"] | None
_FIRST_ROWS, _MOST_ROWS = 2048, 32_768
"""Of a sample that finds out itself how many it needs: 2048 rows miss a class of 1 in 500 once in 60 times."""
_FIRST_ENTRIES, _MOST_ENTRIES = 1 << 31, 1 << 35
"""The same in entries of gradients, so that large models are not sampled for hours."""
_GROUPS = 32


class Noise(BaseModel):
    """The gradient's noise at one point.

    Attributes:
        noise_scale: B_simple, in examples.
        tail: how unevenly the examples share in the noise.
        unresolved_because: the mean gradient may be zero, or few examples decide and others were left out.
        grad_sq_norm: |G|^2, unbiased; may come out negative where it is small.
        trace_sigma: tr(Sigma).
        curvature_noise_scale: B_noise, where it was asked for and the model allows it.
        curvature_reason: why it is missing although it was asked for.
        projections: u.G for three fixed random unit vectors u.
        examples: N; ``sample``: n, rows used; ``parameters``: P.
        preconditioned: whether gradients were divided by an adaptive optimizer's scale first.
        vectorised: whether per-example gradients were computed a chunk at a time.
        mode: in which the model was measured.
        environment: versions and machine.
    """

    model_config = ConfigDict(frozen=True)
    noise_scale: NoiseScale
    tail: Tail
    unresolved_because: Unresolved | None = None
    grad_sq_norm: Estimate
    trace_sigma: Estimate
    curvature_noise_scale: NoiseScale | None = None
    curvature_reason: Remark | None = None
    projections: tuple[Estimate, ...]
    examples: int
    sample: int
    parameters: int
    preconditioned: bool = False
    vectorised: bool = True
    mode: Mode = "evaluation"
    seconds: float = 0.0
    environment: dict[str, str | int] = {}

    @property
    def exact(self) -> bool:
        """Whether all stored rows were used, each with a gradient of its own that is no chance."""
        return self.sample == self.examples and self.mode == "evaluation"


def measure_noise(
    model: nn.Module,
    task: Task,
    *,
    sample: Rows = "auto",
    seed: int = 0,
    memory_bytes: int = MEMORY_BYTES,
    weights: FlatParams | None = None,
    curvature: bool = False,
    mode: Mode = "evaluation",
) -> Noise:
    """Noise of the training loss's gradient at the model's present parameters.

    The model, its buffers and mode, and every random state are left as they are.

    Args:
        model: where to measure.
        task: training examples and per-example loss; an example is one row of its data, for language models
            a whole sequence. Augmentation and autocast are left out.
        sample: n, rows drawn without replacement; None, or N and more, takes all rows. ``"auto"`` begins with
            2048 and goes on, up to 32,768 or all (fewer with more than a million parameters), while few
            of them decide the noise scale.
        seed: of the rows drawn (stream ``probe``); the projections are the same for every seed.
        memory_bytes: bounds the per-example gradients held at once.
        weights: preconditioner, shape (P,), see :mod:`batchwright.measure.gradients.preconditioner`.
        curvature: also B_noise, at the cost of 33 Hessian-vector products, over 512 rows of an ``"auto"`` sample.
        mode: ``"training"`` leaves dropout on: its noise then counts as the examples' own, and intervals
            keep their width when all rows are used.

    Raises:
        InputError: fewer than three examples or rows, gradients that are not finite, batch norm that couples
            the examples, or B_noise in training mode.
    """
    began = time.perf_counter()
    gradients = PerExampleGradients(
        model, task, memory_bytes=memory_bytes, weights=weights, mode=mode, seed=seed
    )
    total = gradients.examples
    first, most = _limits(sample, gradients)
    if first < 3:
        raise InputError(f"the noise of a gradient needs three examples or more, got {first}")
    if curvature and not gradients.deterministic:
        raise InputError(
            "B_noise needs a Hessian that does not change from pass to pass: use evaluation mode"
        )
    order = torch.randperm(total, generator=generator(seed, "probe", "rows"))
    found, tail = _sampled(gradients, order, first, most)
    noise_scale, why = resolved_by(found, tail)
    scale, reason = None, None
    if curvature:
        rows = order[: min(SAMPLE, found.count) if sample == "auto" else found.count]
        own = found if len(rows) == found.count else moments(gradients, rows)
        scale, reason = _curvature(gradients, rows, own)
    return Noise(
        noise_scale=noise_scale,
        tail=tail,
        unresolved_because=why,
        grad_sq_norm=found.grad_sq_norm(),
        trace_sigma=found.trace_sigma(),
        curvature_noise_scale=scale,
        curvature_reason=reason,
        projections=found.projections(),
        examples=total,
        sample=found.count,
        parameters=gradients.count,
        preconditioned=weights is not None,
        vectorised=gradients.vectorised,
        mode=mode,
        seconds=time.perf_counter() - began,
        environment=environment(gradients.device),
    )


def _limits(sample: Rows, gradients: PerExampleGradients) -> tuple[int, int]:
    """Rows to begin with, and to go on to while few of them decide."""
    total = gradients.examples
    if sample != "auto":
        count = total if sample is None else min(sample, total)
        return count, count
    first, most = (
        min(total, rows, max(SAMPLE, entries // gradients.count))
        for rows, entries in ((_FIRST_ROWS, _FIRST_ENTRIES), (_MOST_ROWS, _MOST_ENTRIES))
    )
    return first, most


def _sampled(gradients: PerExampleGradients, order: Indices, first: int, most: int) -> tuple[Moments, Tail]:
    """The first rows of the order, and more of them until enough share in the uncertainty."""
    count = first
    while True:
        found = moments(gradients, order[:count])
        tail = tail_of(found)
        wanted = enough(tail, count, most - count)
        if wanted == count:
            return found, tail
        count = wanted


def _curvature(
    gradients: PerExampleGradients, indices: Indices, found: Moments
) -> tuple[NoiseScale | None, Remark | None]:
    """B_noise, or why the model has none to measure."""
    try:
        scale = curvature_noise_scale(gradients, indices, found)
    except (RuntimeError, NotImplementedError) as error:
        return None, remark("second_derivative.missing", error=one_line(error))
    if scale is None:
        return None, remark("second_derivative.zero")
    return scale, None


def curvature_noise_scale(
    gradients: PerExampleGradients, indices: Indices, found: Moments
) -> NoiseScale | None:
    """B_noise from the means of 32 groups of rows and one Hessian-vector product each.

    With group means m_k about the mean m of all, n/K (m_k - m)' H (m_k - m) K/(K - 1) averages to
    tr(H Sigma); m' H m exceeds G' H G by tr(H Sigma)(1/n - 1/N). The Hessian is that of the sampled rows; a
    G' H G that cannot be told from zero leaves the ratio unresolved. The interval is the jackknife's over
    groups, without a finite-population factor: how rows fall into groups is chance also where all are used.
    None where every product is zero.
    """
    groups = [indices[k::_GROUPS] for k in range(min(_GROUPS, len(indices)))]
    k, n = len(groups), len(indices)
    mean = found.mean.to(gradients.device, gradients.dtype)
    along = gradients.hessian_products(indices, mean[None])[0]
    traces, ends = [], []
    at_once = gradients.vectors_at_once
    for block in (groups[i : i + at_once] for i in range(0, k, at_once)):
        off = torch.stack([gradients.mean(group) for group in block]) - mean
        products = gradients.hessian_products(indices, off)
        sizes = torch.tensor([len(group) for group in block], dtype=torch.float64)
        traces.append(sizes * (off * products).sum(dim=1).double().cpu() * k / (k - 1))
        ends.append(2 * (off @ along).double().cpu())  # m'Hm, linearised in each group's mean
    trace, end = torch.cat(traces), torch.cat(ends) + float(mean.double() @ along.double())
    if not bool(trace.any()) and not bool(along.any()):
        return None
    excess = 1 / n - 1 / found.population
    top, bottom = trace.mean(), end.mean() - trace.mean() * excess
    tops = (k * trace.mean() - trace) / (k - 1)
    bottoms = (k * end.mean() - end) / (k - 1) - tops * excess

    def half(values: Tensor) -> float:
        return t_quantile(k - 1) * jackknife_error(values)

    positive = bool((tops > 0).all() and (bottoms > 0).all())
    return noise_ratio(
        float(top), float(bottom), bottom_half=half(bottoms),
        log_half=half(torch.log(tops / bottoms)) if positive else math.nan,
    )  # fmt: skip
