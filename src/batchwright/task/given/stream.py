"""Examples that come one after the other, read once into memory: a study draws them in many orders."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from torch.utils import _pytree as pytree

from batchwright.core.errors import InputError
from batchwright.core.streams import global_randomness

MOST_BYTES = 1 << 30
MOST_EXAMPLES = 1_000_000


def read_once(stream: Iterable[Any]) -> list[Any]:
    """All items of an ``IterableDataset`` or iterator, random transforms seeded.

    Raises:
        InputError: more than :data:`MOST_EXAMPLES` items or :data:`MOST_BYTES` bytes, maybe without end.
    """
    items: list[Any] = []
    held = 0
    with global_randomness(0, python_too=True):
        for item in stream:
            held += sum(_bytes(leaf) for leaf in pytree.tree_leaves(item))
            if held > MOST_BYTES or len(items) == MOST_EXAMPLES:
                raise InputError(
                    f"{type(stream).__name__} is read into memory, at most {MOST_EXAMPLES:,} examples or "
                    f"{MOST_BYTES >> 30} GiB, and has more after {len(items):,} examples: pass a part, as "
                    f"list(itertools.islice(dataset, {_part(len(items))}))"
                )
            items.append(item)
    if not items:
        raise InputError(f"a data split must have at least one example, got 0 from {type(stream).__name__}")
    return items


def _bytes(leaf: Any) -> int:
    return int(getattr(leaf, "nbytes", 0)) or sys.getsizeof(leaf)


def _part(count: int) -> int:
    """A round number of examples that fits."""
    digits = len(str(count)) - 1
    return max(1, count // 10**digits * 10**digits)
