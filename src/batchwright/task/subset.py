"""Parts of a data split, drawn from a seed, with every class in its share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from batchwright.core.errors import InputError, shown
from batchwright.core.streams import generator
from batchwright.task.data import Split, TensorSplit

if TYPE_CHECKING:
    from batchwright.task.task import Task


def take_examples(task: Task, count: int, seed: int = 0) -> Task:
    """The task with a stratified, seeded subset of ``count`` training examples.

    Each class keeps its share to within one example (largest remainders); without integer labels the
    subset is drawn uniformly. The validation and test splits stay whole.

    Raises:
        InputError: ``count`` is not between 1 and the number of training examples.
    """
    total = len(task.train)
    if not 1 <= count <= total:
        raise InputError(f"examples must be between 1 and {total} (the training examples), got {count}")
    order = _stratified_order(task.train.labels(), total, count, seed, "subset")
    return task.with_fields(train=task.train.subset(order[:count].sort().values))


def hold_out(split: Split, fraction: float, seed: int = 0) -> tuple[Split, Split]:
    """``(rest, held out)``: a seeded part of the examples put aside, each class in its share.

    Classes are told from labels in memory; a data set whose items would all have to be read for them is split
    uniformly.

    Raises:
        InputError: ``fraction`` is not between 0 and 1, or there is one example only.
    """
    total = len(split)
    if not 0 < fraction < 1:
        raise InputError(
            f"validation must be data, or the share of the training examples to hold out, between 0 and 1, "
            f"got {shown(fraction)}"
        )
    if total < 2:
        raise InputError(f"to hold out validation examples takes two or more, got {total}")
    count = min(max(1, round(total * fraction)), total - 1)
    at_hand = isinstance(split, TensorSplit) or hasattr(getattr(split, "dataset", None), "targets")
    order = _stratified_order(split.labels() if at_hand else None, total, count, seed, "hold out")
    held_out, rest = order[:count].sort().values, order[count:].sort().values
    return split.subset(rest), split.subset(held_out)


def _stratified_order(labels: Tensor | None, total: int, count: int, seed: int, stream: str) -> Tensor:
    """All positions in a seeded order, of which the first ``count`` hold each class in its share."""
    order = torch.randperm(total, generator=generator(seed, stream))
    if labels is None:
        return order
    first = stratified_positions(labels.cpu()[order], count)
    others = torch.ones(total, dtype=torch.bool)
    others[first] = False
    return torch.cat([order[first], order[others]])


def stratified_positions(labels: Tensor, count: int) -> Tensor:
    """Positions of ``count`` labels, first come first served within each class's quota.

    Quotas are proportional to the class sizes, rounded by largest remainders.
    """
    classes, sizes = labels.unique(return_counts=True)
    shares = sizes.double() * count / len(labels)
    quota = shares.floor().long()
    remainder_order = (shares - quota).argsort(descending=True, stable=True)
    quota[remainder_order[: count - int(quota.sum())]] += 1
    picks = [(labels == label).nonzero().flatten()[: int(k)] for label, k in zip(classes, quota, strict=True)]
    return torch.cat(picks)
