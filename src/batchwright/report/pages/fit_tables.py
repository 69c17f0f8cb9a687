"""The tables of a fitted table: workloads, what was measured, what the curve predicts."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.advice.table.result import WorkloadFit
from batchwright.report.page import Column, Table
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
        Column(heading=text("fit.column.verdict"), values=[text(_VERDICTS[fit.verdict]) for fit in fits]),
        Column(heading=critical, values=[f and f.critical_batch.value for f in fitting], kind="count"),
        Column(
            heading=text("fit.column.interval"), values=[fit.critical_batch.interval for fit in fits],
            kind="count", like=critical,
        ),
        Column(
            heading=text("fit.column.overhead"),
            values=[f and f.definitions.overhead_20.value for f in fitting], kind="count", optional=3,
        ),
        Column(
            heading=text("fit.column.steps_min"), values=[fit.steps_min for fit in fits], kind="count",
            optional=4,
        ),
        Column(
            heading=text("fit.column.examples_min"), values=[fit.examples_min for fit in fits], kind="count",
            optional=5,
        ),
        Column(
            heading=text("fit.column.left_out"), values=[e and e.median_abs_log_error for e in errors],
            kind="share", optional=1,
        ),
        Column(
            heading=text("fit.column.inside"), values=[e and e.coverage_90 for e in errors], kind="share",
            optional=2,
        ),
    ]  # fmt: skip
    return Table(caption=text("fit.workloads.caption"), columns=[*_workload(fits, fits), *columns])


def measured_table(fits: Sequence[WorkloadFit]) -> Table:
    """Batch size by batch size: what was measured beside what the curve says."""
    rows = [(fit, row) for fit in fits for row in fit.measured]
    medians = [row.median for _, row in rows]
    columns = [
        Column(
            heading=text("fit.column.batch_size"), values=[row.batch_size for _, row in rows],
            kind="batch_size",
        ),
        Column(
            heading=text("fit.column.runs"),
            values=[len(row.steps) + len(row.censored) + row.failed for _, row in rows], kind="count",
            optional=1,
        ),
        Column(
            heading=text("fit.column.median"), values=medians, kind="count",
            prefix=["> " if row.median_is_bound else "" for _, row in rows],
        ),
        Column(heading=text("fit.column.curve"), values=[row.curve for _, row in rows], kind="count"),
        Column(
            heading=text("fit.column.examples"),
            values=[None if row.median is None else row.median * row.batch_size for _, row in rows],
            kind="count", optional=2,
        ),
    ]  # fmt: skip
    for heading, counts in (
        (text("fit.column.cut_short"), [len(row.censored) for _, row in rows]),
        (text("fit.column.failed"), [row.failed for _, row in rows]),
    ):
        if any(counts):
            columns.append(Column(heading=heading, values=counts, kind="count"))
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
        Column(
            heading=text("fit.column.batch_size"), values=[row.batch_size for _, row in rows],
            kind="batch_size",
        ),
        Column(heading=steps, values=[row.steps for _, row in rows], kind="count"),
        Column(
            heading=text("fit.column.interval"), values=[(row.low, row.high) for _, row in rows],
            kind="count", like=steps,
        ),
    ]  # fmt: skip
    refused = [row.refused for _, row in rows]
    if any(refused):
        said = ["" if not no else _refused(fit) for no, (fit, _) in zip(refused, rows, strict=True)]
        columns.append(Column(heading=text("fit.column.refused"), values=said))
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
    return [Column(heading=text("fit.column.workload"), values=[fit.workload for fit in rows])]


def _refused(fit: WorkloadFit) -> str:
    low, high = fit.valid_range
    return text("fit.refused", low=low, high=high)
