"""Single lines far above their neighbours, after which the loss comes back."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from batchwright.advice.diagnosis.finding import Finding, Number, Period, new_finding
from batchwright.advice.diagnosis.levels import noise_sd, spread
from batchwright.advice.diagnosis.log import Floats
from batchwright.advice.diagnosis.view import LossView
from batchwright.core.remark import Remark, remark

_LEAST_LINES = 40
_NARROWEST, _WIDEST = 11, 101
_SDS = 8.0
_TAIL = 0.95
_LEAST_PART = 0.1
"""Least height as a part of the level."""
_MOST = 0.02
_SAME_PHASE = 0.6


def find_spikes(view: LossView) -> Finding | None:
    """Lines above a running median by more than noise, even heavy-tailed noise, explains; at most 2% of them."""
    values = view.values
    if len(values) < _LEAST_LINES:
        return None
    width = int(np.clip(len(values) // 20, _NARROWEST, _WIDEST)) | 1
    level = ndimage.median_filter(values, width, mode="nearest")
    above = values - level
    above[: width // 2] = 0.0  # there the loss falls fast
    scale = _local_scale(above, width, noise_sd(values))
    relative = above / scale
    ordinary = relative[relative > 0]
    if len(ordinary) < 5:
        return None
    threshold = max(_SDS * spread(relative), _heaviest(ordinary, len(values)))
    high = np.flatnonzero((relative > threshold) & (above > _LEAST_PART * np.abs(level)))
    peaks = _peaks(above, high)
    if len(peaks) == 0 or len(peaks) > max(1, _MOST * len(values)):
        return None
    if peaks[-1] >= len(values) - 2:  # nothing says that it comes back
        peaks = peaks[:-1]
        if len(peaks) == 0:
            return None
    tallest = int(peaks[np.argmax(above[peaks])])
    evidence: dict[str, Number] = {
        "count": len(peaks),
        "lines": len(values),
        "height": float(above[tallest]),
        "peak": float(values[tallest]),
        "level": float(level[tallest]),
        "noise_sds": float(relative[tallest]),
        "line": tallest + 1,
        "step": view.loss.step_at(tallest),
    }
    phase, against = _phase(view, peaks)
    period = None
    if phase is not None:
        assert view.matrix is not None
        period = Period(lines=view.matrix.lines, steps=view.matrix.steps)
        evidence["phase"] = phase
    return new_finding(
        "spikes",
        view.loss.name,
        evidence,
        confidence=0.85,
        period=period,
        against=against,
        variant="same_phase" if phase is not None else "",
    )


def _local_scale(above: Floats, width: int, noise: float) -> Floats:
    """Standard deviation of the noise about each line, since noise falls with the loss; never far below the usual."""
    usual = max(spread(above), noise)  # on a steep stretch a running median leaves nothing
    wide = min(4 * width + 1, len(above) | 1)
    local = 1.4826 * ndimage.median_filter(np.abs(above), wide, mode="reflect")
    return np.maximum(local, max(0.5 * usual, 1e-12))


def _heaviest(ordinary: Floats, lines: int) -> float:
    """What the highest of so many lines may be by chance, were the noise as heavy-tailed as exponential.

    Of values above the median an exponential tail with the same upper 10% reaches (ln n + 3)/1.6 times that; the
    highest twentieth is left out, since spikes may be in it.
    """
    kept = np.sort(ordinary)[: -max(1, len(ordinary) // 20)]
    return float(np.quantile(kept, _TAIL)) * (float(np.log(lines)) + 3) / 1.6


def _peaks(above: Floats, high: np.ndarray) -> np.ndarray:
    """The highest line of each group of neighbouring high ones."""
    if len(high) == 0:
        return high
    groups = np.split(high, np.flatnonzero(np.diff(high) > 5) + 1)
    return np.array([group[np.argmax(above[group])] for group in groups])


def _phase(view: LossView, peaks: np.ndarray) -> tuple[int | None, list[Remark]]:
    """The line of the epoch at which most spikes are, where there are several; else what speaks against it."""
    matrix = view.matrix
    if matrix is None or not matrix.exact or len(peaks) < 3 or view.loss.epoch is None:
        return None, []
    starts = np.flatnonzero(np.diff(view.loss.epoch, prepend=view.loss.epoch[0] - 1))
    phases = peaks - starts[np.searchsorted(starts, peaks, side="right") - 1]
    places, counts = np.unique(phases, return_counts=True)
    most = int(np.argmax(counts))
    if counts[most] >= _SAME_PHASE * len(peaks):
        return int(places[most]) + 1, []
    return None, [remark("diagnose.against.bad_batch", places=len(places), count=len(peaks))]
