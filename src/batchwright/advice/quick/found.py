"""From the evidence of a race to advice: pure, in the form of a study's answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from batchwright.advice.decide.clock import doubted_if_busy
from batchwright.advice.decide.doubts import Doubt, doubts
from batchwright.advice.decide.easier import shifted
from batchwright.advice.decide.question import Question
from batchwright.advice.decide.recommend import distinct, nothing
from batchwright.advice.decide.targets import easier_targets
from batchwright.advice.decide.ties import NEAR_MINIMUM
from batchwright.advice.decide.unreached import Reach, no_answer, run_failed
from batchwright.advice.quick.arms import Arm
from batchwright.advice.quick.inference import Costs, costs_by_batch_size
from batchwright.advice.quick.race import Race
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
from batchwright.core.action import Action
from batchwright.core.remark import Remark, remark
from batchwright.measure.gradients.noise import Noise
from batchwright.study.result import BatchSizeResult, StepsToTarget, Trial
from batchwright.training.record import Status

_AGREES_WITHIN = 4.0
_QUANTILES = (0.05, 0.50, 0.95)


def advice_result(race: Race, *, objective: Objective, asked: Action) -> AdviceResult:
    """What the race's evidence says; seconds, environment and id are the caller's to add.

    Args:
        race: after its last run.
        objective: what to minimise.
        asked: the action that asked, for the next steps.
    """
    question = Question(asked, len(race.legs.task.train))
    if race.evidence.posterior is None:
        return _no_answer(race, objective, asked, question)
    costs = costs_by_batch_size(race.inference)
    rows = _rows(race, costs)
    best, members = _choice(costs, objective)
    chosen, sizes = rows[best], [costs.batch_sizes[i] for i in members]
    reasons = [*_one_batch_size(race, question), *doubts(rows, chosen, sizes, question)]
    recommendation = Recommendation(
        verdict="inconclusive" if reasons else "recommended",
        objective=objective,
        batch_size=chosen.batch_size,
        lr=chosen.lr,
        batch_sizes=tuple(sizes),
        interval=(sizes[0], sizes[-1]),
        at_easier_targets=_easier(race, objective, chosen.batch_size, sizes),
        doubts=tuple(reason.why for reason in reasons),
        caveats=tuple(_caveats(race, chosen)),
        next=distinct([r.action for r in reasons]) or (question.study(_about(race, sizes)),),
        costs=_ratios(rows, best),
    )
    recommendation = doubted_if_busy(recommendation, race.meter.times.others_load, asked)
    return _result(race, recommendation, rows, _critical(race, costs), asked)


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


def _rows(race: Race, costs: Costs) -> tuple[BatchSizeResult, ...]:
    rows = []
    steps = np.exp(np.quantile(costs.log_steps, _QUANTILES, axis=1)).T
    per_step = np.exp(race.log_seconds(np.log(np.array(costs.batch_sizes, dtype=float))))
    for i, size in enumerate(costs.batch_sizes):
        arms = [arm for arm in race.evidence.arms if arm.batch_size == size]
        low, median, high = (float(v) for v in steps[i])
        here = [arm for arm in arms if arm.key.rate_index == costs.rate_indices[i]]
        reached = tuple(a.steps_to_target for a in here if a.steps_to_target is not None)
        fails = min((a.lr for a in arms if a.failed and a.lr > costs.rates[i]), default=None)
        rows.append(
            BatchSizeResult(
                batch_size=size,
                lr=costs.rates[i],
                rate_index=costs.rate_indices[i],
                lr_interval=costs.rate_intervals[i],
                lr_fails_at=fails,
                lr_on_edge=False,
                runs=len(arms),
                seeds=len(reached),
                seeds_reached=len(reached),
                steps_to_target=StepsToTarget(median=median, low=low, high=high, values=reached),
                seconds_per_step=float(per_step[i]),
                seconds_to_target=float(per_step[i]) * median,
                examples_to_target=size * median,
                inferred=not reached,
            )
        )
    return tuple(rows)


def _ratios(rows: Sequence[BatchSizeResult], best: int) -> tuple[dict[str, float | int], ...]:
    """Seconds, examples and steps of every batch size over the best's: ratios of what the rows show."""
    chosen = rows[best]
    return tuple(
        {
            "batch_size": row.batch_size,
            "seconds_ratio": _over(row.seconds_to_target, chosen.seconds_to_target),
            "examples_ratio": _over(row.examples_to_target, chosen.examples_to_target),
            "steps_ratio": _over(row.steps_to_target.median, chosen.steps_to_target.median),
        }
        for row in rows
    )


def _over(value: float | None, best: float | None) -> float:
    assert value is not None
    assert best is not None
    return value / best


def _critical(race: Race, costs: Costs) -> CriticalBatch:
    posterior = race.evidence.posterior
    assert posterior is not None
    low, value, high = (float(v) for v in np.quantile(posterior.critical, _QUANTILES))
    run_at = [arm.batch_size for arm in race.evidence.arms]
    steps_min = float(np.exp(np.median(posterior.samples[:, 0] - np.log1p(posterior.critical / race.middle))))
    band = np.exp(np.quantile(costs.log_steps, _QUANTILES, axis=1))
    return CriticalBatch(
        value=value,
        interval=(low, high),
        identifiable=high <= 20 * low,
        valid_range=(float(min(run_at)), 2.0 * max(run_at)),
        verdict="fits" if high <= 20 * low else "not_identifiable",
        steps_min=steps_min,
        examples_min=steps_min * value,
        misfit=posterior.sigma,
        points_used=len(race.evidence.arms),
        band={
            "batch_size": [float(b) for b in costs.batch_sizes],
            **{name: [float(v) for v in row] for name, row in zip(("low", "mid", "high"), band, strict=True)},
        },
    )


def _easier(race: Race, objective: Objective, main: int, members: Sequence[int]) -> tuple[EasierTarget, ...]:
    """The same question at two easier targets, from the runs' curves up to there."""
    target, reference = race.spec.target, race.evidence.reference
    assert reference is not None
    values = easier_targets(
        target.metric,
        target.value,
        higher_is_better=reference.higher_is_better,
        initial_value=reference.start_value,
    )
    answers = []
    for value in values:
        posterior = race.inference.posterior_at(value)
        if posterior is None:
            continue
        costs = costs_by_batch_size(race.inference, posterior)
        best, near = _choice(costs, objective)
        shift = shifted(costs.batch_sizes[best], main, members)
        answers.append(
            EasierTarget(
                metric=target.metric,
                value=value,
                batch_size=costs.batch_sizes[best],
                batch_sizes=tuple(costs.batch_sizes[i] for i in near),
                critical_batch=float(np.median(posterior.critical)),
                moves=shift == "leaves_set",
                shift=shift,
            )
        )
    return tuple(answers)


def _one_batch_size(race: Race, question: Question) -> list[Doubt]:
    """A reason against recommending: the budget was spent before another batch size was tried."""
    if race.inference.tried_enough():
        return []
    trainings = 2 * math.ceil(race.meter.spent(race.evidence.arms) / race.meter.training_seconds)
    why = remark("advice.one_batch_size", batch_size=race.middle)
    return [Doubt(why, question.again(budget=trainings))]


def _caveats(race: Race, best: BatchSizeResult) -> list[Remark]:
    caveats = list(race.legs.task.remarks)
    if best.inferred:
        caveats.append(
            remark(
                "advice.not_trained",
                batch_size=best.batch_size,
                lr=best.lr,
                count=len(race.evidence.arms),
            )
        )
    if race.legs.task.schedule is not None or race.spec.optimizer.schedule.horizon is not None:
        caveats.append(remark("study.schedule_has_horizon"))
    return caveats


def _about(race: Race, members: Sequence[int]) -> list[int]:
    """The set and two sizes on either side: what a study that confirms the advice would try."""
    first, last = race.sizes.index(members[0]), race.sizes.index(members[-1])
    return race.sizes[max(0, first - 2) : last + 3]


def _no_answer(race: Race, objective: Objective, asked: Action, question: Question) -> AdviceResult:
    arms = race.evidence.arms
    failures = [arm for arm in arms if arm.result.status in (Status.FAILED, Status.OUT_OF_MEMORY)]
    if failures and len(failures) == len(arms):
        first = failures[0].result
        reason = Doubt(run_failed(str(first.status), first.message), question.again())
    else:
        reach = Reach.of([arm.result for arm in arms], race.spec, race.legs.higher_is_better)
        reason = no_answer([], question, reach)
    critical = CriticalBatch(
        value=None, interval=None, identifiable=False, valid_range=None, verdict="no_fit"
    )
    return _result(race, nothing(objective, reason), (), critical, asked)


def _result(
    race: Race,
    recommendation: Recommendation,
    rows: tuple[BatchSizeResult, ...],
    critical: CriticalBatch,
    asked: Action,
) -> AdviceResult:
    evidence, spec, meter = race.evidence, race.spec, race.meter
    posterior, spent = evidence.posterior, meter.spent(evidence.arms)
    return AdviceResult(
        study_id="",
        task=race.legs.task.name,
        target=spec.target.model_dump(mode="json"),
        recommendation=recommendation,
        critical_batch=critical,
        batch_sizes=rows,
        trials=tuple(_trial(arm) for arm in evidence.arms),
        runs_executed=len(race.legs.executed),
        runs_reused=len(race.legs.taken - race.legs.executed),
        action=asked,
        spec=spec.model_dump(mode="json"),
        cost=AdviceCost(
            seconds=spent,
            examples=sum(arm.result.examples for arm in evidence.arms),
            trainings=spent / meter.training_seconds if math.isfinite(meter.training_seconds) else None,
            least_seconds=meter.allowance.least_seconds if meter.floor_applies else None,
        ),
        evidence=AdviceEvidence(
            reference_batch_size=race.middle,
            runs=tuple(_run(race, arm) for arm in evidence.arms),
            ended=evidence.ended,
            seconds_per_step_measured=meter.times.measured,
            run_spread=None if posterior is None else posterior.sigma,
            noise_scale=_noise_scale(evidence.noise),
            agreement=_agreement(evidence.noise, critical),
        ),
    )


def _noise_scale(noise: Noise | None) -> dict[str, Any] | None:
    if noise is None:
        return None
    return noise.noise_scale.model_dump(mode="json") | {"preconditioned": noise.preconditioned}


def _agreement(noise: Noise | None, critical: CriticalBatch) -> Remark | None:
    """Whether the noise scale late in the run and the runs tell the same critical batch size."""
    if noise is None or noise.noise_scale.value is None or critical.value is None:
        return None
    scale = noise.noise_scale.value
    apart = max(scale / critical.value, critical.value / scale)
    agrees = apart <= _AGREES_WITHIN
    return remark(
        "advice.agrees" if agrees else "advice.disagrees",
        preconditioned=noise.preconditioned,
        noise_scale=scale,
        critical_batch=critical.value,
        factor=_AGREES_WITHIN if agrees else apart,
    )


def _trial(arm: Arm) -> Trial:
    return Trial(
        batch_size=arm.batch_size,
        lr=arm.lr,
        seed=arm.result.spec.seed,
        purpose="search",
        status=str(arm.result.status),
        steps_to_target=arm.steps_to_target,
        updates=arm.step,
        run_key=str(arm.key),
    )


def _run(race: Race, arm: Arm) -> AdviceRun:
    seen = race.inference.observe(arm) if race.evidence.reference is not None else None
    return AdviceRun(
        batch_size=arm.batch_size,
        lr=arm.lr,
        seed=arm.key.seed,
        steps=arm.step,
        status=str(arm.result.status),
        implied_steps=None if seen is None else math.exp(seen.log_steps),
        implied_sd=None if seen is None else seen.sd,
        bound=seen is not None and seen.is_bound,
    )
