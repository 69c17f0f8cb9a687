"""One study against the store, as ``study`` and ``resume`` carry it out and show it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchwright.cli.command_line import complete

if TYPE_CHECKING:
    from batchwright.advice.result import Objective, StudyResult
    from batchwright.study.executors.contract import Executor
    from batchwright.study.spec import StudySpec
    from batchwright.study.stores.sqlite import Store
    from batchwright.task.task import Task


def worker_count(workers: int | None, device: str) -> int:
    """Worker processes: as many as asked for, else one a core, and one on a GPU.

    Raises:
        InputError: fewer than one.
    """
    from batchwright.core.errors import InputError

    if workers is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cores if device == "cpu" else 1
    if workers < 1:
        raise InputError(f"--workers must be at least 1, got {workers}")
    return workers


def execute(
    spec: StudySpec, task: Task, executor: Executor, location: str | None, *, objective: Objective,
    command: str, name: str | None = None, measures: Sequence[str] = (),
) -> StudyResult:  # fmt: skip
    """Run the study against the store, with a progress line, and write its report."""
    from batchwright.advice.answer import run_study, stored_curves
    from batchwright.cli.output import ProgressLine, note
    from batchwright.report import write_report
    from batchwright.study.stores.sqlite import Store, store_path

    began = time.perf_counter()
    with Store(store_path(location)) as store:
        study_id = spec.identity(task.fingerprint)
        _check_name(store, study_id, name, spec)
        goal = spec.target
        note(
            f"{task.name}: {len(task.train)} training examples, {len(spec.batch_sizes)} batch sizes, "
            f"target {goal.split} {goal.metric} {goal.value:g}, study {study_id}"
        )
        progress = ProgressLine("runs")
        try:
            result = run_study(
                spec, task, store, executor, objective=objective, name=name, command=command,
                measures=measures, progress=progress, remark=progress.say,
            )  # fmt: skip
        finally:
            progress.close()
        path = report_path(store.path, study_id)
        result = result.model_copy(
            update={"seconds": time.perf_counter() - began, **shown_with(result, path)}
        )
        # A repetition that ran and timed nothing leaves the answer and the report that are there as they are.
        kept = json.loads(store.study(study_id)["result"] or "{}")
        same = kept.get("report") and kept["recommendation"]["objective"] == objective
        same = same and bool(kept.get("sharpness")) == (result.sharpness is not None)
        if not same or not path.exists():
            write_report(result, stored_curves(result, store.runs(study_id, curves=True)), path)
            store.keep_result(study_id, result.model_dump_json())
    return result


def shown_with(result: StudyResult, report: Path) -> dict[str, Any]:
    """What the command line adds: the report, and next steps that repeat the options of the command."""
    advice = result.recommendation
    steps = tuple(complete(step, result.command) for step in advice.next_steps)
    return {"report": str(report), "recommendation": advice.model_copy(update={"next_steps": steps})}


def _check_name(store: Store, study_id: str, name: str | None, spec: StudySpec) -> None:
    """A name belongs to one spec: another spec under the same name is refused, with the difference."""
    from batchwright.core.errors import StoreError

    taken = [row for row in store.studies() if row["name"] == name and row["study_id"] != study_id]
    if name is None or not taken:
        return
    former = store.study(taken[0]["study_id"])["spec"]
    before, now = _leaves(json.loads(former)), _leaves(spec.model_dump(mode="json"))
    changed = [
        f"{path} was {before.get(path)}, now {now.get(path)}"
        for path in dict.fromkeys([*before, *now])
        if before.get(path) != now.get(path)
    ]
    difference = "; ".join(changed) or "the code or data of the task changed"
    raise StoreError(
        f"study {name!r} exists with another spec ({difference}): "
        "choose another --name, or drop --name to start a study of its own"
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


def report_path(store: Path, study_id: str) -> Path:
    """Reports lie beside the store."""
    return store.parent / f"{study_id}.html"


def present(result: StudyResult, *, as_json: bool, strict: bool = False) -> int:
    """Show the answer; exit code 3 for an inconclusive one under ``--strict``."""
    from batchwright.cli.answer import print_answer
    from batchwright.cli.output import emit_json

    if as_json:
        emit_json(result.model_dump(mode="json"))
    else:
        print_answer(result)
    return 3 if strict and result.recommendation.verdict == "inconclusive" else 0
