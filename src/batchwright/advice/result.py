"""What a study found: the document behind the terminal, `--json`, the report and the notebook."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from batchwright.advice.decide.sharp_ends import SharpEnds
from batchwright.study.result import BatchSizeResult, Trial

_FROZEN = ConfigDict(frozen=True)

Objective = Literal["time", "examples", "steps"]
"""What a study minimises on the way to the target."""


class CriticalBatch(BaseModel):
    """The fitted critical batch size; see ``advice.curve``."""

    model_config = _FROZEN
    definition: str = "hyperbola"
    value: float | None
    interval: tuple[float | None, float | None] | None
    identifiable: bool
    valid_range: tuple[float, float] | None
    verdict: str = ""
    steps_min: float | None = None
    examples_min: float | None = None
    misfit: float | None = None
    """Standard deviation of log steps about the curve, beyond what the seeds explain."""
    points_used: int = 0
    band: dict[str, list[float]] | None = None
    """The curve with its 90% band on a grid: ``batch_size``, ``low``, ``mid``, ``high`` (steps)."""


class EasierTarget(BaseModel):
    """The same question asked of the stored curves at an easier target."""

    model_config = _FROZEN
    metric: str
    value: float
    batch_size: int | None
    batch_sizes: tuple[int, ...]
    critical_batch: float | None
    moves: bool
    """Whether the best batch size leaves the set recommended at the main target."""


class Recommendation(BaseModel):
    """The answer: a batch size and a learning rate, the set that is as good, and what it rests on."""

    model_config = _FROZEN
    verdict: Literal["recommended", "inconclusive"]
    objective: Objective
    batch_size: int | None
    lr: float | None
    batch_sizes: tuple[int, ...]
    interval: tuple[int, int] | None
    at_easier_targets: tuple[EasierTarget, ...] = ()
    caveats: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()
    sentence: str = ""
    costs: tuple[dict[str, Any], ...] = ()
    """For every batch size, against the best: ``seconds_ratio``, ``examples_ratio``, ``steps_ratio``."""


class StudyResult(BaseModel):
    """A finished study."""

    model_config = _FROZEN
    study_id: str
    task: str
    target: dict[str, Any]
    recommendation: Recommendation
    critical_batch: CriticalBatch
    batch_sizes: tuple[BatchSizeResult, ...]
    trials: tuple[Trial, ...] = ()
    sharpness: SharpEnds | None = None
    """Where the winners ended, if ``--measure sharpness`` asked for it."""
    report: str | None = None
    seconds: float = 0.0
    runs_executed: int = 0
    runs_reused: int = 0
    complete: bool = True
    command: str = ""
    spec: dict[str, Any] = Field(default_factory=dict)
    environment: dict[str, Any] = Field(default_factory=dict)


class AdviceCost(BaseModel):
    """What advice took: wall seconds, examples trained on, and trainings (reference runs) by seconds."""

    model_config = _FROZEN
    seconds: float
    examples: int
    trainings: float | None


class AdviceRun(BaseModel):
    """One run that advice rests on.

    ``implied_steps``: its steps to target, or, for a run stopped on the way, what they would have been;
    ``implied_sd``: the error of that on log steps; ``bound``: the implied steps are only a lower bound.
    """

    model_config = _FROZEN
    batch_size: int
    lr: float
    seed: int
    steps: int
    status: str
    implied_steps: float | None
    implied_sd: float | None
    bound: bool


class AdviceEvidence(BaseModel):
    """What advice was inferred from, beside the runs' own trials."""

    model_config = _FROZEN
    reference_batch_size: int
    runs: tuple[AdviceRun, ...]
    ended: str
    seconds_per_step_measured: dict[int, float]
    run_spread: float | None = None
    """Spread of finished runs about the model, on log steps."""
    noise_scale: dict[str, Any] | None = None
    agreement: str = ""
    """Whether the runs and the noise scale tell the same critical batch size, in words."""


class AdviceResult(StudyResult):
    """Advice in the form of a study's answer, with its cost and evidence."""

    cost: AdviceCost
    evidence: AdviceEvidence
