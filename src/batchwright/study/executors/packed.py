"""A task that exists in one process alone, in a file for others to read."""

from __future__ import annotations

import os
import tempfile
import weakref
from pathlib import Path

from batchwright.task.live import pack, unpack
from batchwright.task.task import Task


class PackedTask:
    """Written once, however many runs and workers there are; gone with this process at the latest.

    Args:
        task: the task.

    Raises:
        InputError: a part of it cannot be sent.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._path = self._write()

    def path(self) -> str:
        """The file, written again if it was removed."""
        if not self._remove.alive:
            self._path = self._write()
        return self._path

    def remove(self) -> None:
        """Remove the file."""
        self._remove()

    def _write(self) -> str:
        content = pack(self._task)
        descriptor, path = tempfile.mkstemp(prefix="batchwright-task-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        self._remove = weakref.finalize(self, Path(path).unlink, missing_ok=True)
        return path


def read(path: str) -> Task:
    """The task in a file.

    Raises:
        InputError: this process lacks a module that a part of it comes from.
    """
    return unpack(Path(path).read_bytes())
