"""The point in parameter space to measure at: given, of a checkpoint, or after some updates."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app.options import MachineOptions, OptimizerOptions
from batchwright.app.signature import Option, OptionGroup
from batchwright.core.errors import InputError, shown

if TYPE_CHECKING:
    from torch import nn

    from batchwright.app.progress import Watch
    from batchwright.task.task import Task, TaskReference
    from batchwright.training.loop import Run
    from batchwright.training.spec import RunSpec

WHERE = "Where"
_BATCH_SIZE = 32
PointLr = Annotated[float | None, Option("... and this learning rate.", panel=WHERE)]


@dataclass(frozen=True, kw_only=True)
class PointOfRun:
    """A point of a run: after ``steps`` updates, from the task's initial weights."""

    steps: int = 0
    batch_size: int | None = None
    lr: float | None = None


def initial() -> PointOfRun:
    """The initial weights, as a place to measure at."""
    return PointOfRun()


def after(*, steps: int, batch_size: int | None = None, lr: float | None = None) -> PointOfRun:
    """The point after so many updates with this batch size and learning rate."""
    return PointOfRun(steps=steps, batch_size=batch_size, lr=lr)


@dataclass(frozen=True, kw_only=True)
class PointOptions(OptionGroup):
    """Where to measure: the initial weights if nothing is given."""

    at: Annotated[
        Sequence[float] | Any,
        Option(
            "At these parameters, all of them; in Python also initial(), after(steps=...), a checkpoint, "
            "a dictionary of tensors or a model.",
            panel=WHERE,
            metavar="W1,W2,...",
        ),
    ] = None
    checkpoint: Annotated[
        str | None, Option("At this checkpoint of a training.", panel=WHERE, metavar="DIR")
    ] = None
    steps: Annotated[int, Option("Train so many updates first.", panel=WHERE)] = 0
    batch_size: Annotated[
        int | None,
        Option("... with this batch size, 32 by default (all if there are fewer) ...", panel=WHERE),
    ] = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where to measure, settled: a checkpoint, or updates to make and then perhaps parameters to set."""

    point: PointOfRun = PointOfRun()
    checkpoint: Path | None = None
    parameters: Any = None

    def run(self, spec: RunSpec, task: Task, watch: Watch) -> Run:
        """The run at this place; the updates that lead there are made under ``watch``."""
        from batchwright.training.checkpoint import load
        from batchwright.training.loop import Run

        run = Run(spec, task)
        if self.checkpoint is not None:
            saved = load(self.checkpoint)
            # The run may go on on another device than it was saved on.
            run.restore(replace(saved, facts=saved.facts.model_copy(update={"spec": spec})))
        elif self.point.steps:
            watch.phase("steps")
        while self.checkpoint is None and run.step < self.point.steps:
            run.update()
            watch(run.step, self.point.steps)
        if self.parameters is not None:
            set_parameters(run.model, self.parameters)
        return run


def place_of(given: PointOptions, lr: float | None = None) -> Place:
    """The one place that the arguments name.

    Raises:
        InputError: arguments that exclude each other.
    """
    at = given.at
    if at is not None and (given.steps or given.checkpoint is not None):
        raise InputError("`at` says where to measure: drop `steps` and `checkpoint`")
    if isinstance(at, PointOfRun):
        if lr is not None:
            raise InputError("`at` says how to train: give it the learning rate, as after(steps=..., lr=...)")
        return Place(point=_checked(at))
    if isinstance(at, (str, os.PathLike)):
        return Place(checkpoint=Path(at))
    if given.checkpoint is not None:
        if given.steps:
            raise InputError("`checkpoint` says where to measure: drop `steps`")
        return Place(checkpoint=Path(given.checkpoint))
    trained = PointOfRun(steps=given.steps, batch_size=given.batch_size, lr=lr)
    return Place(point=_checked(trained), parameters=at)


def _checked(point: PointOfRun) -> PointOfRun:
    if point.steps < 0:
        raise InputError(f"steps must be 0 or more, got {point.steps}")
    return point


def spec_at(
    place: Place, reference: TaskReference, task: Task, optimizer: OptimizerOptions, machine: MachineOptions
) -> tuple[RunSpec, Task]:
    """The spec of the run that leads to the place, and its task; of a checkpoint, those it was made with."""
    from batchwright.app.specs import optimizer_spec, updates_alone
    from batchwright.task.load import load_task

    if place.checkpoint is not None:
        spec = checkpoint_spec(place.checkpoint, reference).model_copy(update={"device": machine.device})
        return spec, task if subject_is_live(reference) else load_task(spec.task)
    point = place.point
    batch_size = point.batch_size
    if batch_size is None or not point.steps:  # where nothing is trained, any batch size will do
        batch_size = min(_BATCH_SIZE, len(task.train))
    own = optimizer_spec(task, optimizer, point.lr)
    steps = max(point.steps, 1)
    return updates_alone(reference, own, batch_size=batch_size, steps=steps, machine=machine), task


def subject_is_live(reference: TaskReference) -> bool:
    """Whether the task lives in this process only."""
    return bool(getattr(reference, "live", False))


def checkpoint_spec(checkpoint: Path, reference: TaskReference) -> RunSpec:
    """The spec of the run that left the checkpoint, if it was a run of the task that was named."""
    from batchwright.training.checkpoint import load

    spec = load(checkpoint).spec
    plain = reference.model_copy(update={"options": {}, "examples": None, "data_dir": None})
    # Without set, data and examples, those of the checkpoint hold.
    if reference.name != spec.task.name or reference not in (plain, spec.task):
        asked, had = (r.model_dump(exclude_defaults=True) for r in (reference, spec.task))
        raise InputError(f"checkpoint {checkpoint} was made with the task {had}, got {asked}: name the same")
    return spec


# --- parameters that are given ---


def set_parameters(model: nn.Module, given: Any) -> None:
    """Write parameters into the model: those of another model, tensors by name, or all numbers in a row.

    Raises:
        InputError: names, shapes or a number of them that the model does not have, or one that is not finite.
    """
    from torch import nn

    from batchwright.core.params import load_parameters

    if isinstance(given, nn.Module):
        try:
            model.load_state_dict(given.state_dict())
        except RuntimeError as error:
            first = str(error).splitlines()[-1].strip()
            raise InputError(f"at must be a model like the task's: {first}") from None
    elif isinstance(given, Mapping):
        load_parameters(model, given)
    else:
        _set_numbers(model, given)


def _set_numbers(model: nn.Module, given: Any) -> None:
    import torch

    own = {name: p for name, p in model.named_parameters() if p.requires_grad}
    count = sum(p.numel() for p in own.values())
    try:
        values = torch.as_tensor(given, dtype=torch.float64).reshape(-1)
    except (TypeError, ValueError, RuntimeError):
        raise InputError(
            f"at must be numbers, tensors by name, a model or a place, got {shown(given)}"
        ) from None
    if len(values) != count:
        which = f" ({', '.join(own)})" if len(own) == count <= 6 else ""
        raise InputError(f"at must be {count} numbers, the model's parameters{which}, got {len(values)}")
    if not all(map(math.isfinite, values.tolist())):
        raise InputError(f"at must be finite numbers, got {shown(given)}")
    with torch.no_grad():
        for parameter, piece in zip(
            own.values(), values.split([p.numel() for p in own.values()]), strict=True
        ):
            parameter.copy_(piece.view_as(parameter))
