"""The point in parameter space that a command measures at: given, of a checkpoint, or after some updates."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.cli import options as o
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from torch import nn

    from batchwright.task.task import Task, TaskReference
    from batchwright.training.loop import Run
    from batchwright.training.spec import RunSpec

PANEL, HOW = "Where", "How"
Checkpoint = Annotated[
    Path | None, typer.Option(rich_help_panel=PANEL, help="Measure at this checkpoint of `train`.")
]
Steps = Annotated[int, typer.Option(rich_help_panel=PANEL, help="Train so many updates first.")]
BatchSize = Annotated[int, typer.Option(rich_help_panel=PANEL, help="... with this batch size ...")]
Lr = Annotated[float | None, typer.Option(rich_help_panel=PANEL, help="... and this learning rate.")]
At = Annotated[
    str | None,
    typer.Option(
        metavar="W1,W2,...", rich_help_panel=PANEL, help="Measure at these parameters, all of them."
    ),
]

Chunk = Annotated[
    int, typer.Option(rich_help_panel=HOW, help="Examples a backward pass; changes time, not the result.")
]
GraphMemory = Annotated[
    str,
    typer.Option(
        "--memory-budget", metavar="SIZE", rich_help_panel=HOW, help="For the graphs that are kept."
    ),
]


def at_point(
    reference: TaskReference, *, checkpoint: Path | None = None, steps: int = 0, at: str | None = None,
    progress: Any = None, **run: Any,
) -> tuple[Run, Task]:  # fmt: skip
    """The run at the point that the options name, and its task; the initial weights without any of them.

    Args:
        reference: the task that was named.
        checkpoint: a checkpoint folder of ``train``; its own spec holds, on the device asked for.
        steps: updates to make first.
        at: the parameters themselves, numbers separated by commas, in the model's order.
        progress: called with (updates made, updates to make).
        run: what else :func:`spec_at` takes.

    Raises:
        InputError: options that exclude each other, or a point that the task or the checkpoint does not have.
    """
    if at is not None and (steps or checkpoint is not None):
        raise InputError("--at says where to measure: drop --steps and --checkpoint")
    spec, task = spec_at(reference, checkpoint=checkpoint, steps=steps, **run)
    live = run_at(spec, task, checkpoint=checkpoint, steps=steps, progress=progress)
    if at is not None:
        set_parameters(live.model, at)
    return live, task


def spec_at(
    reference: TaskReference, *, checkpoint: Path | None = None, steps: int = 0, batch_size: int = 32,
    lr: float | None = None, optimizer: str | None = None, momentum: float | None = None, seed: int = 0,
    device: str = "cpu", dtype: str = "float32",
) -> tuple[RunSpec, Task]:  # fmt: skip
    """The spec of the run that leads to the point, and its task."""
    from batchwright.task.load import load_task
    from batchwright.training.spec import RunSpec

    if checkpoint is not None:
        if steps:
            raise InputError("--checkpoint says where to measure: drop --steps")
        spec = checkpoint_spec(checkpoint, reference).model_copy(update={"device": device})
        return spec, load_task(spec.task)
    if steps < 0:
        raise InputError(f"--steps must be 0 or more, got {steps}")
    task = load_task(reference)
    spec = RunSpec.model_validate(
        {
            "task": reference, "batch_size": batch_size if steps else min(batch_size, len(task.train)),
            "optimizer": o.optimizer(task, name=optimizer, lr=lr, momentum=momentum),
            "budget": {"steps": max(steps, 1)}, "seed": seed, "device": device, "dtype": dtype,
            "evaluation": {"at": "steps", "every": 10**9},
        }
    )  # fmt: skip
    return spec, task


def checkpoint_spec(checkpoint: Path, reference: TaskReference) -> RunSpec:
    """The spec of the run that left the checkpoint, if it was a run of the task that was named."""
    from batchwright.training.checkpoint import load

    spec = load(checkpoint).spec
    plain = reference.model_copy(update={"options": {}, "examples": None, "data_dir": None})
    # Without --set, --data and --examples, those of the checkpoint hold.
    if reference.name != spec.task.name or reference not in (plain, spec.task):
        asked, had = (r.model_dump(exclude_defaults=True) for r in (reference, spec.task))
        raise InputError(f"checkpoint {checkpoint} was made with the task {had}, got {asked}: name the same")
    return spec


def run_at(
    spec: RunSpec, task: Task, *, checkpoint: Path | None = None, steps: int = 0, progress: Any = None
) -> Run:
    """The run where the checkpoint left it, or after so many updates."""
    from batchwright.training.checkpoint import load
    from batchwright.training.loop import Run

    run = Run(spec, task)
    if checkpoint is not None:
        run.restore(load(checkpoint).on(spec.device))
        return run
    while run.step < steps:
        run.update()
        if progress is not None:
            progress(run.step, steps)
    return run


def set_parameters(model: nn.Module, text: str) -> None:
    """Write the numbers of ``--at`` into all trainable parameters, in the model's order.

    Raises:
        InputError: another number of them than the model has, or one that is not finite.
    """
    import torch

    values = o.numbers(text, "--at")
    own = {name: p for name, p in model.named_parameters() if p.requires_grad}
    count = sum(p.numel() for p in own.values())
    if len(values) != count:
        which = f" ({', '.join(own)})" if len(own) == count <= 6 else ""
        raise InputError(f"--at must be {count} numbers, the model's parameters{which}, got {len(values)}")
    if not all(math.isfinite(value) for value in values):
        raise InputError(f"--at must be finite numbers, got {text!r}")
    pieces = torch.tensor(values, dtype=torch.float64).split([p.numel() for p in own.values()])
    with torch.no_grad():
        for parameter, piece in zip(own.values(), pieces, strict=True):
            parameter.copy_(piece.view_as(parameter))
