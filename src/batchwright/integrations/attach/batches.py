"""Batches of any size from a batch or a loader that the caller has, without drawing from the loader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree
from torch.utils.data import DataLoader, default_collate

from batchwright.core.errors import InputError

_READ = 256
"""Examples read of a loader's data set, evenly spaced; larger batches repeat them."""


class BatchMaker:
    """Makes a batch of any size: rows of one that is given, or items of a loader's data set, collated.

    Args:
        given: tensors with the examples along their first dimension in tuples, lists or dictionaries, or a
            ``DataLoader`` of a map-style data set, whose order and workers are not touched.

    Raises:
        InputError: neither, or tensors of different length.
    """

    def __init__(self, given: Any) -> None:
        self._items: list[Any] | None = None
        self.total: int | None
        """Examples of a loader's data set."""
        if isinstance(given, DataLoader):
            data = given.dataset
            if not hasattr(data, "__len__") or given.batch_size is None:
                raise InputError(
                    "the loader must have a map-style data set and make batches itself: pass batch=next(iter(loader))"
                )
            total = len(data)
            places = (
                torch.linspace(0, total - 1, min(total, _READ), dtype=torch.float64).round().long().unique()
            )
            self._items = [data[i] for i in places.tolist()]
            self._collate = given.collate_fn or default_collate
            self.examples, self.total = len(self._items), total
            return
        lengths = {
            len(leaf) for leaf in pytree.tree_leaves(_plain(given)) if isinstance(leaf, Tensor) and leaf.ndim
        }
        if len(lengths) != 1:
            raise InputError(
                "batch must hold tensors with the examples along their first dimension, all equally many, "
                f"got lengths {sorted(lengths)}"
            )
        self._batch = _plain(given)
        self.examples, self.total = lengths.pop(), None

    def of(self, rows: Tensor) -> Any:
        """The batch of these examples, by position; new tensors."""
        if self._items is not None:
            return self._collate([self._items[i] for i in rows.tolist()])
        return pytree.tree_map(
            lambda leaf: leaf[rows.to(leaf.device)] if isinstance(leaf, Tensor) and leaf.ndim else leaf,
            self._batch,
        )

    def sized(self, size: int) -> Any:
        """A batch of this many examples, the same over and over where there are fewer."""
        return self.of(torch.arange(size) % self.examples)


def _plain(given: Any) -> Any:
    """A mapping of any class (a tokenizer's) as a dictionary."""
    return dict(given) if isinstance(given, Mapping) and not isinstance(given, dict) else given
