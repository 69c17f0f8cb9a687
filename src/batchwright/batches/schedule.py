"""Batch size as a function of training: constant, or growing (Smith et al. 2018, arXiv 1711.00489)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class BatchGrowth(BaseModel):
    """Multiply the batch size by ``factor`` every ``every_epochs``, up to ``largest``.

    The dual of decaying the learning rate: the noise scale lr N / B falls in the same way when the batch
    grows by the factor by which the rate would have shrunk.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: float = Field(default=2.0, gt=1)
    every_epochs: float = Field(default=5.0, gt=0)
    largest: int | None = Field(default=None, ge=1)


def batch_size_at(position: int, batch_size: int, growth: BatchGrowth | None, examples: int) -> int:
    """The batch size of the update that starts at stream ``position`` (examples drawn so far).

    >>> [batch_size_at(p, 8, BatchGrowth(every_epochs=1), 100) for p in (0, 99, 100, 200, 900)]
    [8, 8, 16, 32, 100]
    """
    if growth is None:
        return batch_size
    periods = int(position / examples / growth.every_epochs)
    limit = min(growth.largest or examples, examples)
    size = batch_size * growth.factor ** min(periods, 64)
    return max(batch_size, min(limit, round(size))) if batch_size <= limit else batch_size
