"""What an executor promises; ``tests/study/executors/test_conformance.py`` holds each of them to it.

**What comes back.** Every run that was submitted comes back once, under its key, in no particular order. Its
result is a function of its spec and the task: the same from every executor on the same hardware.

**What goes wrong comes back too.** An error of the model, a spec that does not fit the task, and a process
that dies are results with a status and a message. A process that dies costs the run it was on and no other.

**Runs together.** Runs of ``submit_together`` share a program (``training.replicas``) and come back together,
each with what it gives by itself, within rounding. What goes wrong in one of them costs time alone: each is then
made by itself.

**Pauses.** With ``stop_at`` a run ends with status ``stopped`` once it has made so many updates, unless it
ended before. Submitted again with a larger ``stop_at``, or none, it gives what a run in one go would have
given; an executor may keep it alive in between, or run it afresh.

**Ctrl-C** is the caller's to handle: processes of an executor leave it alone, and end with the caller's.

**Closing** forgets what was submitted and lets go of processes and memory; on this machine nothing of the executor
runs any more when it returns. An executor may be used again afterwards.

**Data are read, never written.** Processes may share them; a run gets copies of the examples of its batches.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from batchwright.training.record import RunResult
    from batchwright.training.spec import RunSpec


class Executor(Protocol):
    """Runs specs of one task; a context manager. See the module's text for what it promises."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *error: object) -> None: ...

    def warm_up(self) -> None:
        """Start now what takes a while to start, and return at once."""
        ...

    def submit(self, key: str, spec: RunSpec, *, stop_at: int | None = None) -> None:
        """Queue a run.

        Args:
            key: names it until it is done; different from that of every other run under way.
            spec: the run.
            stop_at: pause it after so many updates.
        """
        ...

    def submit_together(self, runs: Mapping[str, RunSpec]) -> None:
        """Queue runs that share a program.

        Args:
            runs: by their keys; the specs are as :func:`~batchwright.training.replicas.run_replicas` wants them.
        """
        ...

    def next_done(self) -> Iterable[tuple[str, RunResult]]:
        """Block until at least one of the submitted runs is done; their keys and results.

        Raises:
            InputError: nothing is under way.
        """
        ...

    def made_on(self) -> Mapping[str, str]:
        """Which machines made the runs and which one times steps, where that is not simply this one; else nothing."""
        ...

    def close(self) -> None:
        """Forget what was submitted; let go of processes and memory."""
        ...
