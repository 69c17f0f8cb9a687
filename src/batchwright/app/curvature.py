"""Where training stands: eigenvalues, class of the point and sharpness of a real model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.point import WHERE, Place, PointLr, PointOptions, place_of, spec_at
from batchwright.app.signature import Asked, Option, front_door
from batchwright.core.errors import InputError, unknown_name

if TYPE_CHECKING:
    from batchwright.app.answer import Answer
    from batchwright.app.progress import Watch
    from batchwright.measure.hessian.tracking import CurvatureAlong
    from batchwright.task.task import Task
    from batchwright.training.loop import Run
    from batchwright.training.spec import RunSpec

HOW = "How"
_MODES = ("evaluation", "training")
Chunk = Annotated[int, Option("Examples a backward pass; changes time, not the result.", panel=HOW)]
GraphMemory = Annotated[str, Option("For the graphs that are kept.", panel=HOW, metavar="SIZE")]


@front_door
def curvature(
    task: o.TaskGiven,
    *,
    where: PointOptions,
    lr: PointLr = None,
    along: Annotated[
        int | None, Option("Track the largest eigenvalue after every so many of the steps.", panel=WHERE)
    ] = None,
    top: Annotated[int, Option("Largest eigenvalues wanted.", panel=HOW)] = 5,
    bottom: Annotated[int, Option("Smallest eigenvalues wanted.", panel=HOW)] = 5,
    tolerance: Annotated[
        float, Option("Of the residuals, relative to the largest eigenvalue.", panel=HOW)
    ] = 1e-3,
    gradient_tolerance: Annotated[
        float | None, Option("Gradient norm up to which the point counts as critical.", panel=HOW)
    ] = None,
    trace_error: Annotated[float, Option("Standard error of the trace, relative to it.", panel=HOW)] = 0.05,
    density: Annotated[bool, Option("Also the density of the eigenvalues.", panel=HOW)] = False,
    sharpness: Annotated[bool, Option("Also Keskar's and SAM's sharpness.", panel=HOW)] = True,
    layers: Annotated[bool, Option("With along: each parameter tensor's too.", panel=HOW)] = False,
    mode: Annotated[
        str, Option("evaluation or training: of dropout and batch norm.", panel=HOW)
    ] = "evaluation",
    chunk: Chunk = 128,
    memory_budget: GraphMemory = "512MiB",
    optimizer: o.OptimizerOptions,
    asked_of_task: o.MeasuredTaskOptions,
    machine: o.MachineOptions,
    files: o.FileOptions,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Find out where training stands: minimum, saddle or slope, and how sharp, from the exact Hessian."""
    from batchwright.app.files import check_files, with_files
    from batchwright.app.progress import watching
    from batchwright.app.specs import memory_bytes
    from batchwright.app.task_given import subject_of, task_of

    check_files(files)
    place = place_of(where, lr)
    _check(top, bottom, along, layers, mode, place)
    # The subset is for the Hessian alone: the run trains on all examples.
    how = {
        "examples": asked_of_task.examples, "chunk": chunk, "memory_bytes": memory_bytes(memory_budget),
        "seed": machine.seed,
    }  # fmt: skip
    wanted = {
        "top": top, "bottom": bottom, "tolerance": tolerance, "trace_error": trace_error,
        "density": density or files.figure is not None or files.report is not None,
        "gradient_tolerance": gradient_tolerance, "sharpness": sharpness,
    }  # fmt: skip
    with watching(progress, "task") as watch:
        reference, live = task_of(task, asked_of_task)
        spec, live = spec_at(place, reference, live, optimizer, machine)
        curve: list[CurvatureAlong] = []
        if along is None:
            run = place.run(spec, live, watch)
        else:
            watch.phase("steps")
            run, curve = _along(spec, live, along, layers, how, watch)
        run.model.train(mode == "training")
        answer = _at(run, live, {**wanted, **how}, watch, curve, asked, subject_of(reference))
        return with_files(answer, files, figure="along" if curve else None)


def _check(top: int, bottom: int, along: int | None, layers: bool, mode: str, place: Place) -> None:
    if mode not in _MODES:
        raise unknown_name("mode", mode, _MODES)
    for name, count in (("top", top), ("bottom", bottom)):
        if count < 0:
            raise InputError(f"{name} must be 0 or more, got {count}")
    if top + bottom == 0:
        raise InputError("`top` and `bottom` must ask for one eigenvalue or more, got 0 and 0")
    if along is not None and (place.checkpoint is not None or place.parameters is not None):
        raise InputError("`along` trains from the start: drop `checkpoint` and `at`")
    if along is not None and place.point.steps == 0:
        raise InputError("`along` needs `steps`, the updates to make, for instance `steps=200` `along=10`")
    if layers and along is None:
        raise InputError("`layers` needs `along`, the updates between two measurements")


def _along(
    spec: RunSpec, task: Task, every: int, layers: bool, how: dict[str, Any], watch: Watch
) -> tuple[Run, list[CurvatureAlong]]:
    """The run at its end, or at its last measurement before it diverged, and the measurements."""
    from batchwright.measure.hessian.tracking import tracked_run

    found = []
    for run, row in tracked_run(spec, task, every=every, layers=layers, **how):
        found.append((run, row))
        watch(row.step, spec.budget.steps or row.step)
    return found[-1][0], [row for _, row in found]


def _at(
    run: Run, task: Task, how: dict[str, Any], watch: Watch, curve: list[CurvatureAlong], asked: Asked,
    subject: str | None,
) -> Answer:  # fmt: skip
    """Curvature where the run stands, as an answer."""
    from batchwright.app.answer import Answer
    from batchwright.measure.points.geometry import measure_geometry
    from batchwright.report.pages.curvature import curvature_page

    found = measure_geometry(run.model, task, remark=watch.phase, **how)
    document = found.model_dump(mode="json", by_alias=True) | {"task": task.name, "step": run.step}
    if curve:
        document["along"] = [row.model_dump(mode="json") for row in curve]
    page = curvature_page(
        found, task=task.name, step=run.step, along=curve, spec=run.spec, action=asked.action(subject)
    )
    rows = document["along"] if curve else document["eigenvalues"]
    return Answer(result=found, page=page, document=document, rows=lambda: rows)
