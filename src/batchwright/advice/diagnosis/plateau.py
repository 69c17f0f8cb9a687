"""A loss that stands still: from the beginning, for a while, or long before the end."""

from __future__ import annotations

import numpy as np

from batchwright.advice.diagnosis.finding import Finding, new_finding
from batchwright.advice.diagnosis.levels import blocks, spread, theil_sen, trend_p_value
from batchwright.advice.diagnosis.log import Floats
from batchwright.advice.diagnosis.view import LossView

_BLOCKS = 20
_LEAST_LINES = 40
_P_VALUE = 0.05
_NEVER_LINES = 100
_AT_START, _BETWEEN, _AT_END = 0.25, 0.35, 0.75
"""Least part of the run that a plateau at its start, before a later fall, or at its end takes."""
_STILL = 0.02
"""A stretch stands still if it falls by less than this part of the level."""
_NOISE = 5.0
_FLOOR = 0.5
"""A level below this part of the first one is an end, not a plateau."""
_GOES_ON = 0.1


def flat(levels: Floats, gain: float) -> bool:
    """Whether block levels stand still: no trend, or one of less than a fiftieth of ``gain``."""
    change = abs(theil_sen(levels)) * (len(levels) - 1)
    return change <= _STILL * gain or (
        trend_p_value(levels) > _P_VALUE and change <= 2 * spread(np.diff(levels))
    )


def longest_flat_end(levels: Floats) -> int:
    """Blocks at the end that stand still, compared with the whole fall."""
    gain = float(levels[0] - levels.min())
    for begin in range(len(levels) - 3):
        if flat(levels[begin:], gain):
            return len(levels) - begin
    return 0


def find_plateau(view: LossView) -> Finding | None:
    """No fall at all; none at first and one later; or none for the last three fifths of the run."""
    values = view.level
    if len(values) < _LEAST_LINES:
        return None
    levels = blocks(values, _BLOCKS)
    count = len(levels)
    noise = max(spread(np.diff(levels)) / np.sqrt(2), 1e-12)
    change = abs(theil_sen(levels)) * (count - 1)
    scale = abs(float(np.median(levels)))
    level_throughout = len(values) >= _NEVER_LINES and trend_p_value(levels) > _P_VALUE
    if level_throughout and change <= _STILL * scale and np.ptp(levels) < _NOISE * 2 * noise:
        evidence = {"level": float(np.median(levels)), "lines": len(values), "change": change}
        return new_finding("plateau", view.loss.name, evidence, confidence=0.85, variant="never_falls")
    return _before_a_fall(view, levels, noise) or _at_end(view, levels, noise)


def _before_a_fall(view: LossView, levels: Floats, noise: float) -> Finding | None:
    """The longest stretch that stands still and ends in a fall; not where a cut of the rate ends it."""
    gain = float(levels[0] - levels.min())
    begin, length = _longest_flat(levels, gain)
    end = begin + length
    least = _AT_START if begin == 0 else _BETWEEN
    if length < least * len(levels) or end >= len(levels):
        return None
    level = float(np.median(levels[begin:end]))
    later = level - float(levels[end:].min())
    if later < max(_NOISE * noise, _GOES_ON * abs(float(levels[0]))):
        return None
    first, last = (int(i / len(levels) * (len(view.values) - 1)) for i in (begin, end))
    if begin and rate_is_cut(
        view, (first + last) // 2, min(last + len(view.values) // 10, len(view.values) - 1)
    ):
        return None
    evidence = {
        "level": level,
        "share": length / len(levels),
        "from_line": first + 1,
        "line": last + 1,
        "step": view.loss.step_at(last),
        "last": float(levels[-1]),
    }
    return new_finding(
        "plateau", view.loss.name, evidence, confidence=0.8, variant="between" if begin else "at_start"
    )


def _longest_flat(levels: Floats, gain: float) -> tuple[int, int]:
    """First block and length of the longest stretch that stands still and is followed by another block."""
    best = (0, 0)
    for begin in range(len(levels) - 3):
        for end in range(begin + max(best[1] + 1, 3), len(levels)):
            if flat(levels[begin:end], gain):
                best = (begin, end - begin)
    return best


def rate_is_cut(view: LossView, first: int, last: int) -> bool:
    """Whether the logged learning rate falls by a half or more between two lines."""
    rate = view.run.lr
    if rate is None:
        return False
    inside = (rate.place >= view.loss.place[first]) & (rate.place <= view.loss.place[last])
    values = rate.values[inside]
    return len(values) > 1 and bool(np.nanmin(values) < 0.5 * np.nanmax(values))


def _at_end(view: LossView, levels: Floats, noise: float) -> Finding | None:
    length = longest_flat_end(levels)
    level = float(np.median(levels[len(levels) - length :])) if length else 0.0
    gained = float(levels[0]) - level
    if length < _AT_END * len(levels) or gained < _NOISE * noise or level < _FLOOR * float(levels[0]):
        return None
    place = int((1 - length / len(levels)) * (len(view.values) - 1))
    evidence = {
        "level": level,
        "share": length / len(levels),
        "line": place + 1,
        "step": view.loss.step_at(place),
        "gained": gained,
    }
    return new_finding("plateau", view.loss.name, evidence, confidence=0.6)
