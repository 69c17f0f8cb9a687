"""The lessons as documentation: one Markdown file each, their pictures, and a table of verdicts.

    python -m batchwright.lessons.documents docs/lessons          # write the documents from results.json
    python -m batchwright.lessons.documents docs/lessons --run    # run the lessons first, in their short form

What the lessons found lies in ``results.json`` with a digest of each lesson's own source, so that a test can tell
documents that no longer fit.
"""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from batchwright.advice.lesson import LessonResult
from batchwright.core.canonical import digest
from batchwright.lessons.catalogue import LESSONS, lesson_named
from batchwright.lessons.lab import Lab
from batchwright.report.draw.files import save_figure
from batchwright.report.page import Figure, Table
from batchwright.report.pages.lesson import lesson_page
from batchwright.report.pages.lessons import lessons_page
from batchwright.report.render.markdown import page_markdown, table_markdown

RESULTS = "results.json"
INDEX = "README.md"


def run_lessons(folder: Path, names: Sequence[str] = LESSONS, *, workers: int | None = None) -> None:
    """Run lessons in their short form and keep what each found; those not named stay as they are."""
    path = folder / RESULTS
    folder.mkdir(parents=True, exist_ok=True)
    with Lab(workers=workers) as lab:
        for name in names:
            result = lab.lesson(name)
            kept = json.loads(path.read_text("utf-8")) if path.exists() else {}
            kept[name] = {"source": source_digest(name), "result": result.model_dump(mode="json")}
            ordered = {known: kept[known] for known in LESSONS if known in kept}
            path.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")
            print(f"{name}: {result.verdict}, {result.seconds:.0f} s", flush=True)


def source_digest(name: str) -> str:
    """Of the lesson's own module."""
    module = importlib.import_module(f"batchwright.lessons.phenomena.{name.replace('-', '_')}")
    return digest(Path(str(module.__file__)).read_text("utf-8"), size=8)


def stored_results(folder: Path) -> list[LessonResult]:
    """What the lessons found when they were last run for the documents."""
    kept = json.loads((folder / RESULTS).read_text("utf-8"))
    return [LessonResult.model_validate(entry["result"]) for entry in kept.values()]


def documents(results: Sequence[LessonResult]) -> Iterator[tuple[str, str, list[Figure]]]:
    """Every document: its file's name, its text, its pictures."""
    page = lessons_page(results, {})
    table = page.all(Table)[0]
    yield INDEX, f"# {page.title}\n\n{page.headline}\n\n{table_markdown(table)}\n", []
    for result in results:
        page = lesson_page(result, lesson_named(result.name).example)
        name = result.name
        yield f"{name}.md", page_markdown(page, partial(picture, name)), page.all(Figure)


def picture(lesson: str, figure: Figure) -> str:
    """The file of a lesson's picture."""
    return f"{lesson}-{figure.name}.svg"


def write(folder: Path) -> None:
    """Write every document and picture into a folder that has the results."""
    for name, words, figures in documents(stored_results(folder)):
        (folder / name).write_text(words, "utf-8")
        for figure in figures:
            save_figure(figure.draw(), folder / picture(name.removesuffix(".md"), figure))


def documents_command() -> None:
    """The command of the module's docstring."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--run", nargs="*", metavar="LESSON", help="run these first, all without a name")
    given = parser.parse_args()
    if given.run is not None:
        run_lessons(given.folder, given.run or LESSONS)
    write(given.folder)


if __name__ == "__main__":
    documents_command()
