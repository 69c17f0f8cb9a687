"""Records one after the other into columns, in little memory, and from there into the runs of a log."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field

from batchwright.core.errors import InputError

NAN = math.nan
_MOST_SERIES = 60
_MOST_VALUES = 50_000_000


@dataclass
class RecordedValues:
    """One quantity as it is being read: at which record which value; ``running_mean`` where the format says so."""

    role: str
    running_mean: bool = False
    records: array = field(default_factory=lambda: array("q"))
    values: array = field(default_factory=lambda: array("d"))


class Recorder:
    """Takes records, each at a place of a run, with the values of some quantities.

    Args:
        in_epoch: whether a count that starts anew when it was complete is the next epoch of the same run, as of
            progress bars.
        counts: what steps count.
    """

    def __init__(self, *, in_epoch: bool = False, counts: str = "updates") -> None:
        self.in_epoch = in_epoch
        self.counts = counts
        self.epoch, self.step, self.of = array("d"), array("d"), array("d")
        self.run = array("q")
        self.run_names: list[str] = [""]
        self.columns: dict[tuple[int, str], RecordedValues] = {}
        self.unread = 0
        self.left_out: set[str] = set()

    def __len__(self) -> int:
        return len(self.epoch)

    def begin_run(self, name: str) -> int:
        """A run by its name; the first call names the first run."""
        if name in self.run_names:
            return self.run_names.index(name)
        if self.run_names == [""] and not len(self):
            self.run_names[0] = name
            return 0
        self.run_names.append(name)
        return len(self.run_names) - 1

    def record(self, *, epoch: float = NAN, step: float = NAN, of: float = NAN, run: int = 0) -> int:
        """A new record at this place; returns its number."""
        self.epoch.append(epoch)
        self.step.append(step)
        self.of.append(of)
        self.run.append(run)
        return len(self.epoch) - 1

    def put(self, record: int, name: str, role: str, value: float, *, running_mean: bool = False) -> None:
        """A value of a record; a later one of the same name takes its place."""
        key = (self.run[record], name)
        column = self.columns.get(key)
        if column is None:
            if len(self.columns) >= _MOST_SERIES:
                self.left_out.add(name)
                return
            column = self.columns[key] = RecordedValues(role, running_mean)
        if column.records and column.records[-1] == record:
            column.values[-1] = value
            return
        column.records.append(record)
        column.values.append(value)
        if len(column.values) > _MOST_VALUES:
            raise InputError(
                f"a log may have at most {_MOST_VALUES:,} values of a quantity: give a part of it"
            )

    def put_all(self, record: int, values: Iterable[tuple[str, str, float]]) -> None:
        """Several values: (name, role, value)."""
        for name, role, value in values:
            self.put(record, name, role, value)
