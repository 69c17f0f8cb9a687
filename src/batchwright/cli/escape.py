"""``batchwright escape TASK``: leave a saddle along the direction of most negative curvature."""

from __future__ import annotations

from typing import Any

import typer

from batchwright.cli import options as o
from batchwright.cli import point as at_point


def escape(
    context: typer.Context,
    task: o.TaskName,
    checkpoint: at_point.Checkpoint = None,
    steps: at_point.Steps = 0,
    batch_size: at_point.BatchSize = 32,
    lr: at_point.Lr = None,
    at: at_point.At = None,
    chunk: at_point.Chunk = 128,
    memory_budget: at_point.GraphMemory = "512MiB",
    optimizer: o.OptimizerName = None,
    momentum: o.Momentum = None,
    settings: o.Settings = None,
    data: o.Data = None,
    examples: o.Examples = None,
    seed: o.Seed = 0,
    device: o.Device = "cpu",
    dtype: o.DType = "float32",
    as_json: o.Json = False,
) -> int:
    """Leave a saddle along its most negative curvature, with a line search: the loss must fall."""
    from batchwright.advice.answer import command_words
    from batchwright.cli.output import ProgressLine, emit_json, measured, say
    from batchwright.measure.points.escape import escape as leave
    from batchwright.report.text.catalogue import say as in_words

    memory = o.memory_bytes(memory_budget, "--memory-budget")
    reference = o.reference(task, settings, data, None)
    run_options: dict[str, Any] = {
        "batch_size": batch_size, "lr": lr, "optimizer": optimizer, "momentum": momentum, "seed": seed,
        "device": device, "dtype": dtype,
    }  # fmt: skip
    progress = ProgressLine("steps")
    try:
        run, live = at_point.at_point(
            reference, checkpoint=checkpoint, steps=steps, at=at, progress=progress, **run_options
        )
        progress.say("measuring: eigenvalues")
        found = leave(run.model, live, examples=examples, chunk=chunk, memory_bytes=memory, seed=seed)
    finally:
        progress.close()
    if as_json:
        emit_json(found.model_dump(mode="json", by_alias=True) | {"task": live.name, "step": run.step})
        return 0
    say(in_words(found.reason), style="bold")
    say()
    say(f"Loss {measured(found.loss_before)} before, {measured(found.loss_after)} after.")
    if found.eigenvalue is not None:
        say(f"Smallest eigenvalue of the Hessian: {measured(found.eigenvalue)}.")
    if found.direction is not None and len(found.direction) <= 8:
        numbers = ", ".join(measured(x) for x in found.direction)
        say(f"Direction: {numbers}; distance {measured(found.distance)}.")
    words = command_words(live.reference or reference)
    say(f"Next: batchwright surface {words}")
    return 0
