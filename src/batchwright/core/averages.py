"""Exponentially weighted averages of a series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batchwright.core.errors import InputError


def exponential_average(
    values: Sequence[float] | NDArray[Any], beta: float, *, correct: bool = True
) -> NDArray[np.float64]:
    """The exponentially weighted average of a series, value by value.

        v_0 = 0,  v_t = beta v_(t-1) + (1 - beta) x_t,  corrected: v_t / (1 - beta^t)

    The weights of v_t sum to 1 - beta^t, so that without the correction the first values are too small; with
    it v_t is a weighted mean, and v_1 = x_1. On a ramp it ends up beta / (1 - beta) values late, and of
    independent noise it keeps the share (1 - beta) / (1 + beta) of the variance.

    Args:
        values: x_1, x_2, ... along the first dimension, shape (n, ...).
        beta: weight of the past, from 0 (no memory) to below 1; the memory is about 1 / (1 - beta) values.
        correct: divide by 1 - beta^t (Kingma and Ba 2015, arXiv 1412.6980).

    Returns:
        The averages, of the shape of ``values``.

    Raises:
        InputError: beta out of range, or values without a first dimension.

    >>> exponential_average([1.0, 1.0, 1.0], 0.5).tolist()
    [1.0, 1.0, 1.0]
    >>> exponential_average([1.0, 1.0, 1.0], 0.5, correct=False).tolist()
    [0.5, 0.75, 0.875]
    """
    from scipy.signal import lfilter

    if not 0 <= beta < 1:
        raise InputError(f"beta must be from 0 to below 1, got {beta}")
    series = np.asarray(values, dtype=np.float64)
    if series.ndim == 0:
        raise InputError(f"values must be a series of numbers, got {values}")
    averages: NDArray[np.float64] = lfilter([1 - beta], [1, -beta], series, axis=0)
    if not correct:
        return averages
    counts = np.arange(1, len(series) + 1).reshape(-1, *[1] * (series.ndim - 1))
    return averages / (1 - beta**counts)
