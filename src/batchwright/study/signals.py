"""SIGTERM and SIGHUP end work as Ctrl-C does: what is running winds up, and says so."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_NAMES = ("SIGTERM", "SIGHUP")  # the end of a session or a container, and of a terminal


class Interrupted(KeyboardInterrupt):
    """The process was asked to end. Raised where Ctrl-C would raise KeyboardInterrupt.

    Attributes:
        signal_name: ``SIGTERM`` or ``SIGHUP``.
        exit_code: 128 and the signal's number, as a shell reports it: 143 or 129.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.signal_name = signal.Signals(number).name
        self.exit_code = 128 + number


_raised: list[Interrupted] = []
"""What a handler raised in the block under way."""


def as_raised(stop: KeyboardInterrupt) -> KeyboardInterrupt:
    """What our handler raised, where a library has put a plain KeyboardInterrupt in its place."""
    return _raised[-1] if _raised else stop


@contextmanager
def ending_signals() -> Iterator[None]:
    """Within the block the first SIGTERM or SIGHUP raises :class:`Interrupted` in the main thread.

    Further ones are ignored, so that what winds up is not interrupted in turn. A signal that is ignored
    already (SIGHUP under ``nohup``) stays so. Outside the main thread nothing can be done, and nothing is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = _install()
    try:
        yield
    finally:
        _raised.clear()
        for number, handler in before.items():
            signal.signal(number, handler)


def _install() -> dict[int, Any]:
    """Handlers for both signals; those that were there before, by number."""
    before: dict[int, Any] = {}

    def interrupt(number: int, _: FrameType | None) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        _raised.append(Interrupted(number))
        raise _raised[-1]

    for name in _NAMES:
        number = getattr(signal, name, None)
        # A handler of None was not set from Python, and could not be put back.
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            before[number] = signal.signal(number, interrupt)
    return before
