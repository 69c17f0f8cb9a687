"""One run after another in this process: for tasks that cannot leave it, for advice, and for tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Self

from batchwright.core.errors import InputError
from batchwright.study.executors.contract import Executor
from batchwright.study.executors.runner import Runner
from batchwright.task.task import Task
from batchwright.training.record import RunResult
from batchwright.training.spec import RunSpec


class InProcess(Executor):
    """Runs in the order in which they were submitted; paused ones are kept alive, the latest few of them.

    Args:
        task: the live task.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._runner = Runner(task)
        self._queue: list[tuple[dict[str, RunSpec], int | None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def warm_up(self) -> None:
        return

    def submit(self, key: str, spec: RunSpec, *, stop_at: int | None = None) -> None:
        self._queue.append(({key: spec}, stop_at))

    def submit_together(self, runs: Mapping[str, RunSpec]) -> None:
        self._queue.append((dict(runs), None))

    def next_done(self) -> Iterable[tuple[str, RunResult]]:
        if not self._queue:
            raise InputError("next_done needs a submitted run, got none")
        runs, stop_at = self._queue.pop(0)
        return zip(runs, self._runner.run_all(list(runs.values()), stop_at), strict=True)

    def made_on(self) -> Mapping[str, str]:
        return {}

    def close(self) -> None:
        self._queue.clear()
        self._runner = Runner(self._task)
