"""A training log as series of numbers, whoever printed it: what readers make and what the diagnosis reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from batchwright.core.remark import Remark

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
SeriesRole = Literal["train", "validation", "lr", "other"]
StepUnit = Literal["updates", "examples", "epochs", "lines"]


@dataclass(frozen=True, eq=False)
class LoggedSeries:
    """One quantity in the order in which it was logged.

    Attributes:
        name: as the log calls it.
        role: what it is: a training or a validation loss, a learning rate, anything else.
        values: as printed; nan and infinities are kept.
        place: of each value among the run's records, so that two series can be set side by side.
        step: of each value, in the run's unit; None where the log counts nothing.
        epoch: passes begun before each value, counted from 0; None where the log does not say.
        phase: place within its pass, in the unit of ``step`` or, where that is not known, in lines.
        running_mean: whether the log itself says that the values are means that run on within an epoch.
    """

    name: str
    role: SeriesRole
    values: Floats
    place: Integers
    step: Floats | None = None
    epoch: Integers | None = None
    phase: Floats | None = None
    running_mean: bool = False

    def __len__(self) -> int:
        return len(self.values)

    def step_at(self, number: int) -> float | None:
        """The step of a value by its number, the last one's beyond the end; None where the log counts nothing."""
        return None if self.step is None else float(self.step[min(number, len(self.step) - 1)])


@dataclass(frozen=True)
class WentBack:
    """A run that was continued from an earlier step: at which record, from which step, to which."""

    record: int
    reached: float
    continued_at: float
    repeated: int
    """Records before it that the continuation repeats; the series are without them."""


@dataclass(frozen=True, eq=False)
class LoggedRun:
    """One run of a log.

    Attributes:
        name: of the run or file; empty where there is one.
        series: every quantity that was read.
        step_unit: what steps count; ``lines`` where the log has none.
        steps_per_epoch: in that unit, where the log says it or it follows from steps and epochs.
        went_back: where the run was resumed from an earlier step.
    """

    name: str
    series: tuple[LoggedSeries, ...]
    step_unit: StepUnit = "lines"
    steps_per_epoch: float | None = None
    went_back: tuple[WentBack, ...] = ()

    def of_role(self, role: SeriesRole) -> tuple[LoggedSeries, ...]:
        """The series of one role, in the order of the log."""
        return tuple(one for one in self.series if one.role == role)

    @property
    def training_loss(self) -> LoggedSeries | None:
        """The series that the diagnosis reads as the training loss.

        Of those that are no running mean the one with the most values, of these a total before its parts.
        """
        return _main(self.of_role("train"))

    @property
    def validation_loss(self) -> LoggedSeries | None:
        """The same of the validation loss."""
        return _main(self.of_role("validation"))

    @property
    def lr(self) -> LoggedSeries | None:
        """The first learning rate with the most values."""
        return max(self.of_role("lr"), key=len, default=None)


def _main(series: tuple[LoggedSeries, ...]) -> LoggedSeries | None:
    def worth(one: LoggedSeries) -> tuple[bool, int, bool, int]:
        return not one.running_mean, len(one), "total" in one.name.lower(), -len(one.name)

    return max(series, key=worth, default=None)


@dataclass(frozen=True, eq=False)
class TrainingLog:
    """What was read.

    Attributes:
        source: what the log is called in messages.
        format: the tool or the shape, as ``nanogpt``, ``csv``.
        runs: one or several, in order.
        lines: how many lines (or records) were looked at.
        unread: lines that should have held values and could not be read.
        remarks: what else is to be known of the reading.
    """

    source: str
    format: str
    runs: tuple[LoggedRun, ...]
    lines: int
    unread: int = 0
    remarks: tuple[Remark, ...] = field(default=())
