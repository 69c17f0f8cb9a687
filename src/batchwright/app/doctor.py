"""Environment, devices, data sets and store: what is there, and what is missing and how to get it."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Any

from batchwright.app import options as o
from batchwright.app.signature import Asked, front_door
from batchwright.core.errors import shown

if TYPE_CHECKING:
    from batchwright.app.answer import Answer

_LIBRARIES = ("numpy", "scipy", "scikit-learn", "pydantic", "SQLAlchemy", "loky", "matplotlib", "pyarrow")


@front_door
def doctor(
    *, data: o.DataFolder = None, store: o.StorePath = None, progress: o.ProgressGiven = True, asked: Asked
) -> Answer:
    """Show what is installed and found, and what is missing and how to get it."""
    from batchwright.app.answer import Answer
    from batchwright.app.progress import watching
    from batchwright.report.pages.doctor import doctor_page

    with watching(progress, "task"):
        found = _examined(data, store)
        rows = [
            {"section": title, "name": name, "value": value}
            for title, section in found.items()
            for name, value in section.items()
        ]
        page = doctor_page(found, action=asked.action(""))
        return Answer(result=found, page=page, document=found, rows=lambda: rows)


def _examined(data: str | None, store: str | None) -> dict[str, dict[str, Any]]:
    import torch

    from batchwright.report.text.catalogue import text
    from batchwright.task.catalogue import built_in_names
    from batchwright.training.environment import environment

    devices = {"cpu": text("doctor.threads", count=torch.get_num_threads())}
    for i in range(torch.cuda.device_count()):
        devices[f"cuda:{i}"] = torch.cuda.get_device_name(i)
    return {
        "Environment": dict(environment()),
        "Libraries": {name: _version(name) for name in _LIBRARIES},
        "Devices": devices,
        "Tasks": {name: _task(name, data) for name in built_in_names()},
        "Store": _store(store),
    }


def _version(library: str) -> str | None:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def _task(name: str, data: str | None) -> dict[str, Any] | str:
    """What a built-in task says of itself, or why it cannot be had."""
    from batchwright.core.errors import BatchwrightError, one_line
    from batchwright.report.text.errors.translate import in_language
    from batchwright.task.catalogue import describe
    from batchwright.task.load import load_task
    from batchwright.task.task import TaskReference

    try:
        return describe(load_task(TaskReference(name=name, data_dir=data)))
    except BatchwrightError as error:
        return in_language(one_line(error))


def _store(location: str | None) -> dict[str, Any]:
    from batchwright.core.errors import StoreError, one_line
    from batchwright.report.text.errors.translate import in_language
    from batchwright.study.stores.choose import open_store, place_of_store
    from batchwright.study.stores.versions import NoStoreError

    try:
        path = place_of_store(location)
    except StoreError as error:
        return {"path": shown(location), "problem": in_language(one_line(error))}
    try:
        with open_store(location, create=False) as opened:
            return {"path": path, "studies": len(opened.studies())}
    except NoStoreError:
        return {"path": path}
    except StoreError as error:
        return {"path": path, "problem": in_language(one_line(error))}
