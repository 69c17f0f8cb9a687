"""Runs in actors of Ray: on this machine, or on all those of a cluster.

Actors live as long as the executor and take one to two seconds of runs a call (:mod:`~.portions`). An actor is
given work once it has said that it can do it; one that dies, or whose machine does, costs the jobs of its call,
which are made again, each alone, by another.
"""

from __future__ import annotations

import heapq
import platform
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from batchwright.core.errors import InputError, one_line
from batchwright.core.processors import usable_processors
from batchwright.study.executors.contract import Executor
from batchwright.study.executors.job import Job
from batchwright.study.executors.portions import Portions
from batchwright.study.executors.ray_actor import Presence, RunActor, TaskCode, code_facts
from batchwright.study.executors.ray_connection import Connection, connected, ray_package
from batchwright.study.signals import as_raised

if TYPE_CHECKING:
    from batchwright.task.task import Task
    from batchwright.training.record import RunResult
    from batchwright.training.spec import RunSpec

_DEATHS = 3
"""A run whose actor died so often, with no other run at work on it, is given up."""
_FAILED_STARTS = 3
_PATIENCE_SECONDS = 300.0
"""For the first actor: a cluster that grows on demand starts machines for it."""
_GONE_SECONDS = 5.0


@dataclass
class _Call:
    """A call under way: what an actor was given, none while it starts."""

    actor: Any
    jobs: list[Job]


class RayActors(Executor):
    """Actors of Ray, each with its threads and its copy of the task; all of a machine read the same data.

    Args:
        task: the live task; one with a reference is imported on every machine, and must be the same there.
        count: of actors; by default as many as Ray has processors, or GPUs, for.
        address: of a cluster; without one Ray is started on this machine and ends with the executor. Where this
            process is connected to Ray already, that connection is used.
        device: on which runs are made; each actor of ``cuda`` gets a GPU of its own.
        threads: processors of an actor, and torch threads in it.

    Raises:
        InputError: Ray is not installed, fewer than one actor, or a task that cannot be sent.
    """

    def __init__(
        self,
        task: Task,
        count: int | None = None,
        *,
        address: str | None = None,
        device: str = "cpu",
        threads: int = 1,
    ) -> None:
        from batchwright.study.executors.shared_task import take_apart

        ray_package()
        if count is not None and count < 1:
            raise InputError(f"workers must be at least 1, got {count}")
        if device.startswith("cuda:"):
            raise InputError(
                f"device must be cpu or cuda with executor ray, which chooses the GPU, got {device}"
            )
        self._reference = None if task.reference is None or task.reference.live else task.reference
        self._shared = take_apart(task)
        self._count, self._address, self._threads = count, address, threads
        self._gpus = int(device == "cuda")
        self._connection: Connection | None = None
        self._sent: tuple[Any, Any, TaskCode] | None = None
        self._waiting: list[Job] = []
        self._calls: dict[Any, _Call] = {}
        self._idle: list[Any] = []
        self._actors: set[Any] = set()
        self._present: dict[Any, Presence] = {}
        self._failed_starts = self._submitted = 0
        self._portions = Portions()
        self._hosts: set[str] = set()
        self._alone = True
        self._began = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def warm_up(self) -> None:
        self._connect()

    def submit(self, key: str, spec: RunSpec, *, stop_at: int | None = None) -> None:
        self._queue({key: spec}, stop_at)

    def submit_together(self, runs: Mapping[str, RunSpec]) -> None:
        self._queue(runs, None)

    def _queue(self, runs: Mapping[str, RunSpec], stop_at: int | None) -> None:
        self._submitted += 1
        heapq.heappush(self._waiting, Job.of(runs, stop_at, self._submitted))

    def next_done(self) -> Iterable[tuple[str, RunResult]]:
        if not self._waiting and not any(call.jobs for call in self._calls.values()):
            raise InputError("next_done needs a submitted run, got none")
        self._connect()
        finished: list[tuple[str, RunResult]] = []
        while not finished:
            self._hand_out()
            finished = self._collect()
        self._hand_out()
        return finished

    def made_on(self) -> Mapping[str, str]:
        if self._alone or not self._hosts:
            return {}
        return {"runs_on": ", ".join(sorted(self._hosts)), "timed_on": platform.node()}

    def close(self) -> None:
        self._waiting.clear()
        self._calls.clear()
        self._idle.clear()
        if self._connection is None:
            return
        here = _pids_here(self._present.values())
        for actor in self._actors:
            _kill(actor)
        self._actors.clear()
        self._present.clear()
        self._sent = None
        self._connection.end()
        self._connection = None
        _wait_until_gone(here)

    # --- actors -----------------------------------------------------------------------------------

    def _connect(self) -> None:
        """Connect and start actors, unless that was done."""
        if self._connection is not None:
            return
        from batchwright.task.load import folder_of_code

        ray = ray_package()
        cores = usable_processors()
        self._connection = connected(
            self._address,
            cpus=cores if self._count is None else self._count * self._threads,
            store_bytes=self._shared.data_bytes,
            folder=None if self._reference is None else folder_of_code(self._reference.name),
        )
        self._alone = self._connection.alone
        code = TaskCode(self._reference, self._connection.travels, code_facts(self._reference))
        self._sent = ray.put(self._shared.code), ray.put(self._shared.arrays), code
        self._failed_starts, self._began = 0, time.monotonic()
        for _ in range(self._count or self._room(ray.cluster_resources())):
            self._start()

    def _room(self, resources: Mapping[str, float]) -> int:
        """Actors for which Ray has processors, and GPUs where they need them."""
        by_cpu = int(resources.get("CPU", 0) // self._threads)
        return max(1, min(by_cpu, int(resources.get("GPU", 0))) if self._gpus else by_cpu)

    def _start(self) -> None:
        ray = ray_package()
        assert self._sent is not None
        options = {
            "num_cpus": self._threads,
            "num_gpus": self._gpus,
            "max_restarts": 0,
            "max_task_retries": 0,
        }
        actor = ray.remote(RunActor).options(**options).remote(*self._sent, self._threads)
        self._actors.add(actor)
        self._ask(actor)

    def _ask(self, actor: Any) -> None:
        """Ask an actor whether it can work; once it has answered it is given work."""
        self._calls[actor.presence.remote()] = _Call(actor, [])

    # --- calls ------------------------------------------------------------------------------------

    def _hand_out(self) -> None:
        """Give every idle actor its portion."""
        while self._idle and self._waiting:
            actor = self._idle.pop()
            jobs = self._portions.take(self._waiting, len(self._present))
            order = [([spec.model_dump_json() for spec in job.runs.values()], job.stop_at) for job in jobs]
            self._calls[actor.run.remote(order)] = _Call(actor, jobs)

    def _collect(self) -> list[tuple[str, RunResult]]:
        """Wait for calls to return, for actors to begin, or for one of them to die."""
        import ray
        from ray.exceptions import RayError

        try:
            ready, _ = ray.wait(list(self._calls), num_returns=1, timeout=self._patience())
        except KeyboardInterrupt as stop:
            raise as_raised(stop) from None
        if not ready:
            raise InputError(
                f"Ray has had no free processors for {_PATIENCE_SECONDS:.0f} s: free some, or name another address"
            )
        ready, _ = ray.wait(list(self._calls), num_returns=len(self._calls), timeout=0)
        finished: list[tuple[str, RunResult]] = []
        for reference in ready:
            call = self._calls.pop(reference)
            try:
                answer = ray.get(reference)
            except RayError as error:
                finished += self._died(call, error)
            else:
                finished += self._returned(call, answer) if call.jobs else self._begun(call.actor, answer)
        return finished

    def _patience(self) -> float | None:
        """Seconds to wait; for as long as it takes once an actor has begun."""
        if self._present:
            return None
        return max(0.0, self._began + _PATIENCE_SECONDS - time.monotonic())

    def _begun(self, actor: Any, presence: Presence) -> list[tuple[str, RunResult]]:
        if presence.trouble:
            raise InputError(presence.trouble)
        self._failed_starts = 0
        self._present[actor] = presence
        self._hosts.add(presence.host)
        self._idle.append(actor)
        return []

    def _returned(self, call: _Call, answer: list[list[str]]) -> list[tuple[str, RunResult]]:
        from batchwright.training.record import RunResult

        finished: list[tuple[str, RunResult]] = []
        for job, texts in zip(call.jobs, answer, strict=True):
            results = [RunResult.model_validate_json(text) for text in texts]
            self._portions.learn(job, sum(r.seconds + r.evaluation_seconds for r in results))
            finished += zip(job.runs, results, strict=True)
        self._idle.append(call.actor)
        return finished

    def _died(self, call: _Call, error: Exception) -> list[tuple[str, RunResult]]:
        """Another actor in the place of one that is gone, and its jobs back into the queue."""
        _kill(call.actor)  # one that cannot be reached may be alive
        self._actors.discard(call.actor)
        began = self._present.pop(call.actor, None) is not None
        while self._idle:  # their machine may be the one that is gone
            self._ask(self._idle.pop())
        if not began:
            self._failed_starts += 1
            if self._failed_starts >= _FAILED_STARTS:
                raise InputError(f"no actor of Ray can start: {one_line(error)}")
        if not self._present:
            self._began = time.monotonic()
        given_up: list[tuple[str, RunResult]] = []
        for job in call.jobs:
            again, ended = job.after_death(alone=len(call.jobs) == 1, most=_DEATHS)
            given_up += ended
            for each in again:
                heapq.heappush(self._waiting, each)
        self._start()
        return given_up


def _kill(actor: Any) -> None:
    with suppress(Exception):
        ray_package().kill(actor, no_restart=True)


def _pids_here(presences: Iterable[Presence]) -> list[int]:
    """Processes of actors on this machine, which must be gone before anything is timed here."""
    host = platform.node()
    return [each.pid for each in presences if each.host == host and Path("/proc", str(each.pid)).exists()]


def _wait_until_gone(pids: Iterable[int]) -> None:
    deadline = time.monotonic() + _GONE_SECONDS
    for pid in pids:
        while Path("/proc", str(pid)).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
