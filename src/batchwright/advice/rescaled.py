"""Values for another batch size: by a rule, and where a study has measured it, the rate that was found there."""

from __future__ import annotations

import math
from itertools import pairwise

from pydantic import BaseModel, ConfigDict

from batchwright.advice.result import StudyResult
from batchwright.core.errors import InputError
from batchwright.optim.rescale import CarriedOver
from batchwright.study.result import BatchSizeResult


class MeasuredRate(BaseModel):
    """The learning rate of a study at a batch size.

    Attributes:
        lr: tuned there; between two sizes of the study the line through theirs on logarithms.
        interval: the rates tried that are as good within 20%; None between two sizes.
        between: the two sizes, where it was not itself measured.
    """

    model_config = ConfigDict(frozen=True)

    study_id: str
    batch_size: int
    lr: float
    interval: tuple[float, float] | None = None
    between: tuple[int, int] | None = None


class RescaleResult(BaseModel):
    """An optimizer at another batch size.

    Attributes:
        carried: the values by the rule.
        measured: the rate that a study found at the new batch size, and at the old one.
    """

    model_config = ConfigDict(frozen=True)

    carried: CarriedOver
    measured: MeasuredRate | None = None
    measured_before: MeasuredRate | None = None

    @property
    def lr(self) -> float:
        """The rate to use: the measured one where there is one."""
        return self.carried.after.lr if self.measured is None else self.measured.lr


def measured_rate(study: StudyResult, batch_size: int) -> MeasuredRate:
    """The rate that a study found at a batch size, or between its two neighbours.

    Raises:
        InputError: the study has no rate there, or none to both sides.
    """
    rows = [row for row in study.batch_sizes if row.lr is not None and not row.lr_on_edge]
    for row in rows:
        if row.batch_size == batch_size:
            return MeasuredRate(
                study_id=study.study_id, batch_size=batch_size, lr=_rate(row), interval=row.lr_interval
            )
    for low, high in pairwise(sorted(rows, key=lambda row: row.batch_size)):
        if low.batch_size < batch_size < high.batch_size:
            share = math.log(batch_size / low.batch_size) / math.log(high.batch_size / low.batch_size)
            lr = _rate(low) ** (1 - share) * _rate(high) ** share
            ends = (low.batch_size, high.batch_size)
            return MeasuredRate(study_id=study.study_id, batch_size=batch_size, lr=lr, between=ends)
    sizes = ", ".join(str(row.batch_size) for row in rows) or "none"
    raise InputError(
        f"study {study.study_id} tuned a learning rate at batch sizes {sizes}, which do not reach {batch_size}: "
        "study that batch size, or leave the study out and use the rule"
    )


def _rate(row: BatchSizeResult) -> float:
    assert row.lr is not None
    return row.lr
