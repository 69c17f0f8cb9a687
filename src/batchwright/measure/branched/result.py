"""What branches of a run say at points along it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

from batchwright.measure.estimate import Estimate, NoiseScale
from batchwright.optim.scaling import ScalingRule

_FROZEN = ConfigDict(frozen=True)
WhyUnresolved = Literal["no_fall", "rate_too_low", "not_monotone", "above_largest", "below_smallest"]
Measured = Literal["train", "validation"]


class LocalCriticalBatch(BaseModel):
    """A critical batch size at one point of a run.

    Attributes:
        value: in examples; None where the branches do not bound it on both sides.
        interval: 90%; None for an end that they do not bound.
    """

    model_config = _FROZEN
    value: float | None
    interval: tuple[float | None, float | None]

    @property
    def resolved(self) -> bool:
        return self.value is not None


class Branch(BaseModel):
    """One branch, over its seeds.

    Attributes:
        rule: by which the optimizer of the branch with the run's batch size was rescaled: the best of those tried,
            with a seed of its own. That branch has the best learning rate near the run's.
        loss: at its end, smoothed, of its last weights or of their average, whichever is lower; None where it
            diverged.
        losses: of each seed at its end.
        efficiency: the examples that the branch with the run's batch size needs to the loss at the end of this one,
            over those of a branch.
    """

    model_config = _FROZEN
    batch_size: int
    lr: float
    rule: ScalingRule
    updates: int
    loss: float | None
    losses: tuple[float | None, ...]
    efficiency: Estimate


class WithinTolerance(BaseModel):
    """The largest batch size whose branch, as those between it and the run's, ends within a tolerance.

    Attributes:
        tolerance: share of what the branch with the run's batch size gained, by which the loss may be higher.
        loss: the same as a loss.
        largest: None where that branch gained nothing.
    """

    model_config = _FROZEN
    tolerance: float
    loss: float
    largest: int | None


class BranchedPoint(BaseModel):
    """The local critical batch size at a point of a run, by two definitions, beside the gradient's noise there.

    Attributes:
        step, examples, epoch: of the run.
        loss: of the run there, over the examples that branches are measured on.
        critical_batch: by the efficiencies.
        unresolved_because: why it is a bound, or nothing.
        within: by the loss at the end, at several tolerances.
        noise_scale: tr(Sigma)/|G|^2; ``preconditioned_noise_scale`` as an adaptive optimizer scales its gradients.
        branches: by batch size.
    """

    model_config = _FROZEN
    step: int
    examples: int
    epoch: float
    loss: float
    critical_batch: LocalCriticalBatch
    unresolved_because: WhyUnresolved | None
    within: tuple[WithinTolerance, ...]
    noise_scale: NoiseScale
    preconditioned_noise_scale: NoiseScale | None = None
    branches: tuple[Branch, ...]


class BranchedRun(BaseModel):
    """The local critical batch size along a run.

    Attributes:
        batch_size, lr, optimizer: of the run.
        points: along it; fewer than were asked for where it diverged.
        examples: N, the training examples.
        branch_examples: of every branch.
        seeds: of every branch; one more chose its learning rate.
        measured_on: the split of the losses, ``sample`` of its examples.
        tolerance: that the user named.
        diverged: whether the run did.
    """

    model_config = _FROZEN
    batch_size: int
    lr: float
    optimizer: str
    points: tuple[BranchedPoint, ...]
    examples: int
    branch_examples: int
    seeds: int
    measured_on: Measured
    sample: int
    tolerance: float
    diverged: bool = False
    seconds: float = 0.0
    environment: dict[str, str | int] = {}
