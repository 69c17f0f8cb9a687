"""A loss laid out epoch by epoch: one row an epoch, one column a place within it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from batchwright.advice.diagnosis.log import Floats, LoggedRun, LoggedSeries

_MOST_BINS = 12
_LEAST_COMPLETE = 0.8


@dataclass(frozen=True, eq=False)
class EpochMatrix:
    """Losses of successive epochs.

    Attributes:
        values: (epochs, columns), epochs one after the other without a gap.
        rows: all epochs, also cut ones, as they were logged.
        lines: lines an epoch; a fraction where it varies.
        steps: steps an epoch; None where the log does not count them.
        known: whether the log says where epochs begin; else it is a period found in the values, and the first
            column need not be an epoch's first.
        exact: whether a column holds the same updates of every epoch; else columns are means over parts of it.
    """

    values: Floats
    rows: tuple[Floats, ...]
    lines: float
    steps: float | None
    known: bool
    exact: bool


def epochs_of(series: LoggedSeries, run: LoggedRun) -> EpochMatrix | None:
    """The epochs that the log states; None where it states none, or has one line an epoch."""
    if series.epoch is None or len(series) < 4:
        return None
    starts = np.flatnonzero(np.diff(series.epoch, prepend=series.epoch[0] - 1))
    rows = tuple(np.split(series.values, starts[1:]))
    lengths = np.array([len(row) for row in rows])
    inner = lengths[1:-1] if len(lengths) > 3 else lengths
    usual = int(np.median(inner))
    if len(rows) < 2 or usual < 2:
        return None
    regular = _regular(series, starts, lengths, usual)
    first, last = _longest_stretch(regular)
    if last - first >= max(2, _LEAST_COMPLETE * (len(rows) - 2)):
        values, exact = np.stack(rows[first:last]), True
    else:
        values, exact = _binned(series, run, rows, starts, int(min(inner.min(), _MOST_BINS))), False
    return EpochMatrix(
        values=values,
        rows=rows,
        lines=float(np.mean(inner)),
        steps=run.steps_per_epoch,
        known=True,
        exact=exact,
    )


def _regular(series: LoggedSeries, starts: np.ndarray, lengths: np.ndarray, usual: int) -> np.ndarray:
    """Which epochs have the usual number of lines at the usual places."""
    regular = lengths == usual
    if series.phase is None:
        return regular
    phases = {i: series.phase[s : s + usual] for i, s in enumerate(starts) if regular[i]}
    if not phases:
        return regular
    typical = np.median(np.stack(list(phases.values())), axis=0)
    spacing = float(np.median(np.diff(typical))) if usual > 1 else 1.0
    for i, places in phases.items():
        regular[i] = bool(np.all(np.abs(places - typical) <= 0.01 * abs(spacing) + 1e-9))
    return regular


def _longest_stretch(flags: np.ndarray) -> tuple[int, int]:
    """Begin and end of the longest run of true values."""
    best, begin = (0, 0), 0
    for i, flag in enumerate([*flags, False]):
        if not flag:
            if i - begin > best[1] - best[0]:
                best = (begin, i)
            begin = i + 1
    return best


def _binned(
    series: LoggedSeries, run: LoggedRun, rows: tuple[Floats, ...], starts: np.ndarray, bins: int
) -> Floats:
    """Means over equal parts of each epoch that has a value in all of them."""
    bins = max(bins, 2)
    kept = []
    for start, row in zip(starts, rows, strict=True):
        if series.phase is not None and run.steps_per_epoch:
            share = series.phase[start : start + len(row)] / run.steps_per_epoch
        else:
            share = (np.arange(len(row)) + 0.5) / len(row)
        part = np.clip((share * bins - 1e-9).astype(int), 0, bins - 1)
        counts = np.bincount(part, minlength=bins)
        if np.all(counts):
            kept.append(np.bincount(part, weights=row, minlength=bins) / counts)
    return np.stack(kept) if kept else np.empty((0, bins))


def coarse(matrix: EpochMatrix, columns: int) -> Floats:
    """The matrix with at most so many columns, each the mean of neighbouring ones."""
    values = matrix.values
    if values.shape[1] <= columns:
        return values
    return np.stack([part.mean(axis=1) for part in np.array_split(values, columns, axis=1)], axis=1)
