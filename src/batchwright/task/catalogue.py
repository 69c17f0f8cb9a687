"""The built-in tasks by name, and what a task is made of in numbers."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import pkgutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch.utils import _pytree as pytree

from batchwright.core.errors import DataError, unknown_name
from batchwright.task import builtin
from batchwright.task.data import Split, TensorSplit
from batchwright.task.task import Task


def built_in_names() -> list[str]:
    """Names of the built-in tasks, found by their files; none of them is imported."""
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(builtin.__path__))


def summary(name: str) -> str:
    """What a built-in task is, from the first line of its file."""
    spec = importlib.util.find_spec(f"{builtin.__name__}.{_stem(name)}")
    assert spec is not None
    text = Path(str(spec.origin)).read_text(encoding="utf-8")
    first = (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
    return first.partition(": ")[2].rstrip(".")


def builder(name: str) -> Callable[..., Task]:
    """The function that builds the built-in task ``name``.

    Raises:
        InputError: there is none of that name; with the nearest.
    """
    function: Callable[..., Task] = getattr(_module(name), _stem(name))
    return function


def catalogue(data_dir: str | None = None) -> list[dict[str, Any]]:
    """Every built-in task: ``name``, ``summary``, ``options`` with their defaults, ``available``, ``data``.

    ``data`` is the folder found, ``included``, or what to do where the files are missing. No data are read.
    """
    rows = []
    for name in built_in_names():
        parameters = inspect.signature(builder(name)).parameters
        available, data = _locate(_module(name), data_dir)
        rows.append(
            {
                "name": name,
                "summary": summary(name),
                "options": {key: p.default for key, p in parameters.items() if key != "data_dir"},
                "available": available,
                "data": data,
            }
        )
    return rows


def _module(name: str) -> ModuleType:
    names = built_in_names()
    if name not in names:
        raise unknown_name("task", name, names)
    return importlib.import_module(f"{builtin.__name__}.{_stem(name)}")


def _stem(name: str) -> str:
    return name.replace("-", "_")


def _locate(module: ModuleType, data_dir: str | None) -> tuple[bool, str]:
    if not hasattr(module, "find_data"):
        return True, "included"
    try:
        return True, str(module.find_data(data_dir))
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
