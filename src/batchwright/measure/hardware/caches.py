"""The processor's caches, and the batch size from which an update no longer fits them."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from batchwright.measure.hardware.memory import ModelBytes

_FOLDER = Path("/sys/devices/system/cpu/cpu0/cache")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


class Cache(BaseModel):
    """A cache of the processor, and the batch size at which an update's working set passes it.

    ``passed_at`` is 0 where parameters, gradients and optimizer state alone exceed the cache, and None where
    the activations could not be counted.
    """

    model_config = ConfigDict(frozen=True)

    level: int
    bytes: int
    passed_at: float | None


def caches(facts: ModelBytes | None, folder: Path = _FOLDER) -> tuple[Cache, ...]:
    """Caches that hold data, the smallest first; empty where the system does not tell.

    An update works on parameters, gradients, optimizer state and what its B examples add
    (:meth:`~.memory.ModelBytes.working_set_bytes`).

    Args:
        facts: bytes of the model; None leaves ``passed_at`` open.
        folder: where Linux describes the caches of the first processor.
    """
    found = []
    for index in sorted(folder.glob("index*")):
        try:
            level, kind = int((index / "level").read_text()), (index / "type").read_text().strip()
            size = cache_bytes((index / "size").read_text().strip())
        except (OSError, ValueError):
            continue
        if kind != "Instruction":
            found.append(Cache(level=level, bytes=size, passed_at=_passed_at(size, facts)))
    return tuple(sorted(found, key=lambda cache: cache.level))


def _passed_at(size: int, facts: ModelBytes | None) -> float | None:
    if facts is None or not facts.activation_bytes_per_example:
        return None
    return max(0.0, (size - facts.fixed_bytes) / facts.activation_bytes_per_example)


def cache_bytes(text: str) -> int:
    """A size as Linux writes it, in bytes.

    >>> cache_bytes("512K"), cache_bytes("32M"), cache_bytes("1024")
    (524288, 33554432, 1024)
    """
    unit = _UNITS.get(text[-1:], 0)
    return int(text[:-1]) * unit if unit else int(text)
