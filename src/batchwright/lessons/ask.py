"""The verbs of the lessons: the list of them, one of them, all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.signature import Asked, Option, front_door
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.app.answer import Answer

Full = Annotated[bool, Option("The long form: all seeds, all sizes, the largest data installed.")]
RootSeed = Annotated[int, Option("Root of all random streams.")]


@front_door
def lesson(
    name: Annotated[str, Option("Which; lessons() lists them.", metavar="NAME")],
    *,
    full: Full = False,
    seed: RootSeed = 0,
    workers: o.Workers = None,
    files: o.FileOptions,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Run a lesson: put a claim about mini-batch training to the test, and judge it by what was measured."""
    from batchwright.app.answer import Answer
    from batchwright.app.files import check_files, with_files
    from batchwright.app.progress import watching
    from batchwright.core.action import Action
    from batchwright.lessons.catalogue import lesson_named
    from batchwright.lessons.lab import Lab
    from batchwright.report.pages.lesson import lesson_document, lesson_page

    check_files(files)
    chosen = lesson_named(name)
    with (
        watching(progress, "lesson") as watch,
        Lab(seed=seed, full=full, workers=workers, watch=watch) as lab,
    ):
        result = lab.lesson(name)
    action = Action(command="lessons", subject=name, arguments=asked.action(None).arguments)
    page = lesson_page(result, chosen.example, action=action)
    document = lesson_document(result)
    answer = Answer(result=result, page=page, document=document, rows=lambda: _rows([document]))
    return with_files(answer, files)


@front_door
def lessons(
    name: Annotated[str | None, Option("One of them; without, they are listed.", metavar="NAME")] = None,
    *,
    all: Annotated[bool, Option("Run them all.")] = False,
    full: Full = False,
    seed: RootSeed = 0,
    workers: o.Workers = None,
    files: o.FileOptions,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """List the lessons, run one, or run them all: claims about mini-batch training, put to the test."""
    if name is not None and all:
        raise InputError(f"`all` runs every lesson: drop it, or drop {name!r}")
    how: dict[str, Any] = {
        "full": full, "seed": seed, "workers": workers, "progress": progress, **vars(files),
    }  # fmt: skip
    if name is not None:
        return lesson(name, **how)
    return _all(files, full, seed, workers, progress, asked) if all else _list(files, asked)


def _list(files: o.FileOptions, asked: Asked) -> Answer:
    """The list, which takes no time."""
    from batchwright.app.answer import Answer
    from batchwright.app.files import check_files, with_files
    from batchwright.lessons.catalogue import LESSONS
    from batchwright.report.pages.lessons import list_page, listed_lessons

    check_files(files)
    rows = listed_lessons(LESSONS)
    page = list_page(rows, action=asked.action(""))
    return with_files(Answer(result=LESSONS, page=page, document={"lessons": rows}, rows=lambda: rows), files)


def _all(
    files: o.FileOptions, full: bool, seed: int, workers: int | None, progress: Any, asked: Asked
) -> Answer:
    """Every lesson in one lab, so that what several of them need is run once."""
    from batchwright.app.answer import Answer
    from batchwright.app.files import check_files, with_files
    from batchwright.app.progress import watching
    from batchwright.lessons.catalogue import LESSONS, lesson_named
    from batchwright.lessons.lab import Lab
    from batchwright.report.pages.lesson import lesson_document
    from batchwright.report.pages.lessons import lessons_page
    from batchwright.report.text.catalogue import text

    check_files(files)
    results = []
    with (
        watching(progress, "lesson") as watch,
        Lab(seed=seed, full=full, workers=workers, watch=watch) as lab,
    ):
        for place, name in enumerate(LESSONS):
            watch.phase(text("progress.lesson", name=name, place=place + 1, count=len(LESSONS)))
            results.append(lab.lesson(name))
    examples = {name: lesson_named(name).example for name in LESSONS}
    page = lessons_page(results, examples, action=asked.action(""))
    documents = [lesson_document(result) for result in results]
    answer = Answer(
        result=tuple(results), page=page, document={"lessons": documents}, rows=lambda: _rows(documents)
    )
    return with_files(answer, files)


def _rows(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row a measurement."""
    return [
        {
            "lesson": document["name"], "part": part["name"], "verdict": part["verdict"],
            "measurement": m["name"], "value": m["value"],
            "low": None if m["interval"] is None else m["interval"][0],
            "high": None if m["interval"] is None else m["interval"][1],
            "n": m["n"], "unit": m["unit"], **m["at"],
        }
        for document in documents
        for part in document["parts"]
        for m in part["measurements"]
    ]  # fmt: skip
