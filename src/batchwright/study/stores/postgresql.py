"""A store on a PostgreSQL server, which several people and machines may share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from batchwright.study.stores.leases import LEASE_SECONDS, Leases
from batchwright.study.stores.opening import DEFAULT_FOLDER
from batchwright.study.stores.server import WAITS_SECONDS, PostgreSQLServer
from batchwright.study.stores.sql import SQLStore


class PostgreSQLStore(SQLStore):
    """An open database; studies are held by leases.

    Args:
        address: ``postgresql+psycopg://USER:PASSWORD@HOST:PORT/DATABASE``.
        create: make the tables if they are not there. A reader must not.
        lease_seconds: how long a study stays held without a sign of life.
        waits: seconds between the tries where a connection is lost.

    Raises:
        StoreError: no server answers, it refuses, or the database is no store; psycopg is missing.
    """

    def __init__(
        self,
        address: str,
        *,
        create: bool = True,
        lease_seconds: float = LEASE_SECONDS,
        waits: Sequence[float] = WAITS_SECONDS,
    ) -> None:
        database = PostgreSQLServer(address, create=create, waits=waits)
        super().__init__(database, Leases(database, lease_seconds), Path(DEFAULT_FOLDER))
