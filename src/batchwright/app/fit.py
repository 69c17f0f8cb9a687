"""The critical batch size from anybody's table of batch sizes and steps to target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.checks import echo
from batchwright.app.signature import Asked, Option, front_door
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.advice.table.result import FitResult
    from batchwright.app.answer import Answer


@front_door
def fit(
    table: Annotated[
        Any,
        Option(
            "Columns batch_size, and steps_to_target or examples_to_target; optional: workload, run, lr, "
            "censored or status. A file, - for standard input, or optuna:STORAGE#STUDY; in Python also a "
            "frame, rows or an Optuna study.",
            metavar="TABLE.csv",
        ),
    ],
    *,
    predict: Annotated[
        Sequence[float] | None, Option("Predict steps at these batch sizes.", metavar="512,1024")
    ] = None,
    far: Annotated[bool, Option("Predict also far from the measured batch sizes.")] = False,
    workload: Annotated[str | None, Option("Fit this workload of the table only.")] = None,
    workload_column: Annotated[
        str | None,
        Option("The column(s) that name what was trained; none pools all rows.", metavar="model,optimizer"),
    ] = None,
    dataset_size: Annotated[
        float | None, Option("Examples in the data set, where the table counts epochs.")
    ] = None,
    devices: Annotated[
        float | None, Option("Devices times accumulation steps, where batch sizes are those of one device.")
    ] = None,
    files: o.FileOptions,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Find the critical batch size in a table of steps to target, and predict other batch sizes."""
    from batchwright.app.answer import Answer
    from batchwright.app.files import check_files, with_files
    from batchwright.app.progress import watching

    check_files(files)
    sizes = list(predict or ())
    for size in sizes:
        if not 0 < size < float("inf"):
            raise InputError(f"predict must be batch sizes greater than 0, got {echo(size)}")
    with watching(progress, "fits"):
        from batchwright.advice.table.fit import fit_table
        from batchwright.report.pages.fit import fit_page

        result = fit_table(
            _rows_of(table),
            predict=sizes,
            far=far,
            workload=workload,
            workload_column=workload_column,
            dataset_size=dataset_size,
            devices=devices,
        )
        subject = str(table) if isinstance(table, str) or hasattr(table, "__fspath__") else None
        answer = Answer(
            result=result,
            page=fit_page(result, action=asked.action(subject)),
            document=result.model_dump(mode="json"),
            rows=lambda: _rows(result),
        )
        return with_files(answer, files)


def _rows_of(table: Any) -> Any:
    """The table itself, or that of an Optuna study's trials."""
    from batchwright.integrations.export import optuna_study

    if isinstance(table, str) and table.startswith(optuna_study.SCHEME):
        table = optuna_study.study_named(table)
    return optuna_study.table_of_trials(table) if optuna_study.is_optuna_study(table) else table


def _rows(result: FitResult) -> list[dict[str, Any]]:
    """Every batch size of every workload: what was measured, and what the curve says."""
    return [
        {"workload": fitted.workload, **row.model_dump(mode="json")}
        for fitted in result.workloads
        for row in fitted.measured
    ]
