"""The largest batch size that fits: upwards by doubling, then between two sizes, led by the memory slope."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from batchwright.measure.hardware.memory import MemoryTrial

_AHEAD = 1.25
"""A size whose predicted memory exceeds the budget by this factor is not tried on the way up."""
_LONG_SECONDS = 2.0
"""After a trial of this length the next one is at the border."""
_LED = 4
"""So many trials are led by the slope; then plain bisection ends the search in any case."""


class LargestFit(BaseModel):
    """What the search found.

    Attributes:
        value: the largest size tried that fits, None if none does.
        does_not_fit: the smallest size tried beyond it that does not; None where the cap was reached.
        exact: whether the search ended by itself (within its tolerance), not for lack of time.
        trials: every size tried, in the order tried.
        seconds: what it took.
    """

    model_config = ConfigDict(frozen=True)

    value: int | None
    does_not_fit: int | None
    exact: bool
    trials: tuple[MemoryTrial, ...]
    seconds: float


def largest_that_fits(
    measure: Callable[[int], MemoryTrial], ladder: Sequence[int], *, room_bytes: float | None = None,
    tolerance: float = 0.0, limit_seconds: float = 40.0,
) -> LargestFit:  # fmt: skip
    """Find the largest batch size that fits, up to the last of ``ladder``.

    The ladder is climbed until a size does not fit, or is predicted not to by the straight line through the
    last peaks. The border is then enclosed: by the sizes at which that line meets the budget, and after a few
    of them by bisection. Whatever is reported was tried, never predicted.

    Args:
        measure: tries one size. A size with an ``error`` (the model cannot run it) is passed over on the way.
        ladder: ascending batch sizes.
        room_bytes: memory that peaks may take, for the prediction; None bisects without one.
        tolerance: the border is known well enough once both sides differ by this share; 0 finds it exactly.
        limit_seconds: no trial starts after so long.
    """
    began = time.perf_counter()
    trials: list[MemoryTrial] = []

    def fits(size: int) -> bool:
        trials.append(measure(size))
        return trials[-1].fits

    def late() -> bool:
        return time.perf_counter() - began > limit_seconds

    low, high, tried_high = 0, None, False
    left = list(ladder)
    while left and not late():
        size = left.pop(0)
        if low and _too_large(trials, size, room_bytes):
            high = size
            break
        if fits(size):
            low = size
            if trials[-1].seconds > _LONG_SECONDS:  # climb no further than needed
                left = [s for s in left if _too_large(trials, s, room_bytes)][:1] or left[-1:]
        elif not trials[-1].error:
            high, tried_high = size, True
            break
    led = 0
    while high is not None and low and not late():
        step = max(1, int(tolerance * low))
        if high - low <= step:
            if tried_high:
                break
            size = high  # only predicted so far
        else:
            guess = _border(trials, room_bytes) if led < _LED else None
            led += 1
            size = (
                (low + high) // 2
                if guess is None
                else int(min(max(guess - step // 2, low + step), high - step))
            )
            size = min(max(size, low + 1), high - 1)
        if fits(size):
            low = size
            if size == high:  # the prediction was wrong: on up the ladder
                later = [s for s in ladder if s > size]
                high, led = (later[0], 0) if later else (None, 0)
        else:
            high, tried_high = size, True
    enclosed = high is not None and tried_high and (not low or high - low <= max(1, int(tolerance * low)))
    return LargestFit(
        value=low or None, does_not_fit=high if tried_high else None,
        exact=enclosed or (high is None and low == ladder[-1]),
        trials=tuple(trials),
        seconds=time.perf_counter() - began,
    )  # fmt: skip


def _line(trials: Sequence[MemoryTrial]) -> tuple[float, float] | None:
    """Intercept and slope through the two largest sizes whose peaks are known."""
    peaks = {t.batch_size: t.peak_memory_bytes for t in trials if t.peak_memory_bytes is not None}
    if len(peaks) < 3:
        return None
    (x1, y1), (x2, y2) = sorted(peaks.items())[-2:]
    slope = (y2 - y1) / (x2 - x1)
    return (y2 - slope * x2, slope) if slope > 0 else None


def _too_large(trials: Sequence[MemoryTrial], size: int, room_bytes: float | None) -> bool:
    """Whether the line through the last peaks puts this size well beyond the budget."""
    line = _line(trials)
    return line is not None and room_bytes is not None and line[0] + line[1] * size > _AHEAD * room_bytes


def _border(trials: Sequence[MemoryTrial], room_bytes: float | None) -> float | None:
    """Where that line meets the budget."""
    line = _line(trials)
    return None if line is None or room_bytes is None else (room_bytes - line[0]) / line[1]
