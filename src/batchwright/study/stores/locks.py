"""Which studies of a file a process holds: a lock on a small file beside it, which goes with the process.

The system lets a lock go however its process ends, so that a study left behind by ``kill -9`` or a power
cut is told from one that is running. Where the system has no such locks (Windows, some network file systems),
a study counts as held, and anybody may take it.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from batchwright.study.stores.holding import Holder, Holding, held_elsewhere, this_process
from batchwright.study.stores.rows import now

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]

_TRIES = 10
_PAUSE_SECONDS = 0.02
"""Between tries: whoever looks whether a study is held has its lock for a moment."""


class FileLocks(Holding):
    """The studies of one file that this process holds.

    Args:
        store: the store's file; the locks lie beside it, as ``<store>-<study id>.running``.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._files: dict[str, IO[bytes]] = {}

    def take(self, study_id: str, connection: sa.Connection) -> None:
        if fcntl is None or study_id in self._files:
            return
        path = _lock_path(self._store, study_id)
        for _ in range(_TRIES):
            try:
                file = path.open("a+b")
            except OSError:  # no place for so much as an empty file: the study itself matters more
                return
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.close()
                time.sleep(_PAUSE_SECONDS)
                continue
            except OSError:  # a file system without locks
                file.close()
                return
            if _is_still_there(file, path):
                self._files[study_id] = file
                _sign(file)
                return
            file.close()  # its last holder removed it between the two steps
        raise held_elsewhere(study_id, _holder(path))

    def check(self, study_id: str, connection: sa.Connection) -> None:
        return  # the system takes no lock away

    def give_up(self, study_id: str, connection: sa.Connection) -> bool:
        return True  # once the transaction is through

    def let_go(self, study_id: str) -> None:
        file = self._files.pop(study_id, None)
        if file is not None:
            with suppress(OSError):
                os.unlink(file.name)
            file.close()

    def let_all_go(self) -> None:
        for study_id in list(self._files):
            self.let_go(study_id)

    def held(self, study_ids: Iterable[str]) -> set[str]:
        return {study_id for study_id in study_ids if _is_held(_lock_path(self._store, study_id))}


def _is_held(path: Path) -> bool:
    if fcntl is None:
        return True
    try:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
    except OSError:
        pass  # no such file, or one of somebody else's that nobody holds
    return False


def _is_still_there(file: IO[bytes], path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _sign(file: IO[bytes]) -> None:
    """Write who holds the study, for whoever wants it too; a full disk may leave it unsaid."""
    host, process = this_process()
    with suppress(OSError):
        os.ftruncate(file.fileno(), 0)
        os.write(file.fileno(), json.dumps({"host": host, "process": process, "since": now()[:19]}).encode())


def _holder(path: Path) -> Holder | None:
    """Who signed the lock; None where that cannot be read."""
    try:
        return Holder(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _lock_path(store: Path, study_id: str) -> Path:
    safe = study_id
    if not re.fullmatch(r"[\w.-]{1,80}", study_id):
        safe = hashlib.blake2b(study_id.encode(), digest_size=10).hexdigest()
    return store.with_name(f"{store.name}-{safe}.running")
