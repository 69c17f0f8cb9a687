"""How much of the machine other processes use while something is timed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

CALM_LOAD = 0.15
"""Share of the machine's processors that others may use while steps are timed."""
TOO_BUSY = 0.3
"""Share above which seconds a step support no answer, and are not kept."""
_TICKS_A_SECOND = 100
"""Where the system does not tell: what Linux has counted in since its beginnings."""


class LoadMeter:
    """Processor time of all other processes since the meter was made, as a share of the whole machine.

    Args:
        processors: reads Linux's account of the processors' time, in the form of ``/proc/stat``.
        own_seconds: processor time of this process so far.
        ticks_a_second: the account's unit; the system's by default.
    """

    def __init__(
        self,
        processors: Callable[[], str] | None = None,
        own_seconds: Callable[[], float] = time.process_time,
        ticks_a_second: int | None = None,
    ) -> None:
        self._processors = processors or proc_stat
        self._own_seconds = own_seconds
        self._ticks = ticks_a_second or _system_ticks()
        self._began = self._now()

    def share(self) -> float | None:
        """None where the system does not tell, or too little time has passed for its account to move."""
        (before, own_before), (after, own) = self._began, self._now()
        if before is None or after is None or after[1] <= before[1]:
            return None
        others = after[0] - before[0] - (own - own_before) * self._ticks
        return max(0.0, others / (after[1] - before[1]))

    def _now(self) -> tuple[tuple[int, int] | None, float]:
        return busy_and_total(self._processors()), self._own_seconds()


def busy_and_total(text: str) -> tuple[int, int] | None:
    """Busy and total ticks of all processors since the machine started; None where the text is another.

    The first line sums the processors: user, nice, system, idle, waiting for input or output, interrupts,
    soft interrupts, stolen by other guests of the host, and times of guests that are counted before.

    >>> busy_and_total("cpu  10 1 5 80 4 0 0 0 0 0")
    (16, 100)
    >>> busy_and_total("")
    """
    name, *fields = text.split("\n", 1)[0].split() or [""]
    try:
        ticks = [int(field) for field in fields[:8]]
    except ValueError:
        return None
    if name != "cpu" or len(ticks) < 5:
        return None
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


def proc_stat() -> str:
    """Linux's account of the processors' time; empty on other systems."""
    try:
        return Path("/proc/stat").read_text()
    except OSError:
        return ""


def _system_ticks() -> int:
    try:
        return os.sysconf("SC_CLK_TCK")
    except (AttributeError, ValueError, OSError):
        return _TICKS_A_SECOND
