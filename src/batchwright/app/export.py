"""A stored study for other programs: every run as a table, in other tools, the report and its figures as files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

from batchwright.app import options as o
from batchwright.app.signature import Option, front_door
from batchwright.app.stored import StudyName, opened, page_of, result_of, stored_answer, with_damage
from batchwright.core.errors import InputError, shown, unknown_name

if TYPE_CHECKING:
    from batchwright.app.answer import Answer
    from batchwright.integrations.export.study import ExportedStudy
    from batchwright.study.stores.sql import SQLStore

_TOOLS = {
    "tensorboard": ("tensorboard", "to_tensorboard"),
    "mlflow": ("mlflow", "to_mlflow"),
    "wandb": ("wandb", "to_wandb"),
    "optuna": ("optuna_study", "to_optuna"),
}
"""Tool -> the module that writes for it, and its function."""
_SHOWN_BY = {
    "tensorboard": ("stored.see", "tensorboard --logdir {}"),
    "mlflow": ("stored.see", "mlflow ui --backend-store-uri {}"),
    "wandb": ("stored.upload", "wandb sync {}/offline-run-*"),
    "optuna": ("stored.see", "optuna-dashboard {}"),
}
"""Tool -> what to say, and the command of the tool's own that shows what was written."""
_TEXT_WIDTH = 140
_OUTPUT = "Output"
_FORMATS = ("svg", "png", "pdf")


@front_door
def export(
    study: StudyName,
    *,
    output: Annotated[
        str | None,
        Option(
            "A .csv, .json or .parquet file; with a tool, a folder.",
            panel=_OUTPUT,
            metavar="PATH",
            short="-o",
        ),
    ] = None,
    to: Annotated[
        str | None, Option("tensorboard, mlflow, wandb or optuna.", panel=_OUTPUT, metavar="TOOL")
    ] = None,
    store: o.StorePath = None,
) -> Answer:
    """Write every run of a study as a table: to a file, else as CSV (JSON with --json) on stdout.

    With ``to``, runs, curves and the answer go into another tool, by its library: a folder that TensorBoard,
    MLflow, Weights & Biases (offline) or Optuna reads, or the URI of an MLflow or Optuna storage. Exporting again
    adds what is new and doubles nothing.
    """
    if to is not None:
        return _in_tool(study, to, output, store)
    from batchwright.app.answer import Answer, writing
    from batchwright.report.page import Page, Sentence
    from batchwright.report.text.catalogue import text

    with opened(store) as kept:
        study_id = kept.study(study)["study_id"]
        rows = [{k: v for k, v in row.items() if k != "result"} for row in kept.runs(study_id)]
        said = text("stored.runs", count=len(rows), study=study_id, place=output or "")
        page = Page(title=study_id, eyebrow=study_id, blocks=[Sentence(text=said, role="answer")])
        page = with_damage(page, kept)
    document: Any = rows
    if output is not None:
        path = Path(output)
        if path.suffix.lower() not in _WRITERS:
            raise InputError(f"output must end in .csv, .json or .parquet, got {shown(output)}")
        with writing(path):
            _WRITERS[path.suffix.lower()](rows, path)
        document = {"study_id": study_id, "output": output, "runs": len(rows)}
    return Answer(result=tuple(rows), page=page, document=document, rows=lambda: rows)


def _in_tool(study: str, to: str, output: str | None, store: str | None) -> Answer:
    from importlib import import_module

    from batchwright.app.answer import Answer, writing
    from batchwright.report.page import Note, Page, Sentence
    from batchwright.report.text.catalogue import text

    if to not in _TOOLS:
        raise unknown_name("tool", to, _TOOLS)
    if not output:
        raise InputError(f"output must name where the runs go, for {to}: add --output DIR")
    with opened(store) as kept:
        exported = _exported(kept, study)
        module, name = _TOOLS[to]
        with writing(Path(output)):
            written = getattr(import_module(f"batchwright.integrations.export.{module}"), name)(
                exported, output
            )
        document = {
            "study_id": exported.study_id,
            "to": to,
            "output": written.place,
            "runs": len(exported.runs),
        }
        document |= {"new": written.new, "there": written.there, "replaced": written.replaced}
        said = text(
            "stored.exported", count=len(exported.runs), study=exported.study_id, place=written.place,
            new=written.new, there=written.there, replaced=written.replaced,
        )  # fmt: skip
        key, command = _SHOWN_BY[to]
        shown_by = Note(text=text(key, command=command.format(written.place)), role="remark")
        page = Page(
            title=exported.study_id,
            eyebrow=exported.study_id,
            blocks=[Sentence(text=said, role="answer"), shown_by],
        )
        page = with_damage(page, kept)
    rows = [{k: v for k, v in run.row.items() if k != "result"} for run in exported.runs]
    return Answer(result=written, page=page, document=document, rows=lambda: rows)


def _exported(kept: SQLStore, study: str) -> ExportedStudy:
    """The study with its runs' curves, and its answer where it is finished."""
    from batchwright.integrations.export.study import ExportedStudy, exported_runs
    from batchwright.report.render.terminal import page_text

    facts = kept.study(study)
    runs = exported_runs(kept.runs(facts["study_id"], curves=True))
    if facts["result"] is None:
        return ExportedStudy(facts, runs)
    result = result_of(facts, kept)
    page = page_of(result, kept)
    table = page_text(page, width=_TEXT_WIDTH).strip()
    return ExportedStudy(facts, runs, result, f"{page.headline}\n\n```\n{table}\n```")


@front_door
def report(
    study: StudyName,
    *,
    output: Annotated[
        str | None, Option("Where to write the HTML file.", panel=_OUTPUT, metavar="FILE", short="-o")
    ] = None,
    figures: Annotated[
        str | None, Option("Also write every figure into this folder.", panel=_OUTPUT, metavar="DIR")
    ] = None,
    figure_format: Annotated[str, Option("svg, png or pdf.", panel=_OUTPUT)] = "svg",
    store: o.StorePath = None,
) -> Answer:
    """Write a stored study's report again, and its figures as files."""
    from batchwright.app.answer import writing
    from batchwright.app.stored import report_path

    if figure_format not in _FORMATS:
        raise unknown_name("figure format", figure_format, _FORMATS)
    with opened(store) as kept:
        row = kept.study(study)
        answer = stored_answer(kept, row, store)
        place = output or str(report_path(kept, row["study_id"]))
    path = answer.save(place)
    written: list[str] = []
    if figures is not None:
        folder = Path(figures)
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        for name in answer.figures:
            written.append(str(answer.save(folder / f"{name}.{figure_format}", figure=name)))
    return replace(answer, document={"report": str(path), "figures": written}, files={"report": str(path)})


# --- tables of runs ---


def write_csv(rows: Sequence[Mapping[str, Any]], file: TextIO) -> None:
    """The runs as CSV, with their headings also where there are none."""
    import csv

    writer = csv.DictWriter(file, fieldnames=headings(rows), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _csv_file(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        write_csv(rows, file)


def headings(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The columns of a table of runs."""
    from batchwright.study.stores.contract import RunRow

    return list(rows[0]) if rows else [name for name in RunRow.__annotations__ if name != "result"]


def _write_json(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    path.write_text(json.dumps(rows, indent=1), encoding="utf-8")


def _write_parquet(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise InputError("export to Parquet needs pyarrow: pip install 'batchwright[parquet]'") from None
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path)


_WRITERS = {".csv": _csv_file, ".json": _write_json, ".parquet": _write_parquet}
