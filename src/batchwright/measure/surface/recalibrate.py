"""Batch norm after its weights were moved: running statistics computed anew from the training data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from batchwright.core.errors import InputError
from batchwright.core.streams import global_randomness
from batchwright.task.data import Split

_CHUNK = 2048


def running_batch_norms(model: nn.Module) -> list[_BatchNorm]:
    """The batch norms of a model that keep running statistics, which moved weights make stale."""
    return [m for m in model.modules() if isinstance(m, _BatchNorm) and m.running_mean is not None]


def input_chunks(split: Split, chunk: int = _CHUNK) -> list[tuple[Any, int]]:
    """The split's inputs in nearly equal chunks, each with its number of examples.

    Equal, because batch norm in training mode refuses a last chunk of one example.

    Raises:
        InputError: a chunk would have one example only.
    """
    count = -(-len(split) // chunk)
    pieces = torch.arange(len(split)).tensor_split(count)
    if min(map(len, pieces)) < 2:
        raise InputError(
            f"batch norm needs two examples or more for its statistics, got {len(split)} in chunks of {chunk}"
        )
    return [(split.gather(piece, seed=0)[0], len(piece)) for piece in pieces]


def recalibrate(
    model: nn.Module,
    chunks: Sequence[tuple[Any, int]],
    forward: Callable[[nn.Module, Any], Any] | None = None,
) -> int:
    """Replace the running statistics by those of one pass over ``chunks``, in place; returns the examples.

    Mean and variance of every batch norm become averages over the chunks, each weighted by its size (Izmailov
    et al. 2018, arXiv 1803.05407). Only batch norms see training mode: dropout stays off. Modes, momenta and
    the process-wide random state are put back; parameters are not touched. Without running statistics there
    is nothing to do, and 0 is returned.

    Args:
        model: written to, so pass a copy.
        chunks: inputs with their number of examples (:func:`input_chunks`).
        forward: ``forward(model, inputs)`` for models that do not take one argument.
    """
    norms = running_batch_norms(model)
    if not norms:
        return 0
    training = {module: module.training for module in model.modules()}
    momenta = [norm.momentum for norm in norms]
    seen = 0
    try:
        model.eval()
        for norm in norms:
            norm.reset_running_stats()
            norm.training = True
        with torch.no_grad(), global_randomness(0):
            for inputs, size in chunks:
                seen += size
                for norm in norms:
                    norm.momentum = size / seen  # new = (1 - m) old + m chunk: the mean weighted by size
                model(inputs) if forward is None else forward(model, inputs)
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
        for module, mode in training.items():
            module.training = mode
    return seen
