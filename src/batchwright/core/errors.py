"""Exceptions. Every message is one line: the rule, the value, and the likely fix."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST_ECHO = 80
"""Characters after which a value that an error repeats is cut."""


class BatchwrightError(Exception):
    """Anything this package raises on purpose."""


class InputError(BatchwrightError):
    """The caller's input breaks a rule; the command line exits with 2."""


class DataError(InputError):
    """A data file is missing, damaged or truncated."""


class StoreError(InputError):
    """The store cannot be opened, or holds something else than was asked for."""


class BatchwrightWarning(UserWarning):
    """Something to know that stops nothing; the command line says it in one line on stderr."""


def shown(value: object) -> str:
    """A value as an error repeats it: its ``repr`` on one line, cut after 80 characters.

    >>> shown("adm"), len(shown("x" * 300)), shown("two\\nlines")
    ("'adm'", 80, "'two\\\\nlines'")
    """
    try:
        text = " ".join(repr(value).split())
    except Exception:  # an integer of more than 4,300 digits; a user's own class
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= LONGEST_ECHO else f"{text[: LONGEST_ECHO - 3]}..."


def unknown_name(kind: str, name: str, known: Iterable[str]) -> InputError:
    """An error for a misspelt name, with the nearest known name and the whole list.

    >>> str(unknown_name("optimizer", "adm", ["adam", "sgd"]))
    "unknown optimizer 'adm': did you mean 'adam'? Known: adam, sgd"
    """
    names = sorted(known)
    near = difflib.get_close_matches(name[:LONGEST_ECHO].lower(), names, n=1, cutoff=0.5)
    hint = f": did you mean {near[0]!r}?" if near else "."
    return InputError(f"unknown {kind} {shown(name)}{hint} Known: {', '.join(names) or 'none'}")


def one_line(error: BaseException) -> str:
    """The error's message on a single line, for people.

    A pydantic validation error is reduced to its first problem: ``field: rule, got value``.
    """
    problems = getattr(error, "errors", None)
    if callable(problems):
        first = problems()[0]
        where = ".".join(str(part) for part in first.get("loc", ())) or "value"
        rule = str(first.get("msg", "")).removeprefix("Value error, ").replace("Input should be", "must be")
        rule = rule.replace("greater than or equal to", "at least").replace(
            "less than or equal to", "at most"
        )
        got = shown(first.get("input"))
        told = isinstance(first.get("input"), dict) or f"got {got}" in rule or f"got {got[1:-1]}" in rule
        return f"{where}: {rule}{'' if told else f', got {got}'}"
    text = " ".join(str(error).split())
    return text or type(error).__name__
