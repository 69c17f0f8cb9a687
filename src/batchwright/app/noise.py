"""The gradient's noise at a point, and the batch size it speaks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.point import WHERE, Place, PointLr, PointOptions, place_of, spec_at
from batchwright.app.signature import Asked, Option, arguments_of, front_door
from batchwright.core.errors import InputError, shown

if TYPE_CHECKING:
    from batchwright.app.answer import Answer
    from batchwright.app.progress import Watch
    from batchwright.measure.gradients.along import NoiseAlong
    from batchwright.measure.gradients.geometry import Norm
    from batchwright.measure.gradients.noise import Rows
    from batchwright.task.task import Task
    from batchwright.training.loop import Run
    from batchwright.training.spec import RunSpec

_HOW = "How"
_FEWEST_ROWS = 3
_OF_BRANCHES = {"along": "every"}
"""Arguments that branches know by another name."""


@front_door
def noise(
    task: o.TaskGiven,
    *,
    where: PointOptions,
    lr: PointLr = None,
    along: Annotated[
        int | None, Option("Measure after every so many of the steps, as a curve.", panel=WHERE)
    ] = None,
    sample: Annotated[
        int | str,
        Option("Rows whose gradients are taken, or all; auto goes on while few examples decide.", panel=_HOW),
    ] = "auto",
    curvature: Annotated[bool, Option("Also B_noise, with Hessian-vector products.", panel=_HOW)] = True,
    geometry: Annotated[
        bool,
        Option("Also in the norm in which the optimizer moves: Adam's and its like, Muon's.", panel=_HOW),
    ] = False,
    branched: Annotated[
        bool,
        Option("Measure the critical batch size along the run instead, as the command branched.", panel=_HOW),
    ] = False,
    draws: Annotated[int, Option("Batches drawn at every size for the 1/sqrt(B) law.", panel=_HOW)] = 64,
    memory_budget: Annotated[
        str, Option("For the gradients held at once.", panel=_HOW, metavar="SIZE")
    ] = "512MiB",
    optimizer: o.OptimizerOptions,
    asked_of_task: o.TaskOptions,
    machine: o.MachineOptions,
    files: o.FileOptions,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Measure the gradient noise scale: the batch size beyond which averaging more examples buys little."""
    from batchwright.app.files import check_files, with_files
    from batchwright.app.progress import watching
    from batchwright.app.specs import memory_bytes
    from batchwright.app.task_given import subject_of, task_of

    if branched:
        return _by_branches(task, asked)
    check_files(files)
    place = place_of(where, lr)
    _check(along, place)
    how: dict[str, Any] = {
        "sample": _rows(sample), "seed": machine.seed, "memory_bytes": memory_bytes(memory_budget),
    }  # fmt: skip
    with watching(progress, "task") as watch:
        reference, live = task_of(task, asked_of_task, examples=asked_of_task.examples)
        spec, live = spec_at(place, reference, live, optimizer, machine)
        norm = _norm(spec) if geometry else None
        curve: list[NoiseAlong] = []
        if along is None:
            run = place.run(spec, live, watch)
        else:
            watch.phase("steps")
            run, curve = _along(spec, live, along, watch, **how)
        beside = _Beside(curvature=curvature, draws=draws, norm=norm)
        answer = _at(run, live, beside, watch, how, curve, asked, subject_of(reference))
        return with_files(answer, files)


def _by_branches(task: Any, asked: Asked) -> Answer:
    """What ``branched`` answers to the same question.

    Raises:
        InputError: an argument that branches do not have.
    """
    from batchwright.app.branched import branched

    given = {_OF_BRANCHES.get(name, name): value for name, value in asked.arguments.items()}
    del given["branched"]
    known = {argument.name for argument in arguments_of(branched)}
    for name in asked.arguments:
        if name != "branched" and _OF_BRANCHES.get(name, name) not in known:
            raise InputError(f"branched measures by training and takes no `{name}`: drop one of the two")
    return branched(task, **given)


@dataclass(frozen=True, kw_only=True)
class _Beside:
    """What to measure beside the noise scale."""

    curvature: bool
    draws: int
    norm: Norm | None


def _norm(spec: RunSpec) -> Norm:
    """The dual norm of the optimizer, where it is another than the Euclidean.

    Raises:
        InputError: it is not.
    """
    from batchwright.optim.catalogue import CATALOGUE

    norm = CATALOGUE[spec.optimizer.name].dual_norm
    if norm == "l2":
        others = [name for name, record in CATALOGUE.items() if record.dual_norm != "l2"]
        raise InputError(
            f"geometry is for optimizers that move in another norm than the gradient's own ({', '.join(others)}), "
            f"got {spec.optimizer.name}, for which the noise scale says it all: leave geometry out"
        )
    return norm


def _check(along: int | None, place: Place) -> None:
    if along is None:
        return
    if place.checkpoint is not None or place.parameters is not None:
        raise InputError("`along` trains from the start: drop `checkpoint` and `at`")
    if place.point.steps == 0:
        raise InputError("`along` needs `steps`, the updates to make, for instance `steps=200` `along=20`")


def _rows(sample: int | str) -> Rows:
    if sample == "all":
        return None
    if sample == "auto":
        return "auto"
    if isinstance(sample, str) or sample < _FEWEST_ROWS:
        raise InputError(
            f"sample must be auto, all or a number of rows from {_FEWEST_ROWS} on, got {shown(sample)}"
        )
    return sample


def _along(spec: RunSpec, task: Task, every: int, watch: Watch, **how: Any) -> tuple[Run, list[NoiseAlong]]:
    """The run at its end, or at its last measurement before it diverged, and the measurements."""
    from batchwright.measure.gradients.along import measured_run
    from batchwright.measure.gradients.noise import SAMPLE

    curve, last = [], None
    if how["sample"] == "auto":
        how["sample"] = SAMPLE  # many measurements, each a point of a curve
    for run, row in measured_run(spec, task, every=every, **how):
        last = run
        curve.append(row)
        watch(row.step, spec.budget.steps or row.step)
    if last is None:
        raise InputError("the run diverged before its first measurement: lower `lr` or `along`")
    return last, curve


def _at(
    run: Run, task: Task, beside: _Beside, watch: Watch, how: dict[str, Any], curve: Sequence[NoiseAlong],
    asked: Asked, subject: str | None,
) -> Answer:  # fmt: skip
    """Noise where the run stands, as an answer."""
    from batchwright.app.answer import Answer
    from batchwright.measure.gradients.along import noise_of_run
    from batchwright.measure.gradients.geometry import geometry_noise
    from batchwright.measure.gradients.scatter import SAMPLINGS, scatter_by_batch, scatter_slope
    from batchwright.report.pages.noise import noise_page

    watch.phase("gradients")
    found = noise_of_run(run, task, curvature=beside.curvature, **how)
    raw, scaled = found.raw, found.preconditioned
    watch.phase("drawn")
    scatter = scatter_by_batch(
        run.model, task, raw.trace_sigma.value, draws=beside.draws, seed=how["seed"],
        memory_bytes=how["memory_bytes"], progress=watch,
    )  # fmt: skip
    geometry = None
    if beside.norm is not None:
        geometry = geometry_noise(
            run.model, task, beside.norm, rows=raw.sample, seed=how["seed"], memory_bytes=how["memory_bytes"]
        )
    slopes = [scatter_slope(scatter, raw.examples, name) for name in SAMPLINGS]
    rows = [row.model_dump(mode="json") for row in scatter]
    document: dict[str, Any] = {
        **raw.model_dump(mode="json"),
        "step": run.step,
        "task": task.name,
        "preconditioned_noise": None if scaled is None else scaled.model_dump(mode="json"),
        "geometry_noise": None if geometry is None else geometry.model_dump(mode="json"),
        "std_by_batch": rows,
        "slope": slopes[0].model_dump(mode="json"),
        "slopes": {slope.sampling: slope.model_dump(mode="json") for slope in slopes},
    }
    if asked.arguments.get("along") is not None:
        document["along"] = [row.model_dump(mode="json") for row in curve]
    page = noise_page(
        raw, scatter, slopes, task=task.name, step=run.step, preconditioned=scaled, geometry=geometry, along=curve,
        action=asked.action(subject),
    )  # fmt: skip
    return Answer(result=raw, page=page, document=document, rows=lambda: document.get("along", rows))
