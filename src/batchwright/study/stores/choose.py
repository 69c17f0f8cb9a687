"""Which store a location means: a file or a folder, or a database on a server."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from batchwright.study.stores.address import is_address, masked

if TYPE_CHECKING:
    from batchwright.study.stores.sql import SQLStore


def open_store(location: str | Path | None = None, *, create: bool = True) -> SQLStore:
    """The store at ``location``, else at ``$BATCHWRIGHT_STORE``, else in ``./batchwright-runs/``.

    Args:
        location: a file, a folder or an address.
        create: make it if it is not there. A reader must not.

    Raises:
        NoStoreError: there is none, and ``create`` is False.
        StoreError: it cannot be opened or made, or is no store.
    """
    if is_address(meant := _meant(location)):
        from batchwright.study.stores.postgresql import PostgreSQLStore

        return PostgreSQLStore(str(meant), create=create)
    from batchwright.study.stores.sqlite import SQLiteStore, store_path

    return SQLiteStore(store_path(location), create=create)


def place_of_store(location: str | Path | None = None) -> str:
    """Where the store is, or would be, for people; it need not be there.

    Raises:
        StoreError: no file can be called so.
    """
    if is_address(meant := _meant(location)):
        return masked(str(meant))
    from batchwright.study.stores.opening import store_path

    return str(store_path(location))


def _meant(location: str | Path | None) -> str | Path | None:
    return location or os.environ.get("BATCHWRIGHT_STORE")
