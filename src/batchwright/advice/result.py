"""What a study found: the pure data behind terminal, ``--json``, report and notebook.

Values, codes and actions; sentences are made when it is shown (``report.text``).
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from batchwright.advice.decide.sharp_ends import SharpEnds
from batchwright.advice.growth.result import GrowthRace
from batchwright.advice.stored import advice_evidence_of_1, recommendation_of_1, study_result_of_1
from batchwright.core.action import Action
from batchwright.core.remark import Remark
from batchwright.study.result import BatchSizeResult, Trial

_FROZEN = ConfigDict(frozen=True)

Objective = Literal["time", "examples", "steps"]
"""What a study minimises on the way to the target."""


class ExponentEstimate(BaseModel):
    """a of S(B) = S_min (1 + (B_crit/B)^a): 1 where the data do not ask for another.

    ``interval`` holds 90% of what the data leave open.
    """

    model_config = _FROZEN
    value: float
    interval: tuple[float, float] | None


class CriticalBatch(BaseModel):
    """The fitted critical batch size; see ``advice.curve``.

    ``verdict``: ``fits``, ``not_identifiable``, ``does_not_follow``, or ``no_fit`` where fewer than two batch
    sizes reached the target.
    """

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
    exponent: ExponentEstimate | None = None
    """None in results that were stored before it was fitted, and where the plain law is assumed."""
    band: dict[str, list[float]] | None = None
    """The curve with its 90% band on a grid: ``batch_size``, ``low``, ``mid``, ``high`` (steps)."""


class EasierTarget(BaseModel):
    """The same question asked of the stored curves at an easier target.

    ``shift``: ``same`` batch size as at the main target, another one ``within_set`` of those as good there,
    one that ``leaves_set``, or ``no_answer``.
    """

    model_config = _FROZEN
    metric: str
    value: float
    batch_size: int | None
    batch_sizes: tuple[int, ...]
    critical_batch: float | None
    moves: bool
    """Whether the best batch size leaves the set recommended at the main target."""
    shift: Literal["same", "within_set", "leaves_set", "no_answer"] | None = None
    """None in results of older versions."""


class BestGuess(NamedTuple):
    """A batch size and its learning rate, whether or not the evidence settles them."""

    batch_size: int
    lr: float | None


class Recommendation(BaseModel):
    """The answer: a batch size and a learning rate, the set that is as good, and what it rests on.

    Attributes:
        verdict: whether it can be relied on.
        objective: what it minimises.
        batch_size, lr: recommended, or where inconclusive the best guess; None without any answer.
        batch_sizes: those that cannot be told from the best at 90% or lie within 5% of it, ascending.
        interval: the ends of that set.
        at_easier_targets: the same question at two easier targets.
        doubts: why it is inconclusive, the strongest first; none where it is recommended.
        caveats: what does not stand against the answer but must be known beside it.
        next: what to run next, the most useful first.
        costs: for every batch size, against the best: ``seconds_ratio``, ``examples_ratio``, ``steps_ratio``.
    """

    model_config = _FROZEN
    verdict: Literal["recommended", "inconclusive"]
    objective: Objective
    batch_size: int | None
    lr: float | None
    batch_sizes: tuple[int, ...]
    interval: tuple[int, int] | None
    at_easier_targets: tuple[EasierTarget, ...] = ()
    doubts: tuple[Remark, ...] = ()
    caveats: tuple[Remark, ...] = ()
    next: tuple[Action, ...] = ()
    costs: tuple[dict[str, Any], ...] = ()

    @property
    def best_guess(self) -> BestGuess | None:
        """What looks best so far, also where that is inconclusive; None without any answer."""
        return None if self.batch_size is None else BestGuess(self.batch_size, self.lr)

    _of_version_1 = model_validator(mode="before")(recommendation_of_1)


class StudyResult(BaseModel):
    """A finished study.

    Attributes:
        runs_executed, runs_reused: runs made now, and runs that this study had stored before.
        runs_taken_over: runs that other studies or advice had made, which fit this one exactly.
        complete: whether every batch size was searched; ``not_run`` are those that the budget did not cover.
        budget_needed: trainings that the next one would have taken the study to, as far as can be told.
        action: what asked for it, with every argument that was given.
    """

    model_config = _FROZEN
    study_id: str
    task: str
    target: dict[str, Any]
    recommendation: Recommendation
    critical_batch: CriticalBatch
    batch_sizes: tuple[BatchSizeResult, ...]
    trials: tuple[Trial, ...] = ()
    sharpness: SharpEnds | None = None
    """Where the winners ended, if it was asked for."""
    growth: GrowthRace | None = None
    """The best fixed batch against growing ones, if it was asked for."""
    report: str | None = None
    seconds: float = 0.0
    runs_executed: int = 0
    runs_reused: int = 0
    runs_taken_over: int = 0
    complete: bool = True
    not_run: tuple[int, ...] = ()
    budget_needed: float | None = None
    action: Action | None = None
    spec: dict[str, Any] = Field(default_factory=dict)
    environment: dict[str, Any] = Field(default_factory=dict)

    _of_version_1 = model_validator(mode="before")(study_result_of_1)


class AdviceCost(BaseModel):
    """What advice took: wall seconds, examples trained on, and trainings (reference runs) by counted work.

    ``least_seconds``: the work that is granted at the least, where that was more than the budget in
    trainings: a training takes a fraction of it.
    """

    model_config = _FROZEN
    seconds: float
    examples: int
    trainings: float | None
    least_seconds: float | None = None


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
    """What advice was inferred from, beside the runs' own trials.

    ``ended``: why no further run was started.
    """

    model_config = _FROZEN
    reference_batch_size: int
    runs: tuple[AdviceRun, ...]
    ended: Remark | None = None
    seconds_per_step_measured: dict[int, float]
    run_spread: float | None = None
    """Spread of finished runs about the model, on log steps."""
    noise_scale: dict[str, Any] | None = None
    agreement: Remark | None = None
    """Whether the runs and the noise scale tell the same critical batch size."""

    _of_version_1 = model_validator(mode="before")(advice_evidence_of_1)


class AdviceResult(StudyResult):
    """Advice in the form of a study's answer, with its cost and evidence."""

    cost: AdviceCost
    evidence: AdviceEvidence
