"""A stored study for other programs: every run as a table, the report and its figures as files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

from batchwright.app import options as o
from batchwright.app.signature import Option, front_door
from batchwright.app.stored import StudyName, opened, stored_answer, with_damage
from batchwright.core.errors import InputError, shown, unknown_name

if TYPE_CHECKING:
    from batchwright.app.answer import Answer

_OUTPUT = "Output"
_FORMATS = ("svg", "png", "pdf")


@front_door
def export(
    study: StudyName,
    *,
    output: Annotated[
        str | None, Option("A .csv, .json or .parquet file.", panel=_OUTPUT, metavar="FILE", short="-o")
    ] = None,
    store: o.StorePath = None,
) -> Answer:
    """Write every run of a study as a table: to a file, else as CSV (JSON with --json) on stdout."""
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
