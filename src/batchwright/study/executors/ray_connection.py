"""The connection to Ray: a cluster that is there, or one on this machine alone that ends with it. Quiet."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from batchwright.core.errors import InputError, one_line, shown

_LEAST_STORE_BYTES = 100 << 20
"""Ray wants 75 MiB at least."""
_LEFT_AT_HOME = [
    ".git",
    ".venv",
    "venv",
    "__pycache__",
    "batchwright-runs",
    "*.safetensors",
    "*.pt",
    "*.ckpt",
]
"""Of the folder of a task's file, what no machine needs to import it."""
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}


@dataclass(frozen=True)
class Connection:
    """A connection to Ray.

    Attributes:
        ours: whether it was made here, and ends here.
        alone: whether Ray was started on this machine for it.
        travels: whether the task's files were sent along.
    """

    ours: bool
    alone: bool
    travels: bool

    def end(self) -> None:
        """Disconnect; a Ray that was started for this connection ends with all its processes."""
        if self.ours:
            import ray

            ray.shutdown()


def ray_package() -> Any:
    """The package ``ray``.

    Raises:
        InputError: it is not installed.
    """
    try:
        import ray
    except ImportError:
        raise InputError("executor ray needs Ray: pip install 'batchwright[ray]'") from None
    return ray


def connected(address: str | None, *, cpus: int, store_bytes: int, folder: Path | None) -> Connection:
    """Connect to Ray, unless this process already is.

    Args:
        address: of a cluster, as ``ray.init`` takes it; by default that of ``RAY_ADDRESS``, else this machine.
        cpus: of a Ray of this machine alone.
        store_bytes: what its memory for shared objects has to hold.
        folder: with the task's own files, which travel to the other machines of a cluster.

    Raises:
        InputError: Ray is not installed, or nothing answers at this address.
    """
    ray = ray_package()
    if ray.is_initialized():
        return Connection(ours=False, alone=False, travels=False)
    place = address or os.environ.get("RAY_ADDRESS") or "local"
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if place == "local":
        options |= {"num_cpus": cpus, "include_dashboard": False}
        options["object_store_memory"] = _LEAST_STORE_BYTES + 2 * store_bytes
    elif folder is not None:
        options["runtime_env"] = {"working_dir": str(folder), "excludes": _LEFT_AT_HOME}
    try:
        with _quietly(), _own_signals():
            ray.init(place, **options)
    except Exception as error:
        with suppress(Exception):
            ray.shutdown()
        if place == "local":
            raise InputError(f"Ray does not start on this machine: {one_line(error)}") from None
        raise InputError(
            f"no Ray cluster can be used at {shown(place)} ({one_line(error)}): start Ray there, or leave address "
            "out to use this machine"
        ) from None
    return Connection(ours=True, alone=place == "local", travels="runtime_env" in options)


@contextmanager
def _quietly() -> Iterator[None]:
    """Ray reports no usage, and says nothing below an error."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    logger = logging.getLogger("ray")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(max(level, logging.ERROR))


@contextmanager
def _own_signals() -> Iterator[None]:
    """SIGTERM is handled afterwards as before: Ray puts a handler of its own in the place."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if handler is not None:
            signal.signal(signal.SIGTERM, handler)
