"""Arguments of the wrong kind, and values that a spec refuses, in one line that names the argument."""

from __future__ import annotations

import difflib
import numbers
import os
import re
import types
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Union, get_args, get_origin

from batchwright.core.errors import InputError, shown

_ARGUMENTS = {
    "betas": "optimizer_option betas",
    "batch_growth.every_epochs": "grow_every",
    "batch_growth.factor": "grow_factor",
    "batch_growth.largest": "grow_to",
    "batch_growth.lr_power": "grow_lr_power",
    "budget.examples": "budget_examples",
    "budget_trainings": "budget",
    "eps": "optimizer_option eps",
    "evaluation.at": "evaluate",
    "evaluation.every": "evaluate",
    "name": "optimizer",
    "options": "set",
    "data_dir": "data",
    "schedule.horizon.value": "horizon",
    "schedule.name": "schedule",
    "value": "target",
}
"""Fields of the specs whose argument is not called like the field."""

_KINDS: dict[Any, tuple[Any, str]] = {
    bool: (bool, "True or False"),
    int: (numbers.Integral, "a whole number"),
    float: (numbers.Real, "a number"),
    str: ((str, os.PathLike), "text"),
    Mapping: (Mapping, "a mapping of names to values"),
}


def check_kind(name: str, kind: Any, value: Any, default: Any = None) -> None:
    """Refuse a value of another kind than the annotation says; kinds that are not listed here pass.

    Raises:
        InputError: ``steps must be a whole number, got '5'``.
    """
    if value is default or kind is Any:
        return
    options = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
    checks = [_check(option) for option in options if option is not type(None)]
    if None in checks or any(matches(value) for matches, _ in filter(None, checks)):
        return
    wanted = " or ".join(words for _, words in filter(None, checks))
    raise InputError(f"{name} must be {wanted}, got {echo(value)}")


def _check(kind: Any) -> tuple[Any, str] | None:
    """A predicate for a kind and its words; None for a kind that nothing is known of."""
    origin = get_origin(kind)
    if kind in _KINDS or origin in _KINDS:
        wanted, words = _KINDS[kind if kind in _KINDS else origin]
        # True is an int to Python, and to nobody else.
        return lambda v: isinstance(v, wanted) and (wanted is bool or not isinstance(v, bool)), words
    if origin is Sequence and get_args(kind)[0] in _KINDS:
        member, words = _KINDS[get_args(kind)[0]]
        plural = "names" if words == "text" else words.removeprefix("a ") + "s"

        def matches(value: Any) -> bool:
            if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
                return False
            return all(isinstance(v, member) and not isinstance(v, bool) for v in value)

        return matches, f"a list of {plural}"
    return None


def echo(value: Any) -> str:
    """A value as an error of the front door repeats it: a number plainly, anything else as ``shown`` does.

    >>> echo(-1.0), echo(1e40), echo("adm")
    ('-1', '1e+40', "'adm'")
    """
    return f"{value:g}" if isinstance(value, float) else shown(value)


@contextmanager
def input_errors() -> Iterator[None]:
    """A spec's validation error becomes an InputError about the argument that filled its field."""
    try:
        yield
    except ValueError as error:
        # Only pydantic's validation errors are the caller's; any other ValueError is a defect of ours.
        if type(error).__name__ != "ValidationError":
            raise
        raise InputError(validation(error)) from error


def argument_of(path: tuple[Any, ...]) -> str:
    """The argument that fills a field of a spec.

    >>> argument_of(("schedule", "name")), argument_of(("search", "confirm_seeds")), argument_of(("lr",))
    ('schedule', 'confirm_seeds', 'lr')
    """
    words = [part for part in path if isinstance(part, str)]
    return _ARGUMENTS.get(".".join(words)) or (words[-1] if words else "set")


def validation(error: Any) -> str:
    """The first problem of a pydantic ``ValidationError``."""
    problem = error.errors()[0]
    argument, value = argument_of(problem["loc"]), problem["input"]
    if problem["type"] == "literal_error":
        names = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
        one_of = names[0] if len(names) == 1 else f"one of {', '.join(sorted(names))}"
        return f"{argument} must be {one_of}, got {echo(value)}{nearest(str(value), names)}"
    rule = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    rule = rule.replace("greater than or equal to", "at least").replace("less than or equal to", "at most")
    return f"{argument} {rule}, got {echo(value)}"


def nearest(name: str, known: Collection[str]) -> str:
    """``: did you mean ...?`` where one of the known names is near, else nothing.

    >>> nearest("adm", ["adam", "sgd"]), nearest("zzz", ["adam"])
    (": did you mean 'adam'?", '')
    """
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f": did you mean {near[0]!r}?" if near else ""


def did_you_mean(given: Collection[str], known: Collection[str]) -> str:
    """The same for the first keyword that a function does not take."""
    return next((nearest(name, known) for name in given if name not in known), "")
