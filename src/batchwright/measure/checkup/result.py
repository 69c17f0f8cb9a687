"""What a checkup says, as data: codes with their numbers, and how much was looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_FROZEN = ConfigDict(frozen=True)

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = Severity.__args__  # type: ignore[attr-defined]
"""``error``: a study's answer would be wrong or none; ``warning``: it may mislead; ``note``: worth knowing."""


class TaskFinding(BaseModel):
    """One thing that was found.

    Attributes:
        code: what, the same for ever: ``random_in_evaluation``, ``labels_outside``, ...
        severity: how much it matters to a study.
        values: the numbers and names that decided.
    """

    model_config = _FROZEN
    code: str
    severity: Severity
    values: dict[str, Any] = Field(default_factory=dict)


class LookedAt(BaseModel):
    """How many examples the checks saw: passed through the model, and read from each split."""

    model_config = _FROZEN
    model: int
    train: int
    train_total: int
    validation: int
    validation_total: int


class Checkup(BaseModel):
    """What was found in a task.

    Attributes:
        task: its name.
        findings: the gravest first; empty where nothing is wrong.
        looked_at: of how many examples.
        double: whether model and loss were tried in double precision, where rounding hides no effect.
        seconds: what it took.
    """

    model_config = _FROZEN
    task: str
    findings: tuple[TaskFinding, ...]
    looked_at: LookedAt
    double: bool
    seconds: float

    @property
    def serious(self) -> tuple[TaskFinding, ...]:
        """Errors and warnings."""
        return tuple(one for one in self.findings if one.severity != "note")


def finding(code: str, severity: Severity, **values: Any) -> TaskFinding:
    """A finding with its values as keywords."""
    return TaskFinding(code=code, severity=severity, values=values)


def gravest_first(findings: Iterable[TaskFinding]) -> tuple[TaskFinding, ...]:
    """Errors, warnings, notes; in each the order in which they were found."""
    return tuple(sorted(findings, key=lambda one: SEVERITIES.index(one.severity)))
