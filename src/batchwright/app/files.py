"""The files that an answer is written into on request: a figure, a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from batchwright.app.answer import DRAWINGS, PAGES, Answer
from batchwright.app.options import FileOptions
from batchwright.core.errors import InputError


def check_files(files: FileOptions) -> None:
    """Refuse another kind of file before the work is done."""
    for name, endings, shown in (
        ("figure", DRAWINGS, f"one of {', '.join(DRAWINGS)}"),
        ("report", PAGES, PAGES[0]),
    ):
        path = getattr(files, name)
        if path is not None and Path(path).suffix.lower() not in endings:
            raise InputError(f"{name} must end in {shown}, got {Path(path).name!r}")


def with_files(answer: Answer, files: FileOptions, *, figure: str | None = None) -> Answer:
    """The answer, written into the files that were asked for; its document names them.

    Args:
        answer: what to write.
        files: where to.
        figure: which of the page's figures; the first by default.
    """
    given = {"figure": files.figure, "report": files.report}
    written = {
        name: str(answer.save(path, figure=figure)) for name, path in given.items() if path is not None
    }
    named = {name: written.get(name) for name in given}
    return replace(answer, document={**answer.document, **named}, files=written)
