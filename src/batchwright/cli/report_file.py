"""``--report`` without a file: the report gets the command's name, here."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.app.signature import arguments_of
from batchwright.app.verbs import VERBS, verb

OPTION = "--report"


def with_report_file(words: Sequence[str]) -> list[str]:
    """The command line with a file behind a bare ``--report``, for commands that have this option.

    >>> with_report_file(["lessons", "--all", "--report"])
    ['lessons', '--all', '--report', 'lessons.html']
    >>> with_report_file(["noise", "digits", "--report", "--json"])
    ['noise', 'digits', '--report', 'noise.html', '--json']
    >>> with_report_file(["noise", "digits", "--report", "mine.html"])
    ['noise', 'digits', '--report', 'mine.html']
    """
    name = next((word for word in words if word in VERBS), None)
    if OPTION not in words or name is None or "report" not in {a.name for a in arguments_of(verb(name))}:
        return list(words)
    filled = []
    for word, after in zip(words, [*words[1:], "-"], strict=True):
        filled.append(word)
        if word == OPTION and after.startswith("-"):
            filled.append(f"{name}.html")
    return filled
