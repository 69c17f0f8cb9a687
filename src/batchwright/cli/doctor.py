"""``batchwright doctor``: environment, devices, data sets found, tasks."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from batchwright.cli import options as o

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "pydantic", "SQLAlchemy", "loky", "matplotlib", "pyarrow")


def doctor(data: o.Data = None, store: o.StoreOption = None, as_json: o.Json = False) -> int:
    """Show what is installed and found, and what is missing and how to get it."""
    from batchwright.cli.output import emit_json, say

    report = _examine(data, store)
    if as_json:
        emit_json(report)
        return 0
    for title, rows in report.items():
        say(title, style="bold")
        for name, value in rows.items():
            say(f"  {name}: {_text(value)}")
    return 0


def _examine(data: str | None, store: str | None) -> dict[str, dict[str, Any]]:
    import torch

    from batchwright.task.catalogue import built_in_names
    from batchwright.training.environment import environment

    devices = {"cpu": f"threads of torch: {torch.get_num_threads()}"}
    for i in range(torch.cuda.device_count()):
        devices[f"cuda:{i}"] = torch.cuda.get_device_name(i)
    return {
        "Environment": dict(environment()),
        "Libraries": {name: _version(name) for name in _LIBRARIES},
        "Devices": devices,
        "Tasks": {name: _task(name, data) for name in built_in_names()},
        "Store": _store(store),
    }


def _version(library: str) -> str:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return "not installed" + (" (only export to Parquet needs it)" if library == "pyarrow" else "")


def _task(name: str, data: str | None) -> dict[str, Any] | str:
    """What a built-in task says of itself, or why it cannot be had."""
    from batchwright.core.errors import BatchwrightError, one_line
    from batchwright.task.catalogue import describe
    from batchwright.task.load import load_task
    from batchwright.task.task import TaskReference

    try:
        return describe(load_task(TaskReference(name=name, data_dir=data)))
    except BatchwrightError as error:
        return f"not available: {one_line(error)}"


def _store(location: str | None) -> dict[str, Any]:
    from batchwright.core.errors import StoreError, one_line
    from batchwright.study.stores.sqlite import Store, store_path

    path = store_path(location)
    if not path.exists():
        return {"path": f"{path} (not there yet; the first study makes it)"}
    try:
        with Store(path) as opened:
            return {"path": str(path), "studies": len(opened.studies())}
    except StoreError as error:
        return {"path": str(path), "problem": one_line(error)}


def _text(value: Any) -> str:
    """A task's facts as a phrase; anything else as it is."""
    from batchwright.cli.output import number

    if not isinstance(value, dict):
        return str(value)
    counts = " and ".join(f"{count:,} {split}" for split, count in value["examples"].items())
    goal = value["target"]
    return (
        f"{counts} examples, {_size(value['data_bytes'])}; {value['parameters']:,} parameters; "
        f"target {goal['split']} {goal['metric']} {number(goal['value'])}"
    )


def _size(num_bytes: int) -> str:
    from batchwright.cli.output import number

    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if num_bytes >= size:
            return f"{number(num_bytes / size, 2)} {unit}"
    return f"{num_bytes} bytes"
