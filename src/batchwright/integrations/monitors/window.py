"""The last measured steps of a loop: |G|^2 and tr(Sigma) of each, so that the noise scale stays local."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

import numpy as np

from batchwright.measure.gradients.long_run import FEWEST_BLOCKS
from batchwright.measure.gradients.norms import NoiseFromNorms, noise_of_series


class Window:
    """A plain window: a step counts fully or not at all, and after ``size / 2`` of them a change is half seen."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.skipped: Counter[str] = Counter()
        self._steps: deque[tuple[float, float]] = deque(maxlen=size)

    def __len__(self) -> int:
        return len(self._steps)

    def add(self, signal: float, trace: float) -> None:
        """A measured step; one whose gradients are not finite is counted as skipped."""
        if math.isfinite(signal) and math.isfinite(trace):
            self._steps.append((signal, trace))
        else:
            self.skipped["not_finite"] += 1

    def noise(self) -> NoiseFromNorms | None:
        """The ratio of averages with its interval; None with fewer steps than that needs."""
        return noise_of_series(np.array(self._steps)) if len(self) >= FEWEST_BLOCKS else None

    def state_dict(self) -> dict[str, Any]:
        """Plain numbers, for a checkpoint."""
        return {"steps": [list(step) for step in self._steps], "skipped": dict(self.skipped)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """What :meth:`state_dict` gave; a smaller window keeps the latest steps."""
        self._steps = deque(((float(g), float(s)) for g, s in state["steps"]), maxlen=self.size)
        self.skipped = Counter(state["skipped"])
