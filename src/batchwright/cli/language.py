"""The language of one command: its option, wherever it stands on the line, else the environment's."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from batchwright.cli import output
from batchwright.core.errors import BatchwrightWarning, InputError, shown
from batchwright.report.text.language import LANGUAGES, known_language, not_spoken, preferred_language

OPTION = "--language"
HELP = "Language of what is said, en or zh; by default that of BATCHWRIGHT_LANGUAGE or of the locale."
LanguageOption = Annotated[
    str | None, typer.Option(OPTION, metavar="|".join(LANGUAGES), help=HELP, rich_help_panel="Output")
]
"""Read by :func:`asked_language` before the line is parsed, so that help and usage errors follow it too."""


def asked_language(words: Sequence[str]) -> str | None:
    """What the option says on this command line; the last one counts.

    >>> asked_language(["--language", "zh", "study", "digits"]), asked_language(["show", "a", "--language=en"])
    ('zh', 'en')
    >>> asked_language(["study", "digits"]), asked_language(["fit", "--", "--language", "zh"])
    (None, None)
    """
    asked = None
    for place, word in enumerate(words):
        if word == "--":
            break
        if word == OPTION:
            asked = next(iter(words[place + 1 :]), asked)
        elif word.startswith(f"{OPTION}="):
            asked = word.partition("=")[2]
    return asked


def chosen_language(words: Sequence[str], environ: Mapping[str, str]) -> tuple[str, InputError | None]:
    """The language to speak, and the error where the option names one that there is not.

    An environment that does so is told on stderr, and English is spoken.
    """
    asked = asked_language(words)
    preferred, unknown = preferred_language(environ)
    if asked is None:
        if unknown is not None:
            output.note(f"batchwright: {not_spoken(unknown)}")
        return preferred, None
    try:
        return known_language(asked), None
    except InputError:
        return preferred, InputError(f"{OPTION} must be one of {', '.join(LANGUAGES)}, got {shown(asked)}")


@contextmanager
def warnings_as_notes() -> Iterator[None]:
    """Say the warnings of this package as one line on stderr, without the code that they come from."""
    before = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        if issubclass(category, BatchwrightWarning):
            output.note(f"batchwright: {message}")
        else:
            before(message, category, *where, **more)

    with warnings.catch_warnings():
        warnings.simplefilter("always", BatchwrightWarning)
        warnings.showwarning = show
        yield
