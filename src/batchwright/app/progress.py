"""What goes on, how far it is and how long it takes, for every wait of more than two seconds.

A terminal and a notebook have one quiet line that is replaced and at last removed; without either there is
a plain line now and then. A callable gets each :class:`Step` instead.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, Protocol

QUIET_SECONDS = 2.0
"""Nothing is said of a wait as short as this."""
LIVE_SECONDS, PLAIN_SECONDS = 0.5, 10.0
"""Between two lines, where a line replaces the last one and where it stays."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where the work stands.

    Attributes:
        what: the phase, in a few words.
        done: how much of it is done, in its own unit, or None where nothing is counted.
        expected: how much there is, or None.
        seconds: since the phase began.
    """

    what: str
    done: float | None = None
    expected: float | None = None
    seconds: float = 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the pace so far; None while nothing is counted."""
        if not self.done or self.expected is None:
            return None
        return self.seconds / self.done * max(self.expected - self.done, 0.0)

    def __str__(self) -> str:
        from batchwright.report.text.catalogue import text

        left = self.seconds_left
        if left is None:
            return text("progress.waiting", what=self.what, seconds=self.seconds)
        key = "progress.counted" if left >= 1 else "progress.counted.last"
        return text(key, what=self.what, done=self.done, expected=self.expected, seconds=max(left, 1.0))


class Line(Protocol):
    """Where progress is shown."""

    gap: float

    def show(self, text: str) -> None:
        """Put this in the place of the last text."""

    def note(self, text: str) -> None:
        """Say this for good."""

    def clear(self) -> None:
        """Leave nothing behind."""


class Watch:
    """The progress of one call: told by the work, shown by a thread of its own, so that no wait is silent."""

    def __init__(self, line: Line, listener: Callable[[Step], None] | None = None) -> None:
        self._line, self._listener = line, listener
        self._step, self._began = Step(what=""), time.monotonic()
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def phase(self, what: str) -> None:
        """Something else begins, named by its code; what was counted so far counts no more."""
        self._began = time.monotonic()
        self._step = Step(what=_words(what))
        self._tell()
        if self._thread is None:
            # A thread begins with an empty context: it would not know the language of this one.
            self._thread = threading.Thread(target=copy_context().run, args=(self._watch,), daemon=True)
            self._thread.start()

    def __call__(self, done: float, expected: float) -> None:
        """So much of the phase is done."""
        self._step = Step(
            what=self._step.what, done=done, expected=expected, seconds=time.monotonic() - self._began
        )
        self._tell()

    def note(self, text: str) -> None:
        """A line that stays, such as what is asked."""
        self._line.note(text)

    def clear(self) -> None:
        """Make room for something else to be written."""
        self._line.clear()

    def close(self) -> None:
        """The work is done."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()
        self._line.clear()

    def _tell(self) -> None:
        if self._listener is not None:
            self._listener(self._step)

    def _watch(self) -> None:
        shown, wait = 0.0, QUIET_SECONDS
        while not self._over.wait(min(wait, LIVE_SECONDS)):
            now, step = time.monotonic(), self._step
            waited = now - self._began
            if waited >= QUIET_SECONDS and now - shown >= self._line.gap:
                shown = now
                with suppress(ValueError, OSError):  # a closed stream ends the line, never the work
                    self._line.show(
                        str(Step(what=step.what, done=step.done, expected=step.expected, seconds=waited))
                    )


@contextmanager
def watching(progress: bool | Callable[[Step], None], what: str) -> Iterator[Watch]:
    """A watch for one call of the front door, closed at its end.

    Args:
        progress: True for a line where people look, False for none, or a function that gets every step.
        what: the first phase.
    """
    line = _line() if progress is True else _Silent()
    watch = Watch(line, progress if callable(progress) else None)
    try:
        watch.phase(what)
        yield watch
    finally:
        watch.close()


def _words(code: str) -> str:
    from batchwright.report.text.catalogue import has, text

    key = f"progress.phase.{code}"
    return text(key) if has(key) else code


def _line() -> Line:
    from batchwright.app.notebook import kernel_shell

    if kernel_shell() is not None:
        return _NotebookLine()
    return _TerminalLine() if sys.stderr.isatty() else _PlainLines()


class _Silent:
    gap = float("inf")

    def show(self, text: str) -> None: ...

    def note(self, text: str) -> None: ...

    def clear(self) -> None: ...


class _TerminalLine:
    gap = LIVE_SECONDS

    def show(self, text: str) -> None:
        _write(f"\r\x1b[2K{text}")

    def note(self, text: str) -> None:
        _write(f"\r\x1b[2K{text}\n")

    def clear(self) -> None:
        _write("\r\x1b[2K")


class _PlainLines:
    gap = PLAIN_SECONDS

    def show(self, text: str) -> None:
        _write(f"{text}\n")

    note = show

    def clear(self) -> None: ...


class _NotebookLine:
    gap = LIVE_SECONDS

    def __init__(self) -> None:
        self._handle: Any = None

    def show(self, text: str) -> None:
        from html import escape

        from IPython.display import HTML, display

        block = HTML(f"<small>{escape(text)}</small>")
        if self._handle is None:
            self._handle = display(block, display_id=True)
        else:
            self._handle.update(block)

    def note(self, text: str) -> None:
        self.show(text)

    def clear(self) -> None:
        if self._handle is not None:
            self.show("")


def _write(text: str) -> None:
    from batchwright.report.render.encoding import encodable

    sys.stderr.write(encodable(text, getattr(sys.stderr, "encoding", None) or "utf-8"))
    sys.stderr.flush()
