"""Which schema a database has: made if it is empty, brought up to date if old, refused if newer or no store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from batchwright.core.errors import StoreError, one_line, shown
from batchwright.study.stores.schema import SCHEMA_VERSION, facts


class NoStoreError(StoreError):
    """There is no store at this place yet, and a reader makes none."""


def bring_up_to_date(
    connection: sa.Connection,
    where: str,
    tables: Iterable[str],
    *,
    create: bool,
    make: Callable[[sa.Connection], None],
) -> None:
    """Give a database the present schema, inside the caller's transaction.

    Args:
        connection: in a transaction that keeps other writers out.
        where: the store, for people.
        tables: the names of those that are there.
        create: whether an empty database becomes a store.
        make: makes the tables.
    """
    version = schema_version(connection, where, tables)  # another process may have been faster
    if version == 0:
        if not create:
            raise NoStoreError(f"{where} holds no study yet: run one first, or name another store")
        make(connection)
        connection.execute(facts.insert().values(key="schema_version", value=str(SCHEMA_VERSION)))
    elif version < SCHEMA_VERSION:
        _migrate(connection, where, version)


def schema_version(connection: sa.Connection, where: str, tables: Iterable[str]) -> int:
    """The schema's version; 0 for a database without ``tables``.

    Raises:
        StoreError: it is no store, or one of a newer version.
    """
    there = set(tables)
    if not there:
        return 0
    if facts.name not in there:
        raise StoreError(f"{where} is a database, but not a Batchwright store: name another store")
    query = sa.select(facts.c.value).where(facts.c.key == "schema_version")
    text = connection.execute(query).scalar_one_or_none()
    if text is None or re.fullmatch(r"[1-9][0-9]{0,8}", str(text)) is None:
        raise StoreError(
            f"{where} is damaged (its schema version must be a whole number from 1, got {shown(text)}): "
            "nothing in it was changed, name another store"
        )
    if int(text) > SCHEMA_VERSION:
        raise StoreError(
            f"{where} was written by a newer Batchwright (schema {int(text)}, this one reads up to "
            f"{SCHEMA_VERSION}): upgrade batchwright, or name another store"
        )
    return int(text)


def _migrate(connection: sa.Connection, where: str, version: int) -> None:
    from batchwright.study.stores.migrations import migrate

    try:
        migrate(connection, version)
    except SQLAlchemyError as error:
        raise StoreError(
            f"{where} is damaged ({reason(error)}): it could not be brought from schema {version} to "
            f"{SCHEMA_VERSION}, and is left as it was"
        ) from None


def reason(error: BaseException) -> str:
    """What the system or the database said, on one line."""
    return one_line(getattr(error, "orig", None) or error)
