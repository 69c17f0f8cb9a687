"""One rule for a column of numbers: one unit, said in its heading, and one number of digits.

The unit is the one in which the least value reads well. Its three digits give the places behind the point
for all; where the largest would then take more than five digits, each value has three of its own. Terminal,
page, notebook and the sentence over the table take unit and digits from here, so that they agree.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from batchwright.core import numbers
from batchwright.core.numbers import BYTES, MISSING, SECONDS, TIMES, Units
from batchwright.report.page import Cell, Column, Kind, Table
from batchwright.report.text.catalogue import between, text

_DIGITS, _MOST_DIGITS, _MOST_PLACES = 3, 5, 7
_LARGEST = 10_000
"""From here on a column of durations takes the next larger unit."""


@dataclass(frozen=True)
class Form:
    """How the numbers of one column are written.

    Attributes:
        unit: said once, in the heading: ``ms``; empty for plain numbers.
        scale: what one unit is in base units.
        decimals: places behind the point; None gives each number three digits of its own.
        sign: behind each number: a percent or multiplication sign.
        write: instead of all this, for learning rates and batch sizes.
    """

    unit: str = ""
    scale: float = 1.0
    decimals: int | None = None
    sign: str = ""
    write: Callable[[float], str] | None = None

    def cell(self, value: Cell) -> str:
        """A value or an interval without its unit.

        >>> form_of("seconds", [0.93, 0.0219]).cell(0.0219), form_of("count", [1440.0]).cell((1440, None))
        ('21.9', 'above 1,440')
        """
        if isinstance(value, tuple):
            return between(*value, form=self.cell)
        if value is None:
            return MISSING
        if isinstance(value, str):
            return value
        if self.write is not None:
            return self.write(value)
        if not math.isfinite(value):
            return MISSING
        scaled = value / self.scale
        shown = numbers.measured(scaled) if self.decimals is None else f"{scaled:,.{self.decimals}f}"
        return shown + self.sign

    def phrase(self, value: Cell) -> str:
        """The same with its unit, for a sentence.

        >>> form_of("seconds", [0.93, 0.0219]).phrase((0.0184, 0.026))
        '18.4 to 26.0 ms'
        """
        shown = self.cell(value)
        return f"{shown} {self.unit}" if self.unit and shown != MISSING else shown


@dataclass(frozen=True)
class Shown:
    """A column as text: name, unit, one text a row, and whether it reads from the left."""

    name: str
    unit: str
    cells: tuple[str, ...]
    left: bool
    optional: int = 0

    @property
    def heading(self) -> str:
        """The name with the unit."""
        return text("common.with_unit", name=self.name, unit=self.unit) if self.unit else self.name


def written(table: Table) -> list[Shown]:
    """Every column of a table as text."""
    ways = forms(table)
    return [_shown(column, ways[column.heading]) for column in table.columns]


def forms(table: Table) -> dict[str, Form]:
    """How every column of a table is written, by its heading."""
    own = {
        column.heading: form_of(column.kind, [v for c in _sharing(table, column) for v in c.values])
        for column in table.columns
        if not column.like
    }
    return {column.heading: own[column.like or column.heading] for column in table.columns}


def _sharing(table: Table, column: Column) -> list[Column]:
    """A column and those that take its unit and digits."""
    return [c for c in table.columns if column.heading in (c.heading, c.like)]


def _shown(column: Column, form: Form) -> Shown:
    prefixes = column.prefix or [""] * len(column.values)
    cells = [form.cell(value) for value in column.values]
    return Shown(
        name=column.heading,
        unit=form.unit,
        cells=tuple(p + c if c != MISSING else c for p, c in zip(prefixes, cells, strict=True)),
        left=column.kind == "text",
        optional=column.optional,
    )


def form_of(kind: Kind, values: Iterable[Cell]) -> Form:
    """The form of a column of this kind with these values.

    >>> form_of("seconds", [251e-6, 1000e-6]).phrase(1000e-6)
    '1,000 µs'
    >>> [form_of("count", column).cell(41.6) for column in ([3710.0, 41.6], [55.2, 41.6])]
    ['42', '41.6']
    """
    if kind == "rate":
        return Form(write=numbers.rate)
    known = sorted(abs(v) for v in _numbers(values) if v != 0 and math.isfinite(v))
    if kind == "batch_size":
        grouped = bool(known) and known[-1] >= _LARGEST
        return Form(write=lambda value: f"{value:,.0f}" if grouped else f"{value:.0f}")
    if kind == "text" or not known:
        return Form(sign={"ratio": TIMES, "share": "%"}.get(kind, ""), decimals=0)
    return _FORMS[kind](known)


def _numbers(values: Iterable[Cell]) -> Iterable[float]:
    for value in values:
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, int | float):
                yield part


def _count(known: list[float]) -> Form:
    """Whole numbers, unless all are small and one of them is not whole."""
    whole = all(value == round(value) for value in known)
    return Form(decimals=0 if whole or known[-1] >= 100 else 1)


def _amount(units: Units) -> Callable[[list[float]], Form]:
    def form(known: list[float]) -> Form:
        names = [name for name, _, _ in units]
        unit, scale = numbers.unit_of(known[0], units)
        place = names.index(unit)
        # Such a spread cannot be read in the unit of the least value.
        while known[-1] / scale >= _LARGEST and place > 0:
            place -= 1
            unit, scale, _ = units[place]
        return Form(unit=unit, scale=scale, decimals=_decimals(known, scale))

    return form


def _share(known: list[float]) -> Form:
    """Percent: whole ones where all are, else three digits of the largest."""
    percents = [100 * value for value in known]
    whole = all(math.isclose(p, round(p), abs_tol=1e-9) for p in percents)
    places = 2 if percents[-1] < 10 else 1
    return Form(scale=0.01, sign="%", decimals=0 if whole else places)


def _decimals(known: list[float], scale: float, most: int = _MOST_DIGITS) -> int | None:
    """Places that show the least in three digits.

    None, three digits for each, where the largest would take more than ``most``, or the least too many zeros.

    >>> _decimals([0.012, 1.5], 1.0), _decimals([3.5e-8, 4.2e-8], 1.0)
    (4, None)
    """
    rounded = (float(f"{value / scale:.{_DIGITS}g}") for value in (known[0], known[-1]))
    least, largest = (math.floor(math.log10(value)) for value in rounded)
    places = max(_DIGITS - 1 - least, 0)
    fits = places == 0 or (places + largest < most and places <= _MOST_PLACES)
    return places if fits else None


_FORMS: dict[str, Callable[[list[float]], Form]] = {
    "count": _count,
    "seconds": _amount(SECONDS),
    "bytes": _amount(BYTES),
    "number": lambda known: Form(decimals=_decimals(known, 1.0)),
    "ratio": lambda known: Form(decimals=_decimals(known, 1.0, most=4), sign=TIMES),
    "share": _share,
}
