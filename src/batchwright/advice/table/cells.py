"""Cells to numbers, as people and spreadsheets write them, and one convention a column.

``1,000`` is a thousand in one country and one in another. A column tells which by its other cells; where
nothing tells, the cell is refused, never guessed.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from batchwright.advice.curve.runs import Vector
from batchwright.advice.table.source import Grid
from batchwright.core.errors import DataError
from batchwright.core.remark import Remark, remark

Mark = Literal[".", ","]
"""What stands before the decimals."""

_SUFFIXES = {"": 1.0, "k": 1e3, "千": 1e3, "万": 1e4, "m": 1e6, "mio": 1e6, "亿": 1e8, "b": 1e9, "bn": 1e9, "g": 1e9}
_NUMBER = re.compile(
    r"(?P<above>>=?|≥)?\s*(?P<sign>[+-]?)(?P<body>[\d.,](?:[\d.,'_ ]*[\d.,])?)"
    r"(?P<power>e[+-]?\d+)?\s*(?P<suffix>k|mio|m|bn|b|g|千|万|亿)?\s*(?P<plus>\+?)",
)
_GROUPED = re.compile(r"\d{1,3}(?:([ '_])\d{3})(?:\1\d{3})*(?:[.,]\d*)?")
_THREE = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_INFINITE = ("inf", "+inf", "infinity", "\u221e")
_BLANK = ("", "none", "<na>", "nat", "null")
_NEAR = 4.0
"""A reading is plausible within this factor of the column's other cells."""


@dataclass(frozen=True)
class Numbers:
    """A column read: ``values`` is nan where ``words`` says what stands there instead of a number (nothing, as ""
    does); ``above`` where the number is only a bound, as in ``>5000``.
    """

    values: Vector
    words: Mapping[int, str]
    above: NDArray[np.bool_]


@dataclass(frozen=True)
class _Cell:
    """A number read with its likeliest meaning; ``decimal`` is what it shows of the convention.

    ``unsure``: the mark could as well separate thousands, and the value then be a thousand times as much.
    """

    value: float
    decimal: Mark | None = None
    unsure: bool = False
    above: bool = False


def read_numbers(grid: Grid, place: int, remarks: list[Remark]) -> Numbers:
    """The numbers of the column at ``place``; choices that were made are added to ``remarks``.

    Raises:
        DataError: two conventions in one column, or a cell that may mean two numbers.
    """
    cells = grid.columns[place]
    try:
        values = np.array([_plain(cell) for cell in cells], dtype=float)
    except (TypeError, ValueError, OverflowError):
        values = np.full(1, np.nan)
    if np.isfinite(values).all() and not any(isinstance(c, str) and _THREE.fullmatch(c.strip()) for c in cells):
        return Numbers(values, {}, np.zeros(len(values), bool))
    read: dict[int, _Cell] = {}
    words: dict[int, str] = {}
    for row, cell in enumerate(cells):
        found = _read(cell)
        if isinstance(found, str):
            words[row] = found
        else:
            read[row] = found
    values = np.full(len(cells), np.nan)
    for row, value in _settled(read, grid, place, remarks).items():
        values[row] = value
    above = np.zeros(len(cells), bool)
    above[[row for row, cell in read.items() if cell.above]] = True
    return Numbers(values, words, above)


def shown(cell: Any) -> str:
    """A cell in a message."""
    text = str(cell).strip()
    return "an empty cell" if is_blank(cell) else repr(text if len(text) <= 80 else f"{text[:77]}...")


def is_blank(cell: Any) -> bool:
    """An empty cell, in a data frame also a missing value."""
    return cell is None or (isinstance(cell, float) and math.isnan(cell)) or str(cell).strip().lower() in _BLANK


def _plain(cell: Any) -> float:
    if isinstance(cell, (bool, np.bool_)):
        raise ValueError
    return float(cell)


def _elsewhere(grid: Grid, place: int) -> Mark | None:
    """The decimal mark that the other columns show, where they agree."""
    marks = {_shown(column) for i, column in enumerate(grid.columns) if i != place} - {None}
    return marks.pop() if len(marks) == 1 else None


def _shown(column: Sequence[Any]) -> Mark | None:
    for cell in column:
        if isinstance(cell, str) and ("." in cell or "," in cell):
            found = _read(cell)
            if isinstance(found, _Cell) and found.decimal and not found.unsure:
                return found.decimal
    return None


def _read(cell: Any) -> _Cell | str:
    """A number, or the words that stand instead, in lower case."""
    if is_blank(cell):
        return ""
    if isinstance(cell, (bool, np.bool_)):
        return str(cell).lower()
    if not isinstance(cell, str):
        try:
            return _Cell(float(cell))
        except (TypeError, ValueError, OverflowError):
            cell = str(cell)
    text = unicodedata.normalize("NFKC", cell).strip().lower()
    text = text.replace("\u2212", "-").replace("\u2019", "'")
    if text in _INFINITE:
        return _Cell(math.inf)
    match = _NUMBER.fullmatch(text)
    number = _body(match["body"]) if match else None
    if match is None or number is None:
        return text
    power, suffix = match["power"] or "", match["suffix"] or ""
    value = float(f"{match['sign']}{number[0]}{power}") * _SUFFIXES[suffix]
    unsure = number[2] and not power and not suffix
    return _Cell(value, number[1], unsure, above=bool(match["above"] or match["plus"]))


def _body(text: str) -> tuple[str, Mark | None, bool] | None:
    """Digits with one decimal point, what they show of the decimal mark, and whether that is unsure."""
    if re.search(r"[ '_]", text):
        if not _GROUPED.fullmatch(text):
            return None
        text = re.sub(r"[ '_]", "", text)
    marks = re.sub(r"\d", "", text)
    if not marks:
        return text, None, False
    last = marks[-1]
    other = "," if last == "." else "."
    if len(set(marks)) == 2:  # 1,000.5 or 1.000,5
        whole, _, part = text.rpartition(last)
        if last in whole or not re.fullmatch(rf"\d{{1,3}}(?:{re.escape(other)}\d{{3}})+", whole):
            return None
        return f"{whole.replace(other, '')}.{part}", _mark(last), False
    if len(marks) > 1:  # 1,000,000
        if not re.fullmatch(rf"\d{{1,3}}(?:{re.escape(last)}\d{{3}})+", text):
            return None
        return text.replace(last, ""), _mark(other), False
    if not re.search(r"\d", text):
        return None
    return text.replace(",", "."), _mark(last), bool(_THREE.fullmatch(text))


def _mark(text: str) -> Mark:
    return "." if text == "." else ","


def _settled(
    read: Mapping[int, _Cell], grid: Grid, place: int, remarks: list[Remark]
) -> dict[int, float]:
    """One convention for the column, applied to the cells that left it open."""
    sure = {row: cell for row, cell in read.items() if not cell.unsure}
    by_mark: dict[Mark, int] = {}
    for row, cell in sure.items():
        if cell.decimal:
            by_mark.setdefault(cell.decimal, row)
    if len(by_mark) == 2:
        raise DataError(_mixed(grid, place, by_mark["."], by_mark[","]))
    own = next(iter(by_mark), None)
    values = {row: cell.value for row, cell in sure.items()}
    ends = (min(values.values()), max(values.values())) if values else None
    column = _Column(grid, place, ends, own, own or _elsewhere(grid, place))
    thousands: dict[bool, int] = {}
    for row, cell in read.items():
        if cell.unsure:
            grouped = column.is_thousand(row, cell)
            values[row] = cell.value * 1000 if grouped else cell.value
            if column.decimal is None:
                thousands.setdefault(grouped, row)
    if len(thousands) == 2:
        raise DataError(_mixed(grid, place, thousands[False], thousands[True]))
    for grouped, row in thousands.items():
        if not (grouped and read[row].decimal == "," and grid.separator != ";"):
            remarks.append(
                remark(
                    "fit_table.read_number", heading=grid.headings[place], row=grid.lines[row],
                    cell=str(grid.columns[place][row]).strip(), value=values[row],
                )
            )  # fmt: skip
    return values


def _mixed(grid: Grid, place: int, first: int, second: int) -> str:
    a, b = (f"{shown(grid.columns[place][row])} in row {grid.lines[row]}" for row in (first, second))
    return (
        f"{grid.source}: {grid.headings[place]!r} mixes two ways of writing numbers, {a} and {b}: write all "
        "with a decimal point and without separators"
    )


@dataclass(frozen=True)
class _Column:
    """What a column tells of its cells: the least and largest that are sure, its own decimal mark, the table's."""

    grid: Grid
    place: int
    ends: tuple[float, float] | None
    own: Mark | None
    decimal: Mark | None

    def is_thousand(self, row: int, cell: _Cell) -> bool:
        """Whether the mark in a cell such as ``1.000`` separates thousands.

        It does where decimals are written with the other mark, and a comma does outside tables that are
        themselves separated by semicolons. Else the value must lie among the column's others, and its
        thousandfold must not.
        """
        if self.decimal is not None and cell.decimal != self.decimal:
            return True
        open_comma = cell.decimal == "," and self.decimal is None
        if open_comma and self.grid.separator != ";":
            return True
        if self.ends is None:
            if open_comma:
                raise self._ask(row, cell)
            return False
        smallest, largest = self.ends[0] / _NEAR, self.ends[1] * _NEAR
        once, thousandfold = (smallest <= value <= largest for value in (cell.value, cell.value * 1000))
        if self.own is not None:
            if thousandfold and not once:
                raise self._ask(row, cell)
            return False
        if once and not thousandfold:
            return False
        # Whole numbers below a thousand beside 1.000: so thousands are separated, where commas are no cells'.
        if self.decimal is None and self.grid.separator not in ("", ",") and self.ends[1] < 1000:
            return True
        raise self._ask(row, cell)

    def _ask(self, row: int, cell: _Cell) -> DataError:
        return DataError(
            f"{self.grid.where(row)}: {self.grid.headings[self.place]!r} is "
            f"{shown(self.grid.columns[self.place][row])}, which may mean {cell.value * 1000:.15g} or "
            f"{cell.value:.15g}: write the one that is meant without separators"
        )
