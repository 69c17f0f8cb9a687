"""What is stored: the list of studies, and one study's answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.signature import Asked, Option, front_door
from batchwright.core.errors import StoreError

if TYPE_CHECKING:
    from batchwright.advice.result import StudyResult
    from batchwright.app.answer import Answer
    from batchwright.report.page import Page
    from batchwright.study.stores.contract import StudyRow
    from batchwright.study.stores.sql import SQLStore

StudyName = Annotated[
    str, Option("A study's id, the beginning of it, its name, or its task's name.", metavar="STUDY")
]


@front_door
def studies(*, store: o.StorePath = None, asked: Asked) -> Answer:
    """List the stored studies."""
    from batchwright.app.answer import Answer
    from batchwright.report.pages.studies import studies_page

    with opened(store) as kept:
        rows = [dict(row) for row in kept.studies()]
        page = with_damage(studies_page(rows, action=asked.action("")), kept)
    return Answer(result=tuple(rows), page=page, document=rows, rows=lambda: rows)


@front_door
def show(study: StudyName, *, store: o.StorePath = None, strict: o.Strict = False) -> Answer:
    """Show the answer of a stored study."""
    from batchwright.app.answer import Inconclusive

    with opened(store) as kept:
        answer = stored_answer(kept, kept.study(study), store)
    if strict and not answer.conclusive:
        raise Inconclusive(answer)
    return answer


def opened(store: str | None) -> SQLStore:
    """The store, which has to be there."""
    from batchwright.study.stores.choose import open_store

    return open_store(store, create=False)


def stored_answer(kept: SQLStore, row: StudyRow, store: str | None) -> Answer:
    """The answer of a finished study.

    Raises:
        StoreError: it is not finished; the message says how to continue it.
    """
    if row["result"] is None:
        from batchwright.core.action import Action
        from batchwright.report.render.actions import command_line
        from batchwright.study.stores.address import masked

        where = None if store is None else masked(store)
        again = Action(command="resume", subject=row["study_id"], arguments={"store": where})
        raise StoreError(
            f"study {row['study_id']} is not finished ({row['status']}): `{command_line(again)}` continues it"
        )
    result = result_of(row, kept)
    return study_answer(result, page_of(result, kept))


def result_of(row: StudyRow, kept: SQLStore) -> StudyResult:
    """The stored result of a study, or of advice.

    Raises:
        StoreError: it is damaged.
    """
    from batchwright.advice.result import AdviceResult, StudyResult
    from batchwright.study.stores.reading import parse

    kind = AdviceResult if row["kind"] == "advice" else StudyResult
    try:
        return parse(kind, row["result"] or "", f"the answer of study {row['study_id']} in {kept.location}")
    except StoreError as error:
        raise StoreError(
            f"{error}: its runs are kept and can be exported, and the command that made it concludes it anew"
        ) from None


def page_of(result: StudyResult, kept: SQLStore) -> Page:
    """The page of a study or of advice, with the curves that the store has."""
    from batchwright.advice.conclude import stored_curves
    from batchwright.advice.result import AdviceResult
    from batchwright.report.pages.advise import advise_page
    from batchwright.report.pages.study import study_page

    curves = stored_curves(result, kept.runs(result.study_id, curves=True))
    page = advise_page(result, curves) if isinstance(result, AdviceResult) else study_page(result, curves)
    return with_damage(page, kept)


def with_damage(page: Page, kept: SQLStore) -> Page:
    """The page, and on it what could not be read of the store."""
    from batchwright.report.page import Note
    from batchwright.report.text.catalogue import say

    notes = [Note(text=say(found), role="caveat") for found in kept.damage]
    return replace(page, blocks=[*page.blocks, *notes]) if notes else page


def study_answer(result: StudyResult, page: Page) -> Answer:
    """A study's result and page as an answer."""
    from batchwright.app.answer import Answer

    files = {} if result.report is None else {"report": result.report}
    return Answer(
        result=result,
        page=page,
        document=study_document(result, page),
        rows=lambda: [_flat(row) for row in result.model_dump(mode="json")["batch_sizes"]],
        files=files,
    )


def reported(result: StudyResult, store: SQLStore) -> Answer:
    """The answer of a study just made, with its report beside the store.

    A repetition that ran and timed nothing leaves the answer and the report that are there as they are.
    """
    from batchwright.report.render.html import write_page

    path = report_path(store, result.study_id)
    row = store.study(result.study_id)
    kept = None if row["result"] is None else result_of(row, store)
    page = page_of(result, store)
    if kept is None or kept.report is None or not path.exists():
        write_page(page, path)
        result = result.model_copy(update={"report": str(path)})
        store.keep_result(result.study_id, result.model_dump_json())
    return study_answer(result.model_copy(update={"report": str(path)}), page)


def report_path(store: SQLStore, study_id: str) -> Path:
    """Reports lie beside the store, or where a store would be by default if it is on a server."""
    return store.folder / f"{study_id}.html"


def runs_stored(store: str | None, study_id: str) -> int:
    """How many runs of a study are stored already; 0 without a store."""
    from batchwright.study.stores.versions import NoStoreError

    try:
        with opened(store) as kept:
            return len(kept.runs(study_id))
    except NoStoreError:
        return 0


def study_document(result: StudyResult, page: Page) -> dict[str, Any]:
    """The JSON of a study: its data, and beside it the sentences and command lines that are shown."""
    from batchwright.report.page import Note
    from batchwright.report.render.actions import typed

    shown = result.model_dump(mode="json")
    advice = result.recommendation
    shown["recommendation"] |= {
        "sentence": page.headline,
        "caveats": [note.text for note in page.all(Note) if note.role == "caveat"],
        "next_steps": [typed(step) for step in advice.next],
    }
    shown["command"] = "" if result.action is None else typed(result.action)
    return shown


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A batch size's row without what is no plain value."""
    steps = row.pop("steps_to_target")
    timing = row.pop("timing", None) or {}
    row |= {"steps_median": steps["median"], "steps_low": steps["low"], "steps_high": steps["high"]}
    row |= {f"step_seconds_{name}": timing[name] for name in ("low", "high") if name in timing}
    return {name: value for name, value in row.items() if not isinstance(value, (dict, list))}
