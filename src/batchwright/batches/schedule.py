"""Batch size as a function of training: constant, or growing (Smith et al. 2018, arXiv 1711.00489)."""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict

from batchwright.core.bounds import Epochs, Examples, Ratio


class BatchGrowth(BaseModel):
    """Multiply the batch size by ``factor`` every ``every_epochs``, up to ``largest``.

    The dual of decaying the learning rate: the noise scale lr N / B falls in the same way when the batch
    grows by the factor by which the rate would have shrunk.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: Ratio = 2.0
    every_epochs: Epochs = 5.0
    largest: Examples | None = None


def batch_size_at(position: int, batch_size: int, growth: BatchGrowth | None, examples: int) -> int:
    """The batch size of the update that starts at stream ``position`` (examples drawn so far).

    >>> [batch_size_at(p, 8, BatchGrowth(every_epochs=1), 100) for p in (0, 99, 100, 200, 900)]
    [8, 8, 16, 32, 100]
    """
    if growth is None:
        return batch_size
    limit = min(growth.largest or examples, examples)
    if batch_size > limit:
        return batch_size
    periods = math.floor(min(position / examples / growth.every_epochs, 1e15))
    if periods * math.log(growth.factor) > math.log(limit / batch_size) + 1:
        return limit  # before the power overflows
    return max(batch_size, min(limit, round(batch_size * growth.factor**periods)))
