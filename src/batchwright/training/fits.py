"""Whether a run fits its task, and what it looks at."""

from __future__ import annotations

from batchwright.batches import check_batch_size
from batchwright.core.errors import InputError
from batchwright.task.task import Task
from batchwright.training.spec import RunSpec


def check_run(spec: RunSpec, task: Task) -> None:
    """Refuse a spec that does not fit the task, before anything is built."""
    check_batch_size(spec.batch_size, len(task.train))
    if spec.target is not None:
        task.check_target(spec.target)
        task.split(spec.target.split)
    for split in spec.evaluation.splits:
        task.split(split)
    if task.schedule is not None and spec.optimizer.schedule.name != "constant":
        raise InputError(
            f"task {task.name!r} brings its own schedule: leave schedule out, "
            f"got {spec.optimizer.schedule.name}"
        )


def splits_of(spec: RunSpec) -> list[str]:
    """The splits that a run evaluates as it goes on."""
    target = [spec.target.split] if spec.target is not None else []
    return list(dict.fromkeys([*spec.evaluation.splits, *target]))
