"""Every error has its words in every other language, and the words are found again by what was said."""

import importlib
import importlib.util
import pkgutil
from pathlib import Path
from string import Formatter

import pytest

from batchwright.report.text.language import ENGLISH, LANGUAGES

_SPEC = importlib.util.spec_from_file_location("error_messages", Path(__file__).with_name("messages.py"))
messages = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(messages)

OTHERS = sorted(set(LANGUAGES) - {ENGLISH})
FOUND = messages.templates_of_errors()


def entries(language, *kinds):
    """(module, kind, English, translation) of a language's dictionaries."""
    package = importlib.import_module(f"batchwright.report.text.errors.{language}")
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"{package.__name__}.{module.name}")
        for kind in kinds:
            for english, words in getattr(loaded, kind, {}).items():
                yield module.name, kind, english, words


ALL = [
    (language, *entry) for language in OTHERS for entry in entries(language, "ERRORS", "TAILS", "LIBRARIES")
]


def test_the_scan_sees_the_code():
    assert len(FOUND) > 350
    assert "unknown optimizer option {}" not in FOUND
    assert "step must be at least 0, got {}" in FOUND  # an f-string in a raise
    assert "unknown task {}" in FOUND  # the kind of what is unknown
    assert "class weights" in FOUND  # one side of a choice
    assert "workers must be at least 1{}, got {}" in FOUND  # with a choice inside


@pytest.mark.parametrize("language", OTHERS)
def test_every_error_has_its_words(language):
    known = {english for _, _, english, _ in entries(language, "ERRORS", "TAILS")}
    missing = [f"{places[0]}: {template}" for template, places in FOUND.items() if template not in known]
    assert missing == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_words_are_left_of_errors_that_are_gone(language):
    assert [english for _, _, english, _ in entries(language, "ERRORS") if english not in FOUND] == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_error_has_its_words_twice(language):
    all_of_it = [english for _, _, english, _ in entries(language, "ERRORS", "TAILS", "LIBRARIES")]
    assert sorted({english for english in all_of_it if all_of_it.count(english) > 1}) == []


@pytest.mark.parametrize(("language", "module", "kind", "english", "words"), ALL)
def test_words_take_every_value(language, module, kind, english, words):
    places = {int(name) for _, name, _, _ in Formatter().parse(words) if name is not None}
    assert places == set(range(english.count("{}")))
