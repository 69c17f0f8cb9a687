"""The SQLite file behind a store: reading and writing it, and what can be read where pages are damaged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from batchwright.core.errors import StoreError
from batchwright.study.stores.database import RUN_COUNTS, Database, Done, Row
from batchwright.study.stores.opening import begin_writing, lacks_space, open_engine, table_columns
from batchwright.study.stores.schema import studies
from batchwright.study.stores.versions import reason


class SQLiteFile(Database):
    """An open file.

    Args:
        path: the file.
        create: make it if it is not there.
    """

    def __init__(self, path: Path, *, create: bool) -> None:
        engine, self._writable = open_engine(path, create=create)
        super().__init__(str(path), engine)

    def write(self, work: Callable[[sa.Connection], Done]) -> Done:
        if not self._writable:
            raise StoreError(f"{self.location} or its folder cannot be written to: name another store")
        try:
            with self.engine.begin() as connection:
                begin_writing(connection)
                return work(connection)
        except SQLAlchemyError as error:
            raise self._not_written(error) from None

    def _not_written(self, error: SQLAlchemyError) -> StoreError:
        if lacks_space(error):
            return StoreError(
                f"cannot write to {self.location}: {reason(error)}; what was recorded before is safe: make "
                "space on the disk, then give the same command again"
            )
        return StoreError(
            f"cannot write to {self.location}: {reason(error)}; what was recorded before is safe"
        )

    def read(self, work: Callable[[sa.Connection], Done]) -> Done:
        try:
            with self.engine.connect() as connection:
                return work(connection)
        except SQLAlchemyError as error:
            raise self._not_read(error) from None

    def _not_read(self, error: Exception) -> StoreError:
        if lacks_space(error):
            return StoreError(f"cannot read {self.location}: {reason(error)}; make space on the disk")
        return self.damaged_error(reason(error))

    def columns(self, connection: sa.Connection, table: str) -> set[str]:
        return table_columns(connection, table)

    def study_rows(self, *columns: sa.Column[Any]) -> list[Row]:
        rows, error = self._readable(columns)
        if error is not None and not rows:
            raise self._not_read(error)
        if error is not None:
            self.note("stores.studies_unreadable", reason=reason(error))
        return rows

    def run_counts(self) -> dict[str, int] | None:
        try:
            with self.engine.connect() as connection:
                return {row[0]: row[1] for row in connection.execute(RUN_COUNTS)}
        except SQLAlchemyError as error:
            self.note("stores.runs_unreadable", reason=reason(error))
            return None

    def damaged_error(self, problem: str) -> StoreError:
        rows, _ = self._readable([studies.c.study_id])
        return self.damaged(problem, len(rows))

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
            with self.engine.connect() as connection:
                for row in connection.execute(query).mappings():
                    cells = {str(name): cell for name, cell in row.items()}
                    rows[cells.pop("rowid")] = cells
        except SQLAlchemyError as error:
            return rows, error
        return rows, None
