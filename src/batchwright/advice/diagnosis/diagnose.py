"""Every pattern looked for in every run, those that another one explains taken out, the gravest first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from batchwright.advice.diagnosis.batch_order import find_batch_order
from batchwright.advice.diagnosis.decay import find_decay
from batchwright.advice.diagnosis.divergence import find_divergence
from batchwright.advice.diagnosis.drawing import drawing_of
from batchwright.advice.diagnosis.finding import (
    KINDS,
    Diagnosis,
    Finding,
    LossDrawing,
    PatternKind,
    SeriesFacts,
    new_finding,
)
from batchwright.advice.diagnosis.last_update import find_last_update_divided
from batchwright.advice.diagnosis.log import LoggedRun, LoggedSeries, TrainingLog
from batchwright.advice.diagnosis.plateau import find_plateau
from batchwright.advice.diagnosis.resumed import find_resumed
from batchwright.advice.diagnosis.running_mean import find_running_mean_reset
from batchwright.advice.diagnosis.sawtooth import find_falls_at_epochs
from batchwright.advice.diagnosis.spikes import find_spikes
from batchwright.advice.diagnosis.validation import (
    find_loss_times_accumulation,
    find_overfitting,
    find_validation_below,
)
from batchwright.advice.diagnosis.view import LossView, view_of
from batchwright.core.remark import Remark, remark

_LEAST_VALUES = 8
_MOST_DRAWN = 6

_BY_LOSS: tuple[Callable[[LossView], Finding | None], ...] = (
    find_divergence,
    find_last_update_divided,
    find_running_mean_reset,
    find_batch_order,
    find_falls_at_epochs,
    find_spikes,
    find_decay,
    find_plateau,
    find_loss_times_accumulation,
    find_overfitting,
    find_validation_below,
)
_EXPLAINED_BY: dict[PatternKind, tuple[PatternKind, ...]] = {
    "batch_order": ("last_update_divided", "running_mean_reset"),
    "adam_sawtooth": ("last_update_divided", "running_mean_reset", "batch_order"),
    "epoch_stairs": ("last_update_divided", "running_mean_reset", "batch_order"),
    "spikes": ("last_update_divided", "batch_order", "running_mean_reset"),
    "plateau": (
        "divergence",
        "never_decayed",
        "decay_too_early",
        "decay_too_late",
        "epoch_stairs",
        "adam_sawtooth",
    ),
    "never_decayed": ("divergence", "epoch_stairs", "adam_sawtooth"),
    "decay_too_early": ("divergence",),
    "decay_too_late": ("divergence",),
    "validation_below_training": ("loss_times_accumulation", "last_update_divided"),
    "overfitting": ("divergence",),
}
"""A pattern is not named where one of these explains it."""


def diagnose_log(log: TrainingLog) -> Diagnosis:
    """What the training loss of each run shows, beside its learning rate and validation loss.

    Args:
        log: what a reader made of a file, a text or numbers.

    Returns:
        Findings, the most important first; none where nothing is unusual. Where the log cannot tell, a note says
        what it would have to hold.
    """
    findings: list[Finding] = []
    notes: list[Remark] = list(log.remarks)
    drawings: list[LossDrawing] = []
    for run in log.runs:
        loss = run.training_loss
        if loss is None:
            notes.append(remark("diagnose.note.no_training_loss", run=run.name))
            continue
        view = view_of(run, loss)
        found = _of_run(view)
        findings += [one.model_copy(update={"run": run.name}) for one in found]
        notes += _left_open(view, found)
        if len(drawings) < _MOST_DRAWN and len(view.values):
            drawings.append(drawing_of(view))
    findings.sort(key=lambda one: (KINDS.index(one.kind), -one.confidence))
    return Diagnosis(
        source=log.source,
        format=log.format,
        lines=log.lines,
        unread=log.unread,
        series=tuple(_facts(run, series) for run in log.runs for series in run.series),
        findings=tuple(findings),
        notes=tuple(_distinct(notes)),
        drawings=tuple(drawings),
    )


def _of_run(view: LossView) -> list[Finding]:
    found = {one.kind: one for find in _BY_LOSS if (one := find(view)) is not None}
    kept = [
        one for kind, one in found.items() if not any(other in found for other in _EXPLAINED_BY.get(kind, ()))
    ]
    back = find_resumed(view.run)
    if back is not None:
        kept.append(back)
    if not kept and int(np.isfinite(view.raw.values).sum()) < _LEAST_VALUES:
        evidence = {"values": len(view.raw), "needed": _LEAST_VALUES}
        kept.append(new_finding("not_logged_enough", view.raw.name, evidence, confidence=1.0))
    return kept


def _left_open(view: LossView, found: list[Finding]) -> list[Remark]:
    """What this log cannot tell, and what it would need to."""
    notes: list[Remark] = []
    kinds = {one.kind for one in found}
    if kinds & {"not_logged_enough", "divergence"}:
        return notes
    if view.loss.epoch is not None and view.matrix is None:
        notes.append(remark("diagnose.note.one_line_an_epoch", run=view.run.name))
    elif view.loss.epoch is None and not kinds & {"batch_order", "last_update_divided", "running_mean_reset"}:
        notes.append(remark("diagnose.note.no_epochs", run=view.run.name))
    elif view.matrix is not None and not view.matrix.exact:
        notes.append(remark("diagnose.note.phases_vary", run=view.run.name, lines=view.matrix.lines))
    if view.run.lr is None:
        notes.append(remark("diagnose.note.no_lr"))
    if view.run.validation_loss is None:
        notes.append(remark("diagnose.note.no_validation"))
    return notes


def _distinct(notes: list[Remark]) -> list[Remark]:
    kept: list[Remark] = []
    for note in notes:
        if note not in kept:
            kept.append(note)
    return kept


def _facts(run: LoggedRun, series: LoggedSeries) -> SeriesFacts:
    if series.step is not None:
        unit: str = run.step_unit
    else:
        unit = "epochs" if series.epoch is not None else "lines"
    return SeriesFacts(
        name=series.name,
        run=run.name,
        role=series.role,
        length=len(series),
        x=unit,
        running_mean=series.running_mean,
    )
