"""What reaches the terminal: pages, JSON documents, tables of runs, and one line for an error."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batchwright.app.answer import Answer


def put(answer: Answer, as_json: bool) -> None:
    """The answer on stdout: its document and nothing else, or its page and the files that were written."""
    if as_json:
        # Numbers that are not finite have become null before.
        sys.stdout.write(json.dumps(answer.document, indent=1, allow_nan=False, default=str) + "\n")
        return
    from batchwright.report.render.terminal import page_text
    from batchwright.report.text.catalogue import text

    files = dict(answer.files)
    report = files.pop("report", "")
    sys.stdout.write(page_text(answer.page, width=width(), styled=sys.stdout.isatty(), report=report))
    for kind, path in files.items():
        line(text(f"page.{kind}", path=path))


def width() -> int | None:
    """Columns of the terminal; None where the output goes into a pipe or a file, and nothing is wrapped."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def line(words: str = "") -> None:
    """One line on stdout."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def note(words: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def error_line(message: str, code: int = 1) -> int:
    """An error's line on stderr in the reader's language, and the exit code; by default a failed run's.

    Of torchrun's ranks the first to fail says it; the others follow.
    """
    from batchwright.core.torchrun import speaks
    from batchwright.report.text.errors.translate import in_language

    if not speaks():
        return code
    note(f"batchwright: {in_language(message)}")
    return code


_CONTINUES = "interrupted: finished runs are kept, and the same command continues"
_INTERRUPTED = {
    "study": _CONTINUES,
    "advise": _CONTINUES,
    "resume": _CONTINUES,
    "train": "interrupted: a checkpoint, where --checkpoint DIR was given, continues with --resume DIR",
}


def interrupted(command: str, code: int) -> int:
    """The line of a command that was asked to end, and its exit code."""
    return error_line(_INTERRUPTED.get(command, "interrupted"), code)
