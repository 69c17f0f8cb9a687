"""Text to rows of cells: CSV, semicolons, tabs, pipes and Markdown, aligned columns; comments left out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

from batchwright.core.errors import DataError

TextRow = tuple[int, list[str]]
"""The line of the file on which a row ends, the first being 1, and its cells."""

SPACES = " "
"""The separator of columns that are aligned by spaces."""
_SEPARATORS = "\t;|,"
_FULL_WIDTH = {0xFF0C: ",", 0xFF1B: ";", 0xFF5C: "|", 0x3000: " "}
_COMMENTS = ("#", "//")
_LOOKED_AT = 20
_RULE = re.compile(r"[-:=+\s]*-[-:=+\s]*")


def split_rows(text: str, source: str) -> tuple[list[TextRow], str]:
    """All rows that are not empty, the headings first, and the separator.

    Lines that begin with ``#`` or ``//`` are comments; a comment that stands right above a first row of
    numbers and has as many cells is its heading (as ``numpy.savetxt`` writes). Titles above the table and
    the rules of Markdown are left out.

    Raises:
        DataError: not a table of text.

    >>> split_rows("| batch | steps |\\n|---|---:|\\n| 8 | 1,000 |\\n", "t.md")
    ([(1, ['batch', 'steps']), (3, ['8', '1,000'])], '|')
    """
    separator, text = _separator(text)
    rows: list[TextRow] = []
    comment: TextRow | None = None
    try:
        for line, cells in _cells(text, separator):
            if not any(cells):
                continue
            if cells[0].startswith(_COMMENTS):
                if not rows:
                    comment = line, [cells[0].lstrip("#/ "), *cells[1:]]
            elif not (separator == "|" and all(_RULE.fullmatch(cell) for cell in cells)):
                rows.append((line, cells))
    except csv.Error as error:
        raise DataError(f"{source}: not a table: {error}") from None
    rows = rows[_titles(rows) :]
    if comment and rows and len(comment[1]) == len(rows[0][1]) and not _has_words(rows[0][1]):
        rows.insert(0, comment)
    return rows, separator


def _separator(text: str) -> tuple[str, str]:
    """The separator, and the text with it where it was full-width.

    It is the one that all of the first lines hold, and most often; else that of the first line.
    """
    hint = re.match(r"\s*sep=(.)\r?\n", text)
    if hint:
        return hint[1], text[hint.end() - 1 :]  # its line stays, empty: rows keep their numbers
    lines = [x for x in text[:100_000].splitlines() if x.strip() and not x.lstrip().startswith(_COMMENTS)]
    lines = lines[:_LOOKED_AT] or [""]
    if not any(mark in lines[0] for mark in _SEPARATORS) and any(
        chr(code) in lines[0] for code in _FULL_WIDTH
    ):
        text, lines = text.translate(_FULL_WIDTH), [line.translate(_FULL_WIDTH) for line in lines]
    least = {mark: min(line.count(mark) for line in lines) for mark in _SEPARATORS}
    first = {mark: lines[0].count(mark) for mark in _SEPARATORS}
    for counts in (least, first, {mark: sum(line.count(mark) for line in lines) for mark in _SEPARATORS}):
        best = max(_SEPARATORS, key=lambda mark: counts[mark])
        if counts[best]:
            return best, text
    return SPACES, text


def _cells(text: str, separator: str) -> Iterator[TextRow]:
    if separator == SPACES:
        wide = re.search(r"\S {2,}\S", text.lstrip().split("\n", 1)[0])
        gap = re.compile(r" {2,}" if wide else r"\s+")
        for line, words in enumerate(text.splitlines(), 1):
            yield line, gap.split(words.strip())
        return
    stream = io.StringIO(text, newline="")
    if separator == "|":
        reader = csv.reader(stream, delimiter="|", quoting=csv.QUOTE_NONE, escapechar="\\")
    else:
        reader = csv.reader(stream, delimiter=separator, skipinitialspace=True)
    for row in reader:
        cells = [cell.strip() for cell in row]
        if separator == "|":
            cells = [cell.strip("*`") for cell in _without_edges(cells)]
        yield reader.line_num, cells


def _without_edges(cells: list[str]) -> list[str]:
    """A Markdown row without the empty cells outside its first and last pipe."""
    if len(cells) > 1 and not cells[0]:
        cells = cells[1:]
    return cells[:-1] if len(cells) > 1 and not cells[-1] else cells


def _titles(rows: Sequence[TextRow]) -> int:
    """How many rows above the headings hold a single cell, where the table has more."""
    filled = [sum(map(bool, cells)) for _, cells in rows[:_LOOKED_AT]]
    return next((i for i, count in enumerate(filled) if count > 1), 0)


def _has_words(cells: Sequence[str]) -> bool:
    return any(re.search(r"[^\W\d_]{2}", cell) for cell in cells)
