"""The local critical batch size along a run, by branches with other batch sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.signature import Asked, Option, front_door
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.advice.growth.warm_up import BatchWarmUp
    from batchwright.app.answer import Answer
    from batchwright.measure.branched.result import BranchedPoint, BranchedRun

_LENGTH, _BRANCHES = "Length", "Branches"
_POINTS = 3


@front_door
def branched(
    task: o.TaskGiven,
    *,
    batch_size: Annotated[int, Option("Examples per update of the run.", panel=_LENGTH)] = 32,
    lr: o.Lr = None,
    steps: Annotated[int, Option("Updates of the run.", panel=_LENGTH)] = 300,
    every: Annotated[
        int | None,
        Option("Branch after every so many of the steps; by default at three points.", panel=_LENGTH),
    ] = None,
    factors: Annotated[
        Sequence[float] | None,
        Option("Batch sizes of the branches over that of the run, powers of two.", panel=_BRANCHES),
    ] = None,
    branch_examples: Annotated[
        int | None,
        Option("Examples of every branch; by default those between two points.", panel=_BRANCHES),
    ] = None,
    seeds: Annotated[int, Option("Orders of the examples of every branch.", panel=_BRANCHES)] = 3,
    tolerance: Annotated[
        float, Option("How much worse a branch may end, as a share of the gain.", panel=_BRANCHES)
    ] = 0.05,
    measured_on: Annotated[
        str, Option("train or validation: the split of the losses.", panel=_BRANCHES)
    ] = "train",
    optimizer: o.OptimizerOptions,
    asked_of_task: o.TaskOptions,
    machine: o.MachineOptions,
    files: o.FileOptions,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Measure the critical batch size along a run, by branches that go on with other batch sizes."""
    from batchwright.advice.growth.warm_up import batch_warm_up
    from batchwright.app.answer import Answer
    from batchwright.app.files import check_files, with_files
    from batchwright.app.progress import watching
    from batchwright.app.specs import optimizer_spec, updates_alone
    from batchwright.app.task_given import subject_of, task_of
    from batchwright.measure.branched.along import branched_run
    from batchwright.measure.branched.plan import branch_plan
    from batchwright.report.pages.branched import branched_page

    check_files(files)
    gap = _gap(steps, every)
    with watching(progress, "task") as watch:
        reference, live = task_of(task, asked_of_task, examples=asked_of_task.examples)
        spec = updates_alone(
            reference,
            optimizer_spec(live, optimizer, lr),
            batch_size=batch_size,
            steps=steps,
            machine=machine,
        )
        plan = branch_plan(
            batch_size=spec.batch_size, training_examples=len(live.train), factors=factors, seeds=seeds,
            examples=gap * spec.batch_size if branch_examples is None else branch_examples,
            tolerance=tolerance, measured_on=measured_on,
        )  # fmt: skip
        watch.phase("branches")
        found = branched_run(spec, live, plan, every=gap, progress=watch)
    if not found.points:
        raise InputError("the run diverged before its first point: lower `lr` or `every`")
    warm_up = batch_warm_up(found)
    page = branched_page(found, warm_up, task=live.name, action=asked.action(subject_of(reference)))
    document = _document(found, warm_up) | {"task": live.name}
    answer = Answer(result=found, page=page, document=document, rows=lambda: _rows(found))
    return with_files(answer, files)


def _gap(steps: int, every: int | None) -> int:
    """Updates between two points."""
    least = _POINTS if every is None else 1
    if steps < least:
        raise InputError(f"steps must be {least} or more, got {steps}")
    if every is not None and not 1 <= every <= steps:
        raise InputError(f"every must be between 1 and the {steps} steps, got {every}")
    return every or steps // _POINTS


def _document(found: BranchedRun, warm_up: BatchWarmUp) -> dict[str, Any]:
    document = found.model_dump(mode="json")
    for point, row in zip(found.points, document["points"], strict=True):
        row["tolerance"] = found.tolerance
        row["largest_within_tolerance"] = _largest(found, point)
    return document | {"advice": warm_up.model_dump(mode="json")}


def _largest(found: BranchedRun, point: BranchedPoint) -> int | None:
    return next(w.largest for w in point.within if w.tolerance == found.tolerance)


def _rows(found: BranchedRun) -> list[dict[str, Any]]:
    """One row a point."""
    return [
        {
            "step": p.step, "examples": p.examples, "loss": p.loss,
            "critical_batch": p.critical_batch.value, "low": p.critical_batch.interval[0],
            "high": p.critical_batch.interval[1], "largest_within_tolerance": _largest(found, p),
            "noise_scale": p.noise_scale.value, "noise_scale_low": p.noise_scale.interval[0],
            "noise_scale_high": p.noise_scale.interval[1], "unresolved_because": p.unresolved_because,
        }
        for p in found.points
    ]  # fmt: skip
