"""``batchwright fit TABLE.csv``: the critical batch size from anybody's runs."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batchwright.cli import options as o
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.advice.table.result import FitResult, Interval, PredictedSteps, WorkloadFit

_ROWS = 24
"""A single workload's batch sizes are listed up to so many."""


def fit(
    context: typer.Context,
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE.csv",
            help="Columns batch_size, and steps_to_target or examples_to_target; optional: workload, run, "
            "censored or status.",
        ),
    ],
    predict: Annotated[
        str | None, typer.Option(metavar="512,1024", help="Predict steps at these batch sizes.")
    ] = None,
    far: Annotated[
        bool, typer.Option("--far", help="Predict also far from the measured batch sizes.")
    ] = False,
    workload: Annotated[str | None, typer.Option(help="Fit this workload of the table only.")] = None,
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw runs and fits into this .svg, .png or .pdf.")
    ] = None,
    report: o.Report = None,
    as_json: o.Json = False,
) -> int:
    """Find the critical batch size in a table of steps to target, and predict other batch sizes."""
    from batchwright.advice.table.fit import fit_table
    from batchwright.cli.output import emit_json

    sizes = [] if predict is None else o.numbers(predict, "--predict")
    for size in sizes:
        if not 0 < size < float("inf"):
            raise InputError(f"--predict must be batch sizes greater than 0, got {size:g}")
    if figure is not None:
        o.check_figure(figure)
    if report is not None:
        o.check_report(report)
    result = fit_table(table, predict=sizes, far=far, workload=workload)
    if figure is not None:
        _draw(result, figure)
    if report is not None:
        from batchwright.report.old_page import write_page
        from batchwright.report.old_pages import fit_page

        write_page(fit_page(result, command=context.obj), report)
    if as_json:
        emit_json(result.model_dump(mode="json") | {"figure": o.named(figure), "report": o.named(report)})
    else:
        _print(result, table, figure, report)
    return 0


def _draw(result: FitResult, figure: Path) -> None:
    from batchwright.cli.output import writing
    from batchwright.report.draw.fit import draw_fit
    from batchwright.report.draw.study import save_figure

    drawn = draw_fit(result)
    with writing(figure):
        save_figure(drawn, figure)


def _print(result: FitResult, table: str, figure: Path | None, report: Path | None) -> None:
    from batchwright.cli.output import say, show_table
    from batchwright.report.page import Sentence
    from batchwright.report.pages.fit import fit_page
    from batchwright.report.text import catalogue

    for answer in fit_page(result).all(Sentence):
        say(answer.text, style="bold")
    say()
    show_table(
        ["workload", "verdict", "critical batch", "90%", "+20% examples", "left-out error", "inside 90%"],
        [_summary(fitted) for fitted in result.workloads],
        left=["workload", "verdict"],
        optional=["inside 90%", "+20% examples"],
    )
    if len(result.workloads) == 1:
        _print_measured(result.workloads[0])
    _print_predictions(result)
    say()
    say(_how_read(result))
    for note in result.notes:
        say(f"Note: {catalogue.say(note)}")
    several = len(result.workloads) > 1
    for fitted in result.workloads:
        start = f"{fitted.workload}: " if several and fitted.workload else ""
        for note in fitted.notes:
            say(f"Note: {start}{catalogue.say(note)}")
        for step in fitted.next_steps:
            say(f"Next: {start}{catalogue.say(step)}")
    if figure is not None:
        say(f"Figure: {figure}")
    if report is not None:
        say(f"Report: {report}")
    else:
        say(f"Next: batchwright fit {shlex.quote(table)} --report fit.html")


def _summary(fitted: WorkloadFit) -> list[str]:
    from batchwright.core.numbers import number

    critical, error = fitted.critical_batch, fitted.leave_one_out
    fits = fitted.verdict == "fits"
    overhead = fitted.definitions.overhead_20.value
    return [
        fitted.workload or "-",
        fitted.verdict.replace("_", " "),
        number(critical.value) if fits else "-",
        _between(critical.interval),
        number(overhead) if fits else "-",
        "-" if error is None else f"{error.median_abs_log_error:.1%}",
        "-" if error is None else f"{error.coverage_90:.0%}",
    ]


def _between(interval: Interval | None) -> str:
    from batchwright.core.numbers import number

    low, high = interval or (None, None)
    if low is None and high is None:
        return "-"
    if low is None or high is None:
        return f"at most {number(high)}" if low is None else f"at least {number(low)}"
    return f"{number(low)} to {number(high)}"


def _print_measured(fitted: WorkloadFit) -> None:
    """Batch size by batch size: what was measured beside what the curve says."""
    from batchwright.cli.output import say, show_table
    from batchwright.core.numbers import number, size

    if len(fitted.measured) > _ROWS:
        return
    rows = []
    for row in fitted.measured:
        median = "-" if row.median is None else f"{'> ' if row.median_is_bound else ''}{number(row.median)}"
        examples = "-" if row.median is None else number(row.median * row.batch_size)
        missed = [(len(row.censored), "cut short"), (row.failed, "failed")]
        remark = ", ".join(f"{number} {what}" for number, what in missed if number)
        runs = len(row.steps) + len(row.censored) + row.failed
        curve = "-" if row.curve is None else number(row.curve)
        rows.append([size(row.batch_size), str(runs), median, curve, examples, remark])
    say()
    show_table(["batch", "runs", "median steps", "curve", "examples", ""], rows, left=[""])


def _print_predictions(result: FitResult) -> None:
    from batchwright.cli.output import say, show_table

    rows = [_prediction(fitted, row) for fitted in result.workloads for row in fitted.predictions]
    if not rows:
        return
    say()
    show_table(["workload", "batch", "steps", "90% of steps", ""], rows, left=["workload", ""])
    if any(row.refused for fitted in result.workloads for row in fitted.predictions):
        say(
            "Refused are batch sizes below the smallest measured one and beyond twice the largest: nothing "
            "here says that the curve holds there. --far predicts them all the same."
        )


def _prediction(fitted: WorkloadFit, row: PredictedSteps) -> list[str]:
    from batchwright.core.numbers import number, size

    start = [fitted.workload or "-", size(row.batch_size)]
    if row.refused:
        low, high = fitted.valid_range
        return [*start, "-", "-", f"refused: the runs allow {size(low)} to {size(high)}"]
    return [*start, number(row.steps), f"{number(row.low)} to {number(row.high)}", ""]


def _how_read(result: FitResult) -> str:
    """Which column was read as what, in which unit."""
    read = [
        f"{heading!r} as {meaning}" + (f" ({result.units[meaning]})" if meaning in result.units else "")
        for meaning, heading in result.columns.items()
    ]
    return f"Read {result.rows:,} rows of {result.source}: {', '.join(read)}."
