"""The SQLite file behind a store: reading and writing it, and what can be read where pages are damaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from batchwright.core.errors import StoreError
from batchwright.core.remark import Remark, remark
from batchwright.study.stores.opening import begin_writing, open_engine, reason
from batchwright.study.stores.schema import runs, studies

Row = dict[str, Any]


class Database:
    """An open file; every error of the database becomes a StoreError of one line.

    Attributes:
        location: the file, for people.
        damage: what :meth:`study_rows` and :meth:`run_counts` could not read.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        self.location = str(path)
        self.damage: tuple[Remark, ...] = ()
        self._engine, self._writable = open_engine(path, create=create)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that holds the write lock, committed at the end of the block."""
        if not self._writable:
            raise StoreError(f"{self.location} or its folder cannot be written to: name another store")
        try:
            with self._engine.begin() as connection:
                begin_writing(connection)
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(
                f"cannot write to {self.location}: {reason(error)}; what was recorded before is safe"
            ) from None

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that reads."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self.damaged_error(reason(error)) from None

    def study_rows(self, *columns: sa.Column[Any]) -> list[Row]:
        """These columns of every study that can be read."""
        rows, error = self._readable(columns)
        if error is not None and not rows:
            raise self.damaged_error(reason(error))
        if error is not None:
            self.note("stores.studies_unreadable", reason=reason(error))
        return rows

    def run_counts(self) -> dict[str, int] | None:
        """The number of runs by study; None where the runs cannot be read."""
        query = sa.select(runs.c.study_id, sa.func.count()).group_by(runs.c.study_id)
        try:
            with self._engine.connect() as connection:
                return {row[0]: row[1] for row in connection.execute(query)}
        except SQLAlchemyError as error:
            self.note("stores.runs_unreadable", reason=reason(error))
            return None

    def damaged_error(self, problem: str) -> StoreError:
        """The error that says what is wrong, and what can still be used."""
        rows, _ = self._readable([studies.c.study_id])
        return StoreError(
            f"{self.location} is damaged ({problem}): "
            + (f"{len(rows)} studies can still be listed" if rows else "no study in it can be read")
        )

    def note(self, code: str, **values: Any) -> None:
        """Keep a remark on damage, once."""
        found = remark(code, store=self.location, **values)
        if found not in self.damage:
            self.damage += (found,)

    def _readable(self, columns: Sequence[sa.Column[Any]]) -> tuple[list[Row], Exception | None]:
        """Rows of the studies' table before a damaged page and behind it, and the error it gave."""
        rowid: sa.ColumnElement[int] = sa.literal_column("rowid").label("rowid")
        query = sa.select(rowid, *columns)
        rows, error = self._until_damage(query.order_by(rowid))
        if error is not None:
            behind, _ = self._until_damage(query.order_by(rowid.desc()))
            rows |= behind
        return list(rows.values()), error

    def _until_damage(self, query: sa.Select[Any]) -> tuple[dict[int, Row], Exception | None]:
        rows: dict[int, Row] = {}
        try:
            with self._engine.connect() as connection:
                for row in connection.execute(query).mappings():
                    cells = {str(name): cell for name, cell in row.items()}
                    rows[cells.pop("rowid")] = cells
        except SQLAlchemyError as error:
            return rows, error
        return rows, None
