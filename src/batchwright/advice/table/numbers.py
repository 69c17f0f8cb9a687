"""A column of cells as numbers, written in one convention.

``1,000`` is a thousand in one country and one in another. A column tells which by its other cells; where
nothing tells, the cell is refused, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batchwright.advice.curve.runs import Vector
from batchwright.advice.table.cell import THREE_DECIMALS, CellNumber, DecimalMark, in_words, read_cell
from batchwright.advice.table.source import Grid
from batchwright.core.errors import DataError
from batchwright.core.remark import Remark, remark

_NEAR = 4.0
"""A reading is plausible within this factor of the column's other cells."""


@dataclass(frozen=True)
class NumberColumn:
    """A column read, a row a cell.

    ``values`` is nan where ``words`` says what stands instead of a number ("" where nothing does); ``above``
    is true where the number is only a bound, as in ``>5000``.
    """

    values: Vector
    words: Mapping[int, str]
    above: NDArray[np.bool_]


def read_numbers(grid: Grid, place: int, remarks: list[Remark], *, whole: bool = False) -> NumberColumn:
    """The numbers of a column.

    Args:
        grid: the table.
        place: the column.
        remarks: choices that were made are added to these.
        whole: whether a fraction would be strange here.

    Raises:
        DataError: two conventions in one column, or a cell that may mean two numbers.
    """
    read = _cells_of(grid.columns[place])
    if len(read.first) == 2:
        raise _mixed(grid, place, read.first["."], read.first[","])
    values = read.numbers.values
    if read.unsure:
        sure = values[np.isfinite(values) & ~np.isin(np.arange(len(values)), list(read.unsure))]
        ends = (float(sure.min()), float(sure.max())) if len(sure) else None
        own = next(iter(read.first), None)
        column = _Column(grid, place, ends, own or _elsewhere(grid, place), own is not None, whole)
        remarks += _settle(values, read.unsure, column)
    return read.numbers


@dataclass(frozen=True)
class _Read:
    """The cells of a column, each by itself: the rows that are unsure, and the first to show each mark."""

    numbers: NumberColumn
    unsure: Mapping[int, DecimalMark]
    first: Mapping[DecimalMark, int]


def _cells_of(cells: Sequence[Any]) -> _Read:
    unsure: dict[int, DecimalMark] = {}
    first: dict[DecimalMark, int] = {}
    words: dict[int, str] = {}
    above = np.zeros(len(cells), bool)
    values = _as_python_reads(cells)
    if values is not None:
        for row, cell in enumerate(cells):
            if isinstance(cell, str) and "." in cell:
                if THREE_DECIMALS.fullmatch(cell.strip()):
                    unsure[row] = "."
                else:
                    first.setdefault(".", row)
        return _Read(NumberColumn(values, words, above), unsure, first)
    values = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        found = read_cell(cell)
        if isinstance(found, str):
            words[row] = found
            continue
        values[row], above[row] = found.value, found.above
        if found.decimal and found.unsure:
            unsure[row] = found.decimal
        elif found.decimal:
            first.setdefault(found.decimal, row)
    return _Read(NumberColumn(values, words, above), unsure, first)


def _as_python_reads(cells: Sequence[Any]) -> Vector | None:
    """All cells as ``float`` has them; None where one is no finite number."""
    if any(isinstance(cell, (bool, np.bool_)) for cell in cells):
        return None
    try:
        values = np.array([float(cell) for cell in cells], dtype=float)
    except (TypeError, ValueError, OverflowError):
        return None
    return values if np.isfinite(values).all() else None


def _settle(values: Vector, unsure: Mapping[int, DecimalMark], column: _Column) -> list[Remark]:
    """Multiply by a thousand the cells whose mark turns out to separate thousands; say what was chosen."""
    grid, place = column.grid, column.place
    first: dict[bool, int] = {}
    for row, mark in unsure.items():
        grouped = column.is_thousand(row, mark, float(values[row]))
        first.setdefault(grouped, row)
        if grouped:
            values[row] *= 1000
    if column.decimal is not None:
        return []
    if len(first) == 2:
        raise _mixed(grid, place, first[False], first[True])
    grouped, row = next(iter(first.items()))
    if grid.separator != ";" and grouped == (unsure[row] == ","):  # as everybody reads it
        return []
    cell = {"heading": grid.headings[place], "row": grid.lines[row], "cell": str(grid.columns[place][row])}
    return [remark("fit_table.read_number", value=float(values[row]), **cell)]


def _elsewhere(grid: Grid, place: int) -> DecimalMark | None:
    """The decimal mark that the other columns show, where they agree."""
    marks = {_decimal_mark(column) for i, column in enumerate(grid.columns) if i != place} - {None}
    return marks.pop() if len(marks) == 1 else None


def _decimal_mark(column: Sequence[Any]) -> DecimalMark | None:
    for cell in column:
        if isinstance(cell, str) and ("." in cell or "," in cell):
            found = read_cell(cell)
            if isinstance(found, CellNumber) and found.decimal and not found.unsure:
                return found.decimal
    return None


def _mixed(grid: Grid, place: int, first: int, second: int) -> DataError:
    a, b = (f"{in_words(grid.columns[place][row])} in row {grid.lines[row]}" for row in (first, second))
    return DataError(
        f"{grid.source}: {grid.headings[place]!r} mixes two ways of writing numbers, {a} and {b}: write all "
        "with a decimal point and without separators"
    )


@dataclass(frozen=True)
class _Column:
    """What is known of a column: the ends of the cells that are sure, and the decimal mark.

    ``decimal`` is shown by its own cells (``is_own``) or by all other columns that show one.
    """

    grid: Grid
    place: int
    ends: tuple[float, float] | None
    decimal: DecimalMark | None
    is_own: bool
    whole: bool

    def is_thousand(self, row: int, mark: DecimalMark, value: float) -> bool:
        """Whether the mark in a cell such as ``1.000`` separates thousands.

        It does where decimals are written with the other mark, and so does a comma where the table is not
        separated by semicolons. Otherwise it depends on which of the two values is plausible.

        Raises:
            DataError: nothing tells.
        """
        if self.decimal is not None and mark != self.decimal:
            return True
        if self.decimal is None and mark == "," and self.grid.separator != ";":
            return True
        once, thousandfold = self._is_plausible(value), self._is_plausible(value * 1000)
        if once and (not thousandfold or self.decimal is not None):
            return False
        if self.is_own and not thousandfold:
            return False
        if self.decimal is None and mark == ".":
            plain_thousands = self.ends is not None and self.ends[1] >= 1000
            if (once and self.ends is None) or (plain_thousands and not thousandfold):
                return False
            # 1.000 beside whole numbers below a thousand, where commas separate no cells.
            if not plain_thousands and self.grid.separator not in ("", ","):
                return True
        raise DataError(
            f"{self.grid.where(row)}: {self.grid.headings[self.place]!r} is "
            f"{in_words(self.grid.columns[self.place][row])}, which may mean {value * 1000:.15g} or "
            f"{value:.15g}: write the one that is meant without separators"
        )

    def _is_plausible(self, value: float) -> bool:
        if self.whole and not self.is_own and value % 1:
            return False
        return self.ends is None or self.ends[0] / _NEAR <= value <= self.ends[1] * _NEAR
