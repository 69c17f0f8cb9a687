"""Advice from a few runs: which batch size and learning rate, at the cost of a few trainings.

    result = advise(spec, task)
    result.recommendation.sentence

Seconds a step are measured first. Then learning rates race at one moderate batch size until one reaches
the target; what is left of the budget goes to the runs that promise most (``advice.race``). One posterior of
steps to target over batch size and learning rate (``advice.posterior``) ties them together.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from batchwright.advice.answer import command_words
from batchwright.advice.decide.doubts import Doubt, Question, doubts, no_answer
from batchwright.advice.decide.targets import easier_targets
from batchwright.advice.decide.ties import NEAR_MINIMUM
from batchwright.advice.quick.arms import Arm
from batchwright.advice.quick.inference import CRITICAL_GUESS, Costs, costs_by_batch_size
from batchwright.advice.quick.race import Budget, Race
from batchwright.advice.quick.step_times import StepTimes, step_times
from batchwright.advice.result import (
    AdviceCost,
    AdviceEvidence,
    AdviceResult,
    AdviceRun,
    CriticalBatch,
    EasierTarget,
    Objective,
    Recommendation,
)
from batchwright.advice.wording import conclusive, inconclusive
from batchwright.measure.gradients.noise import Noise
from batchwright.study.result import BatchSizeResult, StepsToTarget, Trial
from batchwright.study.spec import StudySpec, check_study
from batchwright.task.task import Task
from batchwright.training.environment import environment

_FEWEST_ABOVE, _SMALLEST_MIDDLE = 8, 8
_AGREES_WITHIN = 4.0
_FEWEST_BATCH_SIZES = 2
_QUANTILES = (0.05, 0.50, 0.95)
EVALUATION_RATIO = 1.15
"""Steps between evaluations grow by this factor: fewer than in a study, since every run is cut short."""


def advise(spec: StudySpec, task: Task, **options: Any) -> AdviceResult:
    """The answer alone; takes the options of :func:`advise_with_curves`."""
    return advise_with_curves(spec, task, **options)[0]


def advise_with_curves(
    spec: StudySpec,
    task: Task,
    *,
    budget: Budget | None = None,
    objective: Objective = "time",
    times: StepTimes | None = None,
    command: str = "",
    remark: Callable[[str], None] = lambda text: None,
) -> tuple[AdviceResult, list[dict[str, Any]]]:
    """Recommend a batch size and learning rate from a few runs; with their validation curves for the report.

    Args:
        spec: what a study would be run with; ``batch_sizes`` are those to choose from.
        task: the live task that ``spec.task`` names.
        budget: when to stop; three trainings by default, and at least five seconds.
        objective: what to minimise: ``time``, ``examples`` or ``steps`` to target.
        times: seconds a step, where they are known already.
        command: the command line, for the report.
        remark: called with a short text as the work goes on.

    Raises:
        InputError: the spec does not fit the task.
    """
    began = time.perf_counter()
    check_study(spec, task)
    remark("seconds a step")
    times = times or step_times(spec, task)
    middle = _middle(spec, times, len(task.train))
    race = Race(
        spec, task, times.log_seconds, middle=middle, budget=budget or Budget(), began=began, remark=remark
    )
    evidence = race.run()
    if evidence.posterior is None:
        return _no_answer(race, times, objective, command), curves(evidence.arms)
    costs = costs_by_batch_size(race.inference)
    rows = _rows(race, costs, times)
    best, members = _choice(costs, objective)
    question = Question(command_words(spec.task), len(task.train))
    chosen, sizes = rows[best], [costs.batch_sizes[i] for i in members]
    reasons = [*_one_batch_size(race, question), *doubts(rows, chosen, sizes, len(rows), question)]
    around = _about(spec, sizes)
    recommendation = Recommendation(
        verdict="inconclusive" if reasons else "recommended",
        objective=objective,
        batch_size=chosen.batch_size,
        lr=chosen.lr,
        batch_sizes=tuple(sizes),
        interval=(sizes[0], sizes[-1]),
        at_easier_targets=_easier(race, objective, sizes),
        caveats=(*(r.caveat for r in reasons), *_caveats(race, chosen)),
        next_steps=tuple(dict.fromkeys(r.next_step for r in reasons)) or (question.study(around),),
        sentence=inconclusive(chosen, reasons[0].caveat)
        if reasons
        else conclusive(chosen, objective, sizes, spec.batch_sizes),
        costs=_ratios(costs, best),
    )
    result = _result(race, times, recommendation, rows, _critical(race, costs), command)
    return result, curves(evidence.arms)


# --- before the runs ---


def _middle(spec: StudySpec, times: StepTimes, examples: int) -> int:
    """Where to begin: seconds to target (a + b B)(1 + B_crit/B) are least at sqrt(knee B_crit)."""
    guess = math.sqrt(times.knee * CRITICAL_GUESS)
    guess = min(max(guess, _SMALLEST_MIDDLE), max(1.0, examples / _FEWEST_ABOVE))
    return min(spec.batch_sizes, key=lambda size: abs(math.log(size / guess)))


# --- after the runs ---


def _choice(costs: Costs, objective: Objective) -> tuple[int, list[int]]:
    """Positions of the best batch size and of those that may be it."""
    if objective == "time":
        return costs.best, costs.as_good()
    # Examples always rise and steps always fall with B: the last size within 20% of the least.
    own = costs.log_steps
    if objective == "examples":
        own = own + np.log(np.array(costs.batch_sizes, dtype=float))[:, None]
    near = own <= own.min(axis=0) + math.log(NEAR_MINIMUM)
    count = len(costs.batch_sizes)
    picks = count - 1 - np.argmax(near[::-1], axis=0) if objective == "examples" else np.argmax(near, axis=0)
    share = np.bincount(picks, minlength=count) / picks.size
    best = int(np.median(picks))
    return best, [i for i in range(count) if share[i] >= 0.10 or i == best]


def _rows(race: Race, costs: Costs, times: StepTimes) -> tuple[BatchSizeResult, ...]:
    rows = []
    steps = np.exp(np.quantile(costs.log_steps, _QUANTILES, axis=1)).T
    per_step = np.exp(times.log_seconds(np.log(np.array(costs.batch_sizes, dtype=float))))
    for i, size in enumerate(costs.batch_sizes):
        arms = [arm for arm in race.evidence.arms if arm.batch_size == size]
        low, median, high = (float(v) for v in steps[i])
        reached = tuple(a.steps_to_target for a in arms if a.near_rate(costs.rates[i]) and not a.failed)
        values = tuple(v for v in reached if v is not None)
        fails = min((a.lr for a in arms if a.failed and a.lr > costs.rates[i]), default=None)
        rows.append(
            BatchSizeResult(
                batch_size=size, lr=float(f"{costs.rates[i]:.4g}"), lr_interval=costs.rate_intervals[i],
                lr_fails_at=fails, lr_on_edge=False, runs=len(arms), seeds=len(values),
                seeds_reached=len(values),
                steps_to_target=StepsToTarget(median=median, low=low, high=high, values=values),
                seconds_per_step=float(per_step[i]), seconds_to_target=float(per_step[i]) * median,
                examples_to_target=size * median,
            )
        )  # fmt: skip
    return tuple(rows)


def _ratios(costs: Costs, best: int) -> tuple[dict[str, float | int], ...]:
    """Median seconds, examples and steps of every batch size over the best's."""
    seconds = np.exp(np.median(costs.log_seconds - costs.log_seconds[best], axis=1))
    steps = np.exp(np.median(costs.log_steps - costs.log_steps[best], axis=1))
    return tuple(
        {
            "batch_size": size,
            "seconds_ratio": float(seconds[i]),
            "examples_ratio": float(steps[i]) * size / costs.batch_sizes[best],
            "steps_ratio": float(steps[i]),
        }
        for i, size in enumerate(costs.batch_sizes)
    )


def _critical(race: Race, costs: Costs) -> CriticalBatch:
    posterior = race.evidence.posterior
    assert posterior is not None
    low, value, high = (float(v) for v in np.quantile(posterior.critical, _QUANTILES))
    run_at = [arm.batch_size for arm in race.evidence.arms]
    steps_min = float(np.exp(np.median(posterior.samples[:, 0] - np.log1p(posterior.critical / race.middle))))
    band = np.exp(np.quantile(costs.log_steps, _QUANTILES, axis=1))
    return CriticalBatch(
        value=value, interval=(low, high), identifiable=high <= 20 * low,
        valid_range=(float(min(run_at)), 2.0 * max(run_at)),
        verdict="fits" if high <= 20 * low else "not_identifiable", steps_min=steps_min,
        examples_min=steps_min * value, misfit=posterior.sigma, points_used=len(race.evidence.arms),
        band={
            "batch_size": [float(b) for b in costs.batch_sizes],
            **{name: [float(v) for v in row] for name, row in zip(("low", "mid", "high"), band, strict=True)},
        },
    )  # fmt: skip


def _easier(race: Race, objective: Objective, main: Sequence[int]) -> tuple[EasierTarget, ...]:
    """The same question at two easier targets, from the runs' curves up to there."""
    target, reference = race.spec.target, race.evidence.reference
    assert reference is not None
    values = easier_targets(
        target.metric, target.value, higher_is_better=reference.higher_is_better,
        initial_value=reference.start_value,
    )  # fmt: skip
    answers = []
    for value in values:
        posterior = race.inference.posterior_at(value)
        if posterior is None:
            continue
        costs = costs_by_batch_size(race.inference, posterior)
        best, members = _choice(costs, objective)
        size = costs.batch_sizes[best]
        answers.append(
            EasierTarget(
                metric=target.metric, value=value, batch_size=size,
                batch_sizes=tuple(costs.batch_sizes[i] for i in members),
                critical_batch=float(np.median(posterior.critical)), moves=size not in main,
            )
        )  # fmt: skip
    return tuple(answers)


def _one_batch_size(race: Race, question: Question) -> list[Doubt]:
    """A reason against recommending: the budget was spent before another batch size was tried."""
    tried = {arm.batch_size for arm in race.evidence.arms if race.inference.far_enough(arm)}
    if len(tried) >= _FEWEST_BATCH_SIZES:
        return []
    trainings = 2 * math.ceil(race.spent / race.evidence.training_seconds)
    return [
        Doubt(
            f"The budget was spent on the learning rate at batch size {race.middle}: no other batch size was "
            "tried far enough to compare.",
            f"batchwright advise {question.task} --budget {trainings}trainings",
        )
    ]


def _caveats(race: Race, best: BatchSizeResult) -> list[str]:
    caveats = []
    if not best.seeds:
        caveats.append(
            f"Batch size {best.batch_size} at learning rate {best.lr:.3g} was not itself trained to the "
            f"target: its steps are inferred from {len(race.evidence.arms)} other runs."
        )
    schedule = race.spec.optimizer.schedule
    if race.task.schedule is not None or schedule.horizon is not None:
        caveats.append(
            "The learning-rate schedule has a horizon and was taken as it is: steps to target depend on it."
        )
    return caveats


def _about(spec: StudySpec, members: Sequence[int]) -> list[int]:
    """The set and two sizes on either side: what a study that confirms the advice would try."""
    sizes = sorted(spec.batch_sizes)
    first, last = sizes.index(members[0]), sizes.index(members[-1])
    return sizes[max(0, first - 2) : last + 3]


def _no_answer(race: Race, times: StepTimes, objective: Objective, command: str) -> AdviceResult:
    question = Question(command_words(race.spec.task), len(race.task.train))
    reason = no_answer([], question)
    caveat = f"No learning rate tried at batch size {race.middle} reached the target within the budget."
    if failures := {str(a.run.message) for a in race.evidence.arms if a.run.status == "failed"}:
        caveat += f" A run failed: {sorted(failures)[0]}."
    recommendation = Recommendation(
        verdict="inconclusive", objective=objective, batch_size=None, lr=None, batch_sizes=(), interval=None,
        caveats=(caveat,), next_steps=(reason.next_step,), sentence=f"Inconclusive. {caveat}",
    )  # fmt: skip
    critical = CriticalBatch(
        value=None, interval=None, identifiable=False, valid_range=None,
        verdict="no fit: no run reached the target",
    )  # fmt: skip
    return _result(race, times, recommendation, (), critical, command)


def _result(
    race: Race, times: StepTimes, recommendation: Recommendation, rows: tuple[BatchSizeResult, ...],
    critical: CriticalBatch, command: str,
) -> AdviceResult:  # fmt: skip
    evidence, spec = race.evidence, race.spec
    seconds = race.spent
    training = evidence.training_seconds
    posterior = evidence.posterior
    return AdviceResult(
        study_id=f"advice-{spec.identity(race.task.fingerprint)}",
        task=race.task.name,
        target=spec.target.model_dump(mode="json"),
        recommendation=recommendation,
        critical_batch=critical,
        batch_sizes=rows,
        trials=tuple(_trial(arm) for arm in evidence.arms),
        seconds=seconds,
        runs_executed=len(evidence.arms),
        command=command,
        spec=spec.model_dump(mode="json"),
        environment=environment(),
        cost=AdviceCost(
            seconds=seconds,
            examples=sum(arm.run.examples_seen for arm in evidence.arms),
            trainings=seconds / training if math.isfinite(training) else None,
        ),
        evidence=AdviceEvidence(
            reference_batch_size=race.middle,
            runs=tuple(_run(race, arm) for arm in evidence.arms),
            ended=evidence.ended,
            seconds_per_step_measured=times.measured,
            run_spread=None if posterior is None else posterior.sigma,
            noise_scale=_noise_scale(evidence.noise),
            agreement=_agreement(evidence.noise, critical),
        ),
    )


def _noise_scale(noise: Noise | None) -> dict[str, Any] | None:
    if noise is None:
        return None
    return noise.noise_scale.model_dump(mode="json") | {"preconditioned": noise.preconditioned}


def _agreement(noise: Noise | None, critical: CriticalBatch) -> str:
    """Whether the noise scale late in the run and the runs tell the same critical batch size, in words."""
    if noise is None or noise.noise_scale.value is None or critical.value is None:
        return ""
    scale, kind = (
        noise.noise_scale.value,
        "preconditioned noise scale" if noise.preconditioned else "noise scale",
    )
    start = f"The {kind} late in the first run, {scale:.3g}, and the critical batch size of the runs"
    apart = max(scale / critical.value, critical.value / scale)
    if apart <= _AGREES_WITHIN:
        return f"{start}, {critical.value:.3g}, agree to within a factor of {_AGREES_WITHIN:.0f}."
    return f"{start}, {critical.value:.3g}, disagree by a factor of {apart:.3g}: the runs decide."


def _trial(arm: Arm) -> Trial:
    return Trial(
        batch_size=arm.batch_size, lr=arm.lr, seed=arm.seed_index, purpose="search",
        status=str(arm.run.status or "budget_exhausted"), steps_to_target=arm.steps_to_target,
        updates=arm.run.step, run_key="",
    )  # fmt: skip


def _run(race: Race, arm: Arm) -> AdviceRun:
    seen = race.inference.observe(arm) if race.evidence.reference is not None else None
    return AdviceRun(
        batch_size=arm.batch_size, lr=arm.lr, seed=arm.seed_index, steps=arm.run.step,
        status=str(arm.run.status or "stopped"),
        implied_steps=None if seen is None else math.exp(seen.log_steps),
        implied_sd=None if seen is None else seen.sd, bound=seen is not None and seen.is_bound,
    )  # fmt: skip


def curves(arms: Sequence[Arm]) -> list[dict[str, Any]]:
    """Validation curves of the runs, as the report draws them."""
    rows = []
    for arm in arms:
        target = arm.run.spec.target
        assert target is not None
        evaluations = [e for e in arm.run.evaluations if e.split == target.split]
        rows.append(
            {
                "batch_size": arm.batch_size, "lr": arm.lr, "seed": arm.seed_index,
                "steps": [e.step for e in evaluations],
                "examples": [e.examples_seen for e in evaluations],
                "loss": [e.loss for e in evaluations],
            }
        )  # fmt: skip
    return rows
