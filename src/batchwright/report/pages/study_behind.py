"""The tables behind a study's figures."""

from __future__ import annotations

from batchwright.advice.decide.sharp_ends import SharpEnds
from batchwright.advice.result import StudyResult
from batchwright.report.draw import grids
from batchwright.report.page import Column, Kind, Table
from batchwright.report.pages.study_facts import column_of, per_step
from batchwright.report.pages.study_tables import marked
from batchwright.report.text.catalogue import text
from batchwright.study.result import BatchSizeResult


def runs_table(result: StudyResult, objective: str) -> Table:
    """Every confirmation run's seconds, examples or steps to target, one column a seed."""
    rows = rows_of(result)
    kind: Kind = "seconds" if objective == "time" else "count"
    first = text("study.column.run", number=1)
    columns = [column_of(rows, "study.column.batch_size", "batch_size", lambda row: row.batch_size)]
    for i in range(max((len(row.steps_to_target.values) for row in rows), default=0)):
        heading = text("study.column.run", number=i + 1)
        values = [_run_cost(row, i, objective) for row in rows]
        columns.append(Column(heading=heading, values=values, kind=kind, like=first if i else ""))
    return marked(result, rows, columns)


def _run_cost(row: BatchSizeResult, seed: int, objective: str) -> float | None:
    values, factor = row.steps_to_target.values, per_step(row, objective)
    value = values[seed] if seed < len(values) else None
    return None if value is None or factor is None else value * factor


def rates_table(rates: grids.LearningRateMap) -> Table:
    """Every cell of the learning-rate map."""
    cells = rates.cells
    chosen = [
        text("study.rates.chosen_on_edge" if cell.on_edge else "study.rates.chosen") if cell.chosen else ""
        for cell in cells
    ]
    return Table(
        members=[i for i, cell in enumerate(cells) if cell.chosen],
        columns=[
            column_of(cells, "study.column.batch_size", "batch_size", lambda cell: cell.batch_size),
            column_of(cells, "study.column.lr", "rate", lambda cell: cell.lr),
            column_of(cells, "study.column.runs", "count", lambda cell: cell.runs),
            column_of(cells, "study.rates.reached", "count", lambda cell: cell.reached),
            column_of(cells, "study.rates.diverged_runs", "count", lambda cell: cell.diverged),
            column_of(cells, "study.rates.budget_ended", "count", lambda cell: cell.censored),
            column_of(cells, "study.rates.median_steps", "count", lambda cell: cell.median_steps),
            column_of(cells, "study.rates.relative", "ratio", lambda cell: cell.relative),
            Column(heading="", values=chosen),
        ],
    )


def timing_table(timing: grids.TimingSeries) -> Table:
    """Seconds a step and examples a second."""
    points = timing.points
    step = text("study.column.step")
    return Table(
        best=next((i for i, p in enumerate(points) if p.batch_size == timing.chosen), None),
        columns=[
            column_of(points, "study.column.batch_size", "batch_size", lambda p: p.batch_size),
            column_of(points, "study.column.step", "seconds", lambda p: p.seconds_per_step),
            Column(
                heading=text("study.timing.quartiles"),
                values=[(p.low, p.high) for p in points],
                kind="seconds",
                like=step,
            ),
            column_of(points, "study.timing.throughput", "count", lambda p: p.examples_per_second),
        ],
    )


def loss_table(losses: grids.LossCurves) -> Table:
    """Where each drawn curve ends."""
    curves = losses.curves
    return Table(
        columns=[
            column_of(curves, "study.column.batch_size", "batch_size", lambda c: c.batch_size),
            column_of(curves, "study.column.lr", "rate", lambda c: c.lr),
            column_of(curves, "study.loss.seed", "text", lambda c: str(c.seed)),
            column_of(curves, "study.loss.examples", "count", lambda c: round(c.examples[-1])),
            column_of(curves, "study.loss.loss", "number", lambda c: c.loss[-1]),
        ]
    )


def ends_table(found: SharpEnds) -> Table:
    """Every run whose end was measured."""
    ends = found.ends
    return Table(
        columns=[
            column_of(ends, "study.column.batch_size", "batch_size", lambda end: end.batch_size),
            column_of(ends, "study.column.lr", "rate", lambda end: end.lr),
            column_of(ends, "study.column.steps", "count", lambda end: end.steps),
            column_of(ends, "study.sharpness.loss", "number", lambda end: end.loss),
            column_of(ends, "study.sharpness.eigenvalue", "number", lambda end: end.largest_eigenvalue),
            column_of(ends, "study.sharpness.residual", "number", lambda end: end.residual),
            column_of(ends, "study.sharpness.keskar", "number", lambda end: end.keskar),
        ]
    )
