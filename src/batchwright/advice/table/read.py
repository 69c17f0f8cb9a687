"""Anybody's table of batch sizes and steps to target: read, checked row by row, grouped by workload."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from batchwright.advice.curve.runs import Vector
from batchwright.advice.table.columns import COSTS, UNITS, read_headings, steps_made
from batchwright.core.errors import DataError, unknown_name

Ended = Literal["reached", "censored", "failed"]

_STATUS: dict[str, Ended] = {
    **dict.fromkeys(("target reached", "reached", "success", "succeeded", "converged"), "reached"),
    **dict.fromkeys(("done", "ok", "completed", "complete", "finished", "observed"), "reached"),
    **dict.fromkeys(("budget exhausted", "censored", "right censored", "cut short"), "censored"),
    **dict.fromkeys(
        ("timeout", "timed out", "truncated", "not reached", "stopped", "interrupted"), "censored"
    ),
    **dict.fromkeys(("diverged", "failed", "failure", "error", "nan", "out of memory", "oom"), "failed"),
}
_YES = ("true", "1", "1.0", "yes", "y", "t", "x")
_NO = ("false", "0", "0.0", "no", "n", "f", "")


@dataclass(frozen=True)
class Runs:
    """The runs of one workload, one entry each; steps in updates, batch sizes in examples per update.

    Where ``censored``, steps are a lower bound: the run was cut short there. ``failed`` counts the runs left
    out because they diverged or broke, by batch size.
    """

    workload: str
    batch_size: Vector
    steps: Vector
    censored: NDArray[np.bool_]
    failed: Mapping[float, int]


@dataclass(frozen=True)
class Table:
    """What was read: ``columns`` maps each meaning to the heading it was found under."""

    source: str
    rows: int
    columns: Mapping[str, str]
    units: Mapping[str, str]
    workloads: tuple[Runs, ...]
    notes: tuple[str, ...]


def read_table(table: Any) -> Table:
    """Read a CSV file, a data frame, or a mapping of columns.

    A CSV file is UTF-8 text with a heading line, its cells separated by commas, semicolons or tabs. Headings
    are matched kindly (``advice.columns``). A row is right-censored where ``censored`` is true (``reached``
    false) or ``status`` says so (``budget_exhausted``, ``timeout``); its steps are those it had made. A run
    whose ``status`` is a failure (``diverged``, ``out_of_memory``) is counted and left out.

    Args:
        table: a path; a pandas or Polars ``DataFrame``; or a mapping of headings to equally long sequences.

    Raises:
        DataError: no such file, nothing in it, columns missing, or a cell that breaks a rule (its row is
            named: in a file by its line, the heading being line 1).
    """
    if isinstance(table, (str, Path)):
        return _checked(Path(table).name, *_lines(Path(table)))
    if isinstance(table, Mapping):
        columns = [list(column) for column in table.values()]
        if len({len(column) for column in columns}) > 1:
            raise DataError("the columns of a table must have the same length")
        return _checked("the table", [str(h) for h in table], enumerate(zip(*columns, strict=True)))
    rows = getattr(table, "iter_rows", None)  # Polars
    if rows is None and hasattr(table, "itertuples"):
        rows = lambda: table.itertuples(index=False, name=None)  # noqa: E731
    if rows is None or not hasattr(table, "columns"):
        raise DataError(f"a table must be a path, a data frame or a mapping, got {type(table).__name__}")
    return _checked("the data frame", [str(h) for h in table.columns], enumerate(rows()))


def _lines(path: Path) -> tuple[list[str], Iterator[tuple[int, Sequence[Any]]]]:
    """The headings and the numbered rows of a text file."""
    if not path.exists():
        raise DataError(f"there is no file {path}")
    if not path.is_file():
        raise DataError(f"{path} must be a CSV file, it is a folder or device")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path.name} must be CSV as UTF-8 text: export the sheet as CSV") from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    if not text.strip("\0 \r\n\t,;"):
        raise DataError(
            f"{path.name} is empty: needed are batch_size, and steps_to_target or examples_to_target"
        )
    first = text.lstrip().split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)

    def numbered() -> Iterator[tuple[int, list[str]]]:
        try:
            for row in reader:
                if any(cell.strip() for cell in row):
                    yield reader.line_num, row
        except csv.Error as error:
            raise DataError(f"{path.name}, row {reader.line_num}: not CSV: {error}") from None

    rows = numbered()
    return [cell.strip() for cell in next(rows)[1]], rows


def _checked(source: str, headings: list[str], rows: Iterable[tuple[int, Sequence[Any]]]) -> Table:
    """Cells to numbers, each with its rule, and rows grouped by workload."""
    places, notes = read_headings(headings, source)
    batch_at, workload_at, run_at, lr_at = (places.get(m) for m in ("batch_size", "workload", "run", "lr"))
    cost = next(meaning for meaning in COSTS if meaning in places)
    made_at = steps_made(headings, places) if cost == "steps_to_target" else None
    ended = _how_it_ended(headings, places)
    groups: dict[str, list[tuple[float, float, bool]]] = {}
    failed: dict[str, dict[float, int]] = {}
    seen: set[tuple[Any, ...]] = set()
    rates: dict[tuple[str, float], set[str]] = {}
    repeated = count = 0
    for line, row in rows:
        where = f"{source}, row {line}"
        if len(row) != len(headings):
            raise DataError(f"{where}: has {len(row)} cells where the heading has {len(headings)}")
        count += 1
        workload = "" if workload_at is None else str(row[workload_at]).strip()
        batch_size = _positive(row[batch_at or 0], headings[batch_at or 0], where)
        how = ended(row, where)
        if run_at is not None:
            key = (workload, batch_size, *(str(row[i]) for i in (run_at, lr_at) if i is not None))
            repeated += key in seen
            seen.add(key)
        if lr_at is not None:
            rates.setdefault((workload, batch_size), set()).add(str(row[lr_at]))
        runs = groups.setdefault(workload, [])
        if how == "failed":
            lost = failed.setdefault(workload, {})
            lost[batch_size] = lost.get(batch_size, 0) + 1
            continue
        place = places[cost]
        if how == "censored" and made_at is not None and _blank(row[place]):
            place = made_at
        value = _positive(row[place], headings[place], where)
        runs.append(
            (batch_size, value if cost == "steps_to_target" else value / batch_size, how == "censored")
        )
    if not count:
        raise DataError(f"{source} has a heading and no rows")
    notes += _doubts(headings, places, repeated, rates)
    return Table(
        source=source,
        rows=count,
        columns={meaning: headings[place] for meaning, place in places.items()},
        units={meaning: unit for meaning, unit in UNITS.items() if meaning in places},
        workloads=tuple(_runs(name, runs, failed.get(name, {})) for name, runs in groups.items()),
        notes=tuple(notes),
    )


def _runs(workload: str, rows: Sequence[tuple[float, float, bool]], failed: Mapping[float, int]) -> Runs:
    values = np.array(rows, dtype=float).reshape(-1, 3)
    return Runs(workload, values[:, 0], values[:, 1], values[:, 2].astype(bool), dict(sorted(failed.items())))


def _blank(cell: Any) -> bool:
    """An empty cell, in a data frame also a missing value."""
    return str(cell).strip().lower() in ("", "none", "nan", "<na>", "nat")


def _positive(cell: Any, heading: str, where: str) -> float:
    """The cell as a positive, finite number."""
    try:
        if isinstance(cell, bool):
            raise ValueError
        value = float(cell)
    except (TypeError, ValueError):
        text = str(cell).strip()
        plain = text.replace(",", "").replace(" ", "").replace("'", "")
        fix = f": write {plain}" if plain != text and plain.isdigit() else ""
        shown = "an empty cell" if _blank(cell) else repr(text)
        raise DataError(f"{where}: {heading!r} must be a number, got {shown}{fix}") from None
    if not (value > 0 and math.isfinite(value)):
        shown = "an empty cell" if isinstance(cell, float) and math.isnan(value) else f"{value:g}"
        raise DataError(f"{where}: {heading!r} must be positive and finite, got {shown}")
    return value


def _how_it_ended(
    headings: Sequence[str], places: Mapping[str, int]
) -> Callable[[Sequence[Any], str], Ended]:
    """How a row's run ended, by whichever column says so; without one every run reached the target."""
    for meaning in ("status", "censored", "reached"):
        if meaning in places:
            place, heading = places[meaning], headings[places[meaning]]
            break
    else:
        return lambda row, where: "reached"

    def by_status(row: Sequence[Any], where: str) -> Ended:
        text = str(row[place]).strip().lower().rpartition(".")[2].replace("_", " ").replace("-", " ")
        if text not in _STATUS:
            raise DataError(f"{where}: {unknown_name(heading, text, _STATUS)}")
        return _STATUS[text]

    def by_flag(row: Sequence[Any], where: str) -> Ended:
        text = "" if _blank(row[place]) else str(row[place]).strip().lower()
        if text in _STATUS:
            return _STATUS[text]
        if text not in _YES + _NO or (meaning == "reached" and not text):
            raise DataError(f"{where}: {heading!r} must be true or false, got {text or 'an empty cell'!r}")
        return "censored" if (text in _YES) == (meaning == "censored") else "reached"

    return by_status if meaning == "status" else by_flag


def _doubts(
    headings: Sequence[str], places: Mapping[str, int], repeated: int, rates: Mapping[Any, set[str]]
) -> list[str]:
    """What in the table may mislead the fit."""
    notes = []
    if all(meaning in places for meaning in COSTS):
        notes.append(f"Fitted {headings[places[COSTS[0]]]!r}; {headings[places[COSTS[1]]]!r} was not needed.")
    if repeated:
        notes.append(
            f"{repeated} row(s) repeat a {headings[places['run']]} at their batch size: each counts as a run."
        )
    if mixed := sum(len(values) > 1 for values in rates.values()):
        notes.append(
            f"At {mixed} batch size(s) rows differ in {headings[places['lr']]!r} and are taken as repeats: "
            "keep the rows of the best learning rate at each batch size."
        )
    return notes
