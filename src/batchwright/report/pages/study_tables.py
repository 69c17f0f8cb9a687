"""The tables of a study's page that stand by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from batchwright.advice.result import StudyResult
from batchwright.report.page import Column, Table
from batchwright.report.pages.study_facts import (
    clock_in_doubt,
    column_of,
    ratio_to_best,
    suspect,
)
from batchwright.report.text.catalogue import listed, text
from batchwright.study.result import BatchSizeResult

_SPARE = {"time": {"examples"}, "examples": {"step", "seconds"}, "steps": {"step", "seconds", "examples"}}
"""Columns besides what the objective minimises, which a narrow terminal can do without."""


def answer_table(result: StudyResult, caption: str) -> Table:
    """Every batch size at its best learning rate: what the answer rests on.

    Where a run reached the target, steps are measured; inferred ones stand with ``~``, and seconds a step that
    do not fit their neighbours with ``?``.
    """
    rows = rows_of(result)
    objective = result.recommendation.objective
    steps, doubtful = text("study.column.steps"), ["?" if suspect(row) else "" for row in rows]
    inferred = ["~" if row.inferred else "" for row in rows]

    def spare(name: str, otherwise: int = 0) -> int:
        return 4 if name in _SPARE[objective] else otherwise

    columns = [
        column_of(rows, "study.column.batch_size", "batch_size", lambda row: row.batch_size),
        column_of(rows, "study.column.lr", "rate", lambda row: row.lr),
        Column(
            heading=steps, values=[row.steps_to_target.median for row in rows], kind="count", prefix=inferred
        ),
        Column(
            heading=text("study.column.interval"),
            values=[(row.steps_to_target.low, row.steps_to_target.high) for row in rows],
            kind="count",
            like=steps,
            optional=2,
        ),
        column_of(rows, "study.column.seeds", "text", _seeds, optional=1),
    ]
    if any(row.seconds_per_step for row in rows):
        columns += [
            Column(
                heading=seconds_heading(result, name),
                values=[value(row) for row in rows],
                kind="seconds",
                prefix=doubtful,
                optional=spare(name),
            )
            for name, value in (
                ("step", lambda row: row.seconds_per_step),
                ("seconds", lambda row: cost_of(row, "time")),
            )
        ]
    columns += [
        column_of(
            rows,
            f"study.column.ratio.{objective}",
            "ratio",
            lambda row: ratio_to_best(result, row, objective),
            5,
        ),
        column_of(
            rows,
            "study.column.examples",
            "count",
            lambda row: cost_of(row, "examples"),
            spare("examples"),
        ),
        Column(heading="", values=[_mark(result, row) for row in rows]),
    ]
    return marked(result, rows, columns, caption=caption)


def seconds_heading(result: StudyResult, name: str) -> str:
    """Of a column of seconds, ``step`` or ``seconds``: where the clock is in doubt it says so."""
    doubt = ".in_doubt" if clock_in_doubt(result) else ""
    return text(f"study.column.{name}{doubt}")


def cost_heading(result: StudyResult) -> str:
    """The answer table's column that the objective minimises."""
    objective = result.recommendation.objective
    return seconds_heading(result, "seconds") if objective == "time" else text(f"study.column.{objective}")


def more_table(result: StudyResult) -> Table:
    """What else is known of every batch size."""
    rows = rows_of(result)
    others = [o for o in ("time", "examples", "steps") if o != result.recommendation.objective]
    columns = [
        column_of(rows, "study.column.batch_size", "batch_size", lambda row: row.batch_size),
        *(_ratios(result, rows, objective) for objective in others),
        column_of(rows, "study.column.flat_rates", "rate", lambda row: row.lr_interval),
        column_of(rows, "study.column.fails_at", "rate", lambda row: row.lr_fails_at),
    ]
    for name in sorted({name for row in rows for name in row.test_metrics}):
        values = [row.test_metrics.get(name) for row in rows]
        columns.append(Column(heading=text("study.column.test", metric=name), values=values, kind="number"))
    columns.append(column_of(rows, "study.column.runs", "count", lambda row: row.runs))
    return marked(
        result,
        rows,
        columns,
        heading=text("study.more.heading"),
        caption=text("study.more.caption"),
        brief=False,
    )


def easier_table(result: StudyResult) -> Table:
    """The answer at easier targets, and how it moves."""
    easier = result.recommendation.at_easier_targets
    return Table(
        heading=text("study.easier.heading"),
        caption=text("study.easier.caption"),
        columns=[
            Column(heading=text("study.easier.target"), values=[f"{e.metric} {e.value:.4g}" for e in easier]),
            Column(
                heading=text("study.easier.best"), values=[e.batch_size for e in easier], kind="batch_size"
            ),
            Column(heading=text("study.easier.as_good"), values=[listed(e.batch_sizes) for e in easier]),
            Column(
                heading=text("study.fact.critical_batch"),
                values=[e.critical_batch for e in easier],
                kind="count",
                optional=1,
            ),
            Column(heading=text("study.easier.answer"), values=[_shift(e.shift, e.moves) for e in easier]),
        ],
    )


def _shift(shift: str | None, moves: bool) -> str:
    """How the answer moves; results of version 1 know only whether it leaves the set."""
    return text(f"study.easier.shift.{shift or ('leaves_set' if moves else 'same')}")


def marked(
    result: StudyResult, rows: Sequence[BatchSizeResult], columns: list[Column], **words: Any
) -> Table:
    """A table of batch sizes in which the best and those as good stand out."""
    best = result.recommendation
    return Table(
        columns=columns,
        best=next((i for i, row in enumerate(rows) if row.batch_size == best.batch_size), None),
        members=[i for i, row in enumerate(rows) if row.batch_size in best.batch_sizes],
        **words,
    )


def _seeds(row: BatchSizeResult) -> str:
    """Confirmation seeds that reached the target; of an inferred row there are none."""
    if row.inferred:
        return text("study.cell.inferred")
    return text("study.cell.seeds", reached=row.seeds_reached, seeds=row.seeds)


def _mark(result: StudyResult, row: BatchSizeResult) -> str:
    best = result.recommendation
    if row.batch_size == best.batch_size:
        return text("study.mark.best" if best.verdict == "recommended" else "study.mark.best_guess")
    return text("study.mark.as_good") if row.batch_size in best.batch_sizes else ""


def _ratios(result: StudyResult, rows: Sequence[BatchSizeResult], objective: str) -> Column:
    def value(row: BatchSizeResult) -> float | None:
        return ratio_to_best(result, row, objective)

    return column_of(rows, f"study.column.ratio.{objective}", "ratio", value)
