"""The PostgreSQL database behind a store: made if new, and asked again where a connection was lost."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from batchwright.core.errors import StoreError
from batchwright.study.stores.address import masked, server_url, without
from batchwright.study.stores.database import RUN_COUNTS, Database, Done, Row
from batchwright.study.stores.leases import lease_tables
from batchwright.study.stores.schema import SCHEMA_VERSION, metadata, studies
from batchwright.study.stores.versions import bring_up_to_date, reason, schema_version

logger = logging.getLogger(__name__)

WAITS_SECONDS = (0.1, 0.2, 0.5, 1, 2, 4, 8, 10, 10, 10, 15)
"""Between tries: a minute in all, in which a server is restarted."""
_CONNECTING = {
    "connect_timeout": "10",
    # A network that is cut says nothing: it is noticed within a minute.
    "keepalives_idle": "20",
    "keepalives_interval": "10",
    "keepalives_count": "4",
    "tcp_user_timeout": "60000",
}
_PASSING = ("08", "57P", "40001", "40P01", "53300", "55P03")
"""Beginnings of SQLSTATE that another try may not meet: connection, shutdown, serialization, too many clients."""
_MAKING = 0x6261746368  # "batch"
"""Key of the advisory lock under which the tables are made."""


class PostgreSQLServer(Database):
    """An open database on a server.

    Args:
        address: as :func:`~batchwright.study.stores.address.server_url` takes it.
        create: make the tables if they are not there.
        waits: seconds between the tries where a connection is lost.

    Raises:
        StoreError: no server answers, it refuses, or the database is no store; psycopg is missing.
    """

    def __init__(self, address: str, *, create: bool, waits: Sequence[float] = WAITS_SECONDS) -> None:
        url = server_url(address)
        self._password = None if url.password is None else str(url.password)
        super().__init__(masked(address), _engine(url))
        self._waits: Sequence[float] = waits
        try:
            self._bring_up_to_date(create)
        except SQLAlchemyError as error:
            self.close()
            raise StoreError(f"cannot open the store {self.location}: {self._reason(error)}") from None
        except StoreError:
            self.close()
            raise

    def write(self, work: Callable[[sa.Connection], Done]) -> Done:
        def once() -> Done:
            with self.engine.begin() as connection:
                return work(connection)

        try:
            return self._persistently(once)
        except SQLAlchemyError as error:
            raise StoreError(
                f"cannot write to {self.location}: {self._reason(error)}; what was recorded before is safe"
            ) from None

    def read(self, work: Callable[[sa.Connection], Done]) -> Done:
        def once() -> Done:
            with self.engine.connect() as connection:
                return work(connection)

        try:
            return self._persistently(once)
        except SQLAlchemyError as error:
            raise StoreError(f"cannot read {self.location}: {self._reason(error)}") from None

    def study_rows(self, *columns: sa.Column[Any]) -> list[Row]:
        query = sa.select(*columns)
        rows = self.read(lambda connection: connection.execute(query).mappings().all())
        return [{str(name): cell for name, cell in row.items()} for row in rows]

    def run_counts(self) -> dict[str, int] | None:
        return self.read(lambda connection: {row[0]: row[1] for row in connection.execute(RUN_COUNTS)})

    def columns(self, connection: sa.Connection, table: str) -> set[str]:
        inspector = sa.inspect(connection)
        return {c["name"] for c in inspector.get_columns(table)} if inspector.has_table(table) else set()

    def damaged_error(self, problem: str) -> StoreError:
        return self.damaged(problem, len(self.study_rows(studies.c.study_id)))

    # --- tries ------------------------------------------------------------------------------------

    def _persistently(self, once: Callable[[], Done]) -> Done:
        """Try again, with longer and longer waits, as long as only the connection is at fault."""
        for number, wait in enumerate(self._waits):
            try:
                done = once()
            except DBAPIError as error:
                if not is_passing(error):
                    raise
                if number == 0:
                    logger.warning("store_connection_lost:%s", self._reason(error))
                time.sleep(wait)
            else:
                if number:
                    logger.warning("store_connection_back:%d", number + 1)
                return done
        self._waits = ()  # what winds up afterwards need not wait as long again
        return once()

    def _reason(self, error: BaseException) -> str:
        said = getattr(getattr(getattr(error, "orig", None), "diag", None), "message_primary", None)
        return without(self._password, said or reason(error))

    # --- schema -----------------------------------------------------------------------------------

    def _bring_up_to_date(self, create: bool) -> None:
        with self.engine.connect() as connection:
            there = _tables(connection)
            if schema_version(connection, self.location, there) == SCHEMA_VERSION:
                self._check_tables(connection)
                return
        with self.engine.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING)))
            bring_up_to_date(connection, self.location, _tables(connection), create=create, make=_make_tables)

    def _check_tables(self, connection: sa.Connection) -> None:
        if lacking := self.missing(connection, studies.name):
            raise StoreError(
                f"{self.location} is damaged (it lacks {', '.join(lacking)}): name another store"
            )


def is_passing(error: DBAPIError) -> bool:
    """Whether the same may go well a moment later: the connection was at fault, not what was asked."""
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(_PASSING)
    return error.connection_invalidated or isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)


def _engine(url: sa.URL) -> sa.Engine:
    given = {name: value for name, value in _CONNECTING.items() if name not in url.query}
    try:
        # Without prepared statements a pooler (PgBouncer) may stand between.
        return sa.create_engine(url, pool_pre_ping=True, connect_args={**given, "prepare_threshold": None})
    except ModuleNotFoundError:
        raise StoreError("a store on a server needs psycopg: pip install 'batchwright[postgresql]'") from None


def _tables(connection: sa.Connection) -> list[str]:
    """Those of the store's own names that are there: a database may hold other people's tables beside them.

    One statement: of tables that are made at this moment it sees all or none.
    """
    names = [*metadata.tables, *lease_tables.tables]
    query = sa.text("SELECT relname FROM pg_class WHERE relname = ANY(:names) AND pg_table_is_visible(oid)")
    return list(connection.execute(query, {"names": names}).scalars())


def _make_tables(connection: sa.Connection) -> None:
    metadata.create_all(connection)
    lease_tables.create_all(connection)
