"""The page of what a store holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from batchwright.core.action import Action
from batchwright.report.page import Block, NextStep, Page, Sentence, Table
from batchwright.report.pages.parts import column
from batchwright.report.pages.steps import given
from batchwright.report.text.catalogue import text

_FIRST = "digits"
"""The built-in task of a first study: it needs no files."""
_FINISHED = "complete"
_STATUS = {
    "complete": "studies.status.complete",
    "interrupted": "studies.status.interrupted",
    "running": "studies.status.running",
}


def studies_page(rows: Sequence[Mapping[str, Any]], *, action: Action | None = None) -> Page:
    """The stored studies, as a page.

    Args:
        rows: as ``Store.studies()`` lists them, newest first: ``study_id``, ``name``, ``task``, ``status``,
            ``runs``, ``seconds``, ``created``.
        action: what made it.
    """
    blocks: list[Block] = [Sentence(text=_headline(rows), role="answer")]
    if rows:
        blocks.append(_table(rows))
    return Page(
        title=text("studies.title"),
        eyebrow=text("studies.title"),
        blocks=[*blocks, _next(rows, action)],
        action=action,
    )


def _headline(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return text("studies.none")
    unfinished = sum(row["status"] != _FINISHED for row in rows)
    if not unfinished:
        return text("studies.all_finished", count=len(rows))
    return text("studies.some_finished", count=len(rows), unfinished=unfinished)


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    return Table(
        caption=text("studies.caption"),
        columns=[
            column(text("studies.column.study"), [row["study_id"] for row in rows]),
            column(text("studies.column.name"), [row["name"] for row in rows], optional=1),
            column(text("studies.column.task"), [row["task"] for row in rows], optional=3),
            column(text("studies.column.status"), [_status(row["status"]) for row in rows]),
            column(text("studies.column.runs"), [row["runs"] for row in rows], "count"),
            column(text("studies.column.spent"), [row["seconds"] for row in rows], "seconds", optional=2),
            column(text("studies.column.created"), [row["created"][:16].replace("T", " ") for row in rows]),
        ],
    )


def _status(code: str) -> str:
    """A study's status in words; one that a later version brings is shown as it is."""
    return text(_STATUS[code]) if code in _STATUS else code


def _next(rows: Sequence[Mapping[str, Any]], action: Action | None) -> NextStep:
    """A first study; else on with the newest that is not finished; else its answer."""
    store = given(action, "store")
    where = {} if store is None else {"store": store}
    if not rows:
        return NextStep(
            action=Action(command="study", subject=_FIRST, arguments=where), why=text("studies.next.first")
        )
    unfinished = next((row for row in rows if row["status"] != _FINISHED), None)
    command, row = ("show", rows[0]) if unfinished is None else ("resume", unfinished)
    why = text("studies.next.show") if unfinished is None else text("studies.next.resume")
    return NextStep(action=Action(command=command, subject=row["study_id"], arguments=where), why=why)
