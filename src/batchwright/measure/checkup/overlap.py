"""Examples that are in both splits, or twice in one.

Copies are found by a digest of the inputs' bits. Where inputs take few values, independent examples coincide by
chance: let q be the probability that two of them agree if their columns were independent. A fresh example then meets
one of N by chance with probability 1 - (1 - q)^N, and only coincidences far beyond that are copies. Columns that
depend on each other make chance likelier: where few distinct examples make up the split, the share of training
examples with a twin in training is what a fresh example of the same source would show as well.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

import torch

from batchwright.measure.checkup.reading import ReadSplit, flat_rows
from batchwright.measure.checkup.result import TaskFinding, finding
from batchwright.task.data import ItemSplit, Split
from batchwright.task.task import Task

_TOLERATED, _FEW = 0.01, 3
"""Copies are a warning beyond this share of the validation examples, and from so many of them."""
_DISTINCT = 30
"""Distinct training examples below which coincidence is the rule."""
_OPTIMISM = 0.01
"""Trainable parameters an example below which nothing can be learnt by heart."""
_MANY_TWINS = 0.05
_SAMPLE = 4096
"""Rows from which the columns' values are counted."""


def shared_examples(
    task: Task, train: ReadSplit, validation: ReadSplit, parameters: int
) -> Iterator[TaskFinding]:
    """Validation examples that are training examples.

    Args:
        task: whose splits they are.
        train, validation: as far as they were read.
        parameters: trainable ones.
    """
    positions = _same_positions(task.train, task.validation)
    if positions:
        yield _about(positions, len(task.validation), parameters, len(task.train), by="position")
        return
    ours, theirs = train.digests, validation.digests
    if ours is None or theirs is None:
        return
    known = Counter(ours)
    count = sum(key in known for key in theirs)
    if count and not _by_chance(train, known, count / len(theirs)):
        yield _about(count, len(theirs), parameters, train.total, by="content")


def twins(train: ReadSplit) -> Iterator[TaskFinding]:
    """Training examples that occur more than once."""
    digests = train.digests
    if digests is None:
        return
    known = Counter(digests)
    extra = len(digests) - len(known)
    if extra > _MANY_TWINS * len(digests) and not _by_chance(train, known, extra / len(digests)):
        yield finding("twins", "note", count=extra, share=extra / len(digests), looked_at=len(digests))


def _about(count: int, looked_at: int, parameters: int, examples: int, *, by: str) -> TaskFinding:
    share = count / looked_at
    serious = share > _TOLERATED and count >= _FEW and parameters >= _OPTIMISM * examples
    return finding(
        "splits_overlap",
        "warning" if serious else "note",
        count=count,
        looked_at=looked_at,
        share=share,
        by=by,
    )


def _same_positions(train: Split, validation: Split) -> int:
    """Positions of one data set that both splits read."""
    if not isinstance(train, ItemSplit) or not isinstance(validation, ItemSplit):
        return 0
    if train.dataset is not validation.dataset:
        return 0
    ours, theirs = (
        torch.arange(len(s.dataset)) if s.positions is None else s.positions for s in (train, validation)
    )
    return int(torch.isin(theirs, ours).sum())


def _by_chance(train: ReadSplit, known: Counter[bytes], share: float) -> bool:
    """Whether so large a share of coincidences is no more than the data's few values explain."""
    if len(known) < _DISTINCT:
        return True
    read = known.total()
    chance = -math.expm1(read * math.log1p(-min(_agreement(train), 1 - 1e-12)))
    if share <= 10 * chance and chance > 0.001:
        return True
    twins_share = sum(n for n in known.values() if n > 1) / read
    few = len(known) < max(_DISTINCT, 0.02 * read)
    return few and share <= twins_share + 3 * math.sqrt(twins_share * (1 - twins_share) / read + 1 / read)


def _agreement(train: ReadSplit) -> float:
    """q, the probability that two examples agree in every column, if columns were independent."""
    log = 0.0
    for rows in flat_rows(train.inputs):
        part = rows[:: max(1, len(rows) // _SAMPLE)]
        for column in part.T[:: max(1, part.shape[1] // 256)]:
            counts = column.unique(return_counts=True)[1].double()
            n = float(counts.sum())
            # Pairs of different examples: without that, n distinct values would agree with probability 1/n.
            agree = float((counts * (counts - 1)).sum()) / max(n * (n - 1), 1)
            log += math.log(max(agree, 0.5 / max(n * (n - 1), 1)))
    return math.exp(log)
