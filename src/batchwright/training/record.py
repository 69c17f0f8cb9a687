"""What a run leaves behind: steps, evaluations, a status and its advice."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from batchwright.training.spec import RunSpec


class Status(StrEnum):
    """How a run ended. Divergence and out-of-memory are outcomes, not exceptions."""

    TARGET_REACHED = "target_reached"
    BUDGET_EXHAUSTED = "budget_exhausted"
    DIVERGED = "diverged"
    OUT_OF_MEMORY = "out_of_memory"
    FAILED = "failed"


ADVICE = {
    Status.TARGET_REACHED: "",
    Status.BUDGET_EXHAUSTED: "The budget ended first; raise it, or raise the learning rate.",
    Status.DIVERGED: "The loss diverged; lower the learning rate or add warm-up steps.",
    Status.OUT_OF_MEMORY: "Out of memory; set a smaller micro_batch_size (the update stays the same).",
    Status.FAILED: "The run raised an error; see `message`.",
}


class StepRecord(BaseModel):
    """One update."""

    model_config = ConfigDict(frozen=True)

    step: int
    examples_seen: int
    epoch: float
    batch_size: int
    lr: float
    loss: float | None
    grad_norm: float | None = None
    seconds: float


class Evaluation(BaseModel):
    """Loss and metrics over a whole split after ``step`` updates; None where not finite."""

    model_config = ConfigDict(frozen=True)

    step: int
    examples_seen: int
    epoch: float
    split: str
    loss: float | None
    metrics: dict[str, float | None] = Field(default_factory=dict)
    seconds: float = 0.0

    def value(self, metric: str) -> float | None:
        """The loss or a metric by name."""
        return self.loss if metric == "loss" else self.metrics[metric]


class RunResult(BaseModel):
    """One finished run.

    ``steps_to_target`` is the interpolated crossing of the smoothed target metric, in updates.
    ``seconds`` is training time without evaluations; ``evaluation_seconds`` stands apart.
    ``steps`` is thinned to a few hundred records, evenly in log-steps; losses are the mean over the
    updates since the previous record.
    """

    model_config = ConfigDict(frozen=True)

    spec: RunSpec
    status: Status
    advice: str = ""
    message: str = ""
    updates: int
    examples: int
    steps: tuple[StepRecord, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    steps_to_target: float | None = None
    seconds: float = 0.0
    evaluation_seconds: float = 0.0
    environment: dict[str, Any] = Field(default_factory=dict)

    @property
    def examples_to_target(self) -> float | None:
        """Counted examples at the crossing (exact for a constant batch size)."""
        if self.steps_to_target is None:
            return None
        return self.steps_to_target * self.examples / max(self.updates, 1)
