"""Pages as text: what comes first, what goes where it is narrow, and that no word is broken."""

import re

import pytest
from rich.cells import cell_len

from batchwright.core.action import Action
from batchwright.report.page import Column, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.advise import advise_page
from batchwright.report.pages.study import study_page
from batchwright.report.render.terminal import page_text, table_lines
from batchwright.report.render.wrapping import wrapped


@pytest.fixture(params=["study", "inconclusive", "empty", "busy", "advice"])
def page(cases, request):
    made = getattr(cases, request.param)()
    return advise_page(made) if request.param == "advice" else study_page(made)


def words_of(text):
    return re.sub(r"\x1b\[\d*m", "", text).split()


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_every_line_fits_and_no_word_is_broken(page, width):
    whole = set(words_of(page_text(page)))
    text = page_text(page, width=width)
    for line in text.splitlines():
        # A command is copied as it is; a word longer than the line stays whole; a table can shrink so far only.
        assert cell_len(line) <= max(width, 62) or line.startswith("Next: ")
    assert set(words_of(text)) <= whole | {"(µs)", "(ms)"}


@pytest.mark.parametrize("width", [80, 120])
def test_the_tables_fit_the_usual_terminals(page, width):
    for table in page.all(Table):
        assert all(cell_len(line) <= width for line in table_lines(table, width))


def test_the_order_is_answer_caveats_table_remarks_steps_report(cases):
    text = page_text(study_page(cases.inconclusive()), report="/tmp/r.html")
    marks = [
        "Inconclusive: ",
        "Note: ",
        "90% of the",
        "These runs cannot pin",
        "Study 3f9c2a71",
        "Next: ",
        "Report: ",
    ]
    places = [text.index(mark) for mark in marks]
    assert places[0] == 0
    assert places == sorted(places)
    assert text.endswith("Report: /tmp/r.html\n")


def test_a_pipe_gets_everything_whole(cases):
    text = page_text(study_page(cases.study()))
    headline = study_page(cases.study()).headline
    assert text.splitlines()[0] == headline
    for heading in ("learning rate", "90% of the steps", "time ÷ best", "examples"):
        assert heading in text


def test_only_a_terminal_is_bold(cases):
    page = study_page(cases.study())
    assert "\x1b" not in page_text(page, width=80)
    lines = page_text(page, width=80, styled=True).splitlines()
    assert lines[0].startswith("\x1b[1m")
    (best,) = [line for line in lines if line.endswith("best\x1b[0m")]
    assert best.startswith("\x1b[1m")


def table(**optional):
    columns = [Column(heading=name, values=["x" * 10], optional=rank) for name, rank in optional.items()]
    return Table(columns=columns)


def test_the_most_optional_column_goes_first():
    wide = table(kept=0, second=1, first=2)
    assert table_lines(wide, 34)[0].split() == ["kept", "second", "first"]
    assert table_lines(wide, 33)[0].split() == ["kept", "second"]
    assert table_lines(wide, 12)[0].split() == ["kept"]
    assert table_lines(wide, 3)[0].split() == ["kept"]


def test_headings_are_broken_before_a_column_goes():
    narrow = Table(columns=[
        Column(heading="a very long heading", values=[1.0], kind="count"),
        Column(heading="time of it", values=[0.002], kind="seconds", optional=1),
    ])  # fmt: skip
    assert len(table_lines(narrow, 80)) == 2
    lines = table_lines(narrow, 20)
    assert lines[-2].split() == ["heading", "(ms)"]
    assert lines[-1].split() == ["1", "2.00"]


def test_wide_characters_take_two_cells():
    lines = table_lines(
        Table(
            columns=[
                Column(heading="名", values=["数字任务", "a"]),
                Column(heading="n", values=[1, 2], kind="count"),
            ]
        ),
        None,
    )
    assert len({cell_len(line) for line in lines[1:]}) == 1


def test_words_longer_than_the_line_stay_whole():
    assert wrapped("see /a/very/long/path here", 10) == ["see", "/a/very/long/path", "here"]
    assert wrapped("", 10) == [""]


def test_what_a_terminal_leaves_to_the_page():
    page = Page(title="t", eyebrow="e", blocks=[
        Sentence(text="Answer.", role="answer"),
        Note(text="how to read", role="reading"),
        Table(columns=[Column(heading="h", values=["hidden"])], brief=False),
        Note(text="shown", role="remark"),
        NextStep(action=Action(command="study", subject="digits"), why="because"),
    ])  # fmt: skip
    assert page_text(page) == "Answer.\n\nshown\n\nNext: batchwright study digits\n      because\n"


def test_a_page_without_an_answer_has_its_title():
    assert page_text(Page(title="Only a title", eyebrow="", blocks=[])) == "Only a title\n"
