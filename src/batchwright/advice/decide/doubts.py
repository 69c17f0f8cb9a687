"""Reasons not to recommend: each a caveat in plain words with the command that would settle it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from batchwright.study.result import BatchSizeResult

_FEWEST_ANSWERS = 3
_WIDE_FACTOR = 8.0
_WIDE_SHARE = 0.5
_MORE_SEARCH_SEEDS = 6


@dataclass(frozen=True)
class Doubt:
    """Why the study is inconclusive, and the command that would settle it."""

    caveat: str
    next_step: str


@dataclass(frozen=True)
class Question:
    """The task as the command line names it, its training examples, and what fits in memory."""

    task: str
    examples: int
    max_batch_that_fits: int | None = None

    @property
    def largest(self) -> int:
        """The natural upper end: all training examples, or the largest batch that fits."""
        return min(self.examples, self.max_batch_that_fits or self.examples)

    def study(self, batch_sizes: Sequence[int] = (), options: str = "") -> str:
        """A runnable study; sizes are cut to the natural ends."""
        sizes = sorted({min(max(b, 1), self.largest) for b in batch_sizes})
        words = ["batchwright study", self.task]
        if sizes:
            words.append("--batch-sizes " + ",".join(map(str, sizes)))
        return " ".join([*words, options]).strip()


def no_answer(rows: Sequence[BatchSizeResult], question: Question) -> Doubt:
    """No batch size reached the target."""
    return Doubt(
        "No batch size reached the target: the target may be out of reach, or the budget too small.",
        question.study([r.batch_size for r in rows], "--max-epochs 1000"),
    )


def doubts(
    rows: Sequence[BatchSizeResult], best: BatchSizeResult, as_good: Sequence[int], answers: int,
    question: Question,
) -> list[Doubt]:  # fmt: skip
    """Every reason against recommending ``best``; none where the study settles it.

    Args:
        rows: all tried batch sizes, ascending.
        best: the best guess.
        as_good: the batch sizes that cannot be told from it.
        answers: how many batch sizes have an answer.
        question: the task and its natural ends.
    """
    tried = [row.batch_size for row in rows]
    found = [
        _few(tried, best, answers, question),
        _misses(tried, best, question),
        _edge(tried, best, question),
        _end(tried, best, question),
        _wide(tried, best, as_good, question),
    ]
    return [doubt for doubt in found if doubt is not None]


def _few(tried: Sequence[int], best: BatchSizeResult, answers: int, question: Question) -> Doubt | None:
    if answers >= _FEWEST_ANSWERS:
        return None
    b = best.batch_size
    plural = "batch size has" if answers == 1 else "batch sizes have"
    return Doubt(
        f"Only {answers} {plural} an answer; a comparison needs {_FEWEST_ANSWERS} or more.",
        question.study([*tried, b // 4, b // 2, 2 * b, 4 * b]),
    )


def _misses(tried: Sequence[int], best: BatchSizeResult, question: Question) -> Doubt | None:
    if best.seeds_reached >= best.seeds:
        return None
    # A rate that holds on more search seeds is less likely to fail on a fresh one.
    return Doubt(
        f"At batch size {best.batch_size} only {best.seeds_reached} of {best.seeds} seeds reached the "
        "target: its runs failed or were cut short.",
        question.study(tried, f"--search-seeds {_MORE_SEARCH_SEEDS}"),
    )


def _edge(tried: Sequence[int], best: BatchSizeResult, question: Question) -> Doubt | None:
    if not best.lr_on_edge or best.lr is None:
        return None
    # The search starts at --lr and goes outwards from there.
    return Doubt(
        f"At batch size {best.batch_size} the best learning rate, {best.lr:.3g}, was the last one tried on "
        "its side: a better one may lie beyond.",
        question.study(tried, f"--lr {best.lr:.3g}"),
    )


def _end(tried: Sequence[int], best: BatchSizeResult, question: Question) -> Doubt | None:
    b = best.batch_size
    below, above = b == tried[0] > 1, b == tried[-1] < question.largest
    if len(tried) == 1 or not (below or above):
        return None
    # The inward neighbour comes along, so that the same best would not be an end again.
    sizes = (b // 4, b // 2, b, tried[1]) if below else (tried[-2], b, 2 * b, 4 * b)
    end = "smallest" if below else "largest"
    return Doubt(
        f"The best batch size, {b}, is the {end} one tried, and the range could be extended.",
        question.study(sizes),
    )


def _wide(
    tried: Sequence[int], best: BatchSizeResult, as_good: Sequence[int], question: Question
) -> Doubt | None:
    low, high = as_good[0], as_good[-1]
    if high <= _WIDE_FACTOR * low or math.log(high / low) <= _WIDE_SHARE * math.log(tried[-1] / tried[0]):
        return None
    return Doubt(
        f"Batch sizes from {low} to {high} cannot be told apart: that is most of the tried range.",
        question.study(tried, f"--confirm-seeds {max(2 * best.seeds, 5)}"),
    )
