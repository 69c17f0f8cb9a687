"""Leave a saddle along the direction of most negative curvature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchwright.app import options as o
from batchwright.app.curvature import Chunk, GraphMemory
from batchwright.app.point import PointLr, PointOptions, place_of, spec_at
from batchwright.app.signature import Asked, front_door

if TYPE_CHECKING:
    from batchwright.app.answer import Answer


@front_door
def escape(
    task: o.TaskGiven,
    *,
    where: PointOptions,
    lr: PointLr = None,
    chunk: Chunk = 128,
    memory_budget: GraphMemory = "512MiB",
    optimizer: o.OptimizerOptions,
    asked_of_task: o.MeasuredTaskOptions,
    machine: o.MachineOptions,
    files: o.FileOptions,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Leave a saddle along its most negative curvature, with a line search: the loss must fall."""
    from batchwright.app.answer import Answer
    from batchwright.app.files import check_files, with_files
    from batchwright.app.progress import watching
    from batchwright.app.specs import memory_bytes
    from batchwright.app.task_given import subject_of, task_of

    check_files(files)
    place, memory = place_of(where, lr), memory_bytes(memory_budget)
    with watching(progress, "task") as watch:
        from batchwright.measure.points.escape import escape_saddle as leave
        from batchwright.report.pages.escape import escape_page

        reference, live = task_of(task, asked_of_task)
        spec, live = spec_at(place, reference, live, optimizer, machine)
        run = place.run(spec, live, watch)
        watch.phase("eigenvalues")
        found = leave(
            run.model, live, examples=asked_of_task.examples, chunk=chunk, memory_bytes=memory,
            seed=machine.seed,
        )  # fmt: skip
        document = found.model_dump(mode="json", by_alias=True) | {"task": live.name, "step": run.step}
        page = escape_page(found, task=live.name, action=asked.action(subject_of(reference)))
        answer = Answer(result=found, page=page, document=document, rows=lambda: [document])
        return with_files(answer, files)
