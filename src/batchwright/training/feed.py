"""Batches for the loop, gathered ahead in blocks so that small batches cost a slice each."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from batchwright.batches.sampling import IndexStream
from batchwright.core.errors import InputError, shown
from batchwright.core.streams import derive_seed, generator
from batchwright.task.data import Augment, Split, TensorSplit

_BLOCK_BYTES = 4 << 20
_BLOCK_EXAMPLES = 4096


class Feed:
    """The examples at given stream positions, on the training device.

    One ``index_select`` gathers the examples of many small batches at once; a batch is then a view.
    Random augmentation draws from the ``augment`` stream at the batch's position.
    """

    def __init__(self, split: Split, stream: IndexStream, augment: Augment | None, seed: int) -> None:
        self._split = split
        self._stream = stream
        self._augment = augment
        self._seed = seed
        self._start = self._stop = 0
        self._block: tuple[Any, Any] = (None, None)
        self._plain = False
        self._block_examples = _block_examples(split)

    def batch(self, start: int, stop: int, batch_size: int) -> tuple[Any, Any]:
        """``(inputs, targets)`` of the stream positions start, ..., stop - 1.

        ``batch_size`` is the nominal size; a short last batch is shorter.
        """
        inputs, targets = (
            self._slice(start, stop, batch_size) if self._block_examples else self._read(start, stop)
        )
        return self._augmented(inputs, start), targets

    def piece(self, start: int, stop: int) -> tuple[Any, Any]:
        """A micro-batch: the same, gathered by itself."""
        inputs, targets = self._read(start, stop)
        return self._augmented(inputs, start), targets

    def _read(self, start: int, stop: int) -> tuple[Any, Any]:
        seed = derive_seed(self._seed, "augment", start)
        return self._split.gather(self._stream.indices(start, stop), seed=seed)

    def _augmented(self, inputs: Any, start: int) -> Any:
        if self._augment is None:
            return inputs
        return self._augment(inputs, generator(self._seed, "augment", start))

    def _slice(self, start: int, stop: int, batch_size: int) -> tuple[Any, Any]:
        if start < self._start or stop > self._stop:
            first, last = self._block_about(start, stop, batch_size)
            self._block, self._start, self._stop = self._read(first, last), first, last
            self._plain = all(isinstance(part, Tensor) for part in self._block)
        a, b = start - self._start, stop - self._start
        if self._plain:
            return self._block[0][a:b], self._block[1][a:b]
        return pytree.tree_map(lambda leaf: leaf[a:b], self._block)

    def _block_about(self, start: int, stop: int, batch_size: int) -> tuple[int, int]:
        """The block to gather for a batch: several whole batches, on a grid that only positions decide.

        A matrix product may round differently when its operand starts at another offset in memory, so a
        batch must lie at the same place in its block whether the run was resumed just before it or not.
        """
        together = self._block_examples // batch_size
        if together < 2:
            return start, stop
        runs_on = self._stream.runs_on
        origin = 0 if runs_on else start // self._stream.examples * self._stream.examples
        index, rest = divmod(start - origin, batch_size)
        if rest:  # a batch size that changed in mid-epoch leaves the grid
            return start, stop
        first = origin + index // together * together * batch_size
        last = first + together * batch_size
        return first, last if runs_on else max(stop, min(last, origin + self._stream.examples))


def _block_examples(split: Split) -> int:
    """Examples gathered at once; 0 for data sets read item by item."""
    if not isinstance(split, TensorSplit):
        return 0
    leaves = pytree.tree_leaves((split.inputs, split.targets))
    bytes_each = sum(leaf[0].numel() * leaf.element_size() for leaf in leaves)
    return max(1, min(_BLOCK_EXAMPLES, len(split), _BLOCK_BYTES // max(bytes_each, 1)))


def device_of(name: str) -> torch.device:
    """The torch device called ``name``.

    Raises:
        InputError: no such device on this machine.
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"device must be cpu, cuda or cuda:0, cuda:1, ..., got {shown(name)}") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError(
            f"torch {torch.__version__} sees no CUDA device, got device {name!r}: leave device at cpu"
        )
    return device
