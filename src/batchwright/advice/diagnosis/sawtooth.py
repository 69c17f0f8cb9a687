"""Falls at the start of each epoch: stairs from examples seen again, or a true sawtooth under Adam."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from batchwright.advice.diagnosis.epochs import coarse
from batchwright.advice.diagnosis.finding import Finding, Period, new_finding
from batchwright.advice.diagnosis.log import Floats
from batchwright.advice.diagnosis.phases import rising_share
from batchwright.advice.diagnosis.view import LossView
from batchwright.core.remark import Remark, remark

_COLUMNS = 8
_P_VALUE = 1e-4
_LEAST_EFFECT = 0.8
"""Least fall at an epoch's start, in standard deviations of the steps within epochs."""
_SHARE = 0.75
_RISING = 0.7
_CREEP_P = 0.01
_LEAST_STAIRS = 0.5
"""Least part of the whole fall that happens at the starts of epochs."""


@dataclass(frozen=True)
class EpochStarts:
    """What the loss does between epochs and within them.

    Attributes:
        fall: mean change from the last part of an epoch to the first part of the next, less the mean step
            within epochs; negative where it falls.
        effect: the same in standard deviations of the steps within epochs.
        p_value: that chance does it, one-sided.
        falling: share of the epochs that begin with a fall.
        creep: mean change from an epoch's first part to its last, over the later half of the epochs.
        creep_p: that it does not rise, one-sided.
        creeping: share of epochs that rise.
        rising: share of the mean profile that a rise explains.
        stairs: part of the whole fall that happens at the starts.
        boundaries: starts of epochs that were compared.
    """

    fall: float
    effect: float
    p_value: float
    falling: float
    creep: float
    creep_p: float
    creeping: float
    rising: float
    stairs: float
    boundaries: int


def epoch_starts(values: Floats) -> EpochStarts | None:
    """Compare the changes between epochs with those within, for (epochs, parts) mean losses.

    Welch's comparison of two means with the spread of the steps within epochs, whose mean telescopes and is
    known well.
    """
    if len(values) < 3 or values.shape[1] < 2:
        return None
    jumps = values[1:, 0] - values[:-1, -1]
    later = values[1:]
    within = np.diff(later, axis=1)
    sd = float(np.std(within - np.mean(within, axis=0), ddof=1))
    sd = max(sd, 1e-9 * float(np.max(np.abs(values))) + 1e-300)
    step = float(np.mean(within))
    fall = float(np.mean(jumps)) - step
    freedom = within.size - within.shape[1]
    standard_error = max(sd, float(np.std(jumps, ddof=1))) / float(np.sqrt(len(jumps)))
    settled = values[min(max(1, len(values) // 2), len(values) - 2) :]  # earlier the trend hides a creep
    rises = settled[:, -1] - settled[:, 0]
    rise_error = float(np.std(rises, ddof=1)) / float(np.sqrt(len(rises))) if len(rises) > 1 else 0.0
    rise_error = max(rise_error, sd / float(np.sqrt(2 * len(rises))))
    whole = float(values[0, -1] - values[-1, -1])
    profile = np.mean(settled - settled.mean(axis=1, keepdims=True), axis=0)
    return EpochStarts(
        fall=fall,
        effect=-fall / sd,
        p_value=float(stats.t.cdf(fall / standard_error, max(freedom, 1))),
        falling=float(np.mean(jumps < min(step, 0.0))),
        creep=float(np.mean(rises)),
        creep_p=float(stats.t.sf(np.mean(rises) / rise_error, max(len(rises) - 1, 2))),
        creeping=float(np.mean(rises > 0)),
        rising=rising_share(profile),
        stairs=float(-np.sum(jumps)) / whole if whole > 0 else 1.0,
        boundaries=len(jumps),
    )


def find_falls_at_epochs(view: LossView) -> Finding | None:
    """``adam_sawtooth`` where the loss falls at each epoch's start and then creeps up, ``epoch_stairs`` where it
    falls there and is nearly level in between.
    """
    matrix = view.matrix
    if matrix is None:
        return None
    found = epoch_starts(coarse(matrix, _COLUMNS))
    if found is None or found.fall >= 0 or found.p_value > _P_VALUE or found.falling < _SHARE:
        return None
    if found.effect < _LEAST_EFFECT:
        return None
    creeps = found.creep_p < _CREEP_P and found.creeping >= _SHARE and found.rising >= _RISING
    if not creeps and (found.stairs < _LEAST_STAIRS or not matrix.known):
        return None
    evidence = {
        "period": matrix.lines,
        "steps": matrix.steps,
        "epochs": len(matrix.values),
        "fall": -found.fall,
        "effect": found.effect,
        "p_value": found.p_value,
        "falling": found.falling,
        "creep": found.creep,
        "creeping": found.creeping,
        "share": min(found.stairs, 1.0),
    }
    return new_finding(
        "adam_sawtooth" if creeps else "epoch_stairs",
        view.loss.name,
        evidence,
        confidence=_confidence(view, found, creeps),
        period=Period(lines=matrix.lines, steps=matrix.steps),
        against=_against(view),
    )


def _confidence(view: LossView, found: EpochStarts, creeps: bool) -> float:
    assert view.matrix is not None
    sure = 0.9 if found.boundaries >= 5 or found.effect > 4 else 0.8
    if creeps and view.matrix.values.shape[1] < 4:
        sure -= 0.25  # with two or three lines an epoch a fixed order looks alike
    return sure if view.matrix.known else sure - 0.15


def _against(view: LossView) -> list[Remark]:
    said = []
    if view.phases is not None:
        said.append(remark("diagnose.against.fixed_order", agreement=view.phases.agreement,
                           ratio=view.phases.signal_to_noise))  # fmt: skip
    if view.noise_slope is not None:
        said.append(remark("diagnose.against.running_mean", slope=view.noise_slope.slope))
    return said
