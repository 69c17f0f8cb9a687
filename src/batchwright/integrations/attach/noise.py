"""The gradient noise scale from the gradients of a few disjoint batches of equal size."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from batchwright.integrations.attach.result import OwnNoiseScale


def noise_of(products: Tensor, batch_size: int) -> OwnNoiseScale:
    """The noise scale from the inner products of m batch gradients.

    With g_j the gradients of disjoint batches of b examples and s^2 = sum |g_j - mean g|^2 / (m - 1),

        tr(Sigma) = b s^2,    |G|^2 = |mean g|^2 - s^2 / m

    are unbiased. A constant factor on all gradients (a loss scale) cancels in their ratio.

    Args:
        products: g_i . g_j, shape (m, m), m at least 3.
        batch_size: b.
    """
    count = len(products)
    trace, square = _parts(products, batch_size)
    value = trace / square if square > 0 else math.inf
    left_out = []
    for j in range(count):
        kept = torch.arange(count) != j
        part_trace, part_square = _parts(products[kept][:, kept], batch_size)
        left_out.append(part_trace / part_square if part_square > 0 else math.inf)
    finite = math.isfinite(value) and all(map(math.isfinite, left_out))
    error = None
    if finite:
        mean = sum(left_out) / count
        error = math.sqrt((count - 1) / count * sum((x - mean) ** 2 for x in left_out))
    resolved = finite and error is not None and error < value
    return OwnNoiseScale(
        value=value if resolved else None, std_error=error if resolved else None, batches=count,
        batch_size=batch_size, squared_gradient=square, trace=trace,
    )  # fmt: skip


def _parts(products: Tensor, batch_size: int) -> tuple[float, float]:
    """tr(Sigma) and |G|^2."""
    count = len(products)
    mean_square = float(products.mean())
    spread = (float(products.diagonal().sum()) - count * mean_square) / (count - 1)
    return batch_size * spread, mean_square - spread / count
