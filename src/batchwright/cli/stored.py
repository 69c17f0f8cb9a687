"""What is stored: ``studies``, ``show``, ``resume``, ``export`` and ``report``."""

from __future__ import annotations

import csv
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from batchwright.cli import options as o

if TYPE_CHECKING:
    from batchwright.advice.result import StudyResult
    from batchwright.study.stores.sqlite import Store

StudyName = Annotated[
    str, typer.Argument(metavar="STUDY", help="A study's id, the beginning of it, or its name.")
]

_COLUMNS = ("study_id", "run_key", "batch_size", "lr", "seed", "purpose", "status", "steps_to_target")
"""Heading of the table of a study that has no runs yet."""


def studies(store: o.StoreOption = None, as_json: o.Json = False) -> int:
    """List the stored studies."""
    from batchwright.cli.output import emit_json, say, seconds, show_table

    with _open(store) as opened:
        rows = opened.studies()
    if as_json:
        emit_json(rows)
    elif not rows:
        say("No studies yet: run `batchwright study digits`.")
    else:
        show_table(
            ["study", "name", "task", "status", "runs", "spent", "created (UTC)"],
            [
                [
                    row["study_id"], row["name"] or "", row["task"], row["status"],
                    "?" if row["runs"] is None else str(row["runs"]),
                    seconds(row["seconds"]), row["created"][:16].replace("T", " "),
                ]
                for row in rows
            ],
            left=["study", "name", "task", "status"],
            optional=["task", "spent", "name"],
        )  # fmt: skip
    return 0


def show(study: StudyName, store: o.StoreOption = None, as_json: o.Json = False) -> int:
    """Show the answer of a stored study."""
    from batchwright.cli.study_run import present

    with _open(store) as opened:
        result = _result(opened, study, store)
    return present(result, as_json=as_json)


def resume(
    study: StudyName,
    workers: o.Workers = None,
    store: o.StoreOption = None,
    as_json: o.Json = False,
) -> int:
    """Continue an interrupted study: finished runs are not repeated. A finished one is shown."""
    from batchwright.advice.answer import check_objective
    from batchwright.cli.study_run import execute, present, worker_count
    from batchwright.core.errors import StoreError
    from batchwright.study.executors.workers import WorkerProcesses
    from batchwright.study.spec import StudySpec
    from batchwright.task.load import load_task

    with _open(store) as opened:
        row = opened.study(study)
        if row["status"] == "complete" and row["result"] is not None:
            return present(_result(opened, study, store), as_json=as_json)
    spec = StudySpec.model_validate_json(row["spec"])
    executor = WorkerProcesses(worker_count(workers, spec.device))
    task = load_task(spec.task)
    if spec.identity(task.fingerprint) != row["study_id"]:
        raise StoreError(
            f"the code or data of task {task.name!r} changed since study {row['study_id']} began: "
            f"start a new study with `{row['command'] or 'batchwright study TASK'}`"
        )
    objective = check_objective(row["request"].get("objective", "time"))
    try:
        result = execute(
            spec, task, executor, store, objective=objective, command=row["command"],
            measures=row["request"].get("measures", []),
        )  # fmt: skip
    finally:
        executor.close()
    return present(result, as_json=as_json)


def export(
    study: StudyName,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A .csv, .json or .parquet file.")
    ] = None,
    store: o.StoreOption = None,
    as_json: o.Json = False,
) -> int:
    """Write every run of a study as a table: to a file, else as CSV (JSON with --json) on stdout."""
    from batchwright.cli.output import emit_json, say, writing
    from batchwright.core.errors import InputError

    with _open(store) as opened:
        study_id = opened.study(study)["study_id"]
        rows: list[dict[str, Any]] = [{**row} for row in opened.runs(study_id)]
    if output is None:
        emit_json(rows) if as_json else _write_csv(rows, sys.stdout)
        return 0
    writers = {".csv": _csv_file, ".json": _json_file, ".parquet": _parquet_file}
    if output.suffix.lower() not in writers:
        raise InputError(f"--output must end in .csv, .json or .parquet, got {str(output)!r}")
    with writing(output):
        writers[output.suffix.lower()](rows, output)
    if as_json:
        emit_json({"study_id": study_id, "output": str(output), "runs": len(rows)})
    else:
        say(f"{len(rows)} runs of study {study_id} written to {output}")
    return 0


def report(
    study: StudyName,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where to write the HTML file.")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write every figure into this folder.")
    ] = None,
    figure_format: Annotated[str, typer.Option(help="svg, png or pdf.")] = "svg",
    store: o.StoreOption = None,
    as_json: o.Json = False,
) -> int:
    """Write a stored study's report again, and its figures as files."""
    from batchwright.advice.answer import stored_curves
    from batchwright.cli.output import emit_json, say, writing
    from batchwright.cli.study_run import report_path
    from batchwright.core.errors import unknown_name
    from batchwright.report import write_figures, write_report

    if figure_format not in ("svg", "png", "pdf"):
        raise unknown_name("figure format", figure_format, ["svg", "png", "pdf"])
    with _open(store) as opened:
        result = _result(opened, study, store)
        curves = stored_curves(result, opened.runs(result.study_id, curves=True))
        path = write_report(result, curves, output or report_path(opened.path, result.study_id))
    written: list[Path] = []
    if figures is not None:
        with writing(figures):
            written = write_figures(result, curves, figures, f".{figure_format}")
    if as_json:
        emit_json({"report": str(path), "figures": [str(figure) for figure in written]})
        return 0
    say(f"Report: {path}")
    for figure in written:
        say(f"Figure: {figure}")
    return 0


def _open(store: str | None) -> Store:
    from batchwright.study.stores.sqlite import Store, store_path

    return Store(store_path(store), create=False)


def _result(opened: Store, name: str, store: str | None) -> StudyResult:
    from batchwright.advice.result import StudyResult
    from batchwright.core.errors import StoreError

    row = opened.study(name)
    if row["result"] is None:
        words = ["batchwright", "resume", row["study_id"], *(["--store", store] if store else [])]
        raise StoreError(
            f"study {row['study_id']} is not finished ({row['status']}): `{shlex.join(words)}` continues it"
        )
    return StudyResult.model_validate_json(row["result"])


def _write_csv(rows: list[dict[str, Any]], file: TextIO) -> None:
    writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _csv_file(rows: list[dict[str, Any]], path: Path) -> None:
    with path.open("w", newline="") as file:
        _write_csv(rows, file)


def _json_file(rows: list[dict[str, Any]], path: Path) -> None:
    path.write_text(json.dumps(rows, indent=1))


def _parquet_file(rows: list[dict[str, Any]], path: Path) -> None:
    from batchwright.core.errors import InputError

    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError("export to Parquet needs pyarrow: pip install 'batchwright[parquet]'") from None
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), path)
