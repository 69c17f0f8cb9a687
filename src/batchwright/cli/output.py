"""What a person reads: tables, one quiet progress line, and JSON on request."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from rich.console import Console
from rich.table import Table

console = Console(highlight=False)
notes = Console(stderr=True, highlight=False)


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
        elapsed = now - self._began
        left = elapsed / max(done, 1) * max(expected - done, 0)
        text = f"{self._what}: {done} of about {expected}, {seconds(left)} left"
        self._write(text)

    def say(self, text: str) -> None:
        """Replace the line by another remark."""
        self._write(text)

    def close(self) -> None:
        """Clear the line."""
        if self._terminal:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r\x1b[2K{text}" if self._terminal else f"{text}\n")
        sys.stderr.flush()


def seconds(value: float | None) -> str:
    """A duration for people.

    >>> seconds(0.0000312), seconds(0.42), seconds(75), seconds(7300)
    ('31 µs', '0.42 s', '1 min 15 s', '2 h 2 min')
    """
    if value is None:
        return "-"
    if value < 1e-3:
        return f"{value * 1e6:.2g} µs"
    if value < 0.1:
        return f"{value * 1e3:.2g} ms"
    if value < 60:
        return f"{value:.2g} s" if value < 10 else f"{value:.0f} s"
    if value < 3600:
        return f"{int(value // 60)} min {int(value % 60)} s"
    return f"{int(value // 3600)} h {int(value % 3600 // 60)} min"


def number(value: float | None, digits: int = 3) -> str:
    """A number in at most ``digits`` significant digits, without exponents where they only confuse.

    >>> number(1234.5), number(0.70711), number(None), number(0.05)
    ('1234', '0.707', '-', '0.05')
    """
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.{digits}g}"


def table(*columns: str, title: str | None = None) -> Table:
    """An unadorned table; numbers right-aligned."""
    result = Table(title=title, box=None, pad_edge=False, title_justify="left", header_style="bold")
    for i, column in enumerate(columns):
        result.add_column(column, justify="left" if i == 0 else "right")
    return result
