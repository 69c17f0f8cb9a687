"""What to run next, as one would type it: an action as a command line and as a call of the front door.

One rule each way, so that nobody who proposes a step writes either: the argument ``batch_sizes=[4, 8]`` is
``--batch-sizes 4,8`` on the command line, ``set={"hidden": 16}`` is ``--set hidden=16``, True is a flag and
False its opposite (who records an action leaves out what is the default), and None is left out.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from batchwright.core.action import Action

LIVE = "task"
"""How a call names what its caller holds only as a live object."""
_LIVE = {"fit": "table", "diagnose": "log"}
"""The same where it is no task."""


def command_line(action: Action) -> str:
    """The action as a command line, quoted so that a shell takes every argument whole.

    >>> print(command_line(Action(command="study", subject="digits", arguments={
    ...     "batch_sizes": [4, 8], "lr": 0.05, "set": {"hidden": 16}, "target": "loss=0.2", "strict": True})))
    batchwright study digits --batch-sizes 4,8 --lr 0.05 --set hidden=16 --target loss=0.2 --strict
    >>> print(command_line(Action(command="fit", subject="my table.csv", arguments={"dataset_size": None})))
    batchwright fit 'my table.csv'
    >>> print(command_line(Action(command="curvature", subject="digits", arguments={
    ...     "at": [0.0, -0.5], "sharpness": False})))
    batchwright curvature digits --at 0,-0.5 --no-sharpness
    """
    words = ["batchwright", action.command]
    if action.subject:
        words.append(action.subject)
    for name, value in _given(action):
        words += _option(name.replace("_", "-"), value)
    return shlex.join(words)


def call(action: Action) -> str:
    """The action as a call in Python.

    >>> print(call(Action(command="study", arguments={"batch_sizes": (4, 8), "dry_run": False})))
    bw.study(task, batch_sizes=[4, 8], dry_run=False)
    >>> print(call(Action(command="advise", subject="digits", arguments={"budget": "5min"})))
    bw.advise('digits', budget='5min')
    """
    subject = (
        [_LIVE.get(action.command, LIVE)]
        if action.subject is None
        else [repr(action.subject)]
        if action.subject
        else []
    )
    arguments = [f"{name}={_literal(value)}" for name, value in _given(action)]
    return f"bw.{action.command}({', '.join([*subject, *arguments])})"


def typed(action: Action) -> str:
    """As a terminal proposes it: a command line, or the call where the subject lives only in a process."""
    return call(action) if action.subject is None else command_line(action)


def _given(action: Action) -> Iterator[tuple[str, Any]]:
    """The arguments that are written: all that are not None."""
    return ((name, value) for name, value in action.arguments.items() if value is not None)


def _option(name: str, value: Any) -> list[str]:
    """An argument as words: an option and its value, a flag or its opposite, or an option once a key."""
    option = f"--{name}"
    if isinstance(value, bool):
        return [option if value else f"--no-{name}"]
    if isinstance(value, dict):
        return [word for key, part in value.items() for word in (option, f"{key}={_word(part)}")]
    return [option, _word(value)]


def _word(value: Any) -> str:
    """A value as one word; lists are joined by commas.

    >>> _word([0.5, 1]), _word(1e-05), _word(False)
    ('0.5,1', '1e-05', 'false')
    """
    if isinstance(value, list | tuple):
        return ",".join(_word(part) for part in value)
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value).removesuffix(".0") if isinstance(value, float) else f"{value}"


def _literal(value: Any) -> str:
    """A value as Python writes it; a tuple as the list that JSON makes of it."""
    return repr(list(value)) if isinstance(value, tuple) else repr(value)
