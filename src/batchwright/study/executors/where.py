"""Where runs are to be made, as it was asked for. Imports no torch: workers start before this process does that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchwright.core.errors import InputError, unknown_name

if TYPE_CHECKING:
    from batchwright.core.remark import Remark
    from batchwright.study.executors.contract import Executor
    from batchwright.task.task import Task

EXECUTORS = ("in-process", "loky", "ray")


@dataclass(frozen=True, kw_only=True)
class WhereRun:
    """Where runs are to be made, as it was asked for.

    Attributes:
        executor: one of :data:`EXECUTORS`; None for worker processes on this machine, where the task can be sent.
        workers: how many; None for as many as there is room for.
        address: of a Ray cluster.
        device: of the runs.

    Raises:
        InputError: an unknown executor, or an address for one that has none.
    """

    executor: str | None = None
    workers: int | None = None
    address: str | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.executor is not None and self.executor not in EXECUTORS:
            raise unknown_name("executor", self.executor, EXECUTORS)
        if self.address is not None and self.executor != "ray":
            raise InputError(f"address needs `executor='ray'`, got {self.executor or 'none'}")

    def of(self, task: Task, count: int) -> tuple[Executor, tuple[Remark, ...]]:
        """The executor of a task.

        Args:
            task: the live task.
            count: workers on this machine.

        Returns:
            The executor, and what is to be said about the choice.

        Raises:
            InputError: the task cannot be sent to the executor that was asked for, or Ray is not installed.
        """
        from batchwright.study.executors.choose import executor_asked_for

        return executor_asked_for(self, task, count)
