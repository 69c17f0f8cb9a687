"""The tables of a study's page that stand by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from batchwright.advice.result import EasierTarget, StudyResult
from batchwright.report.page import Column, Table
from batchwright.report.pages.parts import column
from batchwright.report.pages.study_facts import clock_in_doubt, cost_of, ratio_to_best, rows_of, suspect
from batchwright.report.text.catalogue import listed, text
from batchwright.study.result import BatchSizeResult

_SPARE = {"time": {"examples"}, "examples": {"step", "seconds"}, "steps": {"step", "seconds", "examples"}}
"""Columns besides what the objective minimises, which a narrow terminal can do without."""


def answer_table(result: StudyResult, caption: str) -> Table:
    """Every batch size at its best learning rate: what the answer rests on.

    Steps that no run here reached the target with stand with ``~``, and seconds a step that do not fit those
    of the neighbours with ``?``.
    """
    rows = rows_of(result)
    objective = result.recommendation.objective
    spare = _SPARE[objective]
    steps = text("study.column.steps")
    intervals = [(row.steps_to_target.low, row.steps_to_target.high) for row in rows]
    ratios = [ratio_to_best(result, row, objective) for row in rows]
    columns = [
        column(text("study.column.batch_size"), [row.batch_size for row in rows], "batch_size"),
        column(text("study.column.lr"), [row.lr for row in rows], "rate"),
        column(
            steps,
            [row.steps_to_target.median for row in rows],
            "count",
            prefix=["~" if row.inferred else "" for row in rows],
        ),
        column(text("study.column.interval"), intervals, "count", like=steps, optional=2),
        column(text("study.column.seeds"), [_seeds(row) for row in rows], optional=1),
        *_seconds_columns(result, rows, optional=4 if "seconds" in spare else 0),
        column(text(f"study.column.ratio.{objective}"), ratios, "ratio", optional=5),
        column(
            text("study.column.examples"),
            [cost_of(row, "examples") for row in rows],
            "count",
            optional=4 if "examples" in spare else 0,
        ),
        column("", [_mark(result, row) for row in rows]),
    ]
    answered = any(row.steps_to_target.median is not None for row in rows)
    return marked(result, rows, columns, caption=caption, brief=answered)


def _seconds_columns(result: StudyResult, rows: Sequence[BatchSizeResult], optional: int) -> list[Column]:
    """Seconds a step and to target; none where nothing was timed."""
    if not any(row.seconds_per_step for row in rows):
        return []
    doubtful = ["?" if suspect(row) else "" for row in rows]
    values = {
        "step": [row.seconds_per_step for row in rows],
        "seconds": [cost_of(row, "time") for row in rows],
    }
    return [
        column(seconds_heading(result, name), own, "seconds", prefix=doubtful, optional=optional)
        for name, own in values.items()
    ]


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
    columns = [column(text("study.column.batch_size"), [row.batch_size for row in rows], "batch_size")]
    for objective in others:
        ratios = [ratio_to_best(result, row, objective) for row in rows]
        if any(value is not None for value in ratios):
            columns.append(column(text(f"study.column.ratio.{objective}"), ratios, "ratio"))
    columns += [
        column(text("study.column.flat_rates"), [row.lr_interval for row in rows], "rate"),
        column(text("study.column.fails_at"), [row.lr_fails_at for row in rows], "rate"),
    ]
    for name in sorted({name for row in rows for name in row.test_metrics}):
        values = [row.test_metrics.get(name) for row in rows]
        columns.append(column(text("study.column.test", metric=name), values, "number"))
    columns.append(column(text("study.column.runs"), [row.runs for row in rows], "count"))
    words = {"heading": text("study.more.heading"), "caption": text("study.more.caption")}
    return marked(result, rows, columns, brief=False, **words)


def easier_table(result: StudyResult) -> Table:
    """The answer at easier targets, and how it moves."""
    easier = result.recommendation.at_easier_targets
    critical = [e.critical_batch for e in easier]
    return Table(
        heading=text("study.easier.heading"),
        caption=text("study.easier.caption"),
        columns=[
            column(text("study.easier.target"), [_goal(e) for e in easier]),
            column(text("study.easier.best"), [e.batch_size for e in easier], "batch_size"),
            column(text("study.easier.as_good"), [listed(e.batch_sizes) for e in easier]),
            column(text("study.fact.critical_batch"), critical, "count", optional=1),
            column(text("study.easier.answer"), [_shift(e.shift, e.moves) for e in easier]),
        ],
    )


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


def _shift(shift: str | None, moves: bool) -> str:
    """How the answer moves; results of version 1 know only whether it leaves the set."""
    return text(f"study.easier.shift.{shift or ('leaves_set' if moves else 'in_set')}")


def _goal(easier: EasierTarget) -> str:
    return text("study.easier.goal", metric=easier.metric, value=easier.value)


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
