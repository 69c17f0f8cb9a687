"""A claim that was put to the test: its parts, the numbers that decide them, and the verdict that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from batchwright.core.chart import Panel
from batchwright.core.remark import Remark, remark

Verdict = Literal["holds", "holds_when", "does_not_hold", "cannot_tell"]


class Measured(BaseModel):
    """One number of an experiment.

    Attributes:
        name: what it is, as the documents name it: ``gap_frozen_weights``.
        value: None where nothing could be measured.
        interval: 90%, over seeds; None for what has no spread (a closed form, a count).
        n: how many seeds, draws or points it rests on.
        unit: ``s``, ``updates``, ``1`` for shares and ratios, ...; empty for a plain number.
        at: the setting at which it was measured: ``{"lr": 0.1}``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    value: float | None
    interval: tuple[float | None, float | None] | None = None
    n: int = 1
    unit: str = ""
    at: Mapping[str, float | int | str] = Field(default_factory=dict)


class Part(BaseModel):
    """One of the things that a claim says, and what became of it.

    Attributes:
        name: unique in its lesson; its words are in the catalogue.
        condition: when it holds, as a code and its values, for ``holds_when``.
        measurements: what decides it, the number that decides first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    verdict: Verdict
    condition: Remark | None = None
    measurements: tuple[Measured, ...]

    @model_validator(mode="after")
    def _complete(self) -> Part:
        if not self.measurements:
            raise ValueError(f"part {self.name} must have a number that decides it, got none")
        if (self.verdict == "holds_when") != (self.condition is not None):
            raise ValueError(f"part {self.name}: holds_when needs a condition, and no other verdict has one")
        return self


class LessonResult(BaseModel):
    """A lesson that was run.

    Attributes:
        name: of the lesson.
        parts: the claim's parts, each with its verdict.
        panels: its pictures, as data.
        notes: what else is to be said, such as data that were missing.
        seed: root of all its random streams.
        full: whether this is the long form.
        seconds: that it took.
        environment: versions and machine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    parts: tuple[Part, ...]
    panels: tuple[Panel, ...] = ()
    notes: tuple[Remark, ...] = ()
    seed: int = 0
    full: bool = False
    seconds: float = 0.0
    environment: dict[str, Any] = Field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """What follows from the parts."""
        return overall([part.verdict for part in self.parts])

    @property
    def condition(self) -> Remark | None:
        """Of ``holds_when``: the part's own where there is one part, else which parts hold."""
        if self.verdict != "holds_when":
            return None
        if len(self.parts) == 1:
            return self.parts[0].condition
        by = {verdict: [p.name for p in self.parts if p.verdict == verdict] for verdict in VERDICTS}
        return remark("lesson.condition.parts", lesson=self.name, **by)

    def part(self, name: str) -> Part:
        """The part of this name."""
        return next(part for part in self.parts if part.name == name)

    def value(self, name: str, **at: Any) -> float | None:
        """The first measurement of this name, at a setting."""
        found = (m for part in self.parts for m in part.measurements if m.name == name)
        return next(m.value for m in found if all(m.at.get(k) == v for k, v in at.items()))


VERDICTS: tuple[Verdict, ...] = ("holds", "holds_when", "does_not_hold", "cannot_tell")


def overall(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on a claim that says all of its parts.

    It holds where all parts hold, and does not where none does; it holds in part (``holds_when``) where one does
    and another does not, whatever the others may be. In every other case a part that cannot be told could still
    make the whole another one, so neither can the whole.

    >>> overall(["holds", "holds"]), overall(["holds", "does_not_hold", "cannot_tell"])
    ('holds', 'holds_when')
    >>> overall(["holds", "cannot_tell"]), overall(["does_not_hold", "cannot_tell"])
    ('cannot_tell', 'cannot_tell')
    """
    found = set(verdicts)
    if "holds_when" in found or {"holds", "does_not_hold"} <= found:
        return "holds_when"
    if len(found) == 1:
        return found.pop()
    return "cannot_tell"
