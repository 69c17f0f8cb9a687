"""The task argument: a name that can be found again, or a task that lives in this process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from batchwright.core.errors import InputError, shown

if TYPE_CHECKING:
    from batchwright.app.options import MeasuredTaskOptions, TaskOptions
    from batchwright.task.task import Target, Task, TaskReference


def task_of(
    given: Any, options: TaskOptions | MeasuredTaskOptions, *, examples: int | None = None
) -> tuple[TaskReference, Task]:
    """The task that was given, and how to refer to it.

    Args:
        given: a built-in name, ``path/to/file.py:function``, ``module:function``, or a ``Task``.
        options: what is asked of it.
        examples: training examples to keep, stratified; None for all.

    Raises:
        InputError: something else, or options that a task which is built already cannot take.
    """
    from batchwright.task.load import load_task
    from batchwright.task.task import Task, TaskReference

    if isinstance(given, (str, os.PathLike)):
        reference = TaskReference(
            name=os.fspath(given), options=dict(options.set or {}), data_dir=options.data, examples=examples
        )
        task = load_task(reference)
    elif isinstance(given, Task):
        task = _live(given, options, examples)
    else:
        raise InputError(
            "task must be a name such as digits, file.py:function, or a batchwright.Task, "
            f"got {type(given).__name__} {shown(given)}"
        )
    assert task.reference is not None
    return task.reference, task


def _live(task: Task, options: TaskOptions | MeasuredTaskOptions, examples: int | None) -> Task:
    from batchwright.task.live import as_live
    from batchwright.task.task import take_examples

    for name in ("set", "data"):
        if getattr(options, name) is not None:
            raise InputError(f"{name} is for tasks that are found by name; build this Task with it instead")
    if examples is not None:
        task = take_examples(task, examples)
    return task if task.reference is not None and examples is None else as_live(task)


def subject_of(reference: TaskReference) -> str | None:
    """The task as a next step names it; None for one that only its variable names."""
    return None if getattr(reference, "live", False) else reference.name


def goal_of(given: Any, task: Task) -> Target:
    """The target as a ``Target``; the task's own where none is given.

    Raises:
        InputError: no target at all, or one that the task does not define.
    """
    from batchwright.task.target import as_target

    goal = task.target if given is None else as_target(given, task)
    if goal is None:
        raise InputError(
            f"task {task.name!r} has no default target: give one, for example `target='loss=0.1'`"
        )
    return goal
