"""Reasons not to recommend: each a remark with the action that would settle it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from batchwright.advice.decide.question import Question
from batchwright.core.action import Action
from batchwright.core.remark import Remark, remark
from batchwright.study.result import BatchSizeResult

_FEWEST_ANSWERS = 3
_WIDE_FACTOR = 8.0
_WIDE_SHARE = 0.5
_MORE_SEARCH_SEEDS = 6


@dataclass(frozen=True)
class Doubt:
    """Why the study is inconclusive, and what to run to settle it."""

    why: Remark
    action: Action


def doubts(
    rows: Sequence[BatchSizeResult], best: BatchSizeResult, as_good: Sequence[int], question: Question
) -> list[Doubt]:
    """Every reason against recommending ``best``; none where the study settles it.

    Args:
        rows: all tried batch sizes, ascending.
        best: the best guess.
        as_good: the batch sizes that cannot be told from it.
        question: what was asked, and its natural ends.
    """
    tried = [row.batch_size for row in rows]
    answers = sum(row.steps_to_target.median is not None for row in rows)
    found = [
        _few(tried, best, answers, question),
        _misses(tried, best, question),
        _edge(tried, best, question),
        _end(tried, best, question),
        _wide(tried, best, as_good, question),
    ]
    return [doubt for doubt in found if doubt is not None]


def _few(tried: Sequence[int], best: BatchSizeResult, answers: int, question: Question) -> Doubt | None:
    # A data set of few examples may have no third batch size.
    if answers >= min(_FEWEST_ANSWERS, question.largest):
        return None
    b = best.batch_size
    around = {*tried, b // 4, b // 2, 2 * b, 4 * b, 1, question.largest}
    return Doubt(
        remark("study.few_answers", count=answers, needed=_FEWEST_ANSWERS), question.study(sorted(around))
    )


def _misses(tried: Sequence[int], best: BatchSizeResult, question: Question) -> Doubt | None:
    if best.seeds_reached >= best.seeds:
        return None
    # A rate that holds on more search seeds is less likely to fail on a fresh one.
    return Doubt(
        remark(
            "study.seeds_missed",
            batch_size=best.batch_size,
            reached=best.seeds_reached,
            seeds=best.seeds,
        ),
        question.study(tried, search_seeds=_MORE_SEARCH_SEEDS),
    )


def _edge(tried: Sequence[int], best: BatchSizeResult, question: Question) -> Doubt | None:
    if not best.lr_on_edge or best.lr is None:
        return None
    # The search starts at the rate it is given and goes outwards from there.
    return Doubt(
        remark("study.rate_on_edge", batch_size=best.batch_size, lr=best.lr),
        question.study(tried, lr=float(f"{best.lr:.3g}")),
    )


def _end(tried: Sequence[int], best: BatchSizeResult, question: Question) -> Doubt | None:
    b = best.batch_size
    below, above = b == tried[0] > 1, b == tried[-1] < question.largest
    if len(tried) == 1 or not (below or above):
        return None
    # The inward neighbour comes along, so that the same best would not be an end again.
    sizes = (b // 4, b // 2, b, tried[1]) if below else (tried[-2], b, 2 * b, 4 * b)
    code = "study.best_is_smallest" if below else "study.best_is_largest"
    return Doubt(remark(code, batch_size=b), question.study(sizes))


def _wide(
    tried: Sequence[int], best: BatchSizeResult, as_good: Sequence[int], question: Question
) -> Doubt | None:
    low, high = as_good[0], as_good[-1]
    if high <= _WIDE_FACTOR * low or math.log(high / low) <= _WIDE_SHARE * math.log(tried[-1] / tried[0]):
        return None
    return Doubt(
        remark("study.set_too_wide", low=low, high=high),
        question.study(tried, confirm_seeds=max(2 * best.seeds, 5)),
    )
