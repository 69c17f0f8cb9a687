"""Which runs count: those at the best learning rate of their batch size; of a study those that confirm it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batchwright.advice.table.columns import Columns
from batchwright.advice.table.ended import CENSORED, REACHED, HowEnded
from batchwright.advice.table.source import Grid
from batchwright.core.remark import Remark, remark

Mask = NDArray[np.bool_]


def rows_that_count(
    grid: Grid, columns: Columns, groups: Sequence[Any], ends: HowEnded, remarks: list[Remark]
) -> Mask:
    """Which rows are fitted.

    The learning rate is tuned anew at every batch size (Shallue et al. 2019, arXiv 1811.03600), so that runs
    at other rates are no repetitions. Where a column ``purpose`` has ``confirm``, runs of the search are left
    out too: the best of many noisy trials looks better than it is.

    Args:
        grid, columns: the table.
        groups: workload and batch size of each row.
        ends: how each row's run ended.
        remarks: what was left out is added to these.
    """
    counts = np.ones(len(grid), bool)
    if "purpose" in columns.places:
        purposes = [str(cell).strip().lower() for cell in grid.columns[columns.places["purpose"]]]
        confirm = np.array([purpose == "confirm" for purpose in purposes], bool)
        if confirm.any():
            counts = confirm
            confirmed = {group for group, is_one in zip(groups, confirm, strict=True) if is_one}
            lost = sorted({size for name, size in groups if (name, size) not in confirmed})
            remarks.append(
                remark("fit_table.confirmed", count=int(confirm.sum()), left_out=int((~confirm).sum()))
            )
            if lost:
                remarks.append(remark("fit_table.unconfirmed", batch_sizes=lost))
    if "lr" in columns.places:
        counts = _of_best_rate(grid.columns[columns.places["lr"]], groups, ends, counts, remarks)
    return counts


def _of_best_rate(
    rates: Sequence[Any], groups: Sequence[Any], ends: HowEnded, counts: Mask, remarks: list[Remark]
) -> Mask:
    by_group: dict[Any, dict[str, list[int]]] = {}
    for row in map(int, np.flatnonzero(counts)):
        by_group.setdefault(groups[row], {}).setdefault(str(rates[row]).strip(), []).append(row)
    kept = counts.copy()
    several = [by_rate for by_rate in by_group.values() if len(by_rate) > 1]
    for by_rate in several:
        best = min(by_rate, key=lambda rate: _rank(by_rate[rate], ends))
        for rate, rows in by_rate.items():
            kept[rows] = rate == best
    if several:
        left_out = int(counts.sum() - kept.sum())
        remarks.append(remark("fit_table.best_rate", count=len(several), left_out=left_out))
    return kept


def _rank(rows: Sequence[int], ends: HowEnded) -> tuple[float, float]:
    """Least is best: the share of runs that missed the target, then the median of what they needed."""
    how, value = ends.how[rows], ends.value[rows]
    missed = 1 - float(np.mean(how == REACHED))
    counted = value[how == REACHED] if missed < 1 else value[how == CENSORED]
    return missed, float(np.median(counted)) if len(counted) else np.inf
