"""``batchwright doctor``: environment, devices, data sets found, tasks."""

from __future__ import annotations

import importlib.metadata
from typing import Any

from batchwright.cli import options as o


def doctor(data: o.Data = None, store: o.StoreOption = None, as_json: o.Json = False) -> int:
    """Show what is installed and found, and what is missing and how to get it."""
    from batchwright.cli.output import console, emit_json, table

    report = _examine(data, store)
    if as_json:
        emit_json(report)
        return 0
    for title, rows in report.items():
        shown = table(title, "")
        for name, value in rows.items():
            shown.add_row(name, str(value))
        shown.columns[1].justify = "left"
        console.print(shown)
        console.print()
    return 0


def _examine(data: str | None, store: str | None) -> dict[str, dict[str, Any]]:
    import torch

    from batchwright.core.errors import BatchwrightError, one_line
    from batchwright.study.store import Store, store_path
    from batchwright.task.catalogue import BUILT_IN, describe
    from batchwright.task.load import load_task
    from batchwright.task.task import TaskReference
    from batchwright.training.environment import environment

    devices = {"cpu": f"{torch.get_num_threads()} threads"}
    for i in range(torch.cuda.device_count()):
        devices[f"cuda:{i}"] = torch.cuda.get_device_name(i)
    tasks = {}
    for name in BUILT_IN:
        try:
            facts = describe(load_task(TaskReference(name=name, data_dir=data)))
            tasks[name] = (
                f"{facts['examples']} training examples, {facts['parameters']} parameters, "
                f"target {facts['target']}"
            )
        except BatchwrightError as error:
            tasks[name] = f"not available: {one_line(error)}"
    path = store_path(store)
    if path.exists():
        with Store(path) as opened:
            found = f"{path} ({len(opened.studies())} studies)"
    else:
        found = f"{path} (not there yet; the first study makes it)"
    libraries = {}
    for name in ("numpy", "scipy", "scikit-learn", "pydantic", "SQLAlchemy", "loky", "matplotlib", "pyarrow"):
        try:
            libraries[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            libraries[name] = "not installed" + (" (only for export to Parquet)" if name == "pyarrow" else "")
    return {
        "Environment": dict(environment()),
        "Libraries": libraries,
        "Devices": devices,
        "Tasks": tasks,
        "Store": {"path": found},
    }
