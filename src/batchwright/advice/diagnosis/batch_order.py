"""Bands: every epoch meets the same batches in the same order, and each batch has a loss of its own."""

from __future__ import annotations

from batchwright.advice.diagnosis.finding import Finding, Period, new_finding
from batchwright.advice.diagnosis.view import LossView
from batchwright.core.remark import Remark, remark

RISING = 0.8
"""From this isotonic R^2 on, a profile rises over the epoch as a sawtooth does."""
FIXED_BATCHES = 12.0
"""Offsets that many times their change from epoch to epoch cannot come from batches drawn anew."""
MANY_PHASES = 6
"""From so many lines an epoch on, a profile of unlike batches hardly rises throughout by chance."""
_RISES = 0.75


def find_batch_order(view: LossView) -> Finding | None:
    """A fixed batch order: the same phase has the same offset in every epoch, and the offsets are unlike a sawtooth.

    Offsets that rise over the epoch and fall at its start are a sawtooth's, unless they stand so far above their
    change from epoch to epoch that no batch can have been drawn anew.
    """
    test, matrix = view.phases, view.matrix
    if test is None or matrix is None or not matrix.exact or not test.same_offsets or test.rises < _RISES:
        return None
    columns = matrix.values.shape[1]
    sawtooth_like = test.rising >= RISING
    if sawtooth_like and (columns >= MANY_PHASES or test.signal_to_noise < FIXED_BATCHES):
        return None
    evidence = {
        "period": matrix.lines,
        "epochs": test.epochs,
        "p_value": test.p_value,
        "agreement": test.agreement,
        "width": test.width,
        "noise": test.noise,
        "signal_to_noise": test.signal_to_noise,
        "steps": matrix.steps,
    }
    return new_finding(
        "batch_order",
        view.loss.name,
        evidence,
        confidence=_confidence(view, sawtooth_like),
        period=Period(lines=matrix.lines, steps=matrix.steps),
        against=_against(view, sawtooth_like),
        variant="" if matrix.known else "period_found",
    )


def _confidence(view: LossView, sawtooth_like: bool) -> float:
    assert view.phases is not None
    assert view.matrix is not None
    sure = 0.95 if view.phases.signal_to_noise >= 3 else 0.85
    return sure - (0.1 if not view.matrix.known else 0.0) - (0.15 if sawtooth_like else 0.0)


def _against(view: LossView, sawtooth_like: bool) -> list[Remark]:
    test = view.phases
    assert test is not None
    said = [remark("diagnose.against.reshuffled", agreement=test.agreement)]
    if sawtooth_like:
        said.append(remark("diagnose.against.drawn_anew", ratio=test.signal_to_noise))
    else:
        said.append(remark("diagnose.against.sawtooth", rising=test.rising))
    if view.noise_slope is not None:
        said.append(remark("diagnose.against.running_mean", slope=view.noise_slope.slope))
    return said
