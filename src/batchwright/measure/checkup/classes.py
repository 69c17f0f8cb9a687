"""Class labels: outside the outputs, missing in a split, very unequal."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from batchwright.measure.checkup.bench import Bench, own_leaves
from batchwright.measure.checkup.outputs import acts_as
from batchwright.measure.checkup.reading import ReadSplit
from batchwright.measure.checkup.result import TaskFinding, finding
from batchwright.task.given.loss import takes_classes
from batchwright.task.metrics import ACCURACY

_LISTED = 5
_UNEQUAL = 20.0
"""Ratio of the most frequent class to the rarest from which it is worth knowing."""
_MOST_CLASSES = 1000
_FEWEST_A_CLASS = 5
"""Examples a class, on average, below which a class that is missing says nothing."""


def labels_fit(bench: Bench, train: ReadSplit, validation: ReadSplit) -> Iterator[TaskFinding]:
    """Labels that the loss refuses or does not mean, in either split."""
    batch = bench.batch()
    with torch.no_grad():
        outputs = bench.outputs(bench.model(), own_leaves(batch[0]))
    if not isinstance(outputs, Tensor):
        return
    for read in (train, validation):
        if read.classes is not None and outputs.ndim > 1:
            yield from _outside(bench, outputs, batch[1], read)
        targets = read.targets
        if isinstance(targets, Tensor) and acts_as(bench, outputs, batch[1]) == "bce":
            low, high = float(targets.min()), float(targets.max())
            if low < 0 or high > 1:
                yield finding("labels_beyond_one", "error", split=read.name, low=low, high=high)


def classes_present(bench: Bench, train: ReadSplit, validation: ReadSplit) -> Iterator[TaskFinding]:
    """Classes of one split that the other lacks, and how unequal they are in training."""
    mine, theirs = _labels(bench, train), _labels(bench, validation)
    if mine is None or theirs is None:
        return
    (classes, counts), (others, other_counts) = (
        labels.unique(return_counts=True) for labels in (mine, theirs)
    )
    if len(classes) > _MOST_CLASSES or len(mine) < _FEWEST_A_CLASS * len(classes):
        return
    untaught = [c for c in others.tolist() if c not in set(classes.tolist())]
    if untaught and train.complete:
        share = float(
            sum(int(n) for c, n in zip(others.tolist(), other_counts, strict=True) if c in untaught)
        ) / len(theirs)
        yield finding(
            "class_missing_in_training",
            "warning",
            classes=untaught[:_LISTED],
            count=len(untaught),
            share=share,
        )
    untested = [c for c in classes.tolist() if c not in set(others.tolist())]
    if untested and validation.complete:
        many = len(others) == 1 or len(untested) * 4 > len(classes)
        yield finding(
            "class_missing_in_validation", "warning" if many else "note", classes=untested[:_LISTED],
            count=len(untested),
        )  # fmt: skip
    if len(classes) > 1 and float(counts.max()) > _UNEQUAL * float(counts.min()):
        rarest, commonest = int(classes[counts.argmin()]), int(classes[counts.argmax()])
        yield finding(
            "unequal_classes", "note", rarest=rarest, fewest=int(counts.min()), commonest=commonest,
            most=int(counts.max()),
        )  # fmt: skip


def _labels(bench: Bench, read: ReadSplit) -> Tensor | None:
    """One class an example, where the task is one of classes."""
    labels = read.classes
    by_class = takes_classes(bench.task.loss) or any(m is ACCURACY for m in bench.task.metrics.values())
    if labels is None or labels.ndim != 1 or not by_class:
        return None
    return labels[labels >= 0]


def _outside(bench: Bench, outputs: Tensor, targets: Tensor, read: ReadSplit) -> Iterator[TaskFinding]:
    """Labels for which there is no output, and that the loss does not simply ignore."""
    labels, count = read.classes, outputs.shape[1]
    assert labels is not None
    if not isinstance(targets, Tensor) or targets.is_floating_point():
        return
    flat = labels.reshape(len(labels), -1)
    odd = flat[(flat < 0) | (flat >= count)].unique()[:_LISTED]
    refused = [value for value in odd.tolist() if not _accepted(bench, outputs[:1], targets[:1], value)]
    if refused:
        bad = sum((flat == value).any(dim=1) for value in refused)
        yield finding(
            "labels_outside", "error", split=read.name, labels=refused, outputs=count,
            count=int((bad > 0).sum()), rows=read.positions[bad > 0].sort().values[:_LISTED].tolist(),
        )  # fmt: skip


def _accepted(bench: Bench, output: Tensor, target: Tensor, value: int) -> bool:
    """Whether the loss takes this label without an error, as it takes those that it ignores."""
    try:
        with torch.no_grad():
            bench.task.loss(output.clone(), torch.full_like(target, value))
    except Exception:
        return False
    return True
