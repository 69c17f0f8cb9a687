"""A page as text: the answer, what weakens it, the table it rests on, and what to run next.

A terminal gets lines that fit it, broken between words; a pipe or a file gets every paragraph and every table
whole. Figures, facts and how to read the numbers are left to the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len

from batchwright.core.action import Action
from batchwright.report.page import NextStep, Note, Page, Sentence, Table
from batchwright.report.render.actions import typed
from batchwright.report.render.wrapping import wrapped
from batchwright.report.text.catalogue import text
from batchwright.report.text.columns import Shown, written
from batchwright.report.text.language import speaking

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_GAP = "  "
_HEADING = 6
"""Cells in which "a step" is not broken."""
_SENTENCE = 24
"""Cells below which a column of sentences is not narrowed."""
_SAID = ("answer", "text", "remark")
"""Roles of what a terminal says between its tables; caveats come before, readings are left to the page."""


def page_text(
    page: Page,
    *,
    width: int | None = None,
    styled: bool = False,
    report: str = "",
    write: Callable[[Action], str] = typed,
) -> str:
    """The page as text, ending with a line feed.

    Args:
        page: what to show.
        width: of the terminal in characters; None for a pipe or a file, where nothing is broken or left out.
        styled: whether to print in bold, with ANSI escapes.
        report: where the whole report lies, if it was written.
        write: how a next step is written, by default as it is typed.
    """
    with speaking(page.language):
        return _page_text(page, width, styled, report, write)


def _page_text(
    page: Page, width: int | None, styled: bool, report: str, write: Callable[[Action], str]
) -> str:
    bold: Callable[[str], str] = _bold if styled else str
    groups = [
        [bold(line) for line in wrapped(page.headline, width)],
        _lines((text("page.caveat", text=note.text) for note in _notes(page, "caveat")), width),
        *_body(page, width, bold),
        [line for step in page.all(NextStep) for line in _step(step, width, write)],
        _lines([text("page.report", path=report)] if report else [], None),
    ]
    return "\n\n".join("\n".join(group) for group in groups if group) + "\n"


def table_lines(table: Table, width: int | None, bold: Callable[[str], str] = str) -> list[str]:
    """A table in columns two spaces apart, which fits ``width`` if leaving out optional columns can do that.

    Headings are broken between words before a column is left out; columns go from the highest ``optional``
    down. What is still too wide is broken inside its cells, where they hold sentences.
    """
    columns = written(table)
    broken = False
    while width is not None and _width(_sizes(columns, broken)) > width:
        leaving = max((column.optional for column in columns), default=0)
        if broken and not leaving:
            break
        if broken:
            columns = [column for column in columns if column.optional < leaving]
        broken = not broken
    sizes = _sizes(columns, broken)
    if width is not None:
        sizes = _narrowed(columns, sizes, _width(sizes) - width)
    lines = [bold(_row(texts, columns, sizes)) for texts in _head(columns, broken)]
    for place, texts in enumerate(zip(*(column.cells for column in columns), strict=True)):
        for part in _broken(texts, sizes):
            line = _row(part, columns, sizes)
            lines.append(bold(line) if place == table.best else line)
    return lines


def _width(sizes: Sequence[int]) -> int:
    return sum(sizes) + len(_GAP) * (len(sizes) - 1)


def _narrowed(columns: Sequence[Shown], sizes: Sequence[int], surplus: int) -> list[int]:
    """Columns of sentences made narrower, the widest of them first, down to what reads as one."""
    narrower = list(sizes)
    while surplus > 0:
        wide = [i for i, column in enumerate(columns) if column.left and narrower[i] > _SENTENCE]
        if not wide:
            break
        widest = max(wide, key=lambda i: narrower[i])
        narrower[widest] -= 1
        surplus -= 1
    return narrower


def _broken(texts: Sequence[str], sizes: Sequence[int]) -> list[tuple[str, ...]]:
    """The lines of one row: each cell in as many as it takes."""
    cells = [wrapped(content, max(size, 1)) for content, size in zip(texts, sizes, strict=True)]
    height = max(map(len, cells), default=1)
    return list(zip(*([*cell, *[""] * (height - len(cell))] for cell in cells), strict=True))


def _sizes(columns: Sequence[Shown], broken: bool) -> list[int]:
    """Cells that every column takes."""
    head = _head(columns, broken)
    return [
        max(map(cell_len, (*(line[i] for line in head), *c.cells)), default=0) for i, c in enumerate(columns)
    ]


def _head(columns: Sequence[Shown], broken: bool) -> list[tuple[str, ...]]:
    """One line of headings, or each broken as far as its column is wide, the last lines side by side."""
    if not broken:
        return [tuple(column.heading for column in columns)]
    headings = []
    for column in columns:
        room = max(_HEADING, *map(cell_len, (*column.heading.split(" "), *column.cells)))
        headings.append(wrapped(column.heading, room))
    height = max(map(len, headings))
    padded = [[""] * (height - len(heading)) + heading for heading in headings]
    return list(zip(*padded, strict=True))


def _row(texts: Sequence[str], columns: Sequence[Shown], sizes: Sequence[int]) -> str:
    padded = []
    for content, column, size in zip(texts, columns, sizes, strict=True):
        room = " " * (size - cell_len(content))
        padded.append(content + room if column.left else room + content)
    return _GAP.join(padded).rstrip()


def _body(page: Page, width: int | None, bold: Callable[[str], str]) -> Iterable[list[str]]:
    """Tables and, between them, the paragraphs and remarks that belong together."""
    group: list[str] = []
    first = True
    headline = next((b for b in page.all(Sentence) if b.role == "answer"), None)
    for block in page.blocks:
        if isinstance(block, Table) and block.brief and block.columns and block.columns[0].values:
            # The first table follows its sentence; further ones say what they are.
            title = block.heading or ("" if first else block.caption)
            head = [bold(line) for line in wrapped(title, width)] if title else []
            yield group
            yield head + table_lines(block, width, bold)
            group, first = [], False
        elif isinstance(block, Sentence | Note) and block.role in _SAID and block is not headline:
            group += wrapped(block.text, width)
    yield group


def _notes(page: Page, role: str) -> list[Note]:
    return [note for note in page.all(Note) if note.role == role]


def _lines(paragraphs: Iterable[str], width: int | None) -> list[str]:
    return [line for paragraph in paragraphs for line in wrapped(paragraph, width)]


def _step(step: NextStep, width: int | None, write: Callable[[Action], str]) -> list[str]:
    """The step on one line, as it is copied, and why under it."""
    indent = " " * 6
    why = wrapped(step.why, None if width is None else width - len(indent)) if step.why else []
    return [text("page.next", step=write(step.action)), *(indent + line for line in why)]


def _bold(line: str) -> str:
    return f"{_BOLD}{line}{_PLAIN}"
