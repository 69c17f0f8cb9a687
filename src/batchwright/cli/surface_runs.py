"""The trainings behind a surface: one a batch size, or one that is followed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from batchwright.cli import point
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.task.task import TaskReference
    from batchwright.training.loop import Run

_SNAPSHOTS = 25


def check_together(given: dict[str, bool]) -> None:
    """Refuse options that say two things, or that would have no effect."""
    kinds = [name for name in ("--between", "--between-checkpoints", "--trajectory") if given[name]]
    if len(kinds) > 1:
        raise InputError(f"{' and '.join(kinds)} are different surfaces: keep one")
    if kinds:
        idle = ["--plane", "--direction", "--range", "--checkpoint", "--at"]
        if kinds == ["--between-checkpoints"]:
            idle += ["--steps", "--lr with several values"]
        if kinds == ["--trajectory"]:
            idle.append("--lr with several values")
            if not given["--steps"]:
                raise InputError("--trajectory needs --steps, the updates to make, for instance --steps 200")
        for name in idle:
            if given[name]:
                raise InputError(f"{name} has no meaning with {kinds[0]}: drop it")
    elif given["--lr with several values"]:
        raise InputError("--lr must be one number without --between")
    if given["--epochs"] and kinds != ["--between"]:
        raise InputError("--epochs needs --between; --steps trains before other surfaces")
    if given["--epochs"] and given["--steps"]:
        raise InputError("--epochs and --steps both say how long to train: keep one")


def train_each(
    reference: TaskReference, sizes: list[int], rates: list[Any], steps: int, epochs: float | None,
    progress: Any, training: dict[str, Any],
) -> list[Run]:  # fmt: skip
    """One run a batch size, from the same initial weights, for as many updates or as many epochs."""
    from batchwright.batches import check_batch_size
    from batchwright.task.load import load_task

    if len(sizes) not in (2, 3) or len(set(sizes)) != len(sizes):
        raise InputError(
            f"--between must be two or three different batch sizes, got {','.join(map(str, sizes))}"
        )
    if len(rates) not in (1, len(sizes)):
        raise InputError(f"--lr must be one number or one a batch size, got {len(rates)} for {len(sizes)}")
    if epochs is not None and not 0 < epochs < float("inf"):
        raise InputError(f"--epochs must be greater than 0, got {epochs:g}")
    task = load_task(reference)
    for size in sizes:
        check_batch_size(size, len(task.train))
    length = task.max_epochs if epochs is None else epochs
    wanted = [steps or max(round(length * len(task.train) / size), 1) for size in sizes]
    runs, done = [], 0
    for k, (size, count) in enumerate(zip(sizes, wanted, strict=True)):
        before = done
        run, _ = point.at_point(
            reference, steps=count, batch_size=size, lr=rates[k % len(rates)],
            progress=lambda step, _, start=before: progress(start + step, sum(wanted)), **training,
        )  # fmt: skip
        runs.append(run)
        done += count
    return runs


def followed(
    reference: TaskReference, steps: int, progress: Any, options: dict[str, Any]
) -> tuple[list[Run], list[Any], list[int]]:
    """The run, and the parameters at equally spaced updates from the first weights to the last."""
    from batchwright.core.params import parameters_of
    from batchwright.training.loop import Run

    spec, task = point.spec_at(reference, steps=steps, **options)
    run = Run(spec, task)
    count = min(_SNAPSHOTS, steps + 1)
    if count < 3:
        raise InputError(f"--trajectory needs two updates or more, got --steps {steps}")
    wanted = sorted({round(k * steps / (count - 1)) for k in range(count)})
    snapshots = [parameters_of(run.model)]
    while run.step < steps:
        run.update()
        progress(run.step, steps)
        if run.step in wanted:
            snapshots.append(parameters_of(run.model))
    return [run], snapshots, wanted
