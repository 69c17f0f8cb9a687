"""The answer in one plain sentence, with the number that decides and its interval."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.advice.result import Objective
from batchwright.study.result import BatchSizeResult


def conclusive(
    best: BatchSizeResult, objective: Objective, members: Sequence[int], tried: Sequence[int]
) -> str:
    """The sentence of a recommendation.

    Args:
        best: the outcome at the recommended batch size.
        objective: what it minimises.
        members: the batch sizes that are as good.
        tried: all batch sizes tried.
    """
    advice = f"Train with batch size {best.batch_size}{_with_rate(best)}: {_cost(best, objective)}"
    why = {
        "time": "",
        "examples": ", the largest batch size within 20% of the fewest examples",
        "steps": ", the smallest batch size within 20% of the fewest steps",
    }[objective]
    return f"{advice}{why}; {_as_good(best.batch_size, members, tried)}."


def inconclusive(best: BatchSizeResult, caveat: str) -> str:
    """The first reason, and the best guess all the same."""
    guess = f"batch size {best.batch_size}{_with_rate(best)}"
    return f"Inconclusive: {caveat.rstrip('.')}; the best guess is {guess}."


def _with_rate(best: BatchSizeResult) -> str:
    return "" if best.lr is None else f" and learning rate {best.lr:.3g}"


def _cost(best: BatchSizeResult, objective: Objective) -> str:
    """Median cost to the target with the 90% interval that the confirmation seeds give it."""
    steps = best.steps_to_target
    factor = {"time": best.seconds_per_step, "examples": best.batch_size, "steps": 1}[objective]
    if steps.median is None or factor is None:
        return "cost unknown"
    unit = {"time": "s", "examples": "examples", "steps": "steps"}[objective]
    text = f"{_number(steps.median * factor)} {unit} to target"
    if steps.low is None or steps.high is None:
        return text
    return f"{text} (90%: {_number(steps.low * factor)} to {_number(steps.high * factor)})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _as_good(best: int, members: Sequence[int], tried: Sequence[int]) -> str:
    if len(members) == 1:
        return "no other batch size tried is as good (90%)"
    between = [b for b in tried if members[0] <= b <= members[-1]]
    if len(members) == len(between):
        return f"anything from {members[0]} to {members[-1]} is as good (90%)"
    others = [str(b) for b in members if b != best]
    names = others[0] if len(others) == 1 else f"{', '.join(others[:-1])} and {others[-1]}"
    return f"{names} {'is' if len(others) == 1 else 'are'} as good (90%)"
