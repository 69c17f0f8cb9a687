"""A warm-up of the batch size from the critical batch along a run: start small, double where that is surely safe."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from batchwright.batches.schedule import BatchGrowth
from batchwright.measure.branched.result import BranchedRun


class Doubling(BaseModel):
    """From so many examples on, this batch size, with the learning rate that its branch took there."""

    model_config = ConfigDict(frozen=True)
    examples: int
    batch_size: int
    lr: float


class BatchWarmUp(BaseModel):
    """When the batch may double.

    Attributes:
        batch_size: to start with.
        doublings: in order; none where no lower bound reaches twice the batch size.
        growth: the fastest regular growth that doubles no earlier than they do, with the power of the batch size
            by which the branches' best learning rates rose.
    """

    model_config = ConfigDict(frozen=True)
    batch_size: int
    doublings: tuple[Doubling, ...]
    growth: BatchGrowth | None


def batch_warm_up(run: BranchedRun) -> BatchWarmUp:
    """The batch sizes that no point of the run speaks against.

    After a point the batch may be the lower end of the critical batch there or of any later point, whichever is
    least, rounded down to the run's batch size times a power of two, and no larger than the largest branch. An end
    that is missing allows nothing.
    """
    powers = [_doublings_allowed(run, place) for place in range(len(run.points))]
    allowed = [min(powers[place:]) for place in range(len(powers))]
    doublings = []
    for power in range(1, max(allowed, default=0) + 1):
        point = next(p for p, most in zip(run.points, allowed, strict=True) if most >= power)
        size = run.batch_size << power
        lr = next(b.lr for b in point.branches if b.batch_size == size)
        doublings.append(Doubling(examples=point.examples, batch_size=size, lr=lr))
    growth = None
    if doublings:
        period = max(d.examples / (place + 1) for place, d in enumerate(doublings))
        growth = BatchGrowth(
            factor=2.0, every_epochs=math.ceil(1000 * period / run.examples) / 1000,
            largest=doublings[-1].batch_size, lr_power=_lr_power(run, doublings),
        )  # fmt: skip
    return BatchWarmUp(batch_size=run.batch_size, doublings=tuple(doublings), growth=growth)


def _lr_power(run: BranchedRun, doublings: Sequence[Doubling]) -> float:
    """The slope of log lr on log B through the run's own, by least squares."""
    logs = [(math.log(d.batch_size / run.batch_size), math.log(d.lr / run.lr)) for d in doublings]
    slope = sum(x * y for x, y in logs) / sum(x * x for x, _ in logs)
    return round(min(max(slope, -2.0), 2.0), 2)


def _doublings_allowed(run: BranchedRun, place: int) -> int:
    """Of the run's batch size at a point, by its own lower bound."""
    point = run.points[place]
    low = point.critical_batch.interval[0] or 0.0
    measured = {b.batch_size for b in point.branches}
    power = 0
    while run.batch_size << (power + 1) <= low and run.batch_size << (power + 1) in measured:
        power += 1
    return power
