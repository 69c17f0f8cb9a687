"""What a run leaves behind: steps, evaluations and a status."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from batchwright.core.errors import InputError
from batchwright.training.spec import RunSpec


class Status(StrEnum):
    """How a run ended. Divergence and out-of-memory are outcomes, not exceptions."""

    TARGET_REACHED = "target_reached"
    BUDGET_EXHAUSTED = "budget_exhausted"
    DIVERGED = "diverged"
    OUT_OF_MEMORY = "out_of_memory"
    FAILED = "failed"
    STOPPED = "stopped"
    """Paused by its caller before its budget ended: it can go on."""


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
    """One run, finished or ``stopped`` on the way.

    ``steps_to_target`` is the interpolated crossing of the smoothed target metric, in updates.
    ``seconds`` is training time without evaluations; ``evaluation_seconds`` stands apart.
    ``steps`` is thinned to a few hundred records, evenly in log-steps; losses are the mean over the
    updates since the previous record.
    """

    model_config = ConfigDict(frozen=True)

    spec: RunSpec
    status: Status
    advice: str = ""
    """Words in runs that older versions stored; empty now, since what to do follows from ``status``."""
    message: str = ""
    """The error of a run that failed or ran out of memory, as it was raised."""
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

    def up_to(self, step: int) -> RunResult:
        """What the same run would have shown, had it been stopped after ``step`` updates.

        Evaluations and records up to there; a run that ended at or before ``step`` is unchanged. Examples
        and training seconds at ``step`` are interpolated between the rows around it, which for examples is
        exact as long as the batches between are of one size.

        Raises:
            InputError: a negative step.
        """
        if step < 0:
            raise InputError(f"step must be at least 0, got {step}")
        if self.updates <= step:
            return self
        evaluations = tuple(e for e in self.evaluations if e.step <= step)
        examples = [(r.step, r.examples_seen) for r in self.steps]
        examples += [(e.step, e.examples_seen) for e in self.evaluations]
        seconds = [(row.step, row.seconds) for row in self.steps]
        return self.model_copy(
            update={
                "status": Status.STOPPED,
                "message": "",
                "updates": step,
                "examples": round(_between([*examples, (self.updates, self.examples)], step)),
                "steps": tuple(r for r in self.steps if r.step <= step),
                "evaluations": evaluations,
                "steps_to_target": None,
                "seconds": _between([*seconds, (self.updates, self.seconds)], step),
                "evaluation_seconds": sum(e.seconds for e in evaluations),
            }
        )


def _between(rows: list[tuple[int, float]], step: int) -> float:
    """The value at ``step``, linear between the rows around it; at step 0 it is 0."""
    low = max((row for row in [(0, 0), *rows] if row[0] <= step), key=lambda row: row[0])
    high = min((row for row in rows if row[0] >= step), key=lambda row: row[0])
    if high[0] == low[0]:
        return high[1]
    return low[1] + (high[1] - low[1]) * (step - low[0]) / (high[0] - low[0])
