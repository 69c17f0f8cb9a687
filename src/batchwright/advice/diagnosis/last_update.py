"""The last update of an epoch has fewer micro-batches, and its sum is divided by the full number all the same."""

from __future__ import annotations

import numpy as np

from batchwright.advice.diagnosis.finding import Finding, Period, new_finding
from batchwright.advice.diagnosis.levels import spread
from batchwright.advice.diagnosis.log import Floats
from batchwright.advice.diagnosis.view import LossView
from batchwright.core.remark import remark

_LEAST_EPOCHS = 4
_SHARE_LOWER = 0.9
_RATIO, _RATIO_OF_MANY = 0.9, 0.95
_STEADY = 0.15
_NEAR, _MOST_PARTS = 0.02, 4
"""With two lines an epoch only a half, thirds and quarters are taken for a part of the accumulation."""
_OTHERS_ALIKE = 0.35
_FALLS = 1.15
"""Two lines an epoch tell a constant ratio from a constant gap only where the loss falls by this factor."""


def find_last_update_divided(view: LossView) -> Finding | None:
    """The last line of every epoch is the same fraction of the others, whatever the level: .998 .998 .499."""
    matrix = view.matrix
    if matrix is None or not matrix.exact or len(matrix.values) < _LEAST_EPOCHS:
        return None
    values = matrix.values
    if np.any(values <= 0):
        return None
    columns = [values.shape[1] - 1] if matrix.known else range(values.shape[1])
    for column in columns:
        ratio = _constant_ratio(values, column)
        if ratio is not None:
            others = float(np.median(np.delete(values, column, axis=1)[-1]))
            return new_finding(
                "last_update_divided",
                view.loss.name,
                {
                    "ratio": ratio,
                    "epochs": len(values),
                    "period": matrix.lines,
                    "steps": matrix.steps,
                    "others": others,
                    "last": float(values[-1, column]),
                },
                confidence=0.9 if matrix.known else 0.75,
                period=Period(lines=matrix.lines, steps=matrix.steps),
                against=[remark("diagnose.against.own_losses", ratio=ratio)],
            )
    return None


def _constant_ratio(values: Floats, column: int) -> float | None:
    """The ratio of one column to the rest, where it is constant and the rest are alike; None else."""
    rest = np.delete(values, column, axis=1)
    ratios = values[:, column] / np.median(rest, axis=1)
    ratio = float(np.median(ratios))
    if ratio > (_RATIO_OF_MANY if rest.shape[1] >= 3 else _RATIO):
        return None
    missing = 1 - ratio
    if spread(ratios) > max(0.01, _STEADY * missing):
        return None
    if float(np.mean(values[:, column] < rest.min(axis=1))) < _SHARE_LOWER:
        return None
    if rest.shape[1] == 1:
        part = any(abs(ratio - k / n) <= _NEAR for n in range(2, _MOST_PARTS + 1) for k in range(1, n))
        return ratio if part and _ratio_and_not_gap(values[:, column], rest[:, 0]) else None
    alike = np.median(rest / np.median(rest, axis=1, keepdims=True), axis=0)
    return ratio if float(np.ptp(alike)) <= _OTHERS_ALIKE * missing else None


def _ratio_and_not_gap(last: Floats, first: Floats) -> bool:
    """Whether, as the level falls, the ratio stays and the gap does not."""
    if first.max() < _FALLS * first.min():
        return False
    ratios, gaps = last / first, first - last
    return float(np.std(ratios) / np.mean(1 - ratios)) < 0.5 * float(np.std(gaps) / np.mean(gaps))
