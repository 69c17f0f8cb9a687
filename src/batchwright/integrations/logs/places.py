"""Where each record of a run is: its step since the beginning, its epoch, its place within the epoch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from batchwright.advice.diagnosis.log import Floats, Integers

_COMPLETE = 0.9
"""A count that starts anew before this part of its total was not the end of an epoch."""


@dataclass(frozen=True, eq=False)
class Places:
    """Of every record; None where the log does not say it.

    Attributes:
        time: what must not go back within a run: steps, else epochs.
        step: since the beginning of the run.
        epoch: passes begun before, from 0.
        phase: steps since the pass began, or a part of the pass.
        steps_per_epoch: where steps and epochs are known.
    """

    time: Floats | None
    step: Floats | None = None
    epoch: Integers | None = None
    phase: Floats | None = None
    steps_per_epoch: float | None = None


def places_of(epoch: Floats, step: Floats, of: Floats, *, in_epoch: bool = False) -> Places:
    """The places of records from what stood beside them; nan where nothing did.

    Args:
        epoch: as printed, whole or a fraction.
        step: since the beginning or since the epoch began: the latter where it starts anew with every epoch.
        of: what ``step`` counts to.
        in_epoch: whether a step that starts anew is the next epoch, where no epoch stands beside it.
    """
    has_epoch, has_step = np.isfinite(epoch), np.isfinite(step)
    if in_epoch and not has_epoch.any() and has_step.any():
        epoch = _counted_epochs(step, of)
        has_epoch = has_step
    if not has_epoch.all() and has_epoch.any():
        epoch = _carried(epoch)
        has_epoch = np.isfinite(epoch)
    if not has_epoch.all():
        return Places(time=step if has_step.any() else None, step=step if has_step.all() else None)
    if not has_step.any():
        return _from_epochs(epoch)
    if _starts_anew(epoch, step):
        return _from_counts(epoch, step, of)
    return _from_steps(epoch, step)


def _counted_epochs(step: Floats, of: Floats) -> Floats:
    """Epochs counted where a complete count starts anew."""
    back = np.diff(step, prepend=step[:1]) < 0
    complete = np.roll(step >= _COMPLETE * of, 1) | ~np.isfinite(np.roll(of, 1))
    return np.cumsum(back & complete).astype(float)


def _carried(values: Floats) -> Floats:
    """The last known value in the place of each unknown one."""
    known = np.isfinite(values)
    last = np.maximum.accumulate(np.where(known, np.arange(len(values)), -1))
    return np.where(last >= 0, values[np.maximum(last, 0)], np.nan)


def _starts_anew(epoch: Floats, step: Floats) -> bool:
    """Whether steps go back, or begin at the same number, where epochs go on."""
    known = np.isfinite(step)
    turns = np.diff(epoch[known]) > 0
    back = np.diff(step[known]) <= 0
    if not turns.any():
        # One epoch only: a fresh count cannot be told from a running one, and need not be.
        return False
    return float(np.mean(back[turns])) > 0.5


def _from_counts(epoch: Floats, count: Floats, of: Floats) -> Places:
    number = (epoch - np.nanmin(epoch)).astype(np.int64)
    count = _carried(count)
    phase: Floats = np.nan_to_num(count)
    totals = of[np.isfinite(of)]
    if len(totals):
        per_epoch = float(np.median(totals))
    else:
        distinct = np.unique(count[np.isfinite(count)])
        spacing = float(np.median(np.diff(distinct))) if len(distinct) > 1 else 1.0
        per_epoch = float(np.nanmax(count)) + (spacing if np.nanmin(count) == 0 else 0.0)
    since_start: Floats = np.asarray(number * per_epoch + np.minimum(phase, per_epoch), dtype=np.float64)
    return Places(time=since_start, step=since_start, epoch=number, phase=phase, steps_per_epoch=per_epoch)


def _from_epochs(epoch: Floats) -> Places:
    if np.all(epoch == np.floor(epoch)):
        return Places(time=epoch, epoch=(epoch - epoch.min()).astype(np.int64))
    number = np.maximum(np.ceil(epoch - 1e-6) - 1, 0).astype(np.int64)
    return Places(time=epoch, epoch=number, phase=epoch - number, steps_per_epoch=1.0)


def _from_steps(epoch: Floats, step: Floats) -> Places:
    complete = step if np.all(np.isfinite(step)) else None
    step = _carried(step)
    if not np.all(np.isfinite(step)):
        return Places(time=step, epoch=(np.floor(epoch) - np.floor(epoch.min())).astype(np.int64))
    if np.any(epoch != np.floor(epoch)):
        per_epoch = _per_fraction(epoch, step)
        number = np.maximum(np.ceil(step / per_epoch - 1e-6) - 1, 0).astype(np.int64)
    else:
        number = (epoch - epoch.min()).astype(np.int64)
        ends = {int(e): float(step[number == e].max()) for e in np.unique(number)}
        inner = [e for e in ends if e + 1 in ends]  # the last epoch may be cut
        if len(inner) < 2:
            return Places(time=complete if complete is not None else step, step=step, epoch=number)
        per_epoch = (ends[inner[-1]] - ends[inner[0]]) / (inner[-1] - inner[0])
        if per_epoch <= 0:
            return Places(time=step, step=step, epoch=number)
    first = float(step[number == number.min()].min()) if np.all(epoch == np.floor(epoch)) else 0.0
    phase = step - first - number * per_epoch
    return Places(time=step, step=step, epoch=number, phase=phase, steps_per_epoch=per_epoch)


def _per_fraction(epoch: Floats, step: Floats) -> float:
    """Steps an epoch from fractions of epochs, a whole number where they allow one."""
    late = epoch >= 0.5 * epoch.max()
    estimate = float(np.median(step[late] / epoch[late]))
    rounding = 0.5 * 10 ** -_decimals(epoch)
    allowed = estimate * rounding / float(epoch.max())
    whole = round(estimate)
    return float(whole) if whole > 0 and abs(whole - estimate) <= max(allowed, 1e-3) else estimate


def _decimals(values: Floats) -> int:
    return next((d for d in range(1, 9) if np.allclose(values, np.round(values, d), atol=1e-12)), 12)
