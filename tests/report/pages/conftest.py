"""A small model on digits after twenty updates, and what a reader gets from a page."""

import inspect
from dataclasses import dataclass
from html import unescape

import pytest
from rich.cells import cell_len

from batchwright.app.verbs import verb
from batchwright.report.page import Facts, Figure, NextStep, Note, Sentence, Table
from batchwright.report.render.actions import command_line
from batchwright.report.render.html import page_html
from batchwright.report.render.notebook import page_fragment
from batchwright.report.render.terminal import page_text
from batchwright.report.text.columns import written
from batchwright.task.load import load_task
from batchwright.task.task import TaskReference
from batchwright.training.loop import Run
from batchwright.training.spec import RunSpec

UPDATES = 20


@dataclass
class Point:
    """A live run after ``UPDATES`` updates, with its task and spec."""

    run: Run
    task: object
    spec: RunSpec
    options: dict

    def after(self, updates, **changes):
        """Another run of the same spec with changes, after so many updates."""
        run = Run(RunSpec.model_validate(self.spec.model_dump() | changes), self.task)
        while run.step < updates:
            run.update()
        return run


@pytest.fixture(scope="session")
def point():
    options = {"hidden": 4}
    reference = TaskReference(name="digits", options=options)
    task = load_task(reference)
    spec = RunSpec(
        task=reference, batch_size=32, budget={"steps": UPDATES}, optimizer={"name": "sgd", "lr": 0.1}
    )
    start = Point(Run(spec, task), task, spec, options)
    return Point(start.after(UPDATES), task, spec, options)


@dataclass
class Reading:
    """A page as its reader meets it."""

    page: object

    @property
    def answers(self):
        return [s.text for s in self.page.all(Sentence) if s.role == "answer"]

    @property
    def words(self):
        """All sentences and notes."""
        return " ".join(block.text for block in [*self.page.all(Sentence), *self.page.all(Note)])

    @property
    def caveats(self):
        return [note.text for note in self.page.all(Note) if note.role == "caveat"]

    @property
    def facts(self):
        return dict(self.page.all(Facts)[0].items)

    @property
    def steps(self):
        """Next steps as command lines."""
        return [command_line(step.action) for step in self.page.all(NextStep)]

    def column(self, heading, table=0):
        """The cells under a heading, its unit left out."""
        columns = written(self.page.all(Table)[table])
        return next(list(c.cells) for c in columns if c.heading.partition(" (")[0] == heading)


def check(page):
    """What holds for every page: it is complete, its names are unique, its numbers fit, its figures draw."""
    assert page.title
    assert page.eyebrow
    assert page.headline != page.title
    figures = page.all(Figure)
    assert len({figure.name for figure in figures}) == len(figures)
    for figure in figures:
        assert figure.draw().axes, figure.name
        assert figure.takeaway
    for table in [*page.all(Table), *(f.table for f in figures if f.table is not None)]:
        headings = [column.heading for column in table.columns]
        assert table.caption or table.heading, headings
        assert len(set(headings)) == len(headings), headings
        assert len({len(column.values) for column in table.columns}) == 1, headings
        assert all(column.like in ("", *headings) for column in table.columns)
        assert all(len(column.cells) == len(table.columns[0].values) for column in written(table))
    for facts in page.all(Facts):
        assert len(facts.items) <= 4
    for step in page.all(NextStep):
        assert step.why
        assert step.action.arguments.keys() <= inspect.signature(verb(step.action.command)).parameters.keys()
        assert None not in step.action.arguments.values()
    said = " ".join([b.text for b in [*page.all(Sentence), *page.all(Note)]])
    assert "{" not in said
    assert "None" not in said.replace("None of these", "")
    assert "nan" not in said.split()
    shown_everywhere(page)
    return Reading(page)


def shown_everywhere(page):
    """Terminal, page and notebook show it: the headline, whole words in 80 columns, a small fragment."""
    wide = page_text(page, width=80).splitlines()
    assert page_text(page).startswith(page.headline + "\n")
    assert max(cell_len(line) for line in wide if not line.startswith("Next: ")) <= 80
    fragment = page_fragment(page)
    for document in (page_html(page), fragment):
        assert page.headline in unescape(document)
    assert len(fragment.encode()) < 50_000


@pytest.fixture(scope="session")
def read():
    return check
