"""Batch size as a function of training: constant, or growing (Smith et al. 2018, arXiv 1711.00489)."""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict, Field

from batchwright.core.bounds import Epochs, Examples, Ratio


class BatchGrowth(BaseModel):
    """Multiply the batch size by ``factor`` every ``every_epochs``, up to ``largest``.

    The dual of decaying the learning rate: the noise scale lr N / B falls in the same way when the batch
    grows by the factor by which the rate would have shrunk.

    The learning rate goes with (B/B_0)^``lr_power``: 0 leaves it as it is, 1 and 0.5 are the linear and the
    square-root rule, and -0.5 with a factor of 2 stands for a halving of the rate as Seesaw does: twice the
    batch, the rate over sqrt 2 (arXiv 2510.14717).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: Ratio = 2.0
    every_epochs: Epochs = 5.0
    largest: Examples | None = None
    lr_power: float = Field(default=0.0, ge=-2, le=2, allow_inf_nan=False)


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


def lr_factor_at(position: int, batch_size: int, growth: BatchGrowth | None, examples: int) -> float:
    """What the growth makes of the learning rate of the update that starts at stream ``position``.

    >>> [lr_factor_at(p, 8, BatchGrowth(every_epochs=1, lr_power=-0.5), 100) for p in (0, 200)]
    [1.0, 0.5]
    """
    if growth is None or not growth.lr_power:
        return 1.0
    return float((batch_size_at(position, batch_size, growth, examples) / batch_size) ** growth.lr_power)
