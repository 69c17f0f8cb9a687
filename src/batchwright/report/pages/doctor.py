"""The page of what is installed and found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from batchwright.core.action import Action
from batchwright.core.numbers import number
from batchwright.report.page import Block, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.parts import column
from batchwright.report.text.catalogue import text

_FIRST, _TASKS, _STORE = "digits", "Tasks", "Store"
_SECTIONS = {
    "Environment": "doctor.section.environment",
    "Libraries": "doctor.section.libraries",
    "Devices": "doctor.section.devices",
    _TASKS: "doctor.section.tasks",
    _STORE: "doctor.section.store",
}
_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
Report = Mapping[str, Mapping[str, Any]]


def doctor_page(report: Report, *, action: Action | None = None) -> Page:
    """Environment, libraries, devices, tasks and store, as a page.

    Args:
        report: sections by title: ``Environment``, ``Libraries`` (a version, or None where not installed),
            ``Devices``, ``Tasks`` (what ``task.catalogue.describe`` says, or why the task cannot be had) and
            ``Store`` (``path``, ``studies`` where it is there, ``problem`` where it cannot be read).
        action: what made it.
    """
    blocks: list[Block] = [
        Sentence(text=_headline(report), role="answer"),
        *(Note(text=words, role="caveat") for words in _problems(report)),
        *(_section(title, rows) for title, rows in report.items()),
        NextStep(action=Action(command="advise", subject=_FIRST), why=text("doctor.next.advise")),
    ]
    return Page(title=text("doctor.title"), eyebrow=text("doctor.title"), blocks=blocks, action=action)


def _headline(report: Report) -> str:
    facts = report["Environment"]
    ready = sum(isinstance(task, Mapping) for task in report[_TASKS].values())
    devices, tasks = list(report["Devices"]), len(report[_TASKS])
    return text("doctor.ready", torch=facts["torch"], devices=devices, ready=ready, tasks=tasks)


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


def _section(title: str, rows: Mapping[str, Any]) -> Table:
    """One section's names and what was found; a store that is not there yet says so."""
    if title == _STORE and not rows.keys() & {"studies", "problem"}:
        rows = {**rows, "studies": text("doctor.no_store")}
    return Table(
        heading=text(_SECTIONS[title]),
        columns=[
            column(text("doctor.column.name"), list(rows)),
            column(text("doctor.column.found"), [_shown(title, value) for value in rows.values()]),
        ],
    )


def _shown(title: str, value: Any) -> str:
    """A task's facts as a phrase; why one is missing stands over the tables; anything else as it is."""
    if value is None:
        return text("doctor.not_installed")
    if not isinstance(value, Mapping):
        return text("doctor.missing") if title == _TASKS else str(value)
    counts = ", ".join(
        text("doctor.split", count=count, split=split) for split, count in value["examples"].items()
    )
    facts = {"counts": counts, "size": _size(value["data_bytes"]), "parameters": value["parameters"]}
    goal = value["target"]
    if goal is None:
        return text("doctor.task", **facts)
    target = text("doctor.target", split=goal["split"], metric=goal["metric"], value=goal["value"])
    return text("doctor.task_with_target", target=target, **facts)


def _size(num_bytes: int) -> str:
    """Size on disk, in the units of file managers.

    >>> _size(1_230_000), _size(12)
    ('1.2 MB', '12 bytes')
    """
    for size, unit in _UNITS:
        if num_bytes >= size:
            return f"{number(num_bytes / size, 2)} {unit}"
    return text("doctor.bytes", count=num_bytes)
