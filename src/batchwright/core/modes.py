"""A model in evaluation mode for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from batchwright.core.streams import global_randomness


@contextmanager
def evaluating(model: nn.Module, *, python_too: bool = False) -> Iterator[None]:
    """Evaluation mode without gradients; modes and the process-wide random state are put back.

    Args:
        model: its modules' modes are changed and put back one by one.
        python_too: whether ``random`` and NumPy's legacy generator are seeded and put back as well.
    """
    training = [module for module in model.modules() if module.training]
    with torch.no_grad(), global_randomness(0, python_too=python_too):
        if training:
            model.eval()
        try:
            yield
        finally:
            for module in training:
                module.training = True
