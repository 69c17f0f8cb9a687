"""What happens in an actor of Ray, on whatever machine it is."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from batchwright.study.executors.runner import Runner
    from batchwright.task.task import TaskReference


class Presence(NamedTuple):
    """Where an actor lives, and whether it can work."""

    host: str
    node: str
    pid: int
    trouble: str


class TaskCode(NamedTuple):
    """Where a task's code is found, and what it must be.

    Attributes:
        reference: the task's; None for one that only the driver's process knows.
        travels: whether its files came along, and lie in the actor's working directory.
        facts: what the driver has, by :func:`code_facts`.
    """

    reference: TaskReference | None
    travels: bool
    facts: dict[str, str]


class RunActor:
    """Makes runs of one task, many a call, with the threads that it was given.

    Args:
        code: of the task, see :class:`~batchwright.study.executors.shared_task.SharedTask`.
        arrays: its data, in the memory that all actors of a machine share.
        found: where the code that they refer to is found.
        threads: of torch.
    """

    def __init__(self, code: bytes, arrays: Sequence[Any], found: TaskCode, threads: int) -> None:
        from batchwright.core.errors import BatchwrightError, one_line

        with suppress(ValueError):  # Ray may construct actors outside the main thread, where none can be set
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; it is the driver's
        import torch

        torch.set_num_threads(threads)
        self._runner: Runner | None = None
        self._trouble = ""
        try:
            self._runner = loaded_runner(code, arrays, found)
        except BatchwrightError as error:
            self._trouble = one_line(error)

    def presence(self) -> Presence:
        """Asking for this waits until the actor can work."""
        import platform

        import ray

        node = ray.get_runtime_context().get_node_id()
        return Presence(platform.node(), node, os.getpid(), self._trouble)

    def run(self, jobs: Sequence[tuple[list[str], int | None]]) -> list[list[str]]:
        """Jobs, each some specs as JSON and where they pause; the results of each as JSON."""
        from batchwright.study.executors.worker import as_json

        assert self._runner is not None
        return [as_json(self._runner, specs, stop_at) for specs, stop_at in jobs]


def code_facts(reference: TaskReference | None, folder: Path | None = None) -> dict[str, str]:
    """What decides whether two machines run the same code: versions, and a digest of the user's files.

    Args:
        reference: of the task; None for one that is sent as it is.
        folder: where its files lie on this machine, if it is another place than the reference says.

    Raises:
        InputError: they are missing, or cannot be imported.
    """
    import hashlib

    import torch

    from batchwright.core.version import __version__
    from batchwright.task.load import import_code

    sources = [] if reference is None else import_code(reference.name, folder)
    digest = hashlib.blake2b(b"\0".join(sources), digest_size=8).hexdigest()
    return {"batchwright": __version__, "torch": str(torch.__version__), "task_files": digest}


def loaded_runner(code: bytes, arrays: Sequence[Any], found: TaskCode) -> Runner:
    """What makes the runs of a task that was taken apart.

    Raises:
        InputError: this machine has other code than the driver's, or lacks some.
    """
    import platform

    from batchwright.core.errors import InputError
    from batchwright.study.executors.runner import Runner
    from batchwright.study.executors.shared_task import put_together

    here = code_facts(found.reference, Path.cwd() if found.travels else None)
    for name, value in found.facts.items():
        if here[name] != value:
            place, what = platform.node(), name.replace("_", " ")
            raise InputError(
                f"all machines of a Ray cluster must have the same {what}, got {here[name]} on {place} and {value} "
                "where the study runs: bring them to one version"
            )
    return Runner(put_together(code, arrays))
