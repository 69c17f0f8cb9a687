"""What a step costs on this machine, and the largest batch that fits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from batchwright.app import options as o
from batchwright.app.signature import Asked, Option, front_door
from batchwright.core.errors import InputError, shown

if TYPE_CHECKING:
    from batchwright.app.answer import Answer

_PROBE = "Probe"


@front_door
def probe(
    task: o.TaskGiven,
    *,
    batch_sizes: Annotated[
        Sequence[int] | None, Option("To time. Default: powers of two, all.", panel=_PROBE, metavar="B,B,...")
    ] = None,
    memory_budget: Annotated[
        str | None, Option("As 2GiB. Default: 90% of what is free.", panel=_PROBE, metavar="SIZE")
    ] = None,
    seconds: Annotated[float, Option("Timing ends about here.", panel=_PROBE)] = 8.0,
    lr: o.Lr = None,
    optimizer: o.OptimizerOptions,
    autocast: o.Autocast = None,
    asked_of_task: o.TaskOptions,
    machine: o.MachineOptions,
    files: o.FileOptions,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Measure seconds and memory of a step at every batch size, and the largest batch that fits."""
    from batchwright.app.answer import Answer
    from batchwright.app.files import check_files, with_files
    from batchwright.app.progress import watching
    from batchwright.app.specs import memory_bytes, optimizer_spec, run_fields
    from batchwright.app.task_given import subject_of, task_of

    check_files(files)
    if not 0 < seconds < float("inf"):
        raise InputError(f"seconds must be greater than 0, got {shown(seconds)}")
    budget = None if memory_budget is None else memory_bytes(memory_budget)
    with watching(progress, "task") as watch:
        from batchwright.measure.hardware.probe import measure_hardware as measure
        from batchwright.report.pages.probe import probe_page
        from batchwright.training.spec import RunSpec

        reference, live = task_of(task, asked_of_task, examples=asked_of_task.examples)
        spec = RunSpec.model_validate(
            {
                "task": reference, "batch_size": 1, "autocast": autocast, **run_fields(machine),
                "optimizer": optimizer_spec(live, optimizer, lr), "sampling": {"last_batch": "run_on"},
            }
        )  # fmt: skip
        watch.phase("hardware")
        found = measure(
            spec, live, batch_sizes=batch_sizes, memory_budget_bytes=budget, limit_seconds=seconds
        )
        answer = Answer(
            result=found,
            page=probe_page(found, task=live.name, action=asked.action(subject_of(reference))),
            document=found.model_dump(mode="json"),
            rows=lambda: [point.model_dump(mode="json") for point in found.points],
        )
        return with_files(answer, files)
