"""What an answer may cost, in one grammar everywhere: trainings or time."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from batchwright.core.errors import InputError, shown

_SECONDS = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0}
_FORM = re.compile(r"\s*(\d*\.?\d+(?:e\d+)?)\s*(trainings?|sec|s|min|h)?\s*", re.IGNORECASE | re.ASCII)
_MOST_SECONDS, _MOST_TRAININGS = 1e9, 1e6


@dataclass(frozen=True)
class Allowed:
    """So many trainings (runs to the target), or so many seconds; the other is None."""

    trainings: float | None = None
    seconds: float | None = None


def allowed(budget: str | float) -> Allowed:
    """``30trainings``, ``90s``, ``5min``, ``1h``; a bare number is trainings.

    Raises:
        InputError: anything else.

    >>> allowed("30trainings"), allowed(30) == allowed("30"), allowed("5min")
    (Allowed(trainings=30.0, seconds=None), True, Allowed(trainings=None, seconds=300.0))
    """
    match = _FORM.fullmatch(str(budget))
    amount = float(match[1]) if match else -1.0
    unit = (match[2] or "trainings").lower() if match else ""
    most = _MOST_SECONDS / _SECONDS[unit] if unit in _SECONDS else _MOST_TRAININGS
    if not 0 < amount <= most or math.isinf(amount):
        raise InputError(f"budget must be like 30trainings, 90s, 5min or 1h, got {shown(budget)}")
    if unit in _SECONDS:
        return Allowed(seconds=amount * _SECONDS[unit])
    return Allowed(trainings=amount)
