"""|G|^2 and tr(Sigma) of one update from the gradients of its micro-batches, which may differ in size and weight.

Micro-batch i has b_i examples and the gradient g_i of its own mean loss; the update's gradient is

    g = sum_i v_i g_i,   v_i = w_i / W,   W = sum_i w_i

where w_i is the factor that its loss was multiplied by (1/m for ``loss / m``, its share of the tokens, ...), over all
ranks. For independent draws

    E|g_i|^2 = |G|^2 + tr(Sigma) / b_i,        E|g|^2 = |G|^2 + tr(Sigma) sum_i v_i^2 / b_i

so that with p = sum_i v_i / b_i and q = sum_i v_i^2 / b_i

    tr(Sigma) = (sum_i v_i |g_i|^2 - |g|^2) / (p - q),       |G|^2 = |g|^2 - q tr(Sigma)

are unbiased for any sizes and weights. The numerator is sum_i v_i |g_i - g|^2, never negative. For m micro-batches
of b examples each, p = 1/b and q = 1/(m b): the estimators of McCandlish et al. 2018 (arXiv 1812.06162, appendix A).
A few sums hold all of it, and add up over micro-batches and ranks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from batchwright.core.errors import InputError


@dataclass(frozen=True)
class MicroBatch:
    """What a backward pass left: the squared norm of g_i, its examples b_i and its weight w_i."""

    sq_norm: float
    examples: float
    weight: float


@dataclass(frozen=True)
class MicroBatchSums:
    """Over the micro-batches of an update: how many, and the sums of b_i, w_i, w_i |g_i|^2, w_i/b_i and w_i^2/b_i."""

    count: float = 0.0
    examples: float = 0.0
    weight: float = 0.0
    sq_norm: float = 0.0
    inverse_size: float = 0.0
    inverse_size_of_mean: float = 0.0

    def values(self) -> tuple[float, ...]:
        """The sums in order, for an all-reduce."""
        return astuple(self)


def sums_of(batches: Iterable[MicroBatch]) -> MicroBatchSums:
    """The sums over micro-batches; one of no weight has no part in the gradient and is left out.

    >>> sums_of([MicroBatch(5.0, 2, 0.5), MicroBatch(9.0, 2, 0.0)])
    MicroBatchSums(count=1.0, examples=2.0, weight=0.5, sq_norm=2.5, inverse_size=0.25, inverse_size_of_mean=0.125)
    """
    rows = [
        (1.0, b.examples, b.weight, b.weight * b.sq_norm, b.weight / b.examples, b.weight**2 / b.examples)
        for b in batches
        if b.weight > 0
    ]
    return MicroBatchSums(*(float(sum(column)) for column in zip(*rows, strict=True)))


def moments_of_step(sums: MicroBatchSums, sq_norm: float, examples: int | None = None) -> tuple[float, float]:
    """Unbiased |G|^2 and tr(Sigma) from one update; either may come out negative.

    Args:
        sums: over all micro-batches of all ranks.
        sq_norm: |sum_i w_i g_i|^2, of the gradient that they add up to.
        examples: N, where batches are drawn without replacement from so many: their gradients scatter less, as in
            :func:`~batchwright.measure.gradients.norms.noise_scale_from_norms`.

    Raises:
        InputError: fewer than two micro-batches.

    >>> four = sums_of([MicroBatch(1.0 + 8.0 / 2, 2, 0.25)] * 4)
    >>> moments_of_step(four, 1.0 + 8.0 / 8)
    (1.0, 8.0)
    """
    if sums.count < 2:
        raise InputError(f"the noise of an update needs two micro-batches or more, got {sums.count:g}")
    whole = sq_norm / sums.weight**2
    p, q = sums.inverse_size / sums.weight, sums.inverse_size_of_mean / sums.weight**2
    trace = (sums.sq_norm / sums.weight - whole) / (p - q)
    signal = whole - q * trace
    if examples is None:
        return signal, trace
    trace *= (examples - 1) / examples
    return signal + trace / (examples - 1), trace
