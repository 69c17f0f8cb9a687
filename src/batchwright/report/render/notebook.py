"""A page as a fragment for a notebook's cell: the answer, its table, one figure, what to call next.

Colours and fonts are inherited, so that it reads well in a dark notebook too; a fragment stays under 50 kB,
since a notebook keeps every one of them.
"""

from __future__ import annotations

import base64
import itertools
from dataclasses import dataclass

from markupsafe import Markup

from batchwright.report.draw.files import to_png, to_svg
from batchwright.report.page import Figure, NextStep, Note, Page, Sentence, Table
from batchwright.report.render.actions import call
from batchwright.report.render.html import ShownTable, table_of, template
from batchwright.report.text.catalogue import text
from batchwright.report.text.language import LANGUAGES, speaking

LIMIT_BYTES = 50_000
_MOST_ROWS = 40
_DRAWING_BYTES = 36_000
_DOTS_PER_INCH = 80.0
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Fragment:
    """What the template takes besides the page."""

    caveats: list[str]
    tables: list[ShownTable]
    drawing: Markup
    paragraphs: list[str]
    next: list[dict[str, str]]


def page_fragment(page: Page, *, report: str = "") -> str:
    """The page as an HTML fragment.

    Args:
        page: what to show.
        report: where the whole report lies, if it was written.
    """
    with speaking(page.language):
        return _fragment(page, report)


def _fragment(page: Page, report: str) -> str:
    tables = [t for t in page.all(Table) if t.brief and t.columns and len(t.columns[0].values) <= _MOST_ROWS]
    fragment = Fragment(
        caveats=[note.text for note in page.all(Note) if note.role == "caveat"],
        tables=[table_of(table) for table in tables[:1]],
        drawing=_drawing(page),
        paragraphs=[block.text for block in page.all(Sentence) if block.text != page.headline],
        next=[{"typed": call(step.action), "why": step.why} for step in page.all(NextStep)],
    )
    return template("notebook.html.j2").render(
        page=page, shown=fragment, report=report, language=LANGUAGES[page.language], text=text
    )


def _drawing(page: Page) -> Markup:
    """The first figure, as SVG, or as a picture where that would be too large."""
    figures: list[Figure] = page.all(Figure)
    if not figures:
        return Markup("")
    first = figures[0]
    label = text("page.figure.label", title=first.title, takeaway=first.takeaway)
    drawn = first.draw()
    # A notebook shows several results on one page: ids must differ between them.
    drawing = to_svg(drawn, name=f"batchwright-{next(_numbers)}-{first.name}", label=label)
    if len(drawing.encode()) <= _DRAWING_BYTES:
        return Markup(drawing)
    picture = base64.b64encode(to_png(drawn, _DOTS_PER_INCH)).decode("ascii")
    image = '<img alt="{}" src="data:image/png;base64,{}" style="max-width:100%">'
    return Markup(image).format(label, Markup(picture))
