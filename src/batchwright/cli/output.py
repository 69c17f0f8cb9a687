"""What a person reads: tables, one quiet progress line, and JSON on request."""

from __future__ import annotations

import json
import math
import sys
import time
from typing import Any

from rich.console import Console
from rich.table import Table

_WIDTH_WITHOUT_TERMINAL = 110

console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)


def emit_json(document: Any) -> None:
    """One JSON document on stdout; numbers that are not finite have become null before."""
    sys.stdout.write(json.dumps(document, indent=1, allow_nan=False, default=str) + "\n")


class ProgressLine:
    """One line on stderr with the count and the time left; without a terminal, a plain line now and then."""

    def __init__(self, what: str, *, quiet_seconds: float = 10.0) -> None:
        self._what = what
        self._began = self._shown = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._gap = 0.2 if self._terminal else quiet_seconds

    def __call__(self, done: int, expected: int) -> None:
        now = time.monotonic()
        if now - self._shown < self._gap:
            return
        self._shown = now
        left = (now - self._began) / max(done, 1) * max(expected - done, 0)
        self.say(f"{self._what}: {done} of about {expected}, about {seconds(math.ceil(left))} left")

    def say(self, text: str) -> None:
        """Replace the line by this text."""
        sys.stderr.write(f"\r\x1b[2K{text}" if self._terminal else f"{text}\n")
        sys.stderr.flush()

    def close(self) -> None:
        """Clear the line."""
        if self._terminal:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


def seconds(value: float | None) -> str:
    """A duration for people.

    >>> seconds(0.00022), seconds(0.0219), seconds(0.2), seconds(7.04), seconds(75), seconds(7300)
    ('220 µs', '21.9 ms', '0.20 s', '7.0 s', '1 min 15 s', '2 h 2 min')
    """
    if value is None:
        return "-"
    if value < 1e-3:
        return f"{number(value * 1e6)} µs"
    if value < 0.1:
        return f"{number(value * 1e3)} ms"
    if value < 60:
        return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"
    if value < 3600:
        return f"{int(value // 60)} min {int(value % 60)} s"
    return f"{int(value // 3600)} h {int(value % 3600 // 60)} min"


def number(value: float | None, digits: int = 3) -> str:
    """A number with ``digits`` significant digits, never an exponent, whole from 100 on.

    >>> number(1234.5), number(0.70711), number(None), number(0.05), number(220.4), number(0.000123)
    ('1234', '0.707', '-', '0.05', '220', '0.000123')
    """
    if value is None:
        return "-"
    if value == 0 or abs(value) >= 10 ** (digits - 1):
        return f"{value:.0f}"
    text = f"{value:.{digits - 1 - math.floor(math.log10(abs(value)))}f}"
    return text.rstrip("0").rstrip(".")


def table(*columns: str, title: str | None = None) -> Table:
    """An unadorned table; numbers right-aligned."""
    result = Table(title=title, box=None, pad_edge=False, title_justify="left", header_style="bold")
    for i, column in enumerate(columns):
        result.add_column(column, justify="left" if i == 0 else "right")
    return result
