"""The processors that this process may use."""

from __future__ import annotations

import os


def usable_processors() -> int:
    """Those that the system lets it run on; all of the machine's where it does not say."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
