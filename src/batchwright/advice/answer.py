"""A study to its answer: done against the store, concluded, and the answer kept beside its runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from batchwright.advice.conclude import TaskFacts, conclude
from batchwright.advice.growth.race import growth_race
from batchwright.advice.result import Objective, StudyResult
from batchwright.core.action import Action
from batchwright.core.errors import StoreError
from batchwright.study.driver import Progress
from batchwright.study.executors.contract import Executor
from batchwright.study.run import run_study
from batchwright.study.spec import StudySpec
from batchwright.study.stores.contract import Store
from batchwright.study.stores.reading import parse
from batchwright.task.task import Task
from batchwright.training.environment import environment
from batchwright.training.feed import device_of


def answer_study(
    spec: StudySpec,
    task: Task,
    store: Store,
    executor: Executor,
    *,
    objective: Objective = "time",
    study_id: str | None = None,
    name: str | None = None,
    action: Action | None = None,
    measures: Sequence[str] = (),
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda phase: None,
) -> StudyResult:
    """Run what is missing and conclude; takes the arguments of :func:`~batchwright.study.run.run_study`.

    The answer is kept in the store with the study, unless nothing is new and the same was asked before: then
    the answer that is there stays as it is.
    """
    began = time.perf_counter()
    findings = run_study(
        spec,
        task,
        store,
        executor,
        study_id=study_id,
        name=name,
        action=action,
        request={"objective": objective, "measures": list(measures)},
        measures=measures,
        progress=progress,
        say=say,
    )
    facts = TaskFacts.of(task, spec)
    result = conclude(
        spec,
        facts,
        findings,
        objective=objective,
        action=action,
        environment={**environment(device_of(spec.device)), **executor.made_on()},
    )
    before = _stored(store.study(findings.study_id)["result"], objective)
    kept = None if before is None or not _same_best(before, result) else before.growth
    growth = kept
    if "growth" in measures:  # of what is kept nothing is run again
        growth = growth_race(spec, task, store, executor, result, progress=progress, say=say)
    result = result.model_copy(update={"growth": growth, "seconds": time.perf_counter() - began})
    if findings.new or before is None or growth != kept:
        store.keep_result(findings.study_id, result.model_dump_json())
    return result


def _stored(stored: str | None, objective: Objective) -> StudyResult | None:
    """The stored answer, if it is to this question; one that is damaged is none."""
    try:
        found = None if stored is None else parse(StudyResult, stored, "")
    except StoreError:
        return None
    return found if found is not None and found.recommendation.objective == objective else None


def _same_best(one: StudyResult, other: StudyResult) -> bool:
    return one.recommendation.best_guess == other.recommendation.best_guess
