"""What was measured of somebody's own step, as data."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

_FROZEN = ConfigDict(frozen=True)


class OwnStepSeconds(BaseModel):
    """Seconds of a step at one batch size.

    Attributes:
        batch_size: examples of the batch.
        seconds: median over the turns; ``low`` and ``high`` are their quartiles.
        turns: single times, taken in turn with the other sizes.
        others_load: share of the machine that others used meanwhile.
        suspect: whether the time does not fit those of the other sizes.
    """

    model_config = _FROZEN
    batch_size: int
    seconds: float
    low: float
    high: float
    turns: tuple[float, ...]
    others_load: float | None
    suspect: bool

    @property
    def examples_per_second(self) -> float:
        return self.batch_size / self.seconds


class LargestBatch(BaseModel):
    """The largest batch that fits.

    Attributes:
        value: None where not even one example fits.
        method: ``measured`` (CUDA: tried), or ``estimated`` (CPU: from the bytes that the backward pass keeps).
        bytes_per_example: what an example adds.
        memory_budget_bytes: what a step may take beside what is in use already.
        capped: whether ``most`` is the bound, not memory.
    """

    model_config = _FROZEN
    value: int | None
    method: Literal["measured", "estimated"]
    bytes_per_example: float
    memory_budget_bytes: int
    capped: bool


class OwnNoiseScale(BaseModel):
    """The gradient noise scale tr(Sigma) / |G|^2 of somebody's own step (McCandlish et al. 2018, arXiv 1812.06162).

    Attributes:
        value: in examples; None where the gradient cannot be told from its noise with these batches.
        std_error: from leaving out each batch in turn.
        batches, batch_size: what it was computed from, all different examples.
        squared_gradient: |G|^2 without the bias of the noise, in the units of the step's own (scaled) gradient.
        trace: tr(Sigma) of a single example.
    """

    model_config = _FROZEN
    value: float | None
    std_error: float | None
    batches: int
    batch_size: int
    squared_gradient: float
    trace: float
