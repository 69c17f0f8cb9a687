"""A store in one SQLite file."""

from __future__ import annotations

from pathlib import Path

from batchwright.study.stores.locks import FileLocks
from batchwright.study.stores.opening import store_path as store_path
from batchwright.study.stores.schema import SCHEMA_VERSION as SCHEMA_VERSION
from batchwright.study.stores.sql import SQLStore
from batchwright.study.stores.sqlite_file import SQLiteFile


class SQLiteStore(SQLStore):
    """An open file, with its locks beside it.

    Args:
        path: the file.
        create: make it if it is not there. A reader must not.

    Raises:
        StoreError: it cannot be opened or made, or is no store.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        path = Path(path)
        super().__init__(SQLiteFile(path, create=create), FileLocks(path), path.parent)
