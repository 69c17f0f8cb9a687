"""The fragment for a notebook's cell: small, in inherited colours, with calls instead of command lines."""

import re

import numpy as np
import pytest

from batchwright.core.action import Action
from batchwright.report.page import Figure, NextStep, Page, Sentence
from batchwright.report.pages.advise import advise_page
from batchwright.report.pages.study import study_page
from batchwright.report.render.notebook import LIMIT_BYTES, page_fragment


@pytest.mark.parametrize("name", ["study", "inconclusive", "empty", "busy"])
def test_a_study_stays_small(cases, name):
    page = study_page(getattr(cases, name)(), cases.curves())
    fragment = page_fragment(page)
    assert len(fragment.encode()) < LIMIT_BYTES
    assert page.headline in fragment
    assert fragment.count("<svg") == (name != "empty")
    assert "<html" not in fragment


def test_colours_are_inherited(cases):
    fragment = page_fragment(advise_page(cases.advice()))
    assert "currentColor" in fragment
    assert not re.search(r"(?<![\w-])color:|background", fragment)


def test_two_results_in_one_notebook_share_no_ids(cases):
    page = study_page(cases.study())
    first, second = (set(re.findall(r' id="([^"]*)"', page_fragment(page))) for _ in range(2))
    assert first
    assert second
    assert not first & second


def test_next_steps_are_calls():
    step = NextStep(action=Action(command="study", arguments={"batch_sizes": [4, 8]}), why="Why.")
    fragment = page_fragment(Page(title="t", eyebrow="e", blocks=[Sentence(text="A.", role="answer"), step]))
    assert "<pre>bw.study(task, batch_sizes=[4, 8])</pre>" in fragment


def scatter_of(count):
    from matplotlib.figure import Figure as Drawing

    drawing = Drawing(figsize=(6.4, 5))
    drawing.subplots().scatter(*np.random.default_rng(0).random((2, count)), s=4)
    return drawing


def test_a_drawing_of_thousands_of_marks_becomes_a_picture():
    figure = Figure(name="many", title="Many <dots>", takeaway="So many.", draw=lambda: scatter_of(5000))
    fragment = page_fragment(
        Page(title="t", eyebrow="e", blocks=[Sentence(text="A.", role="answer"), figure])
    )
    assert 'alt="Many &lt;dots&gt;. So many."' in fragment
    assert "data:image/png;base64," in fragment
    assert len(fragment.encode()) < LIMIT_BYTES
