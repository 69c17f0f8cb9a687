"""A page as one self-contained HTML file: the answer first, then what it rests on.

The file opens offline: style and drawings are inside it, there is no script, and its content security policy
forbids every request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from rich.cells import cell_len

from batchwright.core.errors import InputError
from batchwright.core.version import __version__
from batchwright.report.draw.files import to_svg
from batchwright.report.page import Block, Code, Facts, Figure, NextStep, Note, Page, Sentence, Table
from batchwright.report.render.actions import typed
from batchwright.report.text.catalogue import text
from batchwright.report.text.columns import Shown, written
from batchwright.report.text.language import LANGUAGES, speaking

_TEMPLATES = Path(__file__).parent / "templates"
_SENTENCE = 44
"""Character cells from which on a cell is broken into lines rather than scrolled to."""


@dataclass(frozen=True)
class Row:
    """Cells of text; ``mark`` is ``best``, ``member`` or nothing; ``link``: an anchor for the first cell."""

    cells: tuple[str, ...]
    mark: str
    link: str = ""


@dataclass(frozen=True)
class ShownTable:
    """A table as text, with the name that a screen reader gives it; ``told``: cells hold sentences."""

    label: str
    caption: str
    columns: list[Shown]
    rows: list[Row]
    told: bool = False


@dataclass(frozen=True)
class Section:
    """Neighbours of one kind: ``text``, ``table``, ``figures``, ``remarks``, ``code``, ``readings`` or ``next``."""

    kind: str
    items: list[Any]
    heading: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class ShownPage:
    """What the template takes besides the page: its head, and the parts below in order."""

    answers: list[str]
    caveats: list[str]
    urgent: list[dict[str, str]]
    facts: list[Any]
    parts: list[Section]
    made_by: str
    about: list[tuple[str, str]] = field(default_factory=list)


def page_html(page: Page) -> str:
    """The page as one HTML document without any external reference."""
    with speaking(page.language):
        return template("page.html.j2").render(
            page=page,
            shown=_arranged(page),
            style=Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8")),
            language=LANGUAGES[page.language],
            version=__version__,
            text=text,
        )


def write_page(page: Page, path: str | Path) -> Path:
    """Write :func:`page_html` to ``path``, its folders made where missing.

    Raises:
        InputError: the file cannot be written.
    """
    path = Path(path)
    document = page_html(page)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"the report's path must be writable, got {str(path)!r}: {error.strerror}"
        ) from error
    return path


def table_of(table: Table) -> ShownTable:
    """A table's cells as text, row by row."""
    columns = written(table)
    count = len(columns[0].cells) if columns else 0
    links = table.columns[0].links if columns else ()
    rows = [
        Row(tuple(column.cells[i] for column in columns), _mark(table, i), links[i] if links else "")
        for i in range(count)
    ]
    told = any(column.left and max(map(cell_len, column.cells), default=0) > _SENTENCE for column in columns)
    return ShownTable(table.heading or table.caption, table.caption, columns, rows, told)


def steps_of(steps: list[NextStep]) -> list[dict[str, str]]:
    """Next steps as they are typed, with why."""
    return [{"typed": typed(step.action), "why": step.why} for step in steps]


@cache
def template(name: str) -> Template:
    """One of this folder's templates."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _mark(table: Table, row: int) -> str:
    return "best" if row == table.best else "member" if row in table.members else ""


def _arranged(page: Page) -> ShownPage:
    """Head and parts; what an inconclusive page asks to run stands beside its reasons, above everything."""
    answers = [block.text for block in page.all(Sentence) if block.role == "answer"]
    return ShownPage(
        answers=answers[1:],
        caveats=[note.text for note in page.all(Note) if note.role == "caveat"],
        urgent=steps_of(page.all(NextStep)) if page.inconclusive else [],
        facts=[facts.items for facts in page.all(Facts)],
        parts=list(_parts(page)),
        made_by="" if page.action is None else typed(page.action),
        about=[(name, _plain(value)) for name, value in page.about.items()],
    )


def _parts(page: Page) -> Iterator[Section]:
    figures_before = False
    for kind, group in groupby(page.blocks, key=lambda block: _kind(block, page.inconclusive)):
        blocks: list[Any] = list(group)
        if kind == "table":
            for table in blocks:
                yield Section(kind, [table_of(table)], table.heading)
        elif kind == "figures":
            yield Section(kind, [_drawn(b) for b in blocks], "" if figures_before else text("page.measured"))
            figures_before = True
        elif kind == "next":
            yield Section(kind, steps_of(blocks), text("page.run_next"))
        elif kind == "text":
            for (heading, anchor), paragraphs in groupby(blocks, key=lambda b: (b.heading, b.anchor)):
                yield Section(kind, [b.text for b in paragraphs], heading, anchor)
        elif kind == "code":
            for code in blocks:
                yield Section(kind, [code.text], code.heading)
        elif kind == "remarks":
            yield Section(kind, [b.text for b in blocks])
    if readings := [note.text for note in page.all(Note) if note.role == "reading"]:
        yield Section("readings", readings, text("page.readings"))


def _kind(block: Block, inconclusive: bool) -> str:
    """Which kind of part a block belongs to; nothing for what stands in the head or at the end."""
    if isinstance(block, Table):
        return "table" if block.columns and block.columns[0].values else ""
    if isinstance(block, Figure):
        return "figures"
    if isinstance(block, Code):
        return "code"
    if isinstance(block, NextStep):
        return "" if inconclusive else "next"
    if isinstance(block, Sentence):
        return "text" if block.role == "text" else ""
    return "remarks" if isinstance(block, Note) and block.role == "remark" else ""


def _drawn(figure: Figure) -> dict[str, Any]:
    drawing = to_svg(
        figure.draw(),
        name=figure.name,
        label=text("page.figure.label", title=figure.title, takeaway=figure.takeaway),
    )
    return {
        "name": figure.name,
        "title": figure.title,
        "takeaway": figure.takeaway,
        "drawing": Markup(drawing),
        "table": table_of(figure.table) if figure.table else None,
    }


def _plain(value: object) -> str:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
