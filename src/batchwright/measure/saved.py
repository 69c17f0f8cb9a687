"""What autograd saves of a forward pass."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def saved_storages(forward: Callable[[], object]) -> dict[int, int]:
    """Bytes of every storage that ``forward`` saves for a backward pass, parameters' too, by address."""
    held: list[Tensor] = []
    # Held here and not by the graph: a graph that holds what its hooks have seen is never freed.
    with torch.autograd.graph.saved_tensors_hooks(held.append, lambda _: held[0]):
        forward()
    return storage_bytes(held)


def storage_bytes(tensors: list[Tensor]) -> dict[int, int]:
    """Bytes of the storages behind ``tensors``, each once, by address."""
    return {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}
