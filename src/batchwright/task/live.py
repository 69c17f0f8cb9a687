"""Tasks that live in one program: what makes them the same task next time, and how they reach its workers."""

from __future__ import annotations

import functools
import pickle
import uuid
from collections.abc import Iterator, Mapping
from types import FunctionType, MethodType
from typing import Any

from batchwright.core.errors import InputError, one_line
from batchwright.core.remark import remark
from batchwright.task.code import NoDigestError
from batchwright.task.fingerprint import code_fingerprint
from batchwright.task.task import Task, TaskReference

_PARTS = (
    "model", "loss", "forward", "metrics", "augment", "collate_fn", "schedule", "optimizer", "options",
    "truth", "train", "validation", "test",
)  # fmt: skip
_DEEPEST = 8


def as_live(task: Task) -> Task:
    """The task with a reference and a fingerprint, as :func:`~batchwright.task.load.load_task` gives them.

    Where its parts have no content to compare, the fingerprint is one that was never used before: nothing
    stored is taken for this task's, and a remark says why.
    """
    reference = TaskReference(name=task.name, live=True)
    try:
        return task.with_fields(reference=reference, fingerprint=code_fingerprint(task))
    except NoDigestError as error:
        told = remark("task.no_fingerprint", reason=str(error))
        return task.with_fields(
            reference=reference, fingerprint=f"once-{uuid.uuid4().hex}", remarks=(*task.remarks, told)
        )


def live_fingerprint(task: Task) -> str | None:
    """A digest of the task's code and data; None where a part of it has no content to compare."""
    try:
        return code_fingerprint(task)
    except NoDigestError:
        return None


def pack(task: Task) -> bytes:
    """The task for another process, classes and functions of notebooks and scripts included.

    Raises:
        InputError: a part cannot be sent (a lock, an open file, a generator), with where it is held.
    """
    import cloudpickle

    try:
        content: bytes = cloudpickle.dumps(task)
    except Exception as error:
        raise cannot_be_sent(task, error) from None
    return content


def unpack(content: bytes) -> Task:
    """The task that :func:`pack` packed.

    Raises:
        InputError: this process lacks a module that the task's parts come from.
    """
    try:
        task = pickle.loads(content)
    except Exception as error:
        raise cannot_be_read(error) from None
    assert isinstance(task, Task)
    return task


def cannot_be_sent(task: Task, error: Exception) -> InputError:
    """The error of a task that cannot be packed: which part of it, and what to do."""
    where, what = _held_at(task)
    return InputError(
        f"task {task.name!r} cannot be sent to other processes: {where} is a {what} ({one_line(error)}); "
        "make it where it is used, or pass workers=1 to train in this process"
    )


def cannot_be_read(error: Exception) -> InputError:
    """The error of a packed task whose parts this process cannot make."""
    return InputError(
        f"the task cannot be read in another process ({type(error).__name__}: {one_line(error)}); define "
        "its model and data in the script or notebook itself, or in an installed module"
    )


def _held_at(task: Task) -> tuple[str, str]:
    """The innermost part that cannot be packed: where it is held, and its type."""
    for name in _PARTS:
        part = getattr(task, name)
        if not _packs(part):
            return _innermost(name, part, 0)
    return "a part of it", "thing that cannot be copied"


def _innermost(where: str, value: Any, depth: int) -> tuple[str, str]:
    for name, part in _held(value) if depth < _DEEPEST else ():
        if not _packs(part):
            return _innermost(f"{where}.{name}", part, depth + 1)
    return where, type(value).__name__


def _held(value: Any) -> Iterator[tuple[str, Any]]:
    """What an object holds, by name."""
    if isinstance(value, Mapping):
        yield from ((str(name), part) for name, part in value.items())
    elif isinstance(value, (list, tuple)):
        yield from ((str(i), part) for i, part in enumerate(value))
    elif isinstance(value, functools.partial):
        yield from (("func", value.func), ("args", value.args), ("keywords", value.keywords))
    elif isinstance(value, MethodType):
        yield "__self__", value.__self__
    elif isinstance(value, FunctionType):
        names = value.__code__.co_freevars
        yield from zip(names, (cell.cell_contents for cell in value.__closure__ or ()), strict=True)
        yield from ((n, value.__globals__[n]) for n in value.__code__.co_names if n in value.__globals__)
    else:
        yield from list(getattr(value, "__dict__", {}).items())


def _packs(value: Any) -> bool:
    import cloudpickle

    try:
        cloudpickle.dumps(value)
    except Exception:
        return False
    return True
