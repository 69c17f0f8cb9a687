"""The examples of a split that the checks of data look at: all in memory, else as many as there is time for."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from batchwright.measure.checkup.bench import read_batch, spaced
from batchwright.task.data import ItemSplit, Split, TensorSplit

_MOST_ITEMS = 2048
_SECONDS = 1.0
_CHUNK = 32
_MOST_DIGESTS = 200_000


@dataclass(frozen=True)
class ReadSplit:
    """What was read of a split.

    Attributes:
        name: ``train`` or ``validation``.
        total: examples of the split.
        positions: of those read.
        inputs, targets: trees of tensors with the examples along the first dimension.
    """

    name: str
    total: int
    positions: Tensor
    inputs: Any
    targets: Any

    @property
    def complete(self) -> bool:
        return len(self.positions) == self.total

    @property
    def classes(self) -> Tensor | None:
        """Integer targets of any shape; None for any others."""
        targets = self.targets
        return targets if isinstance(targets, Tensor) and not targets.is_floating_point() else None

    @property
    def compared(self) -> Tensor:
        """Rows whose digests are compared: all, or evenly spaced ones of very many."""
        return torch.arange(0, len(self.positions), len(self.positions) // _MOST_DIGESTS + 1)

    @cached_property
    def digests(self) -> list[bytes] | None:
        """Digests of the inputs of ``compared``; None where examples do not lie along the first dimension."""
        rows = flat_rows(self.inputs)
        if not rows or any(len(r) != len(self.positions) for r in rows):
            return None
        joined = torch.cat([_bytes(r[self.compared]) for r in rows], dim=1).numpy()
        return [hashlib.blake2b(row, digest_size=16).digest() for row in joined]

    def groups(self) -> Tensor:
        """A number for each distinct example of ``compared``, shape (examples,)."""
        numbers: dict[bytes, int] = {}
        return torch.tensor([numbers.setdefault(d, len(numbers)) for d in self.digests or []])

    def floats(self, part: str) -> list[Tensor]:
        """The floating-point tensors of ``inputs`` or ``targets``."""
        leaves = pytree.tree_leaves(getattr(self, part))
        return [leaf for leaf in leaves if isinstance(leaf, Tensor) and leaf.is_floating_point()]


def read_split(name: str, split: Split) -> ReadSplit:
    """Read a split: whole where it is in memory, else evenly spaced items for a second at most."""
    total = len(split)
    if isinstance(split, TensorSplit):
        return ReadSplit(name, total, torch.arange(total), split.inputs, split.targets)
    assert isinstance(split, ItemSplit) or split is not None
    wanted = spaced(total, _MOST_ITEMS)
    # In a shuffled order, so that what there is time for is spread over the split.
    wanted = wanted[torch.randperm(len(wanted), generator=torch.Generator().manual_seed(0))]
    began, pieces, read = time.perf_counter(), [], 0
    for chunk in wanted.split(_CHUNK):
        pieces.append(read_batch(split, chunk))
        read += len(chunk)
        if time.perf_counter() - began > _SECONDS:
            break
    positions = wanted[:read]
    try:
        inputs, targets = (_joined([p[i] for p in pieces]) for i in (0, 1))
    except (RuntimeError, ValueError, TypeError):  # padded to another length in every batch
        inputs, targets, positions = *pieces[0], positions[: min(_CHUNK, read)]
    return ReadSplit(name, total, positions, inputs, targets)


def _joined(trees: list[Any]) -> Any:
    return pytree.tree_map(
        lambda *leaves: torch.cat(leaves) if isinstance(leaves[0], Tensor) else leaves[0], *trees
    )


def flat_rows(tree: Any) -> list[Tensor]:
    """The tensors of a tree, an example a row."""
    leaves = [leaf for leaf in pytree.tree_leaves(tree) if isinstance(leaf, Tensor) and leaf.ndim]
    return [leaf.reshape(len(leaf), -1) for leaf in leaves if leaf.numel()]


def _bytes(rows: Tensor) -> Tensor:
    plain = rows.detach().cpu().contiguous()
    plain = plain + 0.0 if plain.is_floating_point() else plain  # one zero, not two
    return plain.view(torch.uint8).reshape(len(rows), -1)
