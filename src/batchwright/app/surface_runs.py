"""The trainings behind a surface, and the surface about or between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchwright.app.point import Place, PointOfRun, PointOptions, place_of, spec_at
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.app.options import MachineOptions, OptimizerOptions
    from batchwright.app.progress import Watch
    from batchwright.app.surface import SurfaceOptions
    from batchwright.task.task import Task, TaskReference
    from batchwright.training.loop import Run

_SNAPSHOTS = 25


@dataclass(frozen=True)
class Ways:
    """What was asked, and what it is asked of."""

    reference: TaskReference
    task: Task
    which: SurfaceOptions
    where: PointOptions
    optimizer: OptimizerOptions
    machine: MachineOptions
    examples: int | None
    watch: Watch

    @property
    def how(self) -> dict[str, Any]:
        """What every surface is measured with."""
        return {
            "points": self.which.points, "examples": self.examples, "recalibrated": self.which.recalibrate,
            "seed": self.machine.seed, "progress": self.watch,
        }  # fmt: skip

    def run(self, place: Place) -> Run:
        """The run at a place."""
        spec, task = spec_at(place, self.reference, self.task, self.optimizer, self.machine)
        return place.run(spec, task, self.watch)


def measured_surface(ways: Ways) -> tuple[Any, list[Run]]:
    """The surface that was asked for, and the runs it lies about."""
    which = ways.which
    if which.between:
        runs = _train_each(ways, list(which.between))
        return _through(ways, runs, [f"batch size {size}" for size in which.between]), runs
    if which.between_checkpoints:
        folders = [Path(folder) for folder in which.between_checkpoints]
        runs = [ways.run(Place(checkpoint=folder)) for folder in folders]
        return _through(ways, runs, [folder.name for folder in folders]), runs
    if which.trajectory:
        return _along_the_way(ways)
    run = ways.run(place_of(ways.where, which.rates[0]))
    return _about(ways, run), [run]


def _train_each(ways: Ways, sizes: Sequence[int]) -> list[Run]:
    """One run a batch size, from the same initial weights, for as many updates or as many epochs."""
    rates, epochs, steps = ways.which.rates, ways.which.epochs, ways.where.steps
    if len(sizes) not in (2, 3) or len(set(sizes)) != len(sizes):
        raise InputError(
            f"between must be two or three different batch sizes, got {','.join(map(str, sizes))}"
        )
    if len(rates) not in (1, len(sizes)):
        raise InputError(f"lr must be one number or one a batch size, got {len(rates)} for {len(sizes)}")
    if epochs is not None and not 0 < epochs < float("inf"):
        raise InputError(f"epochs must be greater than 0, got {epochs:g}")
    total = len(ways.task.train)
    for size in sizes:
        if not 1 <= size <= total:
            raise InputError(
                f"`between` must hold batch sizes from 1 to {total} (the training examples), got {size}"
            )
    length = ways.task.max_epochs if epochs is None else epochs
    return [
        ways.run(
            Place(
                point=PointOfRun(
                    steps=steps or max(round(length * total / size), 1),
                    batch_size=size,
                    lr=rates[k % len(rates)],
                )
            )
        )
        for k, size in enumerate(sizes)
    ]


def _along_the_way(ways: Ways) -> tuple[Any, list[Run]]:
    """The plane of a run's own parameters at equally spaced updates, from the first weights to the last."""
    from batchwright.core.params import parameters_of
    from batchwright.measure.surface.planes import plane_of_trajectory

    steps = ways.where.steps
    count = min(_SNAPSHOTS, steps + 1)
    if count < 3:
        raise InputError(f"`trajectory` needs two updates or more, got `steps={steps}`")
    place = place_of(ways.where, ways.which.rates[0])
    spec, task = spec_at(place, ways.reference, ways.task, ways.optimizer, ways.machine)
    run = Place().run(spec, task, ways.watch)
    ways.watch.phase("steps")
    wanted = sorted({round(k * steps / (count - 1)) for k in range(count)})
    snapshots = [parameters_of(run.model)]
    while run.step < steps:
        run.update()
        ways.watch(run.step, steps)
        if run.step in wanted:
            snapshots.append(parameters_of(run.model))
    ways.watch.phase("points")
    return plane_of_trajectory(run.model, run.task, snapshots, steps=wanted, **ways.how), [run]


def _through(ways: Ways, runs: list[Run], names: list[str]) -> Any:
    """Between two models, or over the plane of three."""
    from batchwright.measure.surface.interpolation import interpolate
    from batchwright.measure.surface.planes import plane_through

    ways.watch.phase("points")
    models, task = [run.model for run in runs], runs[0].task
    if len(models) == 3:
        return plane_through(models, task, names=names, **ways.how)
    names = names if names[0] != names[1] else ["first", "second"]
    return interpolate(models[0], models[1], task, names=(names[0], names[1]), **ways.how)


def _about(ways: Ways, run: Run) -> Any:
    """A line or a plane about a point."""
    from batchwright.measure.surface.choice import chosen_directions
    from batchwright.measure.surface.lines import surface_line, surface_plane

    ways.watch.phase("directions")
    found = chosen_directions(
        run.model, run.task, ways.which.direction, plane=ways.which.plane, examples=ways.examples,
        seed=ways.machine.seed,
    )  # fmt: skip
    reach = 1.0 if ways.which.range is None else ways.which.range
    ways.watch.phase("points")
    if not ways.which.plane:
        return surface_line(run.model, run.task, found[0], reach=reach, **ways.how)
    return surface_plane(run.model, run.task, (found[0], found[1]), reach=reach, **ways.how)
