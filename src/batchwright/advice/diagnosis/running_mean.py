"""A sawtooth that is drawn by the logging: the mean of the epoch's losses so far, begun anew at each epoch."""

from __future__ import annotations

import numpy as np

from batchwright.advice.diagnosis.finding import Finding, Period, new_finding
from batchwright.advice.diagnosis.view import LossView
from batchwright.core.remark import remark

_SLOPE = -0.55
_ERRORS = 3.0
_FALLING = 0.65
_LEAST_JUMPS = 0.7


def find_running_mean_reset(view: LossView) -> Finding | None:
    """A running mean that is reset: its noise shrinks within epochs as 1/k, or the format says that it is one."""
    matrix, slope = view.matrix, view.noise_slope
    if matrix is None:
        return None
    shrinks = (
        slope is not None
        and slope.slope <= _SLOPE
        and slope.slope + _ERRORS * slope.error < 0
        and slope.falling >= _FALLING
    )
    ends = np.array([row[-1] for row in matrix.rows[:-1]])
    starts = np.array([row[0] for row in matrix.rows[1:]])
    stated = view.loss.running_mean and len(ends) >= 3 and float(np.mean(starts < ends)) >= _LEAST_JUMPS
    if not (shrinks or stated):
        return None
    evidence = {
        "period": matrix.lines,
        "epochs": len(matrix.rows),
        "steps": matrix.steps,
        "noise_slope": None if slope is None else slope.slope,
        "noise_slope_error": None if slope is None else slope.error,
        "drop": float(np.median(ends - starts)) if len(ends) else 0.0,
    }
    against = []
    if shrinks:
        assert slope is not None
        against.append(remark("diagnose.against.single_losses", slope=slope.slope))
    return new_finding(
        "running_mean_reset",
        view.loss.name,
        evidence,
        confidence=0.95 if shrinks and matrix.known else 0.85,
        period=Period(lines=matrix.lines, steps=matrix.steps),
        against=against,
        variant="" if shrinks else "stated",
    )
