"""What the runs of a study show, batch size by batch size."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from batchwright.core.remark import Remark
from batchwright.measure.hardware.alone import SecondsPerStep

__all__ = ["BatchSizeResult", "SecondsPerStep", "StepsToTarget", "Trial"]

_FROZEN = ConfigDict(frozen=True)


class StepsToTarget(BaseModel):
    """Updates to the target over the confirmation seeds; None where fewer than half reached it.

    ``low`` and ``high`` bound the median at 90%; ``values`` has one entry a seed, None for a seed that
    did not reach the target.
    """

    model_config = _FROZEN
    median: float | None
    low: float | None
    high: float | None
    values: tuple[float | None, ...]


class Trial(BaseModel):
    """One run of the learning-rate search or of the confirmation, as the report's map shows it.

    ``run_key`` is its :class:`~batchwright.study.key.RunKey` as text.
    """

    model_config = _FROZEN
    batch_size: int
    lr: float
    seed: int
    purpose: Literal["search", "confirm"]
    status: str
    steps_to_target: float | None
    updates: int
    run_key: str


class BatchSizeResult(BaseModel):
    """The learning-rate-tuned outcome at one batch size.

    ``lr_interval``: the lowest and highest tried rates within 20% of the best median and below any failure;
    ``lr_fails_at``: the lowest tried rate above the chosen one at which a seed failed, or None;
    ``lr_on_edge``: the best rate was the last one tried on its side; ``inferred``: steps and rate follow from
    runs at other batch sizes or from runs stopped on the way, no run here reached the target.
    """

    model_config = _FROZEN
    batch_size: int
    lr: float | None
    rate_index: int | None = None
    """The rate's place on the study's grid; None without a rate."""
    lr_interval: tuple[float, float] | None
    lr_fails_at: float | None
    lr_on_edge: bool
    runs: int
    seeds: int
    seeds_reached: int
    steps_to_target: StepsToTarget
    seconds_per_step: float | None
    seconds_to_target: float | None
    examples_to_target: float | None
    timing: SecondsPerStep | None = None
    test_metrics: dict[str, float] = Field(default_factory=dict)
    note: Remark | None = None
    """Why there is no answer here, or what weakens it."""
    inferred: bool = False

    @field_validator("note", mode="before")
    @classmethod
    def _stored_as_words(cls, note: Any) -> Any:
        """Older versions stored a sentence, empty for none."""
        if isinstance(note, str):
            return as_stored(note) if note else None
        return note


def as_stored(words: str) -> Remark:
    """What an older version stored as a sentence, shown as it was."""
    return Remark(code="common.as_stored", values={"text": words})
