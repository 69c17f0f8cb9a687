"""Whether rows may be pooled: columns that mean nothing here may still say that the rows differ in kind."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from batchwright.advice.curve.runs import Vector
from batchwright.advice.table.cell import is_blank
from batchwright.advice.table.columns import POOL_ALL, Columns, letters_of
from batchwright.advice.table.headings import OUTCOMES, REMARKS
from batchwright.advice.table.source import Grid
from batchwright.core.errors import DataError
from batchwright.core.remark import Remark, remark

_MOST_KINDS = 30
"""A column that tells kinds of runs apart has few values, each in two rows or more."""
_MOST_ROWS = 20_000
_LEAST_RATIO = 1.2
"""Kinds whose steps differ less are one kind for the purpose of a critical batch size."""
_SURE, _SURE_OF_WORDS = 1e-3, 1e-2
"""Below this chance the differences are no accident; words name kinds more often than numbers do."""
_SEED_SD, _SEED_DEGREES = 0.1, 2
"""Spread of log steps between equal runs, assumed with so much weight beside what the table shows."""


@dataclass(frozen=True)
class _Effect:
    """How a column's values differ at equal batch sizes: the extreme ones and their ratio of steps.

    ``chance`` is that of differences as large among equal kinds.
    """

    chance: float
    low: str
    high: str
    ratio: float


def check_pooling(
    grid: Grid, columns: Columns, rows: Sequence[int], cells: Sequence[int], log_steps: Vector
) -> list[Remark]:
    """Remarks on the columns passed over.

    Args:
        grid, columns: the table.
        rows: the runs that reached the target and count.
        cells: their workload and batch size, as one number a pair.
        log_steps: of each.

    Raises:
        DataError: by one of them the rows differ in kind: at equal batch sizes steps differ beyond their
            spread, or it holds words and no batch size has two of them, so that nothing can be told.
    """
    passed = [place for place in columns.ignored if not all(map(is_blank, grid.columns[place]))]
    stride = -(-len(rows) // _MOST_ROWS) or 1
    picked, cell, y = rows[::stride], np.asarray(cells)[::stride], log_steps[::stride]
    for place in passed:
        heading = grid.headings[place]
        letters = letters_of(heading)
        kinds = [str(grid.columns[place][row]).strip() for row in picked]
        if re.fullmatch(OUTCOMES, letters) or not _tells_kinds(kinds, cell):
            continue
        words = not all(map(_is_number, kinds))
        effect = _effect(kinds, cell, y)
        sure = _SURE_OF_WORDS if words else _SURE
        if effect is not None and effect.chance < sure and effect.ratio > _LEAST_RATIO:
            steps = f"{effect.high!r} takes {effect.ratio:.2g} times the steps of {effect.low!r}"
            raise _refusal(grid, heading, f"at equal batch sizes {steps}")
        if effect is None and words and not re.fullmatch(REMARKS, letters):
            named = sorted(set(kinds))
            raise _refusal(grid, heading, f"no batch size has both {named[0]!r} and {named[-1]!r}")
    named = [grid.headings[place] for place in passed if grid.headings[place]]
    return [remark("fit_table.ignored", count=len(named), headings=named)] if named else []


def _refusal(grid: Grid, heading: str, reason: str) -> DataError:
    return DataError(
        f"{grid.source}: rows differ by {heading[:80]!r}, which is not understood: {reason[:200]}; give "
        f"workload_column={heading[:80]!r} to fit each by itself, or {POOL_ALL!r} to pool all rows"
    )


def _tells_kinds(kinds: Sequence[str], cell: Any) -> bool:
    """Few values, repeated, of which one stands at two batch sizes or more."""
    values = set(kinds)
    if not 2 <= len(values) <= min(_MOST_KINDS, len(kinds) / 2):
        return False
    return len(set(zip(kinds, cell, strict=True))) > len(values)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True


def _effect(kinds: Sequence[str], cell: Any, y: Vector) -> _Effect | None:
    """Least squares of log steps on batch size (each its own level) and kind, and the F test of the kinds.

    None where no batch size has two kinds.
    """
    names, code = np.unique(np.asarray(kinds), return_inverse=True)
    _, at = np.unique(cell, return_inverse=True)
    count = np.bincount(at)
    design = np.zeros((len(y), len(names)))
    design[np.arange(len(y)), code] = 1.0
    means = np.stack([np.bincount(at, weights=column) for column in design.T], axis=1) / count[:, None]
    within = design - means[at]
    residual = y - (np.bincount(at, weights=y) / count)[at]
    rank = int(np.linalg.matrix_rank(within))
    if rank == 0:
        return None
    level = np.linalg.lstsq(within, residual, rcond=None)[0]
    left = float(np.sum((residual - within @ level) ** 2))
    explained = float(np.sum(residual**2)) - left
    degrees = max(len(y) - len(count) - rank, 0) + _SEED_DEGREES
    variance = (left + _SEED_DEGREES * _SEED_SD**2) / degrees
    chance = float(special.fdtrc(rank, degrees, explained / rank / variance))
    # Only kinds that share a batch size with another can be compared.
    seen = np.flatnonzero(np.abs(within).max(axis=0) > 0)
    low, high = seen[np.argmin(level[seen])], seen[np.argmax(level[seen])]
    ratio = math.exp(min(float(level[high] - level[low]), 50.0))
    return _Effect(chance, str(names[low]), str(names[high]), ratio)
