"""When two ways to compute the same losses differ by more than rounding can explain.

A computation of float arithmetic gives the exact answer for inputs and weights moved by a few units in the last place
(backward stability). So losses are computed again with weights and inputs moved by that much, at random, and what
that changes is what rounding may change. A difference must stand well above it, and above a share of the losses that
no study would notice.
"""

from __future__ import annotations

import torch
from torch import Tensor

MATERIAL = 1e-4
"""A difference below this share of the typical loss moves no study."""
ULPS = 8.0
"""Units in the last place by which weights and inputs are moved."""
ABOVE = 32.0
"""Times the response to that, which a difference must exceed."""


def moved(value: Tensor, random: torch.Generator) -> Tensor:
    """The tensor moved by ``ULPS`` units in the last place, up or down at random; integers as they are."""
    if not value.is_floating_point():
        return value
    signs = torch.randint(0, 2, value.shape, generator=random).to(value) * 2 - 1
    return value * (1 + signs * ULPS * torch.finfo(value.dtype).eps)


def beyond_rounding(first: Tensor, second: Tensor, response: float) -> float | None:
    """The largest difference over the typical size of ``first``; None where rounding explains it.

    Args:
        first, second: values that should be equal, of one shape; equal infinities and NaNs count as equal.
        response: largest change of such values when weights and inputs are moved by rounding.

    >>> beyond_rounding(torch.ones(2), torch.tensor([1.0, 1.5]), 1e-6)
    0.5
    >>> beyond_rounding(torch.ones(2), torch.ones(2), 0.0) is None
    True
    """
    first, second = first.detach().double().flatten(), second.detach().double().flatten()
    alike = (first == second) | (first.isnan() & second.isnan())
    if bool(alike.all()):
        return None
    gap = torch.where(alike, 0.0, (first - second).abs())
    if not bool(gap.isfinite().all()):
        return float("inf")
    finite = first[first.isfinite()].abs()
    typical = max(float(finite.mean()) if len(finite) else 0.0, 1e-12)
    largest = float(gap.max())
    return largest / typical if largest > MATERIAL * typical + ABOVE * response else None
