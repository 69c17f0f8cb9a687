"""The language in force: for the process, inside a block, in threads, and of a page that outlives its block."""

import threading
import warnings

import pytest

import batchwright as bw
from batchwright.core.action import Action
from batchwright.core.errors import BatchwrightWarning, InputError
from batchwright.report.page import NextStep, Page, Sentence
from batchwright.report.render.html import page_html
from batchwright.report.render.notebook import page_fragment
from batchwright.report.render.terminal import page_text
from batchwright.report.text import language as module
from batchwright.report.text.catalogue import text
from batchwright.report.text.language import VARIABLE, current_language, language, speaking


def in_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found[0]


def test_it_is_exported_and_speaks_for_the_whole_process():
    assert bw.language is language
    bw.language("zh")
    assert current_language() == in_thread(current_language) == "zh"
    bw.language("en")
    assert current_language() == in_thread(current_language) == "en"


def test_a_block_ends_and_does_not_reach_other_threads():
    with bw.language("zh"):
        assert current_language() == "zh"
        assert in_thread(current_language) == "en"
        with bw.language("en"):
            assert current_language() == "en"
        assert current_language() == "zh"
    assert current_language() == "en"


def test_a_block_ends_by_an_error_too():
    with pytest.raises(ZeroDivisionError), bw.language("zh"):
        1 / 0  # noqa: B018
    assert current_language() == "en"


def test_a_choice_inside_a_block_holds_there():
    with speaking("zh"):
        bw.language("en")
        assert current_language() == "en"


@pytest.mark.parametrize("name", ["tlh", "", "zho", 3, None])
def test_a_language_that_there_is_not(name):
    with pytest.raises(InputError, match="en, zh"):
        bw.language(name)
    assert current_language() == "en"


def test_the_environment_is_asked_once(monkeypatch):
    monkeypatch.setattr(module, "_of_process", None)
    monkeypatch.setenv(VARIABLE, "tlh")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert [current_language() for _ in range(3)] == ["en"] * 3
    assert [(w.category, str(w.message)) for w in said] == [
        (BatchwrightWarning, "BATCHWRIGHT_LANGUAGE must be one of en, zh, got 'tlh': English is spoken")
    ]
    monkeypatch.setattr(module, "_of_process", None)
    monkeypatch.setenv(VARIABLE, "zh")
    assert current_language() == "zh"


def test_sentences_follow():
    assert text("common.and_two", first="1", second="2") == "1 and 2"
    with speaking("zh"):
        assert text("common.and_two", first="1", second="2") == "1 和 2"
        with pytest.raises(KeyError):
            text("no.such.key")


def test_errors_inside_sentences_follow_too():
    reason = "workers must be at least 1, got 0"
    assert text("executors.in_this_process", reason=reason).endswith("workers must be at least 1, got 0.")
    with speaking("zh"):
        assert (
            text("executors.in_this_process", reason=reason)
            == "全部运行只在本进程中进行：workers 必须不小于 1，实际为 0。"
        )


def test_a_page_keeps_the_language_it_was_made_in():
    with speaking("zh"):
        step = NextStep(action=Action(command="study", subject="digits"))
        page = Page(title="题", eyebrow="题", blocks=[Sentence(text="结论。", role="answer"), step])
    assert "下一步：batchwright study digits" in page_text(page)
    document = page_html(page)
    assert '<html lang="zh-Hans">' in document
    assert "下一步运行" in document
    assert ":lang(zh-Hans) body" in document
    assert 'lang="zh-Hans"' in page_fragment(page)
    english = Page(title="t", eyebrow="t", blocks=[Sentence(text="So.", role="answer"), step])
    with speaking("zh"):
        assert page_text(english).endswith("Next: batchwright study digits\n")
        assert '<html lang="en">' in page_html(english)
        assert 'lang="en"' in page_fragment(english)
