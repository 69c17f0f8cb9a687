"""An exponential average of the weights, used for evaluation only (as Zhang et al. 2024 do)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


class WeightAverage:
    """a <- d a + (1 - d) w after every update, with d = 2^(-batch_size / half_life_examples).

    A half-life in examples means the same window at every batch size. The average starts at the first
    weights it sees, so it needs no bias correction.
    """

    def __init__(self, params: Sequence[Tensor], half_life_examples: float) -> None:
        self._params = list(params)
        self._half_life = half_life_examples
        self.values = [p.detach().clone() for p in self._params]

    @torch.no_grad()
    def update(self, batch_size: int) -> None:
        """Fold the current weights in."""
        keep = 0.5 ** (batch_size / self._half_life)
        torch._foreach_lerp_(self.values, [p.detach() for p in self._params], 1.0 - keep)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The model with the averaged weights; its own weights come back bitwise afterwards."""
        own = [p.detach().clone() for p in self._params]
        with torch.no_grad():
            torch._foreach_copy_(self._params, self.values)
        try:
            yield
        finally:
            with torch.no_grad():
                torch._foreach_copy_(self._params, own)
