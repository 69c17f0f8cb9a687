"""The tables behind a study's figures."""

from __future__ import annotations

from batchwright.advice.decide.sharp_ends import SharpEnds
from batchwright.advice.result import StudyResult
from batchwright.report.draw import grids
from batchwright.report.page import Kind, Table
from batchwright.report.pages.parts import column
from batchwright.report.pages.study_facts import per_step, rows_of
from batchwright.report.pages.study_tables import marked
from batchwright.report.text.catalogue import text
from batchwright.study.result import BatchSizeResult


def runs_table(result: StudyResult, objective: str) -> Table:
    """Every confirmation run's seconds, examples or steps to target, one column a seed."""
    rows = rows_of(result)
    kind: Kind = "seconds" if objective == "time" else "count"
    first = text("study.column.run", number=1)
    columns = [column(text("study.column.batch_size"), [row.batch_size for row in rows], "batch_size")]
    for i in range(max((len(row.steps_to_target.values) for row in rows), default=0)):
        values = [_run_cost(row, i, objective) for row in rows]
        heading = text("study.column.run", number=i + 1)
        columns.append(column(heading, values, kind, like=first if i else ""))
    return marked(result, rows, columns, caption=text(f"study.runs.{objective}"))


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
        caption=text("study.figure.learning_rates"),
        members=[i for i, cell in enumerate(cells) if cell.chosen],
        columns=[
            column(text("study.column.batch_size"), [cell.batch_size for cell in cells], "batch_size"),
            column(text("study.column.lr"), [cell.lr for cell in cells], "rate"),
            column(text("study.column.runs"), [cell.runs for cell in cells], "count"),
            column(text("study.rates.reached"), [cell.reached for cell in cells], "count"),
            column(text("study.rates.diverged_runs"), [cell.diverged for cell in cells], "count"),
            column(text("study.rates.budget_ended"), [cell.censored for cell in cells], "count"),
            column(text("study.rates.median_steps"), [cell.median_steps for cell in cells], "count"),
            column(text("study.rates.relative"), [cell.relative for cell in cells], "ratio"),
            column("", chosen),
        ],
    )


def timing_table(timing: grids.TimingSeries) -> Table:
    """Seconds a step and examples a second."""
    points = timing.points
    step = text("study.column.step")
    quartiles = [(p.low, p.high) for p in points]
    return Table(
        caption=text("study.figure.timing"),
        best=next((i for i, p in enumerate(points) if p.batch_size == timing.chosen), None),
        columns=[
            column(text("study.column.batch_size"), [p.batch_size for p in points], "batch_size"),
            column(step, [p.seconds_per_step for p in points], "seconds"),
            column(text("study.timing.quartiles"), quartiles, "seconds", like=step),
            column(text("study.timing.throughput"), [p.examples_per_second for p in points], "count"),
        ],
    )


def loss_table(losses: grids.LossCurves) -> Table:
    """Where each drawn curve ends."""
    curves = losses.curves
    return Table(
        caption=text("study.loss.caption"),
        columns=[
            column(text("study.column.batch_size"), [c.batch_size for c in curves], "batch_size"),
            column(text("study.column.lr"), [c.lr for c in curves], "rate"),
            column(text("study.loss.seed"), [str(c.seed) for c in curves]),
            column(text("study.loss.examples"), [round(c.examples[-1]) for c in curves], "count"),
            column(text("study.loss.loss"), [c.loss[-1] for c in curves], "number"),
        ],
    )


def ends_table(found: SharpEnds) -> Table:
    """Every run whose end was measured."""
    ends = found.ends
    return Table(
        caption=text("study.figure.sharpness"),
        columns=[
            column(text("study.column.batch_size"), [end.batch_size for end in ends], "batch_size"),
            column(text("study.column.lr"), [end.lr for end in ends], "rate"),
            column(text("study.column.steps"), [end.steps for end in ends], "count"),
            column(text("study.sharpness.loss"), [end.loss for end in ends], "number"),
            column(text("study.sharpness.eigenvalue"), [end.largest_eigenvalue for end in ends], "number"),
            column(text("study.sharpness.residual"), [end.residual for end in ends], "number"),
            column(text("study.sharpness.keskar"), [end.keskar for end in ends], "number"),
        ],
    )
