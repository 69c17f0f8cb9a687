"""Every lesson has its module, its words, its example; it stands on the front door alone."""

import pytest

from batchwright.core.errors import InputError
from batchwright.lessons.catalogue import LESSONS, lesson_named
from batchwright.report.pages.lesson import body_of, lesson_key
from batchwright.report.text.catalogue import templates

from .cases import PHENOMENA, WRITTEN, imports

ALLOWED = {
    "batchwright", "batchwright.advice.lesson", "batchwright.core.chart", "batchwright.core.remark",
    "batchwright.lessons.catalogue", "batchwright.lessons.judge", "batchwright.lessons.lab",
    "batchwright.lessons.timing", "batchwright.lessons.tuning",
}  # fmt: skip
TOLD = ("source", "claim", "experiment", "otherwise", "take")


def test_there_is_no_module_without_a_place_in_the_list():
    names = {path.stem.replace("_", "-") for path in PHENOMENA.glob("*.py")} - {"--init--"}
    assert names <= set(LESSONS)


@pytest.mark.parametrize("name", WRITTEN)
def test_a_lesson_stands_on_the_front_door(name):
    assert imports(name) <= ALLOWED


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", WRITTEN)
def test_a_lesson_has_its_words(name, language):
    strings = templates(language)
    assert [key for told in TOLD if (key := f"{lesson_key(name)}.{told}") not in strings] == []


@pytest.mark.parametrize("name", WRITTEN)
def test_an_example_is_short_and_complete(name):
    code = body_of(lesson_named(name).example)
    assert "import batchwright as bw" in code
    assert len(code.splitlines()) <= 18
    compile(code, name, "exec")


def test_an_unknown_lesson_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'bands'"):
        lesson_named("band")
