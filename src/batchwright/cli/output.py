"""What a person reads: tables, one quiet progress line, and JSON on request."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from batchwright.core.errors import InputError
from batchwright.core.numbers import measured as measured
from batchwright.core.numbers import number as number
from batchwright.core.numbers import seconds as seconds

console = Console(highlight=False)


def say(text: str = "", *, style: str | None = None) -> None:
    """One paragraph on stdout, never broken into lines: the terminal wraps it, a pipe gets it whole."""
    console.print(text, style=style, soft_wrap=True, markup=False)


def note(text: str) -> None:
    """One line on stderr."""
    print(text, file=sys.stderr)


def emit_json(document: Any) -> None:
    """One JSON document on stdout; numbers that are not finite have become null before."""
    sys.stdout.write(json.dumps(document, indent=1, allow_nan=False, default=str) + "\n")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says about a file that cannot be written into one line."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise InputError(f"{path} must be writable: {error.strerror or error}") from None


class ProgressLine:
    """One line on stderr with the count and the time left; without a terminal, a plain line now and then."""

    def __init__(self, what: str, *, quiet_seconds: float = 10.0) -> None:
        self._what = what
        self._began = self._shown = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._gap = 0.2 if self._terminal else quiet_seconds

    def __call__(self, done: float, expected: float) -> None:
        now = time.monotonic()
        if now - self._shown < self._gap or done <= 0:
            return
        self._shown = now
        left = math.ceil((now - self._began) / done * max(expected - done, 0))
        time_left = f"{left} s" if left < 60 else seconds(left)
        self.say(f"{self._what}: {number(done)} of about {number(expected)}, about {time_left} left")

    def say(self, text: str) -> None:
        """Replace the line by this text."""
        sys.stderr.write(f"\r\x1b[2K{text}" if self._terminal else f"{text}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Clear the line."""
        if self._terminal:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, optional: Sequence[str] = (),
    left: Sequence[str] = (), width: int | None = None,
) -> Table:  # fmt: skip
    """An unadorned table in which nothing wraps.

    Args:
        columns: their headings, all different.
        rows: one text a column.
        optional: columns that may go, the first one first, until the table fits.
        left: columns of words, aligned on the left.
        width: what it must fit, in characters.
    """
    leaving = list(optional)
    kept = list(columns)
    while True:
        result = Table(box=None, pad_edge=False, header_style="bold")
        for column in kept:
            result.add_column(column, justify="left" if column in left else "right", no_wrap=True)
        for row in rows:
            by_column = dict(zip(columns, row, strict=True))
            result.add_row(*(escape(by_column[column]) for column in kept))
        if width is None or not leaving or _needed(result) <= width:
            return result
        kept.remove(leaving.pop(0))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[str]], **options: Any) -> None:
    """Print a :func:`table` that fits the terminal; into a pipe or a file it goes whole."""
    shown = table(columns, rows, width=console.width if console.is_terminal else None, **options)
    Console(highlight=False, width=max(_needed(shown), console.width)).print(shown)


def _needed(shown: Table) -> int:
    return console.measure(shown, options=console.options.update(width=10_000)).maximum
