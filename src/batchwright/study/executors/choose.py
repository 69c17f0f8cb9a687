"""Which executor a task gets."""

from __future__ import annotations

from batchwright.core.errors import InputError, one_line
from batchwright.core.remark import Remark, remark
from batchwright.study.executors.contract import Executor
from batchwright.study.executors.in_process import InProcess
from batchwright.study.executors.workers import WorkerProcesses
from batchwright.task.task import Task


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
    if task.reference is not None and not task.reference.live:
        return WorkerProcesses(workers), ()
    if workers == 1:
        return InProcess(task), ()
    try:
        return WorkerProcesses(workers, task), ()
    except InputError as error:
        if workers < 1:
            raise
        return InProcess(task), (remark("executors.in_this_process", reason=one_line(error)),)
