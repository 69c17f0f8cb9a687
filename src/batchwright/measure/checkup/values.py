"""Numbers in the data that training cannot use: not finite, all the same, far from 1."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from batchwright.measure.checkup.bench import Bench
from batchwright.measure.checkup.reading import ReadSplit, flat_rows
from batchwright.measure.checkup.result import TaskFinding, finding

_ROWS = 5
_LARGE = 20.0
"""Root mean square of inputs or regression targets from which they count as unscaled: that of pixels to 255."""
_SPREAD = 1e4
"""Ratio of the columns' standard deviations from which they do."""
_FEWEST = 8
_SAMPLE = 2048
"""Rows from which scales are judged."""


def finite_values(read: ReadSplit) -> Iterator[TaskFinding]:
    """NaN and infinities, by row."""
    for part in ("inputs", "targets"):
        bad = torch.zeros(len(read.positions), dtype=torch.bool)
        for leaf in read.floats(part):
            if len(leaf) == len(bad):
                bad |= ~leaf.reshape(len(leaf), -1).isfinite().all(dim=1).cpu()
        if bool(bad.any()):
            rows = read.positions[bad].sort().values.tolist()
            yield finding(
                "not_finite", "error", split=read.name, part=part, count=len(rows), rows=rows[:_ROWS],
                looked_at=len(bad),
            )  # fmt: skip


def varied_values(bench: Bench, read: ReadSplit) -> Iterator[TaskFinding]:
    """Inputs that are the same for all examples while the targets are not; targets that never change.

    Where the model does not look at inputs, or the loss at targets, they may be anything.
    """
    if len(read.positions) < _FEWEST:
        return
    inputs, targets = (_constant(getattr(read, part)) for part in ("inputs", "targets"))
    if inputs and not targets and _looked_at(bench, 0):
        yield finding("constant_inputs", "error", split=read.name, looked_at=len(read.positions))
    elif targets and not inputs and _looked_at(bench, 1):
        yield finding("constant_targets", "warning", split=read.name, looked_at=len(read.positions))


def scaled_values(read: ReadSplit) -> Iterator[TaskFinding]:
    """Inputs and regression targets far from 1, or columns of very different spread."""
    for part in ("inputs", "targets"):
        for leaf in read.floats(part):
            rows = leaf[:: max(1, len(leaf) // _SAMPLE)].flatten(1) if leaf.ndim > 1 else leaf[:, None]
            rows = rows.double()
            rows = rows[rows.isfinite().all(dim=1)]
            size = float(rows.square().mean().sqrt()) if rows.numel() else 0.0
            if size > _LARGE:
                yield finding("unscaled", "note", split=read.name, part=part, size=size)
                break
            if part == "inputs" and leaf.ndim == 2 and (ratio := _ratio(rows)) > _SPREAD:
                yield finding("uneven_columns", "note", split=read.name, ratio=ratio)
                break


def _constant(tree: object) -> bool:
    rows = flat_rows(tree)
    return bool(rows) and all(bool((r == r[:1]).all()) for r in rows)


def _ratio(rows: Tensor) -> float:
    """Of the largest to the smallest standard deviation of the columns that vary."""
    deviations = rows.std(dim=0) if len(rows) > 1 else rows[:0]
    deviations = deviations[deviations > 0]
    return float(deviations.max() / deviations.min()) if deviations.numel() > 1 else 1.0


def _looked_at(bench: Bench, part: int) -> bool:
    """Whether the loss changes with the inputs (0) or targets (1)."""
    batch = bench.batch()
    plain = bench.evaluated(batch)
    other = [pytree.tree_map(_another, leaf) if i == part else leaf for i, leaf in enumerate(batch)]
    try:
        return not bool(torch.equal(plain, bench.evaluated((other[0], other[1]))))
    except Exception:  # another number than it can take
        return True


def _another(leaf: object) -> object:
    return leaf + 1 if isinstance(leaf, Tensor) and leaf.dtype is not torch.bool else leaf
