"""One self-contained HTML page from one measurement: its sentence, its figures, the tables behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from batchwright import __version__
from batchwright.report.draw import files as figures
from batchwright.report.html import Section, template, write_document
from batchwright.report.tables import Row, Table


@dataclass(frozen=True, kw_only=True)
class Page:
    """What a page says, in the order in which it says it.

    Attributes:
        title: of the document.
        eyebrow: one line over the answer: the task, what was measured.
        sentence: the answer.
        answers: further sentences, where one does not say it all.
        facts: up to four numbers under it, by name.
        caveats: what weakens the answer.
        sections: figures, each with the table behind it.
        tables: further tables: heading, caption, table.
        notes: how to read the numbers.
        next_steps: commands to run next.
        command: the one that made the page.
        about: facts of the measurement and its machine, by name.
    """

    title: str
    eyebrow: str
    sentence: str
    answers: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    caveats: Sequence[str] = ()
    sections: Sequence[Section] = ()
    tables: Sequence[tuple[str, str, Table]] = ()
    notes: Sequence[str] = ()
    next_steps: Sequence[str] = ()
    command: str = ""
    about: Sequence[tuple[str, str]] = ()


def section(name: str, title: str, takeaway: str, figure: Any, table: Table) -> Section:
    """A matplotlib figure made inline, with what it shows in words for those who cannot see it."""
    drawing = figures.to_svg(figure, name=name, label=f"{title}. {takeaway}")
    return Section(name, title, takeaway, Markup(drawing), table)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table none of whose rows stands out."""
    return Table(list(columns), [Row(list(cells)) for cells in rows])


def facts_of(environment: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Versions and hardware as names and values."""
    return [(name, str(value)) for name, value in environment.items()]


def render_page(page: Page) -> str:
    """The page as one HTML document without any external reference."""
    title = f"{page.title} \u00b7 Batchwright"
    return template("page.html.j2").render(page=page, title=title, version=__version__)


def write_page(page: Page, path: str | Path) -> Path:
    """Write :func:`render_page` to ``path``, its folders made where missing.

    Raises:
        InputError: the file cannot be written.
    """
    return write_document(render_page(page), Path(path))
