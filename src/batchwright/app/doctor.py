"""What is installed and found; with a task, what in it would spoil a study, and the fix for each."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.signature import Asked, Option, front_door
from batchwright.core.errors import InputError, shown

if TYPE_CHECKING:
    from batchwright.app.answer import Answer

_TaskToExamine = Annotated[
    Any,
    Option("The task to examine, as for study; without one, the installation is.", metavar="[TASK]"),
]
_StrictDoctor = Annotated[
    bool, Option("Raise Inconclusive (exit with 3) where an error or a warning is found.", panel="Output")
]
_LIBRARIES = ("numpy", "scipy", "scikit-learn", "pydantic", "SQLAlchemy", "loky", "matplotlib", "pyarrow")
_OPTIONAL = {
    "lightning": ("lightning",), "transformers": ("transformers",), "accelerate": ("accelerate",), "ray": ("ray",),
    "postgresql": ("psycopg",), "tensorboard": ("tensorboard",), "mlflow": ("mlflow", "mlflow-skinny"),
    "wandb": ("wandb",), "optuna": ("optuna",),
}  # fmt: skip
"""Extra of this package -> the library that it installs, under each of its names."""


@front_door
def doctor(
    task: _TaskToExamine = None,
    *,
    target: o.TargetGiven = None,
    set: o.TaskSet = None,
    data: o.DataFolder = None,
    store: o.StorePath = None,
    strict: _StrictDoctor = False,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Find what in a task would spoil a study, with the fix for each; without a task, show what is installed.

    A task is tried for a few seconds, on copies: nothing is trained, and nothing of the caller's is changed.
    """
    if task is not None:
        return _of_task(task, target, o.TaskOptions(set=set, data=data), strict, progress, asked)
    for name, value in (("target", target), ("set", set), ("strict", strict or None)):
        if value is not None:
            raise InputError(
                f"{name} is for a task, and none was given: name one, as digits or file.py:function"
            )
    return _of_installation(data, store, progress, asked)


def _of_task(
    given: Any, target: Any, options: o.TaskOptions, strict: bool, progress: Any, asked: Asked
) -> Answer:
    from batchwright.app.answer import Answer, Inconclusive
    from batchwright.app.progress import watching
    from batchwright.app.task_given import subject_of, task_of

    with watching(progress, "task"):
        from batchwright.measure.checkup.examine import examine
        from batchwright.report.pages.checkup import checkup_page, finding_words
        from batchwright.task.target import as_target

        reference, live = task_of(given, options)
        found = examine(live, as_target(target, live))
        page = checkup_page(found, action=asked.action(subject_of(reference)))
        document = found.model_dump(mode="json")
        for row, one in zip(document["findings"], found.findings, strict=True):
            row |= {"found": finding_words(one, "found"), "fix": finding_words(one, "fix")}
        rows = [
            {name: row[name] for name in ("code", "severity", "found", "fix")} for row in document["findings"]
        ]
        answer = Answer(result=found, page=page, document=document, rows=lambda: rows)
    if strict and found.serious:
        raise Inconclusive(answer)
    return answer


def _of_installation(data: str | None, store: str | None, progress: Any, asked: Asked) -> Answer:
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
        "Optional": {extra: _first_version(names) for extra, names in _OPTIONAL.items()},
        "Devices": devices,
        "Tasks": {name: _task(name, data) for name in built_in_names()},
        "Store": _store(store),
    }


def _version(library: str) -> str | None:
    try:
        return importlib.metadata.version(library)
    except importlib.metadata.PackageNotFoundError:
        return None


def _first_version(names: tuple[str, ...]) -> str | None:
    return next(filter(None, map(_version, names)), None)


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
