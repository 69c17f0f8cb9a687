"""Tables with headings: Lightning's, Keras' and YOLO's CSV files, exports of Weights & Biases and TensorBoard."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

from batchwright.integrations.logs.columns import Heading, headings_of, put_row
from batchwright.integrations.logs.contract import LogFormat
from batchwright.integrations.logs.numbers import number_of, place_kind, series_role
from batchwright.integrations.logs.recorder import Recorder

_SEPARATORS = ",\t;"


def _cells(line: str, separator: str) -> list[str]:
    """The cells of a line; quotes are looked at only where there are some."""
    if '"' in line:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=separator))]
    return [cell.strip() for cell in line.split(separator)]


def _separator(line: str) -> str:
    return max(_SEPARATORS, key=line.count)


def _is_heading(cells: Sequence[str]) -> bool:
    """Whether cells name columns: most are no numbers, and one is known."""
    words = [cell for cell in cells if cell and number_of(cell) is None]
    known = any(place_kind(cell) or series_role(cell.rpartition(" - ")[2]) for cell in words)
    return len(words) >= 0.6 * max(sum(bool(cell) for cell in cells), 1) and (
        known or len(words) == len(cells)
    )


def _recognise(lines: Sequence[str]) -> float:
    filled = [line for line in lines if line.strip() and not line.lstrip().startswith("#")]
    if len(filled) < 2:
        return 0.0
    separator = _separator(filled[0])
    heading = _cells(filled[0], separator)
    if len(heading) < 2 or not _is_heading(heading):
        return 0.0
    rows = [_cells(line, separator) for line in filled[1:50]]
    fitting = sum(
        abs(len(row) - len(heading)) <= 1 and all(number_of(c) is not None for c in row if c) for row in rows
    )
    named = any(place_kind(cell) or series_role(cell.rpartition(" - ")[2]) for cell in heading)
    return (
        (0.96 if named else 0.6) * min(1.0, fitting / len(rows) + 0.1) if fitting >= 0.5 * len(rows) else 0.0
    )


def _read(lines: Iterable[str], recorder: Recorder) -> None:
    separator = ""
    headings: list[Heading] = []
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        separator = separator or _separator(line)
        cells = _cells(line, separator)
        if not headings or _is_heading(cells):  # headings may be written again, with more columns
            headings = headings_of(cells, recorder)
        elif not put_row(recorder, headings, cells):
            recorder.unread += 1


TABLE = LogFormat("csv", _recognise, _read)
