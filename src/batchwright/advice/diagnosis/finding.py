"""What a diagnosis says, as data: patterns with their numbers, and what the log cannot tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from batchwright.core.remark import Remark, remark

_FROZEN = ConfigDict(frozen=True)

PatternKind = Literal[
    "divergence",
    "batch_order",
    "last_update_divided",
    "loss_times_accumulation",
    "running_mean_reset",
    "overfitting",
    "resumed",
    "adam_sawtooth",
    "epoch_stairs",
    "spikes",
    "decay_too_early",
    "decay_too_late",
    "never_decayed",
    "plateau",
    "validation_below_training",
    "not_logged_enough",
]
"""In the order of what matters most to whoever trains."""
KINDS: tuple[PatternKind, ...] = PatternKind.__args__  # type: ignore[attr-defined]
Number = float | int | str | None


class Period(BaseModel):
    """After how many lines of the log a pattern repeats, and after how many steps where the log counts them."""

    model_config = _FROZEN
    lines: float
    steps: float | None = None


class Finding(BaseModel):
    """One pattern.

    Attributes:
        kind: which.
        run: name of the run; empty where the log has one.
        series: the quantity that shows it.
        period: where it repeats.
        evidence: the numbers that decided.
        headline: the pattern in words, with the number that decides it.
        against: what speaks against each other explanation.
        cause: where it comes from.
        advice: what to change.
        confidence: that the cause is the one named, 0 to 1.
    """

    model_config = _FROZEN
    kind: PatternKind
    run: str = ""
    series: str
    period: Period | None = None
    evidence: dict[str, Number]
    headline: Remark
    against: tuple[Remark, ...] = ()
    cause: Remark
    advice: Remark
    confidence: float


class SeriesFacts(BaseModel):
    """A series that was read: its length, and what its horizontal axis counts."""

    model_config = _FROZEN
    name: str
    run: str
    role: str
    length: int
    x: str
    running_mean: bool


class LossDrawing(BaseModel):
    """One run as it is drawn: raw losses and their means over an epoch or, where none is known, a stretch."""

    model_config = _FROZEN
    run: str
    x: str
    raw: tuple[tuple[float, float], ...]
    averaged: tuple[tuple[float, float], ...]
    validation: tuple[tuple[float, float], ...]
    window: float
    by_epoch: bool


class Diagnosis(BaseModel):
    """What a log shows.

    Attributes:
        source: what the log is called.
        format: the tool or shape that was recognised.
        lines: of the log.
        unread: lines that should have held values and could not be read.
        series: what was read.
        findings: the most important first; empty where nothing is unusual.
        notes: what was not judged, and how the log was read.
        drawings: for the figure.
    """

    model_config = _FROZEN
    source: str
    format: str
    lines: int
    unread: int
    series: tuple[SeriesFacts, ...]
    findings: tuple[Finding, ...]
    notes: tuple[Remark, ...]
    drawings: tuple[LossDrawing, ...]


def new_finding(
    kind: PatternKind,
    series: str,
    evidence: Mapping[str, Number],
    *,
    confidence: float,
    period: Period | None = None,
    against: Sequence[Remark] = (),
    variant: str = "",
) -> Finding:
    """A finding whose sentences are those of its kind, or of a variant of it.

    Args:
        kind: which pattern.
        series: name of the quantity.
        evidence: numbers that decided; the sentences take their values from here.
        confidence: 0 to 1.
        period: where it repeats.
        against: what speaks against other explanations.
        variant: a further word in the keys of the sentences, such as ``at_start``.
    """
    about = f"{kind}.{variant}" if variant else kind
    return Finding(
        kind=kind,
        series=series,
        period=period,
        evidence=dict(evidence),
        headline=remark(f"diagnose.found.{about}", **evidence),
        against=tuple(against),
        cause=remark(f"diagnose.cause.{about}", **evidence),
        advice=remark(f"diagnose.advice.{about}", **evidence),
        confidence=round(confidence, 2),
    )
