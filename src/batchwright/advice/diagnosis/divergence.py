"""A loss that leaves: not a number from some line on, or back up to where it began and beyond."""

from __future__ import annotations

import numpy as np

from batchwright.advice.diagnosis.finding import Finding, Number, new_finding
from batchwright.advice.diagnosis.levels import blocks, noise_sd
from batchwright.advice.diagnosis.view import LossView

_NOT_FINITE = 0.5
"""From the first such line on, at least this share of lines is not finite."""
_BACK = 0.9
"""Least part of what had been gained that is lost again."""
_NOISE = 8.0
_FACTOR = 3.0
_LEAST_LINES = 8


def find_divergence(view: LossView) -> Finding | None:
    """Losses that are not finite to the end, or a level that rises again by what it had fallen."""
    raw = view.raw.values
    bad = ~np.isfinite(raw)
    if bad.any():
        first = int(np.argmax(bad))
        if float(np.mean(bad[first:])) >= _NOT_FINITE and bad[-1]:
            evidence: dict[str, Number] = {
                "line": first + 1,
                "step": view.raw.step_at(first),
                "before": float(raw[first - 1]) if first else None,
                "lines": int(bad.sum()),
            }
            variant = "not_finite" if first else "never_finite"
            return new_finding("divergence", view.raw.name, evidence, confidence=0.97, variant=variant)
    values = view.level
    if len(values) < _LEAST_LINES:
        return None
    levels = blocks(values)
    best = int(np.argmin(levels))
    rise, gain = float(levels[-1] - levels[best]), float(levels[0] - levels[best])
    noise = max(noise_sd(view.values) / np.sqrt(max(len(values) / len(levels), 1)), 1e-12)
    grows = levels[best] > 0 and levels[-1] > _FACTOR * levels[best] and levels[-1] >= levels[0] * _BACK
    if rise < _NOISE * noise or not (rise >= _BACK * gain and (gain > _NOISE * noise or grows)):
        return None
    turned = int(best / len(levels) * len(values))
    evidence = {
        "best": float(levels[best]),
        "last": float(levels[-1]),
        "start": float(levels[0]),
        "line": turned + 1,
        "step": view.raw.step_at(turned),
    }
    return new_finding("divergence", view.raw.name, evidence, confidence=0.9)
