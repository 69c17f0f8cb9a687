"""Everything that determines one run, as frozen data."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from batchwright.batches.sampling import Sampling
from batchwright.batches.schedule import BatchGrowth
from batchwright.core.bounds import Epochs, Examples, Ratio, Seconds, Seed, Steps
from batchwright.core.canonical import canonical, digest
from batchwright.optim.spec import OptimizerSpec
from batchwright.task.task import Target, TaskReference


class Budget(BaseModel):
    """Where a run ends if the target does not end it: the first bound reached counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: Steps | None = None
    examples: Examples | None = None
    epochs: Epochs | None = None
    seconds: Seconds | None = None


class EvaluationPlan(BaseModel):
    """When the splits are evaluated.

    ``log``: evenly in log-steps, each ``ratio`` times the last, so that the resolution of the steps to
    target is the same at every batch size; ``epoch``: after every epoch; ``steps``: every ``every`` steps.
    A run is evaluated before its first and after its last update in any case.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Literal["log", "epoch", "steps"] = "epoch"
    ratio: Ratio = 1.05
    every: Steps = 1
    splits: tuple[Literal["train", "validation", "test"], ...] = ("validation",)

    def next_after(self, step: int) -> int:
        """The step of the first evaluation planned after ``step`` updates; epochs are not counted in steps.

        >>> plan = EvaluationPlan(at="log", ratio=1.5)
        >>> [plan.next_after(step) for step in (0, 1, 4, 6)]
        [1, 2, 6, 9]
        """
        if self.at == "steps":
            return step + self.every
        return max(step + 1, math.ceil(step * self.ratio))


class RunSpec(BaseModel):
    """One training run.

    ``batch_size`` is the number of examples per update, ``micro_batch_size`` per forward pass: the
    gradients of the micro-batches are accumulated.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: TaskReference
    batch_size: int = Field(le=10**15)
    """At most the training examples, which is checked with the task."""
    micro_batch_size: Examples | None = None
    batch_growth: BatchGrowth | None = None
    sampling: Sampling = Sampling()
    optimizer: OptimizerSpec = OptimizerSpec()
    budget: Budget = Budget()
    target: Target | None = None
    evaluation: EvaluationPlan = EvaluationPlan()
    seed: Seed = 0
    device: str = "cpu"
    dtype: Literal["float32", "float64", "bfloat16"] = "float32"
    autocast: Literal["bfloat16"] | None = None
    average_half_life: float | None = Field(default=None, gt=0, le=1e15, allow_inf_nan=False)
    """Half-life in examples of an exponential average of the weights, used for evaluation only."""
    record_ratio: Ratio = 1.02
    """Steps are recorded evenly in log-steps, each at least ``record_ratio`` times the last."""
    test_at_end: bool = False
    """Evaluate the test split, where the task has one, once after the last update."""

    def identity(self) -> str:
        """32 hex digits that are equal for runs with the same trajectory and the same planned evaluations.

        The end of the run (``budget``), what is kept of it (``record_ratio``) and what is looked at after it
        (``test_at_end``) do not count: of two such runs the longer contains the shorter. The task counts by
        its reference alone; its code and data are the fingerprint's business. See ``core.canonical`` for
        why a new field orphans no stored run.
        """
        return digest(canonical(self, exclude=("budget", "record_ratio", "test_at_end")))
