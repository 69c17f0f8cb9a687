"""What a race between the best fixed batch and growing ones found."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from batchwright.batches.schedule import BatchGrowth
from batchwright.measure.estimate import Estimate

_FROZEN = ConfigDict(frozen=True)
Kind = Literal["fixed", "decay", "warm_up", "seesaw"]
GROWING: tuple[Kind, ...] = ("warm_up", "seesaw")
LeftOut = Literal["no_smaller_size", "run_too_short", "no_doubling", "own_schedule"]
RaceVerdict = Literal["growth_wins", "fixed_wins", "cannot_tell"]
Cost = Literal["seconds", "examples", "steps"]


class GrowthSide(BaseModel):
    """One way to train, over its seeds.

    Attributes:
        kind: ``fixed``, the best fixed batch at its tuned rate; ``decay``, the same with the rate halved after every
            ``halved_every`` examples; ``seesaw``, twice the batch and the rate over sqrt 2 there (arXiv 2510.14717);
            ``warm_up``, a smaller batch that doubles as the critical batch along the run allows (Merrill et al. 2025,
            arXiv 2505.23971).
        batch_size, lr: at the start.
        steps, examples, seconds: to target, one value for each seed that reached it; seconds are the sum of the
            seconds a step of the batch sizes that were used, as timed by the study.
        ratio: of the cost that the study minimises over that of the fixed batch, of geometric means, with its
            interval over seeds; None where a seed of either missed the target.
    """

    model_config = _FROZEN
    kind: Kind
    batch_size: int
    lr: float
    growth: BatchGrowth | None = None
    halved_every: int | None = None
    seeds: int
    steps: tuple[float, ...]
    examples: tuple[float, ...]
    seconds: tuple[float, ...]
    ratio: Estimate | None = None

    @property
    def reached(self) -> int:
        """Seeds that reached the target."""
        return len(self.steps)

    def cost(self, cost: Cost) -> tuple[float, ...]:
        """One value for each seed that reached the target."""
        return {"seconds": self.seconds, "examples": self.examples, "steps": self.steps}[cost]


class GrowthRace(BaseModel):
    """The best fixed batch against growing ones, to the same target on seeds that chose nothing.

    Attributes:
        cost: what is compared.
        sides: the fixed batch first.
        left_out: why a side was not raced.
        clock_in_doubt: the steps were timed beside other work: seconds do not count, steps and examples do.
        verdict: ``growth_wins`` where a growing side's interval lies below 1, ``fixed_wins`` where those of all lie
            above it or they missed the target.
        winner: the growing side with the lowest ratio, where one wins.
    """

    model_config = _FROZEN
    cost: Cost
    sides: tuple[GrowthSide, ...]
    left_out: dict[Kind, LeftOut]
    clock_in_doubt: bool = False
    verdict: RaceVerdict
    winner: Kind | None = None

    def side(self, kind: Kind) -> GrowthSide | None:
        """The side of a kind, if it was raced."""
        return next((side for side in self.sides if side.kind == kind), None)
