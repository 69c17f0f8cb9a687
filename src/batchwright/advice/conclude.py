"""What follows from a study's findings: a pure function from runs and timings to the answer.

Nothing is executed, no clock is read, nothing is stored: the same findings give the same answer, now or next
year, for any objective.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright.advice.decide.clock import doubted_if_busy
from batchwright.advice.decide.easier import at_target, easier_values
from batchwright.advice.decide.evidence import critical_batch, fit_points, points_of
from batchwright.advice.decide.recommend import distinct, recommend
from batchwright.advice.decide.sharp_ends import sharp_ends
from batchwright.advice.decide.unreached import Reach
from batchwright.advice.result import EasierTarget, Objective, Recommendation, StudyResult
from batchwright.core.action import Action
from batchwright.core.errors import InputError, unknown_name
from batchwright.core.remark import Remark, remark
from batchwright.study.driver import StudyRuns
from batchwright.study.run import Findings, others_load
from batchwright.study.spec import COST_PER_BATCH_SIZE_ECONOMY, StudySpec
from batchwright.study.summary import batch_size_results, trials
from batchwright.task.task import Task

_FEWEST_SIZES = 3
"""Batch sizes that a comparison needs."""
_FOR_WANT_OF_BUDGET = ("study.few_answers", "study.best_is_smallest", "study.best_is_largest")
"""Doubts that a budget causes when it ends before the planned range does."""


@dataclass(frozen=True)
class TaskFacts:
    """What an answer needs to know of a task, as data.

    Attributes:
        name: the task's.
        examples: N, the number of training examples.
        higher_is_better: the direction of the target's metric.
        own_schedule: whether the task brings a learning-rate schedule of its own.
        remarks: what was read in another way than its author may think.
    """

    name: str
    examples: int
    higher_is_better: bool
    own_schedule: bool
    remarks: tuple[Remark, ...] = ()

    @staticmethod
    def of(task: Task, spec: StudySpec) -> TaskFacts:
        """The facts of a live task under a study's target."""
        higher = task.higher_is_better(spec.target.metric)
        own_schedule = task.schedule is not None
        return TaskFacts(task.name, len(task.train), higher, own_schedule, tuple(task.remarks))


def conclude(
    spec: StudySpec,
    task: TaskFacts,
    findings: Findings,
    *,
    objective: Objective = "time",
    action: Action | None = None,
    environment: Mapping[str, Any] | None = None,
) -> StudyResult:
    """The answer that the findings support.

    Args:
        spec: the study's.
        task: facts of its task.
        findings: what was run, timed and measured.
        objective: what to minimise: ``time``, ``examples`` or ``steps`` to target.
        action: what asked for it; next steps ask the same with one thing changed.
        environment: versions and hardware that the findings were made on.
    """
    runs, timings = findings.runs, findings.timings
    asked = action or Action(command="study", subject=spec.task.name)
    rows = batch_size_results(spec, runs, timings)
    fit = fit_points(points_of(rows, runs), spec)
    recommendation = recommend(
        rows,
        objective=objective,
        examples=task.examples,
        asked=asked,
        curve=fit,
        reach=Reach.of(list(runs.results.values()), spec, task.higher_is_better),
    )
    if runs.not_run and spec.budget_trainings is not None:
        recommendation = _with_the_budget_it_takes(recommendation, spec, asked)
    recommendation = doubted_if_busy(recommendation, others_load(timings), asked)
    easier = tuple(
        at_target(spec, task.examples, task.higher_is_better, runs, rows, value, recommendation)
        for value in easier_values(spec, task.higher_is_better, runs)
    )
    caveats = (*recommendation.caveats, *_caveats(spec, task, runs, easier))
    return StudyResult(
        study_id=findings.study_id,
        task=task.name,
        target=spec.target.model_dump(mode="json"),
        recommendation=recommendation.model_copy(update={"at_easier_targets": easier, "caveats": caveats}),
        critical_batch=critical_batch(fit),
        batch_sizes=rows,
        trials=trials(runs),
        sharpness=None if findings.ends is None else sharp_ends(findings.ends),
        runs_executed=runs.executed,
        runs_reused=runs.reused,
        runs_taken_over=runs.taken_over,
        complete=not runs.not_run,
        not_run=runs.not_run,
        budget_needed=runs.budget_needed,
        action=action,
        spec=spec.model_dump(mode="json"),
        environment=dict(environment or {}),
    )


def _with_the_budget_it_takes(
    recommendation: Recommendation, spec: StudySpec, asked: Action
) -> Recommendation:
    """Where the budget ended the range of batch sizes, the step that helps is a larger budget."""
    if all(doubt.code not in _FOR_WANT_OF_BUDGET for doubt in recommendation.doubts):
        return recommendation
    sizes = max(_FEWEST_SIZES, len(spec.batch_sizes))
    needed = max(sizes * COST_PER_BATCH_SIZE_ECONOMY, 1.5 * (spec.budget_trainings or 0.0))
    larger = asked.with_arguments(budget=math.ceil(needed))
    return recommendation.model_copy(update={"next": distinct([larger, *recommendation.next[1:]])})


def _caveats(
    spec: StudySpec, task: TaskFacts, runs: StudyRuns, easier: Sequence[EasierTarget]
) -> list[Remark]:
    """What the reader must know beside the recommendation's own caveats."""
    caveats = list(task.remarks)
    if task.own_schedule or spec.optimizer.schedule.horizon is not None:
        caveats.append(remark("study.schedule_has_horizon"))
    if runs.not_run and spec.budget_trainings is not None and runs.budget_needed is not None:
        caveats.append(
            remark(
                "study.budget_did_not_cover",
                count=len(runs.not_run),
                batch_sizes=list(runs.not_run),
                budget_needed=runs.budget_needed,
            )
        )
    elif runs.not_run:
        caveats.append(remark("study.not_searched", count=len(runs.not_run), batch_sizes=list(runs.not_run)))
    if any(e.moves for e in easier):
        caveats.append(remark("study.easier_target_moves"))
    return caveats


def check_objective(objective: str) -> Objective:
    """Refuse an objective that a study on one machine cannot answer."""
    if objective == "cost":
        raise InputError("objective cost needs prices of two or more devices; a study has one: use time")
    if objective not in ("time", "examples", "steps"):
        raise unknown_name("objective", objective, ["time", "examples", "steps"])
    return objective  # type: ignore[return-value]


def stored_curves(result: StudyResult, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Validation curves of the confirmation runs at the chosen rates, as plain lists for the report.

    Args:
        result: the study.
        rows: its stored runs with their results (``Store.runs(..., curves=True)``).
    """
    winners = {(row.batch_size, row.rate_index) for row in result.batch_sizes if row.rate_index is not None}
    curves = []
    for row in rows:
        place = (row["batch_size"], row["rate_index"])
        if row["purpose"] != "confirm" or place not in winners or row["result"] is None:
            continue
        evaluations = [e for e in row["result"].evaluations if e.split == result.target["split"]]
        curves.append(
            {
                "batch_size": row["batch_size"],
                "lr": row["lr"],
                "seed": row["seed"],
                "steps": [e.step for e in evaluations],
                "examples": [e.examples_seen for e in evaluations],
                "loss": [e.loss for e in evaluations],
            }
        )
    return curves
