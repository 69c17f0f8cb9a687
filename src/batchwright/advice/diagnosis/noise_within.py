"""How the noise of a loss changes within an epoch: a mean that runs on quietens, single losses do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from batchwright.advice.diagnosis.log import Floats

_LEAST_LINES = 5
_LEAST_EPOCHS = 2
_MOST_LINES = 2000


@dataclass(frozen=True)
class NoiseSlope:
    """Slope of the log noise on the log place within the epoch: -1 for a running mean, 0 for single losses.

    Attributes:
        slope: over all epochs but the first.
        error: its standard error.
        falling: share of the epochs in which the noise shrinks.
        epochs: that were compared.
    """

    slope: float
    error: float
    falling: float
    epochs: int


def noise_within_epochs(rows: Sequence[Floats]) -> NoiseSlope | None:
    """Regress log |s_k| on log k within epochs, s_k = y_k - (y_(k-1) + y_(k+1))/2.

    A mean over the first k losses moves by (x_k - m_(k-1))/k, so its noise from line to line falls as 1/k. The
    first epoch is left out: there the noise falls with the loss.

    Returns:
        The slope; None with fewer than two further epochs of five lines.
    """
    places, logs, slopes = [], [], []
    for row in rows[1:]:
        if len(row) < _LEAST_LINES:
            continue
        row = row[:_MOST_LINES]
        second = np.abs(row[1:-1] - (row[:-2] + row[2:]) / 2)
        seen = second > 0
        if seen.sum() < 3:
            continue
        place = np.log(np.arange(2, len(row)))[seen]
        log = np.log(second[seen])
        place, log = place - place.mean(), log - log.mean()
        places.append(place)
        logs.append(log)
        slopes.append(float(place @ log / (place @ place)))
    if len(slopes) < _LEAST_EPOCHS:
        return None
    x, y = np.concatenate(places), np.concatenate(logs)
    fitted = float(x @ y / (x @ x))
    freedom = max(len(x) - len(slopes) - 1, 1)
    error = float(np.sqrt(np.sum((y - fitted * x) ** 2) / freedom / (x @ x)))
    return NoiseSlope(
        slope=fitted, error=error, falling=float(np.mean(np.array(slopes) < 0)), epochs=len(slopes)
    )
