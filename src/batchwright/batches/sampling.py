"""Which examples a batch holds: a stateless stream of example indices.

A position p in the stream is example number p of the run. ``indices(start, stop)`` is a pure function of
the seed and the positions, so a run resumes anywhere and batches can be gathered ahead in blocks.
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict

from batchwright.core.errors import InputError
from batchwright.core.shapes import Indices
from batchwright.core.streams import generator


class Sampling(BaseModel):
    """Order of the examples, and what happens where the batch size does not divide their number.

    ``last_batch``: ``keep`` the short one, ``drop`` it, or ``run_on`` into the next epoch so that every
    update uses exactly ``batch_size`` examples (what a study does; the counted examples are then
    ``batch_size`` times the steps).
    ``divisor``: a short last batch is averaged over its own ``batch`` (the loss is a mean over
    examples), or over the ``full`` batch size, which weights every example of an epoch equally.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: Literal["shuffled", "fixed", "with_replacement"] = "shuffled"
    last_batch: Literal["keep", "drop", "run_on"] = "keep"
    divisor: Literal["batch", "full"] = "batch"


class IndexStream:
    """The endless sequence of example indices of one run."""

    def __init__(self, examples: int, sampling: Sampling, seed: int) -> None:
        self.examples = examples
        self.sampling = sampling
        self.seed = seed
        self._epoch = -1
        self._order = torch.arange(examples)

    @property
    def runs_on(self) -> bool:
        """Whether batches cross the ends of epochs; independent draws have no ends to respect."""
        return self.sampling.last_batch == "run_on" or self.sampling.order == "with_replacement"

    def order(self, epoch: int) -> Indices:
        """All indices of one epoch, shape (examples,)."""
        if self.sampling.order == "fixed":
            return self._order
        if epoch != self._epoch:
            random = generator(self.seed, "order", epoch)
            if self.sampling.order == "shuffled":
                self._order = torch.randperm(self.examples, generator=random)
            else:
                self._order = torch.randint(self.examples, (self.examples,), generator=random)
            self._epoch = epoch
        return self._order

    def indices(self, start: int, stop: int) -> Indices:
        """Indices at the stream positions start, ..., stop - 1."""
        pieces = []
        while start < stop:
            epoch, offset = divmod(start, self.examples)
            end = min(stop, (epoch + 1) * self.examples)
            pieces.append(self.order(epoch)[offset : offset + end - start])
            start = end
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces)

    def span(self, position: int, batch_size: int) -> tuple[int, int]:
        """The stream positions [start, stop) of the batch that follows ``position``."""
        if self.runs_on:
            return position, position + batch_size
        epoch_end = (position // self.examples + 1) * self.examples
        if self.sampling.last_batch == "drop" and position + batch_size > epoch_end:
            return epoch_end, epoch_end + batch_size
        return position, min(position + batch_size, epoch_end)


def steps_per_epoch(examples: int, batch_size: int, last_batch: str = "keep") -> int | float:
    """Updates in one pass over the data: ceil(N/B), floor(N/B) with ``drop``, N/B with ``run_on``.

    >>> steps_per_epoch(502, 30), steps_per_epoch(502, 30, "drop")
    (17, 16)
    """
    check_batch_size(batch_size, examples)
    if last_batch == "keep":
        return -(-examples // batch_size)
    return examples // batch_size if last_batch == "drop" else examples / batch_size


def check_batch_size(batch_size: int, examples: int) -> None:
    """Refuse a batch size outside 1 ... N.

    Raises:
        InputError: with the rule and the value.
    """
    if not 1 <= batch_size <= examples:
        raise InputError(
            f"batch_size must be between 1 and {examples} (the training examples), got {batch_size}"
        )
