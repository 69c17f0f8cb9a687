"""The tables of a fitted table: workloads, what was measured, what the curve predicts."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.advice.table.result import WorkloadFit
from batchwright.report.page import Column, Table
from batchwright.report.pages.parts import column
from batchwright.report.text.catalogue import text

_ROWS = 24
"""A single workload's batch sizes are listed in a terminal up to so many."""
_VERDICTS = {
    "fits": "fit.verdict.fits",
    "not_identifiable": "fit.verdict.not_identifiable",
    "does_not_follow": "fit.verdict.does_not_follow",
}


def workloads_table(fits: Sequence[WorkloadFit]) -> Table:
    """One row a workload: verdict, critical batch size, and how far the curve can be trusted."""
    fitting = [fit if fit.verdict == "fits" else None for fit in fits]
    errors = [fit.leave_one_out for fit in fits]
    critical = text("fit.column.critical")
    columns = [
        column(text("fit.column.verdict"), [text(_VERDICTS[fit.verdict]) for fit in fits]),
        column(critical, [f.critical_batch.value if f else None for f in fitting], "count"),
        column(
            text("fit.column.interval"), [fit.critical_batch.interval for fit in fits], "count", like=critical
        ),
        column(
            text("fit.column.overhead"),
            [f.definitions.overhead_20.value if f else None for f in fitting],
            "count",
            optional=3,
        ),
        column(text("fit.column.exponent"), [_exponent(fit) for fit in fits], "number", optional=6),
        column(text("fit.column.steps_min"), [fit.steps_min for fit in fits], "count", optional=4),
        column(text("fit.column.examples_min"), [fit.examples_min for fit in fits], "count", optional=5),
        column(
            text("fit.column.left_out"),
            [e.median_abs_log_error if e else None for e in errors],
            "share",
            optional=1,
        ),
        column(
            text("fit.column.inside"), [e.coverage_90 if e else None for e in errors], "share", optional=2
        ),
    ]
    return Table(caption=text("fit.workloads.caption"), columns=[*_workload(fits, fits), *columns])


def measured_table(fits: Sequence[WorkloadFit]) -> Table:
    """Batch size by batch size: what was measured beside what the curve says."""
    rows = [(fit, row) for fit in fits for row in fit.measured]
    medians = [row.median for _, row in rows]
    columns = [
        column(text("fit.column.batch_size"), [row.batch_size for _, row in rows], "batch_size"),
        column(
            text("fit.column.runs"),
            [len(row.steps) + len(row.censored) + row.failed + row.lost for _, row in rows],
            "count",
            optional=1,
        ),
        column(
            text("fit.column.median"),
            medians,
            "count",
            prefix=["> " if row.median_is_bound else "" for _, row in rows],
        ),
        column(text("fit.column.curve"), [row.curve for _, row in rows], "count"),
        column(
            text("fit.column.examples"),
            [None if row.median is None else row.median * row.batch_size for _, row in rows],
            "count",
            optional=2,
        ),
    ]
    for heading, counts in (
        (text("fit.column.cut_short"), [len(row.censored) for _, row in rows]),
        (text("fit.column.failed"), [row.failed for _, row in rows]),
        (text("fit.column.lost"), [row.lost for _, row in rows]),
    ):
        if any(counts):
            columns.append(column(heading, counts, "count"))
    return Table(
        heading=text("fit.measured"),
        caption=text("fit.measured.caption"),
        columns=[*_workload(fits, [fit for fit, _ in rows]), *columns],
        brief=len(fits) == 1 and len(rows) <= _ROWS,
    )


def predicted_table(fits: Sequence[WorkloadFit]) -> list[Table]:
    """What the curve predicts, where it was asked to; no table else."""
    rows = [(fit, row) for fit in fits for row in fit.predictions]
    if not rows:
        return []
    steps = text("fit.column.steps")
    columns = [
        column(text("fit.column.batch_size"), [row.batch_size for _, row in rows], "batch_size"),
        column(steps, [row.steps for _, row in rows], "count"),
        column(text("fit.column.interval"), [(row.low, row.high) for _, row in rows], "count", like=steps),
    ]
    refused = [row.refused for _, row in rows]
    if any(refused):
        said = ["" if not no else _refused(fit) for no, (fit, _) in zip(refused, rows, strict=True)]
        columns.append(column(text("fit.column.refused"), said))
    return [
        Table(
            heading=text("fit.predicted"),
            caption=text("fit.predicted.caption"),
            columns=[*_workload(fits, [fit for fit, _ in rows]), *columns],
        )
    ]


def _workload(fits: Sequence[WorkloadFit], rows: Sequence[WorkloadFit]) -> list[Column]:
    """The first column where a table has several workloads."""
    if len(fits) == 1 and not fits[0].workload:
        return []
    return [column(text("fit.column.workload"), [fit.workload for fit in rows])]


def _refused(fit: WorkloadFit) -> str:
    low, high = fit.valid_range
    return text("fit.refused", low=low, high=high)


def _exponent(fit: WorkloadFit) -> float | None:
    found = fit.critical_batch.exponent
    return None if found is None or fit.verdict != "fits" else found.value
