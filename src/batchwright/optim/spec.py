"""An optimizer as data: what is recorded with every run, and what a study varies."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from batchwright.core.bounds import Rate, Strength
from batchwright.optim.catalogue import DecayForm, known_optimizer

OptimizerName = Annotated[str, AfterValidator(known_optimizer)]
ScheduleName = Literal["constant", "exponential", "inverse_time", "step", "polynomial", "cosine"]
Beta = Annotated[float, Field(ge=0, lt=1)]


class Horizon(BaseModel):
    """A length of training in exactly one unit; ``steps(batch_size, examples)`` converts it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: float = Field(gt=0, le=1e15, allow_inf_nan=False)
    unit: Literal["steps", "examples", "epochs"] = "epochs"

    def steps(self, *, batch_size: int, examples: int) -> float:
        """The length in updates of ``batch_size`` examples, an epoch being ``examples``; not rounded.

        >>> Horizon(value=2, unit="epochs").steps(batch_size=30, examples=1437)
        95.8
        """
        if self.unit == "steps":
            return self.value
        total = self.value * examples if self.unit == "epochs" else self.value
        return total / batch_size


class ScheduleSpec(BaseModel):
    """A learning-rate schedule: a factor on ``lr`` as a function of the step count."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ScheduleName = "constant"
    warmup_steps: int = Field(default=0, ge=0, le=10**12)
    horizon: Horizon | None = None
    """Whole length, warm-up included, for polynomial and cosine; decay period (default: one epoch) for
    exponential, inverse_time and step."""
    decay: Rate = 0.95
    """Factor per period (exponential, step); strength per period (inverse_time)."""
    power: Rate = 1.0
    """Exponent of polynomial decay."""
    floor: float = Field(default=0.0, ge=0, le=1)
    """Final factor of polynomial and cosine."""


class OptimizerSpec(BaseModel):
    """An optimizer, its learning rate, schedule and regularisation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: OptimizerName = "sgd"
    lr: Rate = 0.1
    momentum: float = Field(default=0.0, ge=0, lt=1)
    momentum_form: Literal["heavy_ball", "nesterov", "averaged", "velocity"] = "heavy_ball"
    betas: tuple[Beta, Beta] | None = None
    eps: Strength | None = None
    weight_decay: Strength = 0.0
    decay_form: DecayForm | None = None
    """None: torch's own for the optimizer (decoupled for adamw, adafactor and muon, L2 in the gradient
    elsewhere)."""
    l1: Strength = 0.0
    """Strength of the L1 penalty, applied by a proximal step."""
    clip_norm: float | None = Field(default=None, gt=0, le=1e30, allow_inf_nan=False)
    schedule: ScheduleSpec = ScheduleSpec()
    options: dict[str, Any] = Field(default_factory=dict)
    """Further keyword arguments of the torch optimizer, by its own names."""
