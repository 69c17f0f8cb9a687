"""Points to draw: a raw loss thinned so that its extremes stay, beside its mean over an epoch."""

from __future__ import annotations

import numpy as np

from batchwright.advice.diagnosis.finding import LossDrawing
from batchwright.advice.diagnosis.log import Floats, LoggedSeries
from batchwright.advice.diagnosis.view import LossView

_BINS = 700
_STRETCHES = 40
Points = tuple[tuple[float, float], ...]


def drawing_of(view: LossView) -> LossDrawing:
    """The raw and the averaged loss of a run; stretches of a fortieth of it where no epoch is known."""
    loss = view.loss
    x = _across(loss)
    by_epoch = view.matrix is not None
    lines = view.matrix.lines if view.matrix is not None else max(len(loss) / _STRETCHES, 1.0)
    if loss.epoch is not None and view.matrix is not None and view.matrix.known:
        cuts = np.flatnonzero(np.diff(loss.epoch)) + 1
    else:
        cuts = np.arange(lines, len(loss), lines).round().astype(int)
    means = [
        (float(np.mean(a)), float(np.mean(b)))
        for a, b in zip(np.split(x, cuts), np.split(loss.values, cuts), strict=True)
        if len(a)
    ]
    validation = view.run.validation_loss
    unit = "lines" if loss.step is None else view.run.step_unit
    return LossDrawing(
        run=view.run.name,
        x=unit,
        raw=_extremes(x, loss.values),
        averaged=tuple(means[:: max(len(means) // _BINS, 1)]),
        validation=() if validation is None else _beside(validation, loss, x),
        window=lines,
        by_epoch=by_epoch,
    )


def _across(series: LoggedSeries) -> Floats:
    if series.step is not None and np.all(np.isfinite(series.step)):
        return series.step
    return np.arange(1.0, len(series) + 1)


def _extremes(x: Floats, y: Floats) -> Points:
    """Lowest and highest value of each of 700 stretches, in order; everything where there are few."""
    if len(x) <= 2 * _BINS:
        kept = np.arange(len(x))
    else:
        parts = np.array_split(np.arange(len(x)), _BINS)
        kept = np.unique(
            [end for part in parts for end in (part[np.argmin(y[part])], part[np.argmax(y[part])])]
        )
    return tuple((float(x[i]), float(y[i])) for i in kept)


def _beside(validation: LoggedSeries, loss: LoggedSeries, x: Floats) -> Points:
    """Evaluations where the training loss is when they are made."""
    finite = np.flatnonzero(np.isfinite(validation.values))
    finite = finite[:: max(len(finite) // _BINS, 1)]
    if len(loss) == 0:
        return ()
    at = np.clip(np.searchsorted(loss.place, validation.place[finite], side="right") - 1, 0, len(x) - 1)
    return tuple((float(x[a]), float(validation.values[i])) for a, i in zip(at, finite, strict=True))
