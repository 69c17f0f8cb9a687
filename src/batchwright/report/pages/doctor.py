"""The page of what is installed and found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batchwright.core.action import Action
from batchwright.report.page import Block, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.parts import column, machine
from batchwright.report.text.catalogue import text

_FIRST = "digits"
_ENVIRONMENT, _OPTIONAL, _TASKS, _STORE = "Environment", "Optional", "Tasks", "Store"
_SECTIONS = {
    _ENVIRONMENT: "doctor.section.environment",
    "Libraries": "doctor.section.libraries",
    _OPTIONAL: "doctor.section.optional",
    "Devices": "doctor.section.devices",
    _TASKS: "doctor.section.tasks",
    _STORE: "doctor.section.store",
}
Report = Mapping[str, Mapping[str, Any]]


def doctor_page(report: Report, *, action: Action | None = None) -> Page:
    """Environment, libraries, devices, tasks and store, as a page.

    Args:
        report: sections by title: ``Environment``, ``Libraries`` (a version, or None where not installed),
            ``Optional`` (the same by extra), ``Devices``, ``Tasks`` (what ``task.catalogue.describe`` says, or
            why the task cannot be had) and ``Store`` (``path``, ``studies`` where it is there, ``problem``
            where it cannot be read).
        action: what made it.
    """
    tables = [
        _tasks(rows) if title == _TASKS else _names(title, _with_state(rows) if title == _STORE else rows)
        for title, rows in report.items()
    ]
    blocks: list[Block] = [
        Sentence(text=_headline(report), role="answer"),
        *(Note(text=words, role="caveat") for words in _problems(report)),
        *tables,
        NextStep(action=Action(command="advise", subject=_FIRST), why=text("doctor.next.advise")),
    ]
    return Page(title=text("doctor.title"), eyebrow=text("doctor.title"), blocks=blocks, action=action)


def _headline(report: Report) -> str:
    facts, tasks = report[_ENVIRONMENT], report[_TASKS]
    ready = sum(isinstance(task, Mapping) for task in tasks.values())
    return text(
        "doctor.ready", torch=facts["torch"], devices=list(report["Devices"]), ready=ready, tasks=len(tasks)
    )


def _problems(report: Report) -> list[str]:
    """Tasks whose data are missing, and a store that cannot be read."""
    problems = [
        text("doctor.task_missing", name=name, reason=why)
        for name, why in report[_TASKS].items()
        if not isinstance(why, Mapping)
    ]
    store = report[_STORE]
    if "problem" in store:
        problems.append(text("doctor.store_problem", reason=store["problem"]))
    return problems


def _with_state(store: Mapping[str, Any]) -> Mapping[str, Any]:
    """A store that is not there yet says so; a problem with it stands over the tables."""
    if "problem" in store:
        shown = {name: value for name, value in store.items() if name != "problem"}
    else:
        shown = {"studies": text("doctor.no_store"), **store}
    return {text(f"doctor.store.{name}"): value for name, value in shown.items()}


def _names(title: str, rows: Mapping[str, Any]) -> Table:
    """A section of names, each with what was found."""
    names = list(machine(rows)) if title == _ENVIRONMENT else list(rows)
    found = [_missing(title, name) if value is None else str(value) for name, value in rows.items()]
    return Table(
        heading=text(_SECTIONS[title]),
        columns=[
            column(text("doctor.column.name"), names),
            column(text("doctor.column.found"), found),
        ],
    )


def _missing(title: str, name: str) -> str:
    """That a library is not installed, and how to get one that is optional."""
    how = f"pip install 'batchwright[{name}]'"
    return text("doctor.get", how=how) if title == _OPTIONAL else text("doctor.not_installed")


def _tasks(tasks: Mapping[str, Mapping[str, Any] | str]) -> Table:
    """What each built-in task has; why one is missing stands over the tables."""
    found = [task if isinstance(task, Mapping) else None for task in tasks.values()]

    def examples(split: str) -> list[int | None]:
        return [task["examples"].get(split) if task else None for task in found]

    return Table(
        heading=text(_SECTIONS[_TASKS]),
        columns=[
            column(text("doctor.column.name"), list(tasks)),
            column(text("doctor.column.train"), examples("train"), "count"),
            column(text("doctor.column.validation"), examples("validation"), "count", optional=1),
            column(
                text("doctor.column.data"),
                [t["data_bytes"] if t else None for t in found],
                "bytes",
                optional=2,
            ),
            column(
                text("doctor.column.parameters"), [t["parameters"] if t else None for t in found], "count"
            ),
            column(text("doctor.column.target"), [_target(task) for task in found]),
        ],
    )


def _target(task: Mapping[str, Any] | None) -> str:
    if task is None:
        return text("doctor.missing")
    goal = task["target"]
    if goal is None:
        return text("doctor.no_target")
    return text("doctor.target", split=goal["split"], metric=goal["metric"], value=goal["value"])
