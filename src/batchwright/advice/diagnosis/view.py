"""The training loss of one run with what several patterns are told apart by, computed once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from batchwright.advice.diagnosis.epochs import EpochMatrix, epochs_of
from batchwright.advice.diagnosis.levels import without_gaps
from batchwright.advice.diagnosis.log import Floats, LoggedRun, LoggedSeries
from batchwright.advice.diagnosis.noise_within import NoiseSlope, noise_within_epochs
from batchwright.advice.diagnosis.phases import PhaseTest, phase_test, searched_period


@dataclass(frozen=True, eq=False)
class LossView:
    """A training loss as the tests see it.

    Attributes:
        run: where it is from.
        raw: as it was logged.
        loss: up to its last finite value, without gaps.
        matrix: by epoch, stated or found; None where there is neither.
        phases: the test whether phases have offsets of their own.
        noise_slope: how the noise changes within an epoch.
    """

    run: LoggedRun
    raw: LoggedSeries
    loss: LoggedSeries
    matrix: EpochMatrix | None
    phases: PhaseTest | None
    noise_slope: NoiseSlope | None

    @property
    def values(self) -> Floats:
        """The usable losses."""
        return self.loss.values

    @property
    def level(self) -> Floats:
        """The losses, averaged over a period where one repeats: what level and trend are read from."""
        if self.matrix is None or self.phases is None or not self.phases.same_offsets:
            return self.loss.values
        width = max(round(self.matrix.lines), 2)
        kernel = np.ones(width) / width
        return np.convolve(self.loss.values, kernel, mode="valid")


def view_of(run: LoggedRun, raw: LoggedSeries) -> LossView:
    """The view of a run's training loss."""
    loss = without_gaps(raw)
    matrix = epochs_of(loss, run)
    test = None
    if matrix is not None:
        test = phase_test(matrix.values) if matrix.exact else None
    elif loss.epoch is None:
        found = searched_period(loss)
        matrix, test = found if found is not None else (None, None)
    slope = None if matrix is None else noise_within_epochs(matrix.rows)
    return LossView(run=run, raw=raw, loss=loss, matrix=matrix, phases=test, noise_slope=slope)
