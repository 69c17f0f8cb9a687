"""A study carried out against its store: executed, concluded, kept and put on a page."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from batchwright.app.answer import Answer, Inconclusive
from batchwright.app.budget import allowed
from batchwright.app.options import TaskOptions
from batchwright.app.signature import Asked
from batchwright.app.study_question import StudyQuestion, worker_count
from batchwright.core.errors import StoreError

if TYPE_CHECKING:
    from batchwright.app.progress import Watch
    from batchwright.study.executors.contract import Executor
    from batchwright.study.executors.where import WhereRun
    from batchwright.study.spec import StudySpec
    from batchwright.study.stores.sql import SQLStore
    from batchwright.task.task import Task, TaskReference


@dataclass(frozen=True, kw_only=True)
class StudyOrder:
    """Everything that was asked of one study."""

    given: Any
    task_options: TaskOptions
    question: StudyQuestion
    objective: str
    budget: float | str | None
    seeds: Mapping[str, int | None]
    measures: tuple[str, ...]
    name: str | None
    where: WhereRun
    store: str | None
    strict: bool
    progress: Any
    asked: Asked

    def check(self) -> int:
        """Refuse what can be refused before anything is read; the number of workers."""
        from batchwright.advice.conclude import check_objective
        from batchwright.study.run import check_measures

        check_objective(self.objective)
        check_measures(self.measures)
        if self.budget is not None:
            allowed(self.budget)
        return worker_count(self.where.workers, self.where.device)

    def settled(self, workers: int, watch: Watch) -> tuple[StudySpec, Task, TaskReference]:
        """The study that is asked for, its task, and how it is referred to."""
        from batchwright.app.task_given import task_of

        watch.phase("task")
        reference, task = task_of(self.given, self.task_options, examples=self.task_options.examples)
        trainings = None if self.budget is None else allowed(self.budget).trainings
        if self.budget is not None and trainings is None:
            watch.phase("training")
            trainings = self._trainings(reference, task, workers)
        spec = self.question.spec(reference, task, budget_trainings=trainings, seeds=dict(self.seeds))
        return spec, task, reference

    def _trainings(self, reference: TaskReference, task: Task, workers: int) -> float:
        """How many trainings a budget in seconds pays for: one is made and timed."""
        from batchwright.study.key import RunKey
        from batchwright.training.loop import advance_to_status, start

        seconds = allowed(self.budget or 0).seconds or 0.0
        spec = self.question.spec(reference, task, budget_trainings=1, seeds=dict(self.seeds))
        size = spec.batch_sizes[len(spec.batch_sizes) // 2]
        steps = max(1, round(spec.max_epochs * len(task.train) / size))
        began = time.perf_counter()
        for _ in advance_to_status(start(spec.run(RunKey(size, 0, "search", 0), steps), task)):
            if time.perf_counter() - began > seconds:
                break
        took = time.perf_counter() - began
        # One digit: the same budget on the same machine is the same study tomorrow.
        return max(1.0, float(f"{seconds * workers / took:.1g}"))


def planned(order: StudyOrder) -> Answer:
    """What the study would run, and at most how long: nothing is trained, and no more than a second timed."""
    from batchwright.app.progress import watching
    from batchwright.app.stored import runs_stored
    from batchwright.report.pages.plan import plan_page
    from batchwright.study.estimate import estimate

    workers = order.check()
    with watching(order.progress, "task") as watch:
        spec, task, reference = order.settled(workers, watch)
        plan = estimate(spec, task, workers=workers)
        stored = runs_stored(order.store, plan.study_id)
        page = plan_page(plan, workers=workers, stored=stored, action=order.asked.action(_subject(reference)))
        document = plan.model_dump(mode="json") | {"runs_stored": stored}
        return Answer(result=plan, page=page, document=document, rows=lambda: [document])


def carried_out(order: StudyOrder) -> Answer:
    """The study run to its end, or as far as its budget goes.

    Raises:
        Inconclusive: nothing can be recommended, and ``strict`` was asked for.
    """
    from batchwright.app.progress import watching

    workers = worker_count(order.where.workers, order.where.device)
    # Workers first: they import torch beside this process, which does so to check the order.
    with Workers(order.given, order.where, workers) as pool, watching(order.progress, "task") as watch:
        order.check()
        spec, task, reference = order.settled(workers, watch)
        from batchwright.study.stores.choose import open_store

        with open_store(order.store) as store:
            answer = executed(
                spec, task, store, pool.of(task, watch), watch, objective=order.objective, name=order.name,
                measures=order.measures, action=order.asked.action(_subject(reference)),
            )  # fmt: skip
    if order.strict and not answer.conclusive:
        raise Inconclusive(answer)
    return answer


def executed(
    spec: StudySpec, task: Task, store: SQLStore, executor: Executor, watch: Watch, *, objective: str,
    name: str | None, measures: tuple[str, ...], action: Any,
) -> Answer:  # fmt: skip
    """Run what is missing, conclude, keep the answer and its report."""
    from batchwright.advice.answer import answer_study
    from batchwright.advice.conclude import check_objective
    from batchwright.app.stored import reported
    from batchwright.report.text.catalogue import text
    from batchwright.study.run import study_identity
    from batchwright.study.signals import ending_signals

    study_id = study_identity(spec, task, store)
    check_name(store, study_id, name, spec)
    watch.note(
        text(
            "progress.study", task=task.name, examples=len(task.train), count=len(spec.batch_sizes),
            split=spec.target.split, metric=spec.target.metric, value=spec.target.value, study=study_id,
        )
    )  # fmt: skip
    watch.phase("runs")
    with ending_signals():
        result = answer_study(
            spec, task, store, executor, objective=check_objective(objective), study_id=study_id, name=name,
            action=action, measures=measures, progress=watch, say=watch.phase,
        )  # fmt: skip
    return reported(result, store)


class Workers:
    """Where runs are executed: started before the task is read, where workers can find it by themselves.

    They then import torch while this process reads the data.
    """

    def __init__(self, given: Any, where: WhereRun, count: int) -> None:
        self._where, self._count = where, count
        self._executor: Executor | None = None
        if isinstance(given, (str, os.PathLike)) and where.executor in (None, "loky"):
            from batchwright.study.executors.workers import WorkerProcesses

            self._executor = WorkerProcesses(count)
            self._executor.warm_up()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._executor is not None:
            self._executor.close()

    def of(self, task: Task, watch: Watch) -> Executor:
        """The executor of this task."""
        from batchwright.report.text.catalogue import say

        if self._executor is None:
            self._executor, remarks = self._where.of(task, self._count)
            for found in remarks:
                watch.note(say(found))
        return self._executor


def _subject(reference: TaskReference) -> str | None:
    from batchwright.app.task_given import subject_of

    return subject_of(reference)


def check_name(store: SQLStore, study_id: str, name: str | None, spec: StudySpec) -> None:
    """A name belongs to one spec: another spec under the same name is refused, with the difference."""
    taken = [row for row in store.studies() if row["name"] == name and row["study_id"] != study_id]
    if name is None or not taken:
        return
    stored = json.loads(store.study(taken[0]["study_id"])["spec"])
    before, now = _leaves(stored), _leaves(spec.model_dump(mode="json"))
    changed = [
        f"{path} was {before.get(path)}, now {now.get(path)}"
        for path in dict.fromkeys([*before, *now])
        if before.get(path) != now.get(path)
    ]
    difference = "; ".join(changed) or "the code or data of the task changed"
    raise StoreError(
        f"study {name!r} exists with another spec ({difference}): "
        "choose another `name`, or drop `name` to start a study of its own"
    )


def _leaves(tree: Any, path: str = "") -> dict[str, Any]:
    """A nested document as ``{"optimizer.lr": 0.1, ...}``."""
    if not isinstance(tree, dict) or not tree:
        return {path: tree}
    return {
        leaf: value
        for name, branch in tree.items()
        for leaf, value in _leaves(branch, f"{path}.{name}" if path else name).items()
    }
