"""What lies behind a store: a database that is read and written in transactions, whatever it is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa

from batchwright.core.errors import StoreError
from batchwright.core.remark import Remark, remark
from batchwright.study.stores.schema import missing_columns, runs

Row = dict[str, Any]
Done = TypeVar("Done")
RUN_COUNTS = sa.select(runs.c.study_id, sa.func.count()).group_by(runs.c.study_id)


class Database(ABC):
    """An open database; every error of it becomes a StoreError of one line.

    Args:
        location: where it is, for people.
        engine: connects to it.

    Attributes:
        damage: what :meth:`study_rows` and :meth:`run_counts` could not read.
    """

    def __init__(self, location: str, engine: sa.Engine) -> None:
        self.location = location
        self.engine = engine
        self.damage: tuple[Remark, ...] = ()

    @abstractmethod
    def write(self, work: Callable[[sa.Connection], Done]) -> Done:
        """Do ``work`` in a transaction of its own, durable when this returns.

        It may be done again where the connection was lost, also after a commit whose acknowledgement never
        came: what it does has to be the same when done twice.
        """

    @abstractmethod
    def read(self, work: Callable[[sa.Connection], Done]) -> Done:
        """Do ``work``, which reads."""

    @abstractmethod
    def study_rows(self, *columns: sa.Column[Any]) -> list[Row]:
        """These columns of every study that can be read."""

    @abstractmethod
    def run_counts(self) -> dict[str, int] | None:
        """The number of runs by study; None where the runs cannot be read."""

    @abstractmethod
    def columns(self, connection: sa.Connection, table: str) -> set[str]:
        """The columns that a table has; none where there is no such table."""

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()

    def missing(self, connection: sa.Connection, *tables: str) -> list[str]:
        """What these tables of the schema lack, as ``table`` or ``table.column``."""
        return [lack for name in tables for lack in missing_columns(name, self.columns(connection, name))]

    def damaged(self, problem: str, readable: int) -> StoreError:
        """The error that says what is wrong, and what can still be used."""
        return StoreError(
            f"{self.location} is damaged ({problem}): "
            + (f"{readable} studies can still be listed" if readable else "no study in it can be read")
        )

    @abstractmethod
    def damaged_error(self, problem: str) -> StoreError:
        """The same, having looked how many studies can be read."""

    def note(self, code: str, **values: Any) -> None:
        """Keep a remark on damage, once."""
        found = remark(code, store=self.location, **values)
        if found not in self.damage:
            self.damage += (found,)
