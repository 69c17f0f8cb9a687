"""The built-in tasks by name, and what a task is made of in numbers."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.utils import _pytree as pytree

from batchwright.core.errors import DataError, unknown_name
from batchwright.task.data import Split, TensorSplit
from batchwright.task.task import Task


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A built-in task: where its builder is, imported only when asked for."""

    module: str
    function: str
    summary: str
    source: str | None = None
    """Name in ``module`` of the data set on disk; None where the data are included or made."""


BUILT_IN = {
    "digits": Entry(
        module="batchwright.task.builtin.digits",
        function="digits",
        summary="scikit-learn's 8x8 handwritten digits, 1437 training examples, dense net",
    ),
    "fashion-mnist": Entry(
        module="batchwright.task.builtin.fashion_mnist",
        function="fashion_mnist",
        summary="28x28 images of clothes, 60,000 training examples, dense net or LeNet",
        source="FASHION_MNIST",
    ),
    "mnist": Entry(
        module="batchwright.task.builtin.fashion_mnist",
        function="mnist",
        summary="28x28 handwritten digits from your own IDX files, dense net or LeNet",
        source="MNIST",
    ),
    "least-squares": Entry(
        module="batchwright.task.builtin.least_squares",
        function="least_squares",
        summary="linear regression with a known minimiser",
    ),
    "squares": Entry(
        module="batchwright.task.builtin.squares",
        function="squares",
        summary="x to x^2 through two sigmoid layers of normal weights",
    ),
    "two-weights": Entry(
        module="batchwright.task.builtin.two_weights",
        function="two_weights",
        summary="(1 - w1 w2)^2, the smallest network with a saddle",
    ),
}


def builder(name: str) -> Callable[..., Task]:
    """The function that builds the built-in task ``name``.

    Raises:
        InputError: there is none of that name; with the nearest.
    """
    if name not in BUILT_IN:
        raise unknown_name("task", name, BUILT_IN)
    entry = BUILT_IN[name]
    function: Callable[..., Task] = getattr(importlib.import_module(entry.module), entry.function)
    return function


def catalogue(data_dir: str | None = None) -> list[dict[str, Any]]:
    """Every built-in task: ``name``, ``summary``, ``options`` with their defaults, ``available``, ``data``.

    ``data`` is the folder found, ``included``, or what to do where the files are missing. No data are read.
    """
    rows = []
    for name, entry in BUILT_IN.items():
        parameters = inspect.signature(builder(name)).parameters
        available, data = _locate(entry, data_dir)
        rows.append(
            {
                "name": name,
                "summary": entry.summary,
                "options": {key: p.default for key, p in parameters.items() if key != "data_dir"},
                "available": available,
                "data": data,
            }
        )
    return rows


def _locate(entry: Entry, data_dir: str | None) -> tuple[bool, str]:
    if entry.source is None:
        return True, "included"
    module = importlib.import_module(entry.module)
    try:
        return True, str(module.find_data(getattr(module, entry.source), data_dir))
    except DataError as error:
        return False, str(error)


def describe(task: Task) -> dict[str, Any]:
    """Size, parameters and memory of a task, for people and for JSON.

    Returns:
        ``name``, ``description``, ``examples`` (split -> count), ``input_shape`` of one example (a list, or
        the inputs' own structure of lists), ``parameters``, ``parameter_bytes``, ``data_bytes`` (all splits;
        an estimate from the first item for map-style data sets), ``target`` (its fields, or None),
        ``max_epochs`` and ``options``.
    """
    splits = {name: getattr(task, name) for name in ("train", "validation", "test")}
    splits = {name: split for name, split in splits.items() if split is not None}
    parameters = [p for p in task.build_model(0).parameters() if p.requires_grad]
    inputs, _ = task.train.gather(torch.tensor([0]), seed=0)
    return {
        "name": task.name,
        "description": task.description,
        "examples": {name: len(split) for name, split in splits.items()},
        "input_shape": pytree.tree_map(
            lambda leaf: list(leaf.shape[1:]) if isinstance(leaf, torch.Tensor) else None, inputs
        ),
        "parameters": sum(p.numel() for p in parameters),
        "parameter_bytes": sum(p.nbytes for p in parameters),
        "data_bytes": sum(_data_bytes(split) for split in splits.values()),
        "target": task.target.model_dump() if task.target else None,
        "max_epochs": task.max_epochs,
        "options": dict(task.options),
    }


def _data_bytes(split: Split) -> int:
    if isinstance(split, TensorSplit):
        return _tensor_bytes((split.inputs, split.targets))
    return len(split) * _tensor_bytes(split.gather(torch.tensor([0]), seed=0))


def _tensor_bytes(tree: Any) -> int:
    return sum(leaf.nbytes for leaf in pytree.tree_leaves(tree) if isinstance(leaf, torch.Tensor))
