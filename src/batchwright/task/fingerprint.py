"""A task's identity: a digest that changes when its options, its code or its data change."""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

from batchwright.task.data import Split, TensorSplit
from batchwright.task.task import Task, TaskReference

SAMPLED_ELEMENTS = 1_000_000
"""Elements of each tensor that are hashed, evenly strided: all of a small data set, some of a large one."""


def task_fingerprint(task: Task, reference: TaskReference, source: bytes = b"") -> str:
    """BLAKE2b over name and options, the user's source text, split sizes and data, 16 hex digits.

    The folder of a user's file and ``data_dir`` do not count: the same code and data elsewhere are the same
    task. Map-style data sets count by their length only, since reading every item may take minutes.

    Args:
        task: as built; a fingerprint that its author set is part of the digest.
        reference: how it was found.
        source: text of the file that defines it, for users' tasks.
    """
    digest = hashlib.blake2b(digest_size=8)
    identity = {
        "name": reference.name.replace("\\", "/").rpartition("/")[2],
        "options": {**task.options, **reference.options},
        "examples": reference.examples,
        "subset_seed": reference.subset_seed,
        "own": task.fingerprint,
    }
    digest.update(json.dumps(identity, sort_keys=True, default=lambda value: type(value).__name__).encode())
    digest.update(source)
    for name in ("train", "validation", "test"):
        split = getattr(task, name)
        if split is not None:
            digest.update(f"{name}:{len(split)}".encode())
            _add_data(digest, split)
    return digest.hexdigest()


def _add_data(digest: Any, split: Split) -> None:
    if not isinstance(split, TensorSplit):
        return
    for leaf in pytree.tree_leaves((split.inputs, split.targets)):
        digest.update(f"{leaf.dtype}{tuple(leaf.shape)}".encode())
        digest.update(_sample(leaf).cpu().view(torch.uint8).numpy().tobytes())


def _sample(leaf: Tensor) -> Tensor:
    """Up to :data:`SAMPLED_ELEMENTS` evenly strided elements, contiguous."""
    stride = math.ceil(leaf.numel() / SAMPLED_ELEMENTS)
    return leaf.detach().reshape(-1)[:: max(stride, 1)].contiguous()
