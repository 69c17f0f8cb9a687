"""Proximal steps: penalties with kinks, applied exactly instead of by a subgradient."""

from __future__ import annotations

from collections.abc import Iterable

from torch import Tensor

from batchwright.core.errors import InputError


def soft_threshold_(tensors: Iterable[Tensor], threshold: float) -> None:
    """Move every entry towards zero by ``threshold``, in place, and no further than zero.

    The proximal map of threshold * |w|_1: w <- sign(w) max(|w| - threshold, 0). After a gradient step of
    length lr, ``threshold = lr * l1`` makes the two a proximal-gradient step on loss + l1 * |w|_1, whose
    zeros are exact; a subgradient step only oscillates about them. NaN stays NaN.

    Source: Parikh and Boyd 2014, Proximal Algorithms, section 6.5.2.

    Raises:
        InputError: a negative threshold.

    >>> import torch
    >>> w = torch.tensor([-3.0, 0.5, 2.0])
    >>> soft_threshold_([w], 1.0)
    >>> w
    tensor([-2.,  0.,  1.])
    """
    if threshold < 0:
        raise InputError(f"the threshold of a proximal L1 step must be at least 0, got {threshold}")
    for w in tensors:
        # w - clamp(w) is exactly +0 inside the threshold and exactly w -+ threshold outside.
        w.sub_(w.clamp(-threshold, threshold))
