"""Where runs are executed: in this process, or in worker processes with one torch thread each."""

from __future__ import annotations

import heapq
import os
import threading
import time
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Protocol

from batchwright.core.errors import BatchwrightError, one_line
from batchwright.task.task import Task
from batchwright.training.record import RunResult, Status
from batchwright.training.spec import RunSpec

_ATTEMPTS = 3


class Executor(Protocol):
    """Runs specs in any order. ``submit`` queues one under a key; ``next_done`` returns finished ones."""

    def submit(self, key: str, spec: RunSpec) -> None: ...

    def next_done(self) -> Iterable[tuple[str, RunResult]]:
        """Block until at least one submitted run is finished; keys with their results."""
        ...

    def close(self) -> None: ...


class InProcess:
    """One run after another in this process; for tasks that live only here, and for tests."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._queue: list[tuple[str, RunSpec]] = []

    def submit(self, key: str, spec: RunSpec) -> None:
        self._queue.append((key, spec))

    def next_done(self) -> Iterable[tuple[str, RunResult]]:
        from batchwright.training.loop import run

        key, spec = self._queue.pop(0)
        return [(key, run(spec, self._task))]

    def close(self) -> None:
        self._queue.clear()


class WorkerProcesses:
    """loky processes with one torch thread each; a worker that dies costs only the runs it was on.

    Args:
        count: number of processes.
    """

    def __init__(self, count: int) -> None:
        self._count = max(1, count)
        self._pool: Any = None
        self._futures: dict[Future[str], tuple[str, RunSpec]] = {}
        self._waiting: list[tuple[int, int, str, RunSpec]] = []
        self._attempts: dict[str, int] = {}

    def warm_up(self) -> None:
        """Start the processes now, so that they import torch while this one reads data."""
        for _ in range(self._count):
            self._processes().submit(_ready)

    def submit(self, key: str, spec: RunSpec) -> None:
        # Small batches need the most steps and each waits for its neighbour: they are the longest chain, so
        # they go first, and the short runs at large batches fill the gaps.
        heapq.heappush(self._waiting, (spec.batch_size, len(self._attempts), key, spec))
        self._attempts.setdefault(key, 0)

    def next_done(self) -> Iterable[tuple[str, RunResult]]:
        from loky.process_executor import BrokenProcessPool

        self._hand_out()
        done, _ = wait(self._futures, return_when=FIRST_COMPLETED)
        finished, lost = [], []
        for future in done:
            key, spec = self._futures.pop(future)
            try:
                finished.append((key, RunResult.model_validate_json(future.result())))
            except BrokenProcessPool:
                lost.append((key, spec))
        if lost:
            finished += self._restart(lost)
        self._hand_out()
        return finished

    def _hand_out(self) -> None:
        """Keep every worker busy and one run in reserve; the order of the rest stays open."""
        while self._waiting and len(self._futures) <= self._count:
            *_, key, spec = heapq.heappop(self._waiting)
            self._attempts[key] += 1
            self._futures[self._processes().submit(_execute, spec.model_dump_json())] = (key, spec)

    def _restart(self, lost: list[tuple[str, RunSpec]]) -> list[tuple[str, RunResult]]:
        """New processes for the runs that were queued or under way when a worker died."""
        lost += self._futures.values()
        self._futures.clear()
        self.close()
        given_up = []
        for key, spec in lost:
            if self._attempts[key] < _ATTEMPTS:
                self.submit(key, spec)
            else:
                message = f"its worker process died {_ATTEMPTS} times, most likely out of memory"
                given_up.append((key, failed(spec, Status.OUT_OF_MEMORY, message)))
        return given_up

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
            self._pool = None

    def _processes(self) -> Any:
        if self._pool is None:
            import loky

            self._pool = loky.ProcessPoolExecutor(
                self._count,
                initializer=_start_worker,
                initargs=(os.getpid(),),
                env={"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
            )
        return self._pool


def failed(spec: RunSpec, status: Status, message: str) -> RunResult:
    """The result of a run that never came back."""
    return RunResult(spec=spec, status=status, message=message, updates=0, examples=0)


_tasks: dict[str, Task] = {}
"""Tasks this worker has loaded, by reference."""


def _ready() -> None:
    """Nothing: asking for it starts a worker."""


def _start_worker(driver: int) -> None:
    import signal

    import torch

    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's to handle
    threading.Thread(target=_leave_with, args=(driver,), daemon=True).start()
    import batchwright.training.loop  # noqa: F401  imported while the driver still reads its data


def _leave_with(driver: int) -> None:
    """End this worker when the driver is gone, however it went."""
    while os.getppid() == driver:
        time.sleep(0.5)
    os._exit(1)


def _execute(spec_json: str) -> str:
    from batchwright.task.load import load_task
    from batchwright.training.loop import run

    spec = RunSpec.model_validate_json(spec_json)
    try:
        key = spec.task.model_dump_json()
        if key not in _tasks:
            _tasks[key] = load_task(spec.task)
        result = run(spec, _tasks[key])
    except BatchwrightError as error:
        result = failed(spec, Status.FAILED, one_line(error))
    return result.model_dump_json()
