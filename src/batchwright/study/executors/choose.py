"""Which executor a task gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchwright.core.errors import InputError, one_line
from batchwright.core.remark import Remark, remark
from batchwright.study.executors.contract import Executor
from batchwright.study.executors.in_process import InProcess
from batchwright.study.executors.workers import WorkerProcesses
from batchwright.task.task import Task

if TYPE_CHECKING:
    from batchwright.study.executors.where import WhereRun


def executor_asked_for(where: WhereRun, task: Task, count: int) -> tuple[Executor, tuple[Remark, ...]]:
    """The executor of a task; see :meth:`~batchwright.study.executors.where.WhereRun.of`."""
    if where.executor == "ray":
        from batchwright.study.executors.ray import RayActors

        return RayActors(task, where.workers, address=where.address, device=where.device), ()
    if where.executor == "in-process":
        return InProcess(task), ()
    if where.executor == "loky":
        return WorkerProcesses(count, None if _has_a_name(task) else task), ()
    return executor_for(task, count)


def executor_for(task: Task, workers: int) -> tuple[Executor, tuple[Remark, ...]]:
    """Worker processes; for a task that lives in this process alone and cannot be sent, this process.

    Args:
        task: with the reference by which workers find it, or a live one.
        workers: how many processes; a live task on one of them stays in this process.

    Returns:
        The executor, and what is to be said about the choice.

    Raises:
        InputError: fewer than one worker.
    """
    if _has_a_name(task):
        return WorkerProcesses(workers), ()
    if workers == 1:
        return InProcess(task), ()
    try:
        return WorkerProcesses(workers, task), ()
    except InputError as error:
        if workers < 1:
            raise
        return InProcess(task), (remark("executors.in_this_process", reason=one_line(error)),)


def _has_a_name(task: Task) -> bool:
    """Whether other processes can load it by its reference."""
    return task.reference is not None and not task.reference.live
