"""Bytes that an update needs beside its parameters, counted from what autograd keeps."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from batchwright.measure.saved import saved_storages, storage_bytes
from batchwright.task.task import Task
from batchwright.training.gradient import GradientEngine
from batchwright.training.spec import RunSpec

_SIZES = 2, 4


def activation_bytes_per_example(model: nn.Module, task: Task, spec: RunSpec) -> float | None:
    """Bytes an example of the batch itself and of all that the backward pass keeps of its forward pass.

    The difference between 2 and 4 examples, so that parameters, which autograd keeps as well, drop out. None
    for fewer than four examples, and where the model cannot run so few.
    """
    if len(task.train) < _SIZES[1]:
        return None
    engine = GradientEngine(model, task, spec.seed, spec.autocast or task.autocast)
    device, dtype = next((p.device, p.dtype) for p in model.parameters())
    try:
        data = task.train.subset(torch.arange(_SIZES[1])).to(device, dtype)
        small, large = (_kept_bytes(engine, data.gather(torch.arange(n), seed=0)) for n in _SIZES)
    except Exception:
        return None
    return max(0.0, (large - small) / (_SIZES[1] - _SIZES[0]))


def _kept_bytes(engine: GradientEngine, batch: tuple[Any, Any]) -> int:
    """Bytes of the batch and of the tensors saved for the backward pass, each storage once."""
    own = storage_bytes([leaf for leaf in pytree.tree_leaves(batch) if isinstance(leaf, Tensor)])
    return sum((own | saved_storages(lambda: engine.losses(*batch))).values())
