"""Bad input in one line and in the command line's own words: the option, its rule, the value, the fix."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from batchwright.app.checks import nearest
from batchwright.app.signature import Argument

_CHINESE = "\u4e00-\u9fff"


def option_name(argument: str) -> str:
    """The option of an argument: one rule for all.

    >>> option_name("batch_sizes")
    '--batch-sizes'
    """
    return f"--{argument.replace('_', '-')}"


def in_options(message: str, arguments: Collection[Argument]) -> str:
    """A message about arguments as one about options.

    An argument is named at the beginning of a message, in English or in Chinese, or in backquotes, alone or with
    a value.

    >>> from batchwright.app.signature import Option
    >>> steps = Argument("steps", int, 0, Option("Updates."))
    >>> in_options("steps must be 0 or more, got -1", [steps])
    '--steps must be 0 or more, got -1'
    >>> in_options("steps 必须是不小于 0 的整数，现为 -1", [steps])
    '--steps 必须是不小于 0 的整数，现为 -1'
    >>> in_options("drop `steps`, or give `steps=200`; `x` is none", [steps])
    'drop --steps, or give --steps 200; `x` is none'
    """
    names = {a.name for a in arguments if not a.positional}

    def quoted(match: re.Match[str]) -> str:
        if match[1] not in names:
            return match[0]
        value = (match[2] or "").strip("='\"")
        return f"{option_name(match[1])} {value}".strip()

    first = re.match(rf"([a-z0-9_]+)(?= (?:(?:must|needs|has|says|betas|eps)\b|[{_CHINESE}]))", message)
    if first and first[1] in names:
        message = option_name(first[1]) + message[first.end() :]
    return re.sub(r"`(\w+)(=[^`]*)?`", quoted, message)


def usage(error: Any, commands: Collection[str]) -> str:
    """What the parser has to say: an unknown command or option, a missing or malformed value."""
    message: str = error.format_message().replace("\n", " ").replace("Input should be", "must be")
    unknown = re.match(r"No such command '(.*)'(?:\.? Did you mean.*)?\.?$", message)
    if unknown:
        hint = nearest(unknown[1], commands) or ":"
        return f"unknown command {_short(unknown[1])!r}{hint} Known: {', '.join(commands)}"
    possible = getattr(error, "possibilities", None)
    if message.startswith("No such option"):
        hint = f": did you mean {possible[0]!r}?" if possible else ""
        return f"unknown option {_short(error.option_name)!r}{hint}{_help(error)}"
    return f"{_short(message.rstrip('.'), 200)}{_help(error)}"


def _short(text: str, most: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _help(error: Any) -> str:
    context = getattr(error, "ctx", None)
    if context is None:
        return ""
    asked = f"{context.command_path} --help"
    return f" (`{asked}` lists the options)"
