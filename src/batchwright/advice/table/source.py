"""Whatever somebody keeps runs in, as columns of cells: files, text, data frames, lists, exports, answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batchwright.advice.table.decode import decoded
from batchwright.advice.table.split import split_rows
from batchwright.core.errors import DataError

NEEDED = "needed are batch_size, and steps_to_target or examples_to_target"
_MOST_BYTES = 1_000_000_000
_FORMS = "a path, text, a data frame, a list of rows or a mapping of columns"


def first_true(mask: NDArray[np.bool_]) -> int | None:
    """The first row at which ``mask`` is true."""
    return int(np.argmax(mask)) if mask.any() else None


@dataclass(frozen=True)
class Grid:
    """A table whose cells nobody has looked at yet.

    Attributes:
        source: what it is called in messages.
        headings: one a column.
        columns: the cells under each heading.
        lines: what each row is called in messages: in a file its line.
        separator: of a text table, between cells; empty where the cells are objects.
    """

    source: str
    headings: tuple[str, ...]
    columns: tuple[Sequence[Any], ...]
    lines: Sequence[int]
    separator: str = ""

    def __len__(self) -> int:
        return len(self.lines)

    def where(self, row: int) -> str:
        """The row's place in words."""
        return f"{self.source}, row {self.lines[row]}"


def open_grid(table: Any) -> Grid:
    """The cells of a table in any of the forms that ``advice.table.read.read_table`` takes.

    Raises:
        DataError: no such file, no table in it, or an object that is none of these.
    """
    if isinstance(table, str) and table.strip() == "-":
        return _from_bytes(_standard_input(), "standard input")
    if isinstance(table, str) and ("\n" in table or "\r" in table or table.lstrip()[:1] in ("[", "{")):
        return _from_text(table, "the table")
    if isinstance(table, (str, PathLike)):
        return _from_file(Path(table))
    if callable(getattr(table, "read", None)):
        content = table.read()
        return (_from_text if isinstance(content, str) else _from_bytes)(content, "the table")
    trials = getattr(getattr(table, "result", table), "trials", None)
    if trials is not None and not callable(trials):
        return _from_rows([t if isinstance(t, Mapping) else t.model_dump() for t in trials], "the study")
    if callable(getattr(table, "to_pydict", None)):  # Arrow
        return _from_columns(table.to_pydict(), "the table")
    if hasattr(table, "columns") and (hasattr(table, "iter_rows") or hasattr(table, "itertuples")):
        return _from_frame(table)
    if callable(getattr(table, "to_frame", None)):
        return open_grid(table.to_frame())
    return _from_data(table, "the table")


def _from_data(table: Any, source: str) -> Grid:
    """Lists and mappings, as Python or JSON has them."""
    if isinstance(table, Mapping):
        rows = next((table[name] for name in ("trials", "runs") if _are_rows(table.get(name))), None)
        return _from_columns(table, source) if rows is None else _from_rows(rows, source)
    if _are_rows(table):
        return _from_rows(table, source)
    raise DataError(f"a table must be {_FORMS}, got {type(table).__name__}")


def _are_rows(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(row, Mapping) for row in value)


def _from_rows(rows: Sequence[Mapping[Any, Any]], source: str) -> Grid:
    headings = list(dict.fromkeys(key for row in rows for key in row))
    if not headings:
        raise DataError(f"{source} is empty: {NEEDED}")
    columns = tuple([row.get(heading) for row in rows] for heading in headings)
    return Grid(source, tuple(map(str, headings)), columns, range(len(rows)))


def _from_columns(table: Mapping[Any, Any], source: str) -> Grid:
    columns = []
    for heading, column in table.items():
        if isinstance(column, (str, bytes, Mapping)) or not isinstance(column, Iterable):
            raise DataError(f"column {str(heading)!r} must be a sequence, got {type(column).__name__}")
        columns.append(list(column))
    if len({len(column) for column in columns}) > 1:
        raise DataError("the columns of a table must have the same length")
    if not columns:
        raise DataError(f"{source} is empty: {NEEDED}")
    return Grid(source, tuple(map(str, table)), tuple(columns), range(len(columns[0])))


def _from_frame(table: Any) -> Grid:
    """Pandas or Polars; an index that has a name is a column."""
    names = getattr(getattr(table, "index", None), "names", ())
    if any(name is not None for name in names):
        table = table.reset_index()
    by_row = table.iter_rows() if hasattr(table, "iter_rows") else table.itertuples(index=False, name=None)
    rows = list(by_row)
    headings = tuple(map(str, table.columns))
    columns = tuple(zip(*rows, strict=True)) if rows else ((),) * len(headings)
    return Grid("the data frame", headings, columns, range(len(rows)))


def _from_file(path: Path) -> Grid:
    try:
        if not path.exists():
            raise DataError(f"there is no file {str(path)[-80:]}")
        if not path.is_file():
            raise DataError(f"{path} must be a CSV file, it is a folder or device")
        if path.stat().st_size > _MOST_BYTES:
            raise DataError(f"{path} must be at most {_MOST_BYTES:,} bytes, got {path.stat().st_size:,}")
        if path.suffix.lower() == ".parquet":
            return _from_parquet(path)
        content = path.read_bytes()
    except (OSError, ValueError) as error:  # a name that is too long, or holds a null character
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{str(path)[:80]!r} cannot be read: {reason}") from None
    return _from_bytes(content, path.name)


def _from_parquet(path: Path) -> Grid:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise DataError("reading Parquet needs pyarrow: pip install 'batchwright[parquet]'") from None
    try:
        return _from_columns(pyarrow.parquet.read_table(path).to_pydict(), path.name)
    except pyarrow.ArrowException as error:
        raise DataError(f"{path.name} is not a Parquet table: {str(error)[:80]}") from None


def _standard_input() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise DataError("a table named - must come through a pipe, standard input is a terminal")
    stream = getattr(sys.stdin, "buffer", None)
    return sys.stdin.read().encode() if stream is None else stream.read()


def _from_bytes(content: bytes, source: str) -> Grid:
    return _from_text(decoded(content, source), source)


def _from_text(text: str, source: str) -> Grid:
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        return _from_json(text, source)
    rows, separator = split_rows(text, source)
    if not rows:
        raise DataError(f"{source} is empty: {NEEDED}")
    headings = rows[0][1]
    while len(headings) > 1 and not headings[-1]:  # a spreadsheet's empty columns
        headings.pop()
    cells = list(_of_width(rows[1:], len(headings), separator, source))
    columns = tuple(zip(*cells, strict=True)) if cells else ((),) * len(headings)
    return Grid(source, tuple(headings), columns, [line for line, _ in rows[1:]], separator)


def _of_width(
    rows: Iterable[tuple[int, list[str]]], width: int, separator: str, source: str
) -> Iterator[list[str]]:
    for line, cells in rows:
        if len(cells) > width and not any(cells[width:]):
            yield cells[:width]
        elif len(cells) == width:
            yield cells
        else:
            fix = f": quote a cell that holds {separator!r}" if len(cells) > width else ""
            raise DataError(
                f"{source}, row {line}: has {len(cells)} cells where the heading has {width}{fix}"
            )


def _from_json(text: str, source: str) -> Grid:
    """A list of runs, a mapping of columns, or one run a line."""
    try:
        table = json.loads(text)
    except (ValueError, RecursionError):
        try:
            table = [json.loads(line) for line in text.splitlines() if line.strip()]
        except (ValueError, RecursionError) as error:
            raise DataError(f"{source} is not JSON: {str(error)[:80]}") from None
    return _from_data(table, source)
