"""A task's identity: a digest that changes when its options, its code or its data change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import torch
from torch.utils import _pytree as pytree

from batchwright.task.code import digest_of, sampled_bytes
from batchwright.task.data import ItemSplit, Split, TensorSplit
from batchwright.task.given.model import FreshCopies
from batchwright.task.task import Task, TaskReference

SAMPLED_ITEMS = 64
"""Items of a data set read item by item that are hashed, evenly spaced."""


def task_fingerprint(task: Task, reference: TaskReference, sources: Iterable[bytes] = ()) -> str:
    """BLAKE2b over name and options, the user's source text, split sizes and data, 16 hex digits.

    The folder of a user's file and ``data_dir`` do not count: the same code and data elsewhere are the same
    task. Map-style data sets count by their length only, since reading every item may take minutes.

    Args:
        task: as built; a fingerprint that its author set is part of the digest.
        reference: how it was found.
        sources: texts of the file that defines it and of its own helpers, for users' tasks.
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
    for source in sources:
        digest.update(source)
    for name, split in _splits(task):
        digest.update(f"{name}:{len(split)}".encode())
        if isinstance(split, TensorSplit):
            _add_tensors(digest, split)
    return digest.hexdigest()


def code_fingerprint(task: Task) -> str:
    """The same for a task that no file defines: over the code of all its parts, and its data.

    Code counts by :func:`batchwright.task.code.digest_of`. Of a built module, which every run initialises
    anew, what its runs begin with counts: structure, buffers, frozen parameters. Data sets read item by item
    count by class, length and :data:`SAMPLED_ITEMS` items.

    Raises:
        NoDigestError: a part has no content to compare, with its name.
    """
    digest = hashlib.blake2b(digest_size=8)
    parts = {
        "model": task.model.blank() if isinstance(task.model, FreshCopies) else task.model,
        "loss": task.loss,
        "metrics": task.metrics,
        "schedule": task.schedule,
        "augment": task.augment,
        "forward": task.forward,
        "autocast": task.autocast,
        "options": dict(task.options),
        "own": task.fingerprint if task.reference is None else "",  # else it is one of these digests
    }
    for name, part in parts.items():
        digest.update(name.encode() + digest_of(part))
    for name, split in _splits(task):
        digest.update(f"{name}:{len(split)}".encode())
        if isinstance(split, TensorSplit):
            _add_tensors(digest, split)
        elif isinstance(split, ItemSplit):
            digest.update(digest_of(type(split.dataset), split.collate_fn))
            stride = -(-len(split) // SAMPLED_ITEMS)
            for i in range(0, len(split), stride):
                digest.update(digest_of(split.gather(torch.tensor([i]), seed=0)))
    return digest.hexdigest()


def _splits(task: Task) -> Iterable[tuple[str, Split]]:
    for name in ("train", "validation", "test"):
        split = getattr(task, name)
        if split is not None:
            yield name, split


def _add_tensors(digest: Any, split: TensorSplit) -> None:
    for leaf in pytree.tree_leaves((split.inputs, split.targets)):
        digest.update(f"{leaf.dtype}{tuple(leaf.shape)}".encode())
        digest.update(sampled_bytes(leaf))
