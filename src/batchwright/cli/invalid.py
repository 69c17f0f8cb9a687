"""Bad input in one line and in the command line's own words: the option, its rule, the value, the fix."""

from __future__ import annotations

import difflib
import re
from typing import Any

_OPTIONS = {
    "betas": "--optimizer-option betas",
    "batch_growth.every_epochs": "--grow-every",
    "batch_growth.factor": "--grow-factor",
    "budget.examples": "--budget-examples",
    "budget_trainings": "--budget",
    "eps": "--optimizer-option eps",
    "evaluation.at": "--evaluate",
    "evaluation.every": "--evaluate",
    "name": "--optimizer",
    "schedule.horizon.value": "--horizon",
    "schedule.name": "--schedule",
    "value": "--target",
}
"""Fields of the specs whose option is not called like the field."""


def option_of(path: tuple[Any, ...]) -> str:
    """The option that fills a field of a spec.

    >>> option_of(("schedule", "name")), option_of(("search", "confirm_seeds")), option_of(("lr",))
    ('--schedule', '--confirm-seeds', '--lr')
    """
    words = [part for part in path if isinstance(part, str)]
    dotted = ".".join(words)
    return _OPTIONS.get(dotted) or "--" + (words[-1].replace("_", "-") if words else "set")


def validation(error: Any) -> str:
    """The first problem of a pydantic ``ValidationError`` about values given as options."""
    problem = error.errors()[0]
    option, value = option_of(problem["loc"]), problem["input"]
    shown = f"{value:g}" if isinstance(value, float) else repr(value)
    if problem["type"] == "literal_error":
        names = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
        return f"{option} must be {_one_of(names)}, got {shown}{_nearest(str(value), names)}"
    rule = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
    rule = rule.replace("greater than or equal to", "at least").replace("less than or equal to", "at most")
    return f"{option} {rule}, got {shown}"


def usage(error: Any, commands: list[str]) -> str:
    """What the parser has to say: an unknown command or option, a missing or malformed value."""
    message: str = error.format_message().replace("\n", " ").replace("Input should be", "must be")
    unknown = re.match(r"No such command '([^']*)'", message)
    if unknown:
        hint = _nearest(unknown[1], commands) or ":"
        return f"unknown command {unknown[1]!r}{hint} Known: {', '.join(commands)}"
    possible = getattr(error, "possibilities", None)
    if message.startswith("No such option"):
        hint = f": did you mean {possible[0]!r}?" if possible else ""
        return f"unknown option {error.option_name!r}{hint}{_help(error)}"
    return f"{message.rstrip('.')}{_help(error)}"


def _help(error: Any) -> str:
    context = getattr(error, "ctx", None)
    return f" (`{context.command_path} --help` lists the options)" if context is not None else ""


def _one_of(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"one of {', '.join(sorted(names))}"


def _nearest(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    return f": did you mean {near[0]!r}?" if near else ""
