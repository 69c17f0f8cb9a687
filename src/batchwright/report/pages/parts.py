"""What pages share: columns, what a measurement took and where, how to read its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from batchwright.core.numbers import duration
from batchwright.report.page import Cell, Column, Kind, Note
from batchwright.report.text.catalogue import has, text


def sentence_case(words: str) -> str:
    """Words as the beginning of a sentence.

    >>> sentence_case("after 1 update")
    'After 1 update'
    """
    return words[:1].upper() + words[1:]


def column(
    heading: str, values: Sequence[Cell], kind: Kind = "text", *, like: str = "", optional: int = 0,
    prefix: Sequence[str] = (),
) -> Column:  # fmt: skip
    """A column in one line; see :class:`~batchwright.report.page.Column`."""
    return Column(heading=heading, values=values, kind=kind, like=like, optional=optional, prefix=prefix)


class _Measurement(Protocol):
    """What every measurement says of itself: what it took, and on which versions and machine."""

    @property
    def seconds(self) -> float: ...

    @property
    def environment(self) -> Mapping[str, Any]: ...


def about(found: _Measurement, facts: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What a measurement took, further facts of it, versions and machine."""
    return {text("about.took"): duration(found.seconds), **(facts or {}), **machine(found.environment)}


def machine(environment: Mapping[str, Any]) -> dict[str, Any]:
    """Versions and hardware, each under its name in the reader's language; a library keeps its own.

    >>> machine({"torch": "2.9", "cores": 2})
    {'torch': '2.9', 'cores': 2}
    """
    keys = {name: f"about.environment.{name}" for name in environment}
    return {text(key) if has(key) else name: environment[name] for name, key in keys.items()}


def readings(keys: Sequence[str]) -> list[Note]:
    """How to read the numbers, on a page only."""
    return [Note(text=text(key), role="reading") for key in keys]
