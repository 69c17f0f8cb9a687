"""How far a run came on its way to the target."""

from __future__ import annotations

from collections.abc import Iterable

from batchwright.task.task import Target
from batchwright.training.record import RunResult
from batchwright.training.target import smoothed

_NEAR = 0.5
"""A run came near the target when it went at least this share of the way."""


def initial_value(result: RunResult, target: Target) -> float | None:
    """The target's metric before the first update."""
    rows = (e for e in result.evaluations if e.split == target.split and e.step == 0)
    return next((e.value(target.metric) for e in rows), None)


def best_value(result: RunResult, target: Target, higher_is_better: bool) -> float | None:
    """The best value of the target's metric, smoothed as the target is judged."""
    rows = [e for e in result.evaluations if e.split == target.split]
    levels = smoothed([e.step for e in rows], [e.value(target.metric) for e in rows])
    return extreme(levels, higher_is_better)


def extreme(values: Iterable[float | None], higher_is_better: bool) -> float | None:
    """The best of the known values."""
    known = [value for value in values if value is not None]
    return (max if higher_is_better else min)(known, default=None)


def met_at_start(result: RunResult, target: Target, higher_is_better: bool) -> bool:
    """Whether the target held before any update."""
    initial = initial_value(result, target)
    if initial is None:
        return False
    return initial >= target.value if higher_is_better else initial <= target.value


def came_near(result: RunResult, target: Target, higher_is_better: bool) -> bool:
    """Whether the run reached the target or went at least half of the way to it.

    A run that was evaluated at nothing but its start may still have been on its way: nothing speaks against
    it.
    """
    if result.steps_to_target is not None:
        return True
    initial, best = initial_value(result, target), best_value(result, target, higher_is_better)
    if initial is None or initial == target.value:
        return True
    return best is not None and (best - initial) / (target.value - initial) >= _NEAR
