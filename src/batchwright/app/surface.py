"""The loss along lines, over planes, and between two trainings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.point import WHERE, PointOptions
from batchwright.app.signature import Asked, Option, OptionGroup, front_door
from batchwright.core.errors import InputError, unknown_name

if TYPE_CHECKING:
    from batchwright.app.answer import Answer
    from batchwright.training.loop import Run

_WHAT, _HOW = "What", "How"
DIRECTIONS = ("random", "gradient", "eigenvector")


@dataclass(frozen=True, kw_only=True)
class SurfaceOptions(OptionGroup):
    """Which surface."""

    plane: Annotated[bool, Option("Over a plane, or along a line.", panel=_WHAT, off="--line")] = False
    direction: Annotated[str, Option("random (filter-normalised), gradient or eigenvector.", panel=_WHAT)] = (
        "random"
    )
    between: Annotated[
        Sequence[int] | None,
        Option(
            "Train with both batch sizes and interpolate; three sizes span a plane.",
            panel=_WHAT,
            metavar="SMALL,LARGE",
        ),
    ] = None
    between_checkpoints: Annotated[
        tuple[str, str] | None,
        Option("Interpolate between two checkpoints.", panel=_WHAT, metavar="DIR DIR"),
    ] = None
    trajectory: Annotated[bool, Option("The plane that the steps move in most.", panel=_WHAT)] = False
    epochs: Annotated[
        float | None, Option("With between: epochs of each; default the task's.", panel=WHERE)
    ] = None
    lr: Annotated[
        float | Sequence[float] | None,
        Option(
            "... and this learning rate; with between one for all, or one each, as 0.1,0.4.",
            panel=WHERE,
            metavar="LR",
        ),
    ] = None
    points: Annotated[int, Option("Points a side.", panel=_HOW)] = 25
    range: Annotated[
        float | None,
        Option(
            "Largest alpha, 1 by default: as far as the weights are long, or a distance of 1.", panel=_HOW
        ),
    ] = None
    recalibrate: Annotated[bool, Option("Recompute batch norm's statistics at every point.", panel=_HOW)] = (
        True
    )

    @property
    def rates(self) -> list[float | None]:
        """The learning rates given, one at least; None is the task's own."""
        return list(self.lr) if isinstance(self.lr, Sequence) else [self.lr]


@front_door
def surface(
    task: o.TaskGiven,
    *,
    which: SurfaceOptions,
    where: PointOptions,
    optimizer: o.OptimizerOptions,
    asked_of_task: o.MeasuredTaskOptions,
    machine: o.MachineOptions,
    files: o.FileOptions,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Measure loss and accuracy along a line or over a plane through a model, or between two of them.

    >>> surface("digits", between=[32, 512], steps=200).save("between.html")  # doctest: +SKIP
    """
    from batchwright.app.files import check_files, with_files
    from batchwright.app.progress import watching
    from batchwright.app.surface_runs import Ways, measured_surface
    from batchwright.app.task_given import subject_of, task_of

    check_files(files)
    check_together(which, where)
    with watching(progress, "task") as watch:
        reference, live = task_of(task, asked_of_task)
        ways = Ways(reference, live, which, where, optimizer, machine, asked_of_task.examples, watch)
        found, runs = measured_surface(ways)
        answer = _answer(found, runs, asked, subject_of(reference))
        return with_files(answer, files)


def check_together(which: SurfaceOptions, where: PointOptions) -> None:
    """Refuse arguments that say two things, or that would have no effect."""
    if which.direction not in DIRECTIONS:
        raise unknown_name("direction", which.direction, DIRECTIONS)
    kinds = [name for name in ("between", "between_checkpoints", "trajectory") if getattr(which, name)]
    if len(kinds) > 1:
        raise InputError(f"{' and '.join(f'`{kind}`' for kind in kinds)} are different surfaces: keep one")
    several = len(which.rates) > 1
    if kinds:
        _check_idle(kinds[0], which, where, several)
    elif several:
        raise InputError("`lr` must be one number without `between`")
    if which.epochs is not None and kinds != ["between"]:
        raise InputError("`epochs` needs `between`; `steps` trains before other surfaces")
    if which.epochs is not None and where.steps:
        raise InputError("`epochs` and `steps` both say how long to train: keep one")


def _check_idle(kind: str, which: SurfaceOptions, where: PointOptions, several: bool) -> None:
    """Refuse what has no meaning with a surface of this kind."""
    given = {
        "plane": which.plane, "direction": which.direction != "random", "range": which.range is not None,
        "checkpoint": where.checkpoint is not None, "at": where.at is not None,
    }  # fmt: skip
    if kind == "between_checkpoints":
        given["steps"] = where.steps != 0
    if kind != "between":
        given["`lr` with several values"] = several
    for name, is_given in given.items():
        if is_given:
            raise InputError(f"{name} has no meaning with `{kind}`: drop it")
    if kind == "trajectory" and not where.steps:
        raise InputError("`trajectory` needs `steps`, the updates to make, for instance `steps=200`")


def _answer(found: Any, runs: Sequence[Run], asked: Asked, subject: str | None) -> Answer:
    from batchwright.app.answer import Answer
    from batchwright.report.pages.surface import surface_page

    task = runs[0].task.name
    document = found.model_dump(mode="json") | {"task": task, "steps": [run.step for run in runs]}
    page = surface_page(found, task=task, action=asked.action(subject))
    return Answer(result=found, page=page, document=document, rows=lambda: _rows(document))


def _rows(document: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a point: where it is, and loss and metrics of both splits."""
    alpha: list[float] = document["alpha"]
    beta: Any = document.get("beta")
    places: list[tuple[int, int | None]] = [(i, None) for i in range(len(alpha))]
    if beta is not None:
        places = [(i, j) for j in range(len(beta)) for i in range(len(alpha))]

    def at(values: Any, i: int, j: int | None) -> Any:
        return values[i] if j is None else values[j][i]

    rows = []
    for i, j in places:
        row = {"alpha": alpha[i]} | ({} if j is None else {"beta": beta[j]})
        for split in ("train", "validation"):
            series = {"loss": document[split]["loss"], **document[split]["metrics"]}
            row |= {f"{split}_{name}": at(values, i, j) for name, values in series.items()}
        rows.append(row)
    return rows
