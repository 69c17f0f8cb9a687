"""Which language people are spoken to in: one for the process, or another inside a block.

Chosen by :func:`language`, else by the environment variable ``BATCHWRIGHT_LANGUAGE``, else by the locale, else
English. The process's choice is a plain variable, for a notebook runs every cell in a context of its own and a
new thread begins with an empty one; a block's choice is a context variable, so that two threads may speak two.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType

from batchwright.core.errors import BatchwrightWarning, InputError, shown, unknown_name

LANGUAGES = {"en": "en", "zh": "zh-Hans"}
"""Language -> its tag in an HTML page (BCP 47); each has a folder of this name beside this module."""
ENGLISH = "en"
VARIABLE = "BATCHWRIGHT_LANGUAGE"
_LOCALE = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The first of these that is set decides, as everywhere in POSIX."""

_of_process: str | None = None
_of_block: ContextVar[str | None] = ContextVar("language of a block", default=None)


def current_language() -> str:
    """The language in force here."""
    return _of_block.get() or _of_process or _from_environment()


def language(name: str) -> Spoken:
    """Speak this language from now on, or inside a ``with`` block alone.

        bw.language("zh")            # everything that is shown from here on
        with bw.language("en"):      # this block alone
            print(bw.show("digits"))

    Args:
        name: ``en`` or ``zh`` (Simplified Chinese); a locale's name such as ``zh_CN.UTF-8`` will do.

    Raises:
        InputError: a language that there is not.
    """
    global _of_process
    chosen = known_language(name)
    before = Spoken(chosen, _of_process, _of_block.get())
    _of_process = chosen
    if _of_block.get() is not None:
        _of_block.set(chosen)
    return before


class Spoken:
    """What :func:`language` returns: as a context manager it speaks the language until the block ends."""

    def __init__(self, name: str, of_process: str | None, of_block: str | None) -> None:
        self._name, self._of_process, self._of_block = name, of_process, of_block

    def __repr__(self) -> str:
        return f"language({self._name!r})"

    def __enter__(self) -> None:
        global _of_process
        _of_process = self._of_process
        _of_block.set(self._name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _of_block.set(self._of_block)


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Inside the block alone, in this thread alone."""
    token = _of_block.set(name)
    try:
        yield
    finally:
        _of_block.reset(token)


def known_language(name: str) -> str:
    """The language of a name or of a locale.

    Raises:
        InputError: there is none.

    >>> known_language("zh"), known_language("zh_CN.UTF-8"), known_language("EN-gb")
    ('zh', 'zh', 'en')
    """
    if not isinstance(name, str):
        raise InputError(f"a language must be one of {', '.join(LANGUAGES)}, got {shown(name)}")
    found = _family(name)
    if found not in LANGUAGES:
        raise unknown_name("language", name, LANGUAGES)
    return found


def preferred_language(environ: Mapping[str, str]) -> tuple[str, str | None]:
    """What an environment asks for, and the value that asks for a language which there is not.

    >>> preferred_language({"BATCHWRIGHT_LANGUAGE": "zh", "LANG": "en_US.UTF-8"})
    ('zh', None)
    >>> preferred_language({"LANG": "zh_CN.UTF-8"}), preferred_language({"LC_ALL": "C", "LANG": "zh_CN"})
    (('zh', None), ('en', None))
    >>> preferred_language({"BATCHWRIGHT_LANGUAGE": "tlh", "LANG": "zh_CN.UTF-8"})
    ('en', 'tlh')
    """
    if asked := environ.get(VARIABLE):
        found = _family(asked)
        return (found, None) if found in LANGUAGES else (ENGLISH, asked)
    locale = _family(next(filter(None, map(environ.get, _LOCALE)), ""))
    return (locale if locale in LANGUAGES else ENGLISH), None


def not_spoken(asked: str) -> str:
    """What is said of an environment that asks for a language which there is not."""
    return f"{VARIABLE} must be one of {', '.join(LANGUAGES)}, got {shown(asked)}: English is spoken"


def _from_environment() -> str:
    """The environment's choice, made once for the process."""
    global _of_process
    _of_process, unknown = preferred_language(os.environ)
    if unknown is not None:
        warnings.warn(not_spoken(unknown), BatchwrightWarning, stacklevel=2)
    return _of_process


def _family(name: str) -> str:
    """``zh`` of ``zh_Hans_CN.UTF-8``."""
    return name.strip().lower().replace("_", "-").partition(".")[0].partition("-")[0]
