"""Runs in worker processes on this machine, by loky, with one torch thread each.

Nothing here imports torch before a run is there: processes that are warmed up import it beside this one.
"""

from __future__ import annotations

import heapq
import os
import sys
import warnings
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TYPE_CHECKING, Any, Self

from batchwright.core.errors import InputError
from batchwright.study.executors import worker
from batchwright.study.executors.contract import Executor
from batchwright.study.executors.job import Job

if TYPE_CHECKING:
    from batchwright.study.executors.packed import PackedTask
    from batchwright.task.task import Task
    from batchwright.training.record import RunResult
    from batchwright.training.spec import RunSpec

_DEATHS = 2
"""A run whose process died so often, with no other run at work, is given up."""


class WorkerProcesses(Executor):
    """Worker processes; one that dies costs only the run it was on.

    Args:
        count: number of processes.
        task: a task that exists in this process alone, sent to the workers; they load any other by its
            reference.

    Raises:
        InputError: fewer than one process, or a task that cannot be sent, with the reason.
    """

    def __init__(self, count: int, task: Task | None = None) -> None:
        if count < 1:
            raise InputError(f"workers must be at least 1, got {count}")
        self._count = count
        self._packed = None if task is None else _packed(task)
        self._pool: Any = None
        self._waiting: list[Job] = []
        self._at_work: dict[Future[list[str]], Job] = {}
        self._submitted = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def warm_up(self) -> None:
        for _ in range(self._count):
            self._processes().submit(worker.ready, self._packed and self._packed.path())

    def submit(self, key: str, spec: RunSpec, *, stop_at: int | None = None) -> None:
        self._queue({key: spec}, stop_at)

    def submit_together(self, runs: Mapping[str, RunSpec]) -> None:
        self._queue(dict(runs), None)

    def _queue(self, runs: dict[str, RunSpec], stop_at: int | None) -> None:
        self._submitted += 1
        heapq.heappush(self._waiting, Job.of(runs, stop_at, self._submitted))

    def next_done(self) -> Iterable[tuple[str, RunResult]]:
        if not self._waiting and not self._at_work:
            raise InputError("next_done needs a submitted run, got none")
        finished: list[tuple[str, RunResult]] = []
        while not finished:
            finished = self._hand_out() or self._collect()
        return finished + self._hand_out()

    def made_on(self) -> Mapping[str, str]:
        return {}

    def close(self) -> None:
        self._waiting.clear()
        self._at_work.clear()
        self._stop()
        if self._packed is not None:
            self._packed.remove()

    # --- processes --------------------------------------------------------------------------------

    def _collect(self) -> list[tuple[str, RunResult]]:
        """Wait for runs to be done, or for a process to die."""
        from loky.process_executor import BrokenProcessPool

        from batchwright.training.record import RunResult

        wait(self._at_work, return_when=FIRST_COMPLETED)
        finished: list[tuple[str, RunResult]] = []
        broken = False
        for future in [f for f in self._at_work if f.done()]:
            try:
                results = [RunResult.model_validate_json(text) for text in future.result()]
            except BrokenProcessPool:
                broken = True
            else:
                finished += zip(self._at_work.pop(future).runs, results, strict=True)
        return finished + self._start_over() if broken else finished

    def _hand_out(self) -> list[tuple[str, RunResult]]:
        """Keep every worker busy and one run in reserve, or a suspect alone; the others' order stays open.

        Returns:
            Runs given up, if a process was found dead.
        """
        from loky.process_executor import BrokenProcessPool

        while self._waiting and len(self._at_work) < self._room():
            job = heapq.heappop(self._waiting)
            packed = self._packed and self._packed.path()
            try:
                specs = [spec.model_dump_json() for spec in job.runs.values()]
                future = self._processes().submit(worker.execute, specs, job.stop_at, packed)
            except BrokenProcessPool:  # a process died since the last look
                heapq.heappush(self._waiting, job)
                return self._start_over()
            self._at_work[future] = job
        return []

    def _room(self) -> int:
        """Runs that may be at work at once, the next one included."""
        suspects = any(job.suspect for job in self._at_work.values()) or self._waiting[0].suspect
        return 1 if suspects else self._count + 1

    def _start_over(self) -> list[tuple[str, RunResult]]:
        """New processes after one died; the runs at work are suspects, and one that was alone is guilty."""
        lost = list(self._at_work.values())
        self._at_work.clear()
        self._stop()
        given_up = []
        for job in lost:
            again, ended = job.after_death(alone=len(lost) == 1, most=_DEATHS)
            given_up += ended
            for each in again:
                heapq.heappush(self._waiting, each)
        return given_up

    def _processes(self) -> Any:
        if self._pool is None:
            self._pool = worker_pool(self._count)
        return self._pool

    def _stop(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, kill_workers=True)
            self._pool = None


def _packed(task: Task) -> PackedTask:
    from batchwright.study.executors.packed import PackedTask

    return PackedTask(task)


def worker_pool(count: int) -> Any:
    """A loky pool of processes of one thread each, which end with this one."""
    import loky

    _start_tracker()
    # What becomes of a dead process's run is said in one line; the interpreter's dump of it would be a page.
    # Loky switches that on, unless it is set.
    dumps = os.environ.get("PYTHONFAULTHANDLER", "")
    # A worker that has grown by 300 MB is replaced between two runs, which loses nothing and concerns nobody.
    warnings.filterwarnings("ignore", "A worker was restarted", UserWarning)
    return loky.ProcessPoolExecutor(
        count,
        initializer=worker.begin,
        initargs=(os.getpid(),),
        env={"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONFAULTHANDLER": dumps},
    )


def _start_tracker() -> None:
    """Start loky's watch over semaphores, which is told not to report what it finds when everything has ended.

    Now and then the interpreter ends between removing a semaphore and telling so: nothing is left behind, and
    the report would be four lines on somebody's terminal. It takes the warning filters of the interpreter that
    starts it.
    """
    from loky.backend import resource_tracker

    quiet = "ignore:resource_tracker:UserWarning"
    sys.warnoptions.append(quiet)
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.remove(quiet)
