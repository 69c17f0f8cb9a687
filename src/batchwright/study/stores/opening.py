"""Opening a store's file: made if new, brought up to date if old, refused if it is something else."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from batchwright.core.errors import StoreError, shown
from batchwright.study.stores.schema import SCHEMA_VERSION, metadata, missing_columns, studies
from batchwright.study.stores.versions import NoStoreError, bring_up_to_date, reason, schema_version

DEFAULT_FOLDER = "batchwright-runs"
FILE_NAME = "studies.sqlite"
_BUSY_SECONDS = 30


def store_path(location: str | Path | None = None) -> Path:
    """The database file: ``location``, else ``$BATCHWRIGHT_STORE``, else ``./batchwright-runs/``.

    A folder, and a location without a suffix, holds ``studies.sqlite``.
    """
    path = Path(location or os.environ.get("BATCHWRIGHT_STORE") or DEFAULT_FOLDER)
    try:
        return path if path.suffix and not path.is_dir() else path / FILE_NAME
    except (OSError, ValueError) as error:  # a name that is too long, or holds a null byte
        raise StoreError(
            f"a store must be a file or a folder, got {shown(str(path))} ({reason(error)})"
        ) from None


def open_engine(path: Path, *, create: bool) -> tuple[sa.Engine, bool]:
    """An engine on the store's file, in the present schema, and whether it can be written to.

    Where the file or its folder may not be written to, the engine holds a copy in memory as of now.

    Raises:
        StoreError: there is none and ``create`` is False, it cannot be made, or it is no store.
    """
    _check_place(path, create)
    try:
        writable = _can_write(path)
        engine = _on_file(path) if writable else _in_memory(path)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"cannot open the store {path}: {reason(error)}") from None
    try:
        _bring_up_to_date(engine, path, create)
        if writable:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    except SQLAlchemyError as error:
        engine.dispose()
        raise _not_opened(path, error) from None
    except StoreError:
        engine.dispose()
        raise
    return engine, writable


def begin_writing(connection: sa.Connection) -> None:
    """Take the write lock now: sqlite3 would begin a transaction only at the first INSERT."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _check_place(path: Path, create: bool) -> None:
    try:
        if path.is_dir():
            raise StoreError(f"{path} is a folder where the store's file should be: name another store")
        if not path.exists():
            if not create:
                raise NoStoreError(f"no store at {path}: run a study first, or name another store")
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not create and path.stat().st_size == 0:
            raise StoreError(f"{path} is empty, no study was ever kept in it: name another store")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise StoreError(f"no store can be made at {shown(str(path))}: {why}") from None


def _not_opened(path: Path, error: SQLAlchemyError) -> StoreError:
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
    if name == "SQLITE_NOTADB":
        return StoreError(f"{path} is not a Batchwright store ({reason(error)}): name another store")
    if name.startswith("SQLITE_CORRUPT"):
        return StoreError(f"{path} is damaged ({reason(error)}): no study in it can be read")
    if lacks_space(error):
        return StoreError(f"cannot open the store {path}: {reason(error)}; make space on the disk")
    return StoreError(f"cannot open the store {path}: {reason(error)}")


def lacks_space(error: BaseException) -> bool:
    """Whether the disk is full, or a file would grow beyond what the system allows.

    Reading needs a little space too: the index of the write-ahead log lies in a file of its own.
    """
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
    return name in ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_IOERR_SHMOPEN")


def _can_write(path: Path) -> bool:
    effective = os.access in os.supports_effective_ids
    places = [path.parent, path] if path.exists() else [path.parent]
    return all(os.access(place, os.W_OK, effective_ids=effective) for place in places)


def _on_file(path: Path) -> sa.Engine:
    url = sa.URL.create("sqlite", database=str(path))
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS})

    @sa.event.listens_for(engine, "connect")
    def durable_against_a_kill(connection: Any, _: object) -> None:
        # With a write-ahead log NORMAL loses nothing when the process dies; a power cut may cost the last
        # write, never the store.
        connection.execute("PRAGMA synchronous=NORMAL")

    return engine


def _in_memory(path: Path) -> sa.Engine:
    """A copy in memory, taken without writing beside the file, as opening a write-ahead log would."""
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    uri = path.resolve().as_uri()
    try:
        with closing(sqlite3.connect(f"{uri}?mode=ro", uri=True)) as source:
            source.backup(copy)
    except sqlite3.OperationalError:
        with closing(sqlite3.connect(f"{uri}?immutable=1", uri=True)) as source:
            source.backup(copy)
    return sa.create_engine("sqlite://", creator=lambda: copy, poolclass=sa.StaticPool)


# --- schema ---------------------------------------------------------------------------------------


def _bring_up_to_date(engine: sa.Engine, path: Path, create: bool) -> None:
    with engine.connect() as connection:
        if schema_version(connection, str(path), _tables(connection)) == SCHEMA_VERSION:
            _check_tables(connection, path)
            return
    with engine.begin() as connection:
        begin_writing(connection)
        bring_up_to_date(connection, str(path), _tables(connection), create=create, make=metadata.create_all)


def _tables(connection: sa.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    return list(connection.exec_driver_sql(query).scalars())


def _check_tables(connection: sa.Connection, path: Path) -> None:
    """Without the list of studies nothing can be used; what else is missing is said when it is asked for."""
    if missing := missing_columns(studies.name, table_columns(connection, studies.name)):
        raise StoreError(f"{path} is damaged (it lacks {', '.join(missing)}): name another store")


def table_columns(connection: sa.Connection, table: str) -> set[str]:
    """The columns of a table, also where the file is damaged elsewhere; none where there is no such table."""
    query = sa.text("SELECT name FROM pragma_table_info(:table)")
    return set(connection.execute(query, {"table": table}).scalars())
