"""Anybody's table of batch sizes and steps to target: read, checked row by row, grouped by workload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from batchwright.advice.curve.runs import Vector
from batchwright.advice.table.cell import in_words
from batchwright.advice.table.columns import POOL_ALL, Columns, read_headings
from batchwright.advice.table.ended import CENSORED, FAILED, LOST, REACHED, HowEnded, ends_of
from batchwright.advice.table.numbers import NumberColumn, read_numbers
from batchwright.advice.table.pooling import check_pooling
from batchwright.advice.table.rates import rows_that_count
from batchwright.advice.table.source import Grid, first_true, open_grid
from batchwright.core.errors import DataError
from batchwright.core.remark import Remark, remark

LARGEST = 1e15
"""Batch sizes and steps beyond are typing errors."""


@dataclass(frozen=True)
class WorkloadRuns:
    """The runs of one workload, one entry each; steps in updates, batch sizes in examples per update.

    Where ``censored``, steps are a lower bound: the run was cut short there. ``failed`` counts the runs left
    out because they diverged or broke, ``lost`` those that missed the target without saying how far they
    came, both by batch size.
    """

    workload: str
    batch_size: Vector
    steps: Vector
    censored: NDArray[np.bool_]
    failed: Mapping[float, int]
    lost: Mapping[float, int] = field(default_factory=dict)


@dataclass(frozen=True)
class RunTable:
    """What was read: ``columns`` maps each meaning to the heading it was found under, ``units`` to a code."""

    source: str
    rows: int
    columns: Mapping[str, str]
    units: Mapping[str, str]
    workloads: tuple[WorkloadRuns, ...]
    remarks: tuple[Remark, ...]


def read_table(
    table: Any,
    *,
    dataset_size: float | None = None,
    devices: float | None = None,
    workload_column: str | Sequence[str] | None = None,
) -> RunTable:
    """Read a table of runs, whoever made it.

    Text tables may be separated by commas, semicolons, tabs, pipes (Markdown) or aligned by spaces, in UTF-8,
    UTF-16, GBK or Latin-1, with full-width signs. Headings are matched kindly, in English and Chinese, with a
    unit behind them (``steps (k)``). Numbers may have separators of thousands, a decimal comma, ``k``, ``M``
    or ``万`` behind them; one convention a column, and a cell that may mean two numbers is refused.

    A row is right-censored where ``censored`` is true (``reached`` false), where ``status`` says so
    (``budget_exhausted``, ``timeout``) or the cell is ``>5000``; its steps are those it had made. A run that
    failed (``diverged``, ``OOM``), or of which only ``DNF`` is known, is counted and left out. Where rows of
    a batch size differ in the learning rate, those of the best one count; of a study's export those that
    confirm it.

    Args:
        table: a path, ``-`` for standard input, or text; a pandas, Polars or Arrow table; a mapping of
            headings to columns, or a list of rows as mappings; the answer of a study.
        dataset_size: examples in the data set, where the table counts epochs.
        devices: what a batch size per device is to be multiplied by: devices times accumulation steps.
        workload_column: the heading (or several) that names what was trained, where it is not recognised;
            ``"none"`` to pool all rows.

    Raises:
        DataError: no table, columns missing, a cell that breaks a rule (its row is named: in a file by its
            line), or rows that differ in kind by a column that is not understood.
        InputError: a bad argument.

    >>> table = read_table("batch;steps\\n8;1.250\\n32;750\\n")
    >>> table.workloads[0].steps.tolist(), table.remarks[0].code
    ([1250.0, 750.0], 'fit_table.read_number')
    """
    grid = open_grid(table)
    columns = read_headings(
        grid.headings,
        grid.source,
        dataset_size=dataset_size,
        devices=devices,
        workload_column=workload_column,
    )
    if not len(grid):
        raise DataError(f"{grid.source} has a heading and no rows")
    remarks = [*columns.remarks]
    batch_size, ends = _quantities(grid, columns, dataset_size, devices, remarks)
    names = _workloads(grid, columns)
    groups = list(zip(names, batch_size.tolist(), strict=True))
    counts = rows_that_count(grid, columns, groups, ends, remarks)
    _note_repeats(grid, columns, groups, counts, remarks)
    if workload_column != POOL_ALL:
        remarks += _checked(grid, columns, groups, counts, ends)
    return RunTable(
        source=grid.source,
        rows=len(grid),
        columns=_named(grid, columns),
        units=_units(columns),
        workloads=tuple(_runs(names, batch_size, ends, counts)),
        remarks=tuple(remarks),
    )


def _quantities(
    grid: Grid, columns: Columns, dataset_size: float | None, devices: float | None, remarks: list[Remark]
) -> tuple[Vector, HowEnded]:
    """Batch sizes in examples per update, and how each run ended, its cost in updates."""
    batch_at, cost_at = columns.places[columns.batch], columns.places[columns.cost]

    def numbers(place: int) -> NumberColumn:
        found = read_numbers(grid, place, remarks, whole=place != cost_at)
        factor = columns.multiples.get(place)
        if factor is None:
            return found
        remarks.append(remark("fit_table.multiplied", heading=grid.headings[place], factor=factor))
        return NumberColumn(found.values * factor, found.words, found.above)

    batch_size = _positive(grid, batch_at, numbers(batch_at))
    for place in columns.factors:
        batch_size = batch_size * _positive(grid, place, numbers(place))
    if devices is not None and columns.batch == "device_batch_size":
        batch_size = batch_size * devices
    ends = ends_of(grid, columns, numbers(cost_at), None if columns.made is None else numbers(columns.made))
    value = ends.value
    if columns.cost == "epochs_to_target" and dataset_size is not None:
        value = value * dataset_size
    if columns.cost != "steps_to_target":
        value = value / batch_size
    if (bad := first_true((value > LARGEST) | (value < 1 / LARGEST))) is not None:
        heading = grid.headings[cost_at]
        raise DataError(f"{grid.where(bad)}: {heading!r} is beyond all training, got {value[bad]:g} steps")
    return batch_size, HowEnded(ends.how, value)


def _positive(grid: Grid, place: int, numbers: NumberColumn) -> Vector:
    """Every row's number, with a rule that it is one, positive and within reason."""
    heading, values = grid.headings[place], numbers.values
    if numbers.words:
        row = min(numbers.words)
        cell = in_words(grid.columns[place][row])
        raise DataError(f"{grid.where(row)}: {heading!r} must be a number, got {cell}")
    for bad, rule in (
        (~((values > 0) & (values < np.inf)), "positive and finite"),
        ((values > LARGEST) | (values < 1 / LARGEST), f"at most {LARGEST:g}"),
        (numbers.above, "a number, not a bound"),
    ):
        if (first := first_true(bad)) is not None:
            raise DataError(f"{grid.where(first)}: {heading!r} must be {rule}, got {values[first]:g}")
    return values


def _workloads(grid: Grid, columns: Columns) -> list[str]:
    """The workload of each row; of several columns those that vary name it together."""
    of = [[str(cell).strip() for cell in grid.columns[place]] for place in columns.workload]
    varying = [column for column in of if len(set(column)) > 1] or of[:1]
    if not varying:
        return [""] * len(grid)
    return [", ".join(cells) for cells in zip(*varying, strict=True)]


def _note_repeats(
    grid: Grid, columns: Columns, groups: Sequence[Any], counts: NDArray[np.bool_], remarks: list[Remark]
) -> None:
    """Say where a repetition stands twice: perhaps a row was copied."""
    if not columns.run:
        return
    of = [grid.columns[place] for place in columns.run]
    if "lr" in columns.places:
        of.append(grid.columns[columns.places["lr"]])
    rows = np.flatnonzero(counts).tolist()
    keys = {(groups[row], *(str(column[row]) for column in of)) for row in rows}
    if repeated := len(rows) - len(keys):
        remarks.append(remark("fit_table.repeated", count=repeated, heading=grid.headings[columns.run[0]]))


def _checked(
    grid: Grid, columns: Columns, groups: Sequence[Any], counts: NDArray[np.bool_], ends: HowEnded
) -> list[Remark]:
    rows = np.flatnonzero(counts & (ends.how == REACHED)).tolist()
    codes = {group: code for code, group in enumerate(dict.fromkeys(groups))}
    return check_pooling(grid, columns, rows, [codes[groups[row]] for row in rows], np.log(ends.value[rows]))


def _runs(
    names: Sequence[str], batch_size: Vector, ends: HowEnded, counts: NDArray[np.bool_]
) -> list[WorkloadRuns]:
    found = []
    codes = {name: code for code, name in enumerate(dict.fromkeys(names))}
    code_of = np.array([codes[name] for name in names])
    for name, code in codes.items():
        own = counts & (code_of == code)
        used = own & ((ends.how == REACHED) | (ends.how == CENSORED))
        found.append(
            WorkloadRuns(
                workload=name,
                batch_size=batch_size[used],
                steps=ends.value[used],
                censored=ends.how[used] == CENSORED,
                failed=_counted(batch_size[own & (ends.how == FAILED)]),
                lost=_counted(batch_size[own & (ends.how == LOST)]),
            )
        )
    return found


def _counted(batch_sizes: Vector) -> dict[float, int]:
    sizes, counts = np.unique(batch_sizes, return_counts=True)
    return dict(zip(sizes.tolist(), counts.tolist(), strict=True))


def _named(grid: Grid, columns: Columns) -> dict[str, str]:
    named = {meaning: grid.headings[place] for meaning, place in columns.places.items()}
    for meaning, places in (("workload", columns.workload), ("run", columns.run)):
        if places:
            named[meaning] = ", ".join(grid.headings[place] for place in places)
    return named


def _units(columns: Columns) -> dict[str, str]:
    """Codes of the units of the batch size and of what was read as the cost."""
    what = "tokens" if columns.in_tokens else "examples"
    cost = "updates" if columns.cost == "steps_to_target" else columns.cost.removesuffix("_to_target")
    return {columns.batch: f"{what}_per_update", columns.cost: cost}
