"""What is stored: ``studies``, ``show``, ``resume``, ``export`` and ``report``."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.cli import options as o

if TYPE_CHECKING:
    from batchwright.advice.result import StudyResult
    from batchwright.study.store import Store

StudyName = Annotated[
    str, typer.Argument(metavar="STUDY", help="A study's id, the beginning of it, or its name.")
]


def studies(store: o.StoreOption = None, as_json: o.Json = False) -> int:
    """List the stored studies."""
    from batchwright.cli.output import console, emit_json, seconds, table

    with _open(store) as opened:
        rows = opened.studies()
    if as_json:
        emit_json([{k: v for k, v in row.items() if k != "spec"} for row in rows])
        return 0
    shown = table("study", "name", "task", "status", "runs", "spent", "created")
    for row in rows:
        shown.add_row(
            row["study_id"], row["name"] or "", row["task"], row["status"], str(row["runs"]),
            seconds(row["seconds"]), row["created"][:16].replace("T", " "),
        )  # fmt: skip
    console.print(shown if rows else "No studies yet: run `batchwright study digits`.")
    return 0


def show(study: StudyName, store: o.StoreOption = None, as_json: o.Json = False) -> int:
    """Show the answer of a stored study."""
    from batchwright.cli.study import present

    with _open(store) as opened:
        result = _result(opened, study)
    return present(result, as_json=as_json)


def resume(
    study: StudyName,
    workers: Annotated[int | None, typer.Option(help="Worker processes.")] = None,
    store: o.StoreOption = None,
    as_json: o.Json = False,
) -> int:
    """Continue an interrupted study; finished runs are not repeated."""
    from batchwright.cli.study import execute, present, worker_count
    from batchwright.core.errors import StoreError
    from batchwright.study.execute import WorkerProcesses
    from batchwright.study.spec import StudySpec
    from batchwright.task.load import load_task

    with _open(store) as opened:
        row = opened.study(study)
    spec = StudySpec.model_validate_json(row["spec"])
    task = load_task(spec.task)
    if spec.identity(task.fingerprint) != row["study_id"]:
        raise StoreError(
            f"the code or data of task {task.name!r} changed since study {row['study_id']} began: "
            "start a new study with `batchwright study`"
        )
    objective = json.loads(row["result"])["recommendation"]["objective"] if row["result"] else "time"
    executor = WorkerProcesses(worker_count(workers, spec.device))
    try:
        result = execute(spec, task, executor, store, objective=objective, show=not as_json)
    finally:
        executor.close()
    return present(result, as_json=as_json)


def export(
    study: StudyName,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A .csv, .json or .parquet file.")
    ] = None,
    store: o.StoreOption = None,
) -> int:
    """Write every run of a study as a table (CSV on stdout by default)."""
    from batchwright.core.errors import InputError

    with _open(store) as opened:
        row = opened.study(study)
        rows = opened.runs(row["study_id"])
    suffix = output.suffix.lower() if output else ".csv"
    if suffix not in (".csv", ".json", ".parquet"):
        raise InputError(f"--output must end in .csv, .json or .parquet, got {str(output)!r}")
    if suffix == ".parquet":
        _write_parquet(rows, output)
    elif output is None:
        _write_csv(rows, sys.stdout)
    else:
        with output.open("w", newline="") as file:
            if suffix == ".json":
                json.dump(rows, file, indent=1)
            else:
                _write_csv(rows, file)
    return 0


def report(
    study: StudyName,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write the HTML file.")
    ] = None,
    figures: Annotated[Path | None, typer.Option(help="Also write every figure into this folder.")] = None,
    figure_format: Annotated[str, typer.Option(help="svg, png or pdf.")] = "svg",
    store: o.StoreOption = None,
) -> int:
    """Write a stored study's report again, and its figures as files."""
    from batchwright.advice.answer import stored_curves
    from batchwright.cli.output import console
    from batchwright.cli.study import report_path
    from batchwright.core.errors import unknown_name
    from batchwright.report import write_figures, write_report

    if figure_format not in ("svg", "png", "pdf"):
        raise unknown_name("figure format", figure_format, ["svg", "png", "pdf"])
    with _open(store) as opened:
        result = _result(opened, study)
        curves = stored_curves(result, opened.runs(result.study_id, curves=True))
        path = output or report_path(opened.path, result.study_id)
    console.print(f"Report: {write_report(result, curves, path)}", soft_wrap=True)
    if figures is not None:
        for written in write_figures(result, curves, figures, f".{figure_format}"):
            console.print(f"Figure: {written}", soft_wrap=True)
    return 0


def _open(store: str | None) -> Store:
    from batchwright.study.store import Store, store_path

    return Store(store_path(store), create=False)


def _result(store: Store, name: str) -> StudyResult:
    from batchwright.advice.result import StudyResult
    from batchwright.core.errors import StoreError

    row = store.study(name)
    if row["result"] is None:
        raise StoreError(
            f"study {row['study_id']} is not finished ({row['status']}): "
            f"`batchwright resume {row['study_id']}` continues it"
        )
    return StudyResult.model_validate_json(row["result"])


def _write_csv(rows: list[dict[str, Any]], file: Any) -> None:
    if rows:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _write_parquet(rows: list[dict[str, Any]], path: Path | None) -> None:
    from batchwright.core.errors import InputError

    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError("export to Parquet needs pyarrow: pip install 'batchwright[parquet]'") from None
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
