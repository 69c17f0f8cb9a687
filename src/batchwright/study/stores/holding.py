"""Which studies a process holds at this moment: a lock on a small file, which goes with the process.

The system lets a lock go however its process ends, so that a study left behind by ``kill -9`` or a power
cut is told from one that is running. Where the system has no such locks (Windows), a study counts as held.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # pragma: no cover
    fcntl = None  # type: ignore[assignment]


class Holds:
    """The studies of one store that this process holds.

    Args:
        store: the store's file; the locks lie beside it, as ``<store>-<study id>.running``.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._files: dict[str, IO[bytes]] = {}

    def take(self, study_id: str) -> None:
        """Hold a study; if another process holds it, it is held all the same."""
        if fcntl is None or study_id in self._files:
            return
        with suppress(OSError):
            file = _lock_path(self._store, study_id).open("wb")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                file.close()
                return
            self._files[study_id] = file

    def let_go(self, study_id: str) -> None:
        """Hold it no longer."""
        file = self._files.pop(study_id, None)
        if file is not None:
            with suppress(OSError):
                os.unlink(file.name)
            file.close()

    def let_all_go(self) -> None:
        """Hold nothing."""
        for study_id in list(self._files):
            self.let_go(study_id)


def is_held(store: Path, study_id: str) -> bool:
    """Whether any process, this one included, holds the study now."""
    if fcntl is None:
        return True
    try:
        with _lock_path(store, study_id).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
    except OSError:
        pass  # no such file, or one of somebody else's that nobody holds
    return False


def _lock_path(store: Path, study_id: str) -> Path:
    safe = study_id
    if not re.fullmatch(r"[\w.-]{1,80}", study_id):
        safe = hashlib.blake2b(study_id.encode(), digest_size=10).hexdigest()
    return store.with_name(f"{store.name}-{safe}.running")
