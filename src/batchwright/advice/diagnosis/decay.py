"""Whether the learning rate fell too early, too late, or never: only where the log has the rate."""

from __future__ import annotations

import numpy as np

from batchwright.advice.diagnosis.finding import Finding, new_finding
from batchwright.advice.diagnosis.levels import blocks, noise_sd, theil_sen, trend_p_value
from batchwright.advice.diagnosis.log import Floats, LoggedSeries
from batchwright.advice.diagnosis.plateau import longest_flat_end
from batchwright.advice.diagnosis.view import LossView

_LEAST_LINES = 40
_CUT = 2.0
"""A rate that falls by this factor from one line to the next was cut."""
_CONSTANT = 1.05
_WINDOW = 0.15
_LONG_FLAT = 0.4
_STILL_FALLING = 0.05
"""A window that falls by this part of the loss, and by more than noise, is still falling."""
_STOPS = 0.15
_GAIN_SDS = 5.0
_GAIN = 0.1
_NOISY = 0.03


def find_decay(view: LossView) -> Finding | None:
    """``decay_too_early``, ``decay_too_late`` or ``never_decayed``."""
    rate = view.run.lr
    if rate is None or len(view.values) < _LEAST_LINES:
        return None
    rates = _at_losses(rate, view.loss)
    if rates is None:
        return None
    cuts = [i for i in np.flatnonzero(rates[:-1] > _CUT * rates[1:]) + 1 if i > _WINDOW * len(rates)]
    if cuts:
        return _too_early(view, rates, int(cuts[0])) or _too_late(view, rates, int(cuts[0]))
    return _never(view, rates)


def _at_losses(rate: LoggedSeries, loss: LoggedSeries) -> Floats | None:
    """The last rate that was logged at or before each loss."""
    known = np.isfinite(rate.values)
    if known.sum() < 2:
        return None
    place = np.searchsorted(rate.place[known], loss.place, side="right") - 1
    return rate.values[known][np.maximum(place, 0)]


def _too_early(view: LossView, rates: Floats, cut: int) -> Finding | None:
    """Before the cut the loss fell fast, after it it stands, for the greater part of the run."""
    values = view.values
    window = max(int(_WINDOW * len(values)), 10)
    before, after = values[max(cut - window, 0) : cut], values[cut + window // 2 :]
    if len(before) < 8 or len(after) < 0.3 * len(values):
        return None
    fall = -theil_sen(before) * len(before)
    level = abs(float(np.median(before)))
    error = noise_sd(values) / np.sqrt(len(before))
    if fall < max(_STILL_FALLING * level, _GAIN_SDS * error):
        return None
    goes_on = -theil_sen(after) * len(before)
    if goes_on > _STOPS * fall:
        return None
    return new_finding(
        "decay_too_early",
        view.loss.name,
        {
            "line": cut + 1,
            "step": view.loss.step_at(cut),
            "share": cut / len(values),
            "factor": float(rates[cut - 1] / max(rates[cut], 1e-300)),
            "fall_before": fall,
            "fall_after": goes_on,
            "last": float(np.median(values[-window:])),
        },
        confidence=0.8,
    )


def _too_late(view: LossView, rates: Floats, cut: int) -> Finding | None:
    """Before the cut the loss had stood for long, and the cut brings much at once."""
    values = view.values
    levels = blocks(values[:cut], 20)
    if len(levels) < 8:
        return None
    waited = longest_flat_end(levels) / len(levels) * cut
    window = max(len(values) // 20, 5)
    if len(values) - cut <= window:
        return None
    gain = float(
        np.median(values[cut - 2 * window : cut]) - np.median(values[cut + window // 2 : cut + 2 * window])
    )
    noise = noise_sd(values[:cut]) / np.sqrt(window)
    earned = float(levels[0]) - float(np.median(values[cut - 2 * window : cut]))
    if waited < _LONG_FLAT * len(values) or gain < max(_GAIN_SDS * noise, _GAIN * max(earned, 0.0)):
        return None
    return new_finding(
        "decay_too_late",
        view.loss.name,
        {
            "line": cut + 1,
            "step": view.loss.step_at(cut),
            "waited": waited / len(values),
            "waited_lines": round(waited),
            "gain": gain,
            "factor": float(rates[cut - 1] / max(rates[cut], 1e-300)),
        },
        confidence=0.8,
    )


def _never(view: LossView, rates: Floats) -> Finding | None:
    """The rate is the same to the end, and the loss has long been standing in its noise."""
    later = rates[len(rates) // 5 :]
    if later.max() > _CONSTANT * max(later.min(), 1e-300) or later.max() <= 0:
        return None
    levels = blocks(view.level)
    waited = longest_flat_end(levels) / len(levels)
    end = view.level[int((1 - waited) * len(view.level)) :]
    noise = noise_sd(end)
    level = abs(float(np.median(end))) if len(end) else 0.0
    if waited < _LONG_FLAT or noise < _NOISY * level or trend_p_value(levels) > 0.05:
        return None
    return new_finding(
        "never_decayed",
        view.loss.name,
        {
            "lr": float(later[-1]),
            "waited": waited,
            "level": level,
            "noise": noise,
            "lines": len(view.values),
        },
        confidence=0.75,
    )
