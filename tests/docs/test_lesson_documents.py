"""The documents of the lessons fit the lessons: same source, same words, every picture there."""

import json
from pathlib import Path

import pytest

from batchwright.lessons.catalogue import LESSONS
from batchwright.lessons.documents import RESULTS, documents, picture, source_digest, stored_results

FOLDER = Path(__file__).parents[2] / "docs" / "lessons"
KEPT = json.loads((FOLDER / RESULTS).read_text("utf-8"))
WRITTEN = {name: (words, figures) for name, words, figures in documents(stored_results(FOLDER))}


def test_every_lesson_is_documented():
    assert list(KEPT) == list(LESSONS)


@pytest.mark.parametrize("name", LESSONS)
def test_a_document_is_of_the_lesson_as_it_is(name):
    assert KEPT[name]["source"] == source_digest(name), (
        f"the lesson changed: python -m batchwright.lessons.documents docs/lessons --run {name}"
    )


@pytest.mark.parametrize("name", WRITTEN)
def test_a_document_says_what_the_lesson_found(name):
    words, figures = WRITTEN[name]
    assert (FOLDER / name).read_text("utf-8") == words, "python -m batchwright.lessons.documents docs/lessons"
    for figure in figures:
        assert (FOLDER / picture(name.removesuffix(".md"), figure)).stat().st_size > 1000
