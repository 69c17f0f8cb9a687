"""Errors in the reader's language. They are written in English where they arise, and recognised when shown.

    in_language("points must be 3 or more, got 2", "zh")

A language's folder beside this module has one module a layer, each with some of three dictionaries:

=============  =======================================================================================
``ERRORS``     English templates, ``{}`` for every value, each with its translation, which takes the values
               by their place: ``{"points must be {} or more, got {}": "points 不能小于 {0}，现为 {1}"}``
``TAILS``      the same for what stands behind a message: ``: did you mean {}?``
``LIBRARIES``  templates of what torch, pydantic, typer and the system say, and of words that the code puts
               together: ``must be greater than {}``
=============  =======================================================================================

Of the templates that fit a whole message the one with the most words of its own is taken. Its values may be
messages again, and are looked up in turn. What no template fits stays English.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import Any

from batchwright.report.text.language import ENGLISH, current_language
from batchwright.report.text.typesetting import joined

_FRAMES = {"{}: {}": "{0}: {1}", "{}; {}": "{0}; {1}", "{}. {}": "{0}. {1}", "{} ({})": "{0} ({1})"}
"""How messages are put together without a word: the parts are looked up, the signs stay."""
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|[\d.,e+-]*")
"""A text or a number that somebody typed: never looked up."""


def in_language(message: Any, language: str | None = None) -> Any:
    """An error's message in ``language``, by default the one in force; what is no text stays as it is."""
    language = language or current_language()
    if language == ENGLISH or not isinstance(message, str):
        return message
    return _translated(message, _known(language))


@dataclass(frozen=True)
class _Template:
    pattern: re.Pattern[str]
    translation: str

    def filled(self, match: re.Match[str], known: _Known, first: int = 0) -> str:
        """The translation with the values from the group after ``first`` on."""
        values = [_value(value, known) for value in match.groups()[first:]]
        line = ""
        for literal, place, *_ in Formatter().parse(self.translation):
            line = joined(line, literal)
            if place is not None:
                line = joined(line, values[int(place)])
        return line


@dataclass(frozen=True)
class _Known:
    phrases: dict[str, str]
    tails: tuple[_Template, ...]
    templates: tuple[_Template, ...]


def _translated(message: str, known: _Known) -> str:
    if message in known.phrases:
        return known.phrases[message]
    for tail in known.tails:
        if match := tail.pattern.fullmatch(message):
            return joined(_value(match[1], known), tail.filled(match, known, first=1))
    for template in known.templates:
        if match := template.pattern.fullmatch(message):
            return template.filled(match, known)
    return message


def _value(value: str, known: _Known) -> str:
    return value if _QUOTED.fullmatch(value) else _translated(value, known)


@cache
def _known(language: str) -> _Known:
    package = importlib.import_module(f"{__package__}.{language}")
    found: dict[str, dict[str, str]] = {"ERRORS": {}, "TAILS": {}, "LIBRARIES": {}}
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"{package.__name__}.{module.name}")
        for kind, entries in found.items():
            entries |= getattr(loaded, kind, {})
    sentences = found["LIBRARIES"] | found["ERRORS"]
    return _Known(
        phrases={english: words for english, words in sentences.items() if "{}" not in english},
        tails=_compiled(found["TAILS"], behind="(.+)"),
        templates=(*_compiled(sentences), *_compiled(_FRAMES)),
    )


def _compiled(entries: dict[str, str], behind: str = "") -> tuple[_Template, ...]:
    """Templates as patterns, those with the most letters of their own first."""
    ordered = sorted(entries, key=lambda english: -len(english.replace("{}", "")))
    return tuple(_Template(re.compile(behind + pattern(e), re.DOTALL), entries[e]) for e in ordered)


def pattern(english: str) -> str:
    """A template as a regular expression with one group a value.

    >>> pattern("step must be at least {}")
    'step\\\\ must\\\\ be\\\\ at\\\\ least\\\\ (.*?)'
    """
    return "(.*?)".join(map(re.escape, english.split("{}")))
