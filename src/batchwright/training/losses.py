"""The mean loss since the last record, kept on the device so that an update never waits for the host."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

_PENDING = 256
"""Loss vectors kept on the device before they are summed on the host."""


class LossMeter:
    """Mean of per-example losses over updates.

    Attributes:
        pending: losses of the last updates, on the device, each of shape (batch,).
        total: sum of the losses before those.
        count: their number.
    """

    def __init__(self, pending: Sequence[Tensor] = (), total: float = 0.0, count: int = 0) -> None:
        self.pending, self.total, self.count = list(pending), total, count

    def add(self, losses: Tensor) -> None:
        """Count the losses of one update."""
        self.pending.append(losses)
        if len(self.pending) >= _PENDING:
            self._fold()

    def take(self) -> float:
        """The mean since the last call; 0 without an update since."""
        self._fold()
        mean = self.total / max(self.count, 1)
        self.total, self.count = 0.0, 0
        return mean

    def _fold(self) -> None:
        if self.pending:
            losses = torch.cat(self.pending).double()
            self.total += float(losses.sum())
            self.count += len(losses)
            self.pending.clear()
