"""The page of a lesson: the claim, the verdict on each of its parts with the number that decides it, the pictures."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import Any

from batchwright.advice.lesson import LessonResult, Measured, Part
from batchwright.core.action import Action
from batchwright.core.numbers import measured, number
from batchwright.core.remark import Remark
from batchwright.report.draw.chart import draw_panel
from batchwright.report.page import Block, Code, Figure, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.parts import about, column
from batchwright.report.text.catalogue import has, say, text
from batchwright.report.text.columns import form_of
from batchwright.report.text.estimates import with_interval

SECONDS, SHARES = "s", "1"
"""Units that are written in a way of their own, or not at all."""


def lesson_page(
    result: LessonResult, example: Callable[[], None] | None = None, *, action: Action | None = None
) -> Page:
    """One lesson, as a page.

    Args:
        result: the lesson that was run.
        example: the code for the reader to copy: the body of this function.
        action: what made it.
    """
    key = lesson_key(result.name)
    told = [
        Sentence(text=text(f"{key}.experiment"), heading=text("lesson.heading.experiment")),
        Sentence(text=text(f"{key}.otherwise"), heading=text("lesson.heading.otherwise")),
        Sentence(text=text(f"{key}.take"), heading=text("lesson.heading.take")),
    ]
    blocks: list[Block] = [
        Sentence(text=headline(result), role="answer"),
        parts_table(result),
        *remarks(result),
        *figures(result),
        *told,
        measurements_table(result),
    ]
    if example is not None:
        blocks.append(Code(text=body_of(example), heading=text("lesson.heading.code")))
    blocks.append(_next(result, action))
    return Page(
        title=text("lesson.title", name=result.name),
        eyebrow=text("lesson.eyebrow", name=result.name, source=text(f"{key}.source")),
        blocks=blocks,
        action=action,
        about=about(result, {text("lesson.about.seed"): str(result.seed)}),
    )


def lesson_document(result: LessonResult) -> dict[str, Any]:
    """The JSON of a lesson; a condition is given as data, with its sentence."""
    key = lesson_key(result.name)
    parts = [
        {
            "name": part.name, "claim": part_claim(result.name, part), "verdict": part.verdict,
            "condition": _condition(part.condition),
            "measurements": [m.model_dump(mode="json") for m in part.measurements],
        }
        for part in result.parts
    ]  # fmt: skip
    return {
        "name": result.name, "source": text(f"{key}.source"), "claim": text(f"{key}.claim"),
        "verdict": result.verdict, "condition": _condition(result.condition), "parts": parts,
        "experiment": text(f"{key}.experiment"), "otherwise": text(f"{key}.otherwise"),
        "take": text(f"{key}.take"), "notes": [say(note) for note in result.notes],
        "seed": result.seed, "full": result.full, "seconds": result.seconds,
        "panels": [panel.model_dump(mode="json") for panel in result.panels],
        "environment": result.environment,
    }  # fmt: skip


def lesson_key(name: str) -> str:
    """Where the words of a lesson are in the catalogue.

    >>> lesson_key("three-methods")
    'lesson.three_methods'
    """
    return f"lesson.{name.replace('-', '_')}"


def headline(result: LessonResult) -> str:
    """The verdict, and on what."""
    return text(f"lesson.headline.{result.verdict}", claim=text(f"{lesson_key(result.name)}.claim"))


def part_claim(name: str, part: Part) -> str:
    """What a part says."""
    return text(f"{lesson_key(name)}.part.{part.name}")


def remarks(result: LessonResult) -> list[Note]:
    """When the parts hold that hold at times, and what else is to be said."""
    when = [
        Note(text=text("lesson.when", claim=part_claim(result.name, part), condition=said(part.condition)))
        for part in result.parts
        if part.condition is not None
    ]
    return [*when, *(Note(text=say(note)) for note in result.notes)]


def said(condition: Remark) -> str:
    """A condition in words: choices by their names; the general one names a lesson's parts."""
    if condition.code != "lesson.condition.parts":
        named = {
            name: [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value
            for name, value in condition.values.items()
        }
        return text(condition.code, **named)
    key = lesson_key(condition.values["lesson"])
    named = {
        verdict: [text(f"{key}.part.{name}") for name in names]
        for verdict, names in condition.values.items()
        if verdict != "lesson"
    }
    holds = text("common.semicolon").join([*named["holds"], *named["holds_when"]])
    return text("lesson.condition.parts", holds=holds)


def parts_table(result: LessonResult) -> Table:
    """One row a part: what it says, the verdict, the number that decides it."""
    firsts = [part.measurements[0] for part in result.parts]
    return Table(
        caption=text("lesson.parts.caption"),
        columns=[
            column(text("lesson.column.claim"), [part_claim(result.name, part) for part in result.parts]),
            column(text("lesson.column.verdict"), [verdict_word(part.verdict) for part in result.parts]),
            column(text("lesson.column.decides"), [number_name(result.name, m) for m in firsts], optional=2),
            column(text("lesson.column.value"), [shown_value(m) for m in firsts]),
            column(text("lesson.column.n"), [m.n for m in firsts], "count", optional=1),
        ],
    )


def verdict_word(verdict: str) -> str:
    """A verdict in words."""
    return text(f"lesson.verdict.{verdict}")


def measurements_table(result: LessonResult) -> Table:
    """Every number that was measured, under the part that it belongs to."""
    rows = [(part, m) for part in result.parts for m in part.measurements]
    return Table(
        heading=text("lesson.heading.numbers"),
        caption=text("lesson.numbers.caption"),
        brief=False,
        columns=[
            column(text("lesson.column.number"), [number_name(result.name, m) for _, m in rows]),
            column(text("lesson.column.value"), [shown_value(m) for _, m in rows]),
            column(text("lesson.column.n"), [m.n for _, m in rows], "count"),
            column(text("lesson.column.part"), [part_claim(result.name, part) for part, _ in rows]),
        ],
    )


def number_name(lesson: str, found: Measured) -> str:
    """What a number is, with the setting at which it was measured."""
    name = text(f"{lesson_key(lesson)}.number.{found.name}")
    if not found.at:
        return name
    settings = [text("lesson.at", name=_setting(k), value=_plain(v)) for k, v in found.at.items()]
    return text("lesson.number_at", name=name, settings=text("common.comma").join(settings))


def _setting(name: str) -> str:
    key = f"lesson.setting.{name}"
    return text(key) if has(key) else name


def _plain(value: Any) -> str:
    if isinstance(value, str):
        key = f"lesson.choice.{value}"
        return text(key) if has(key) else value
    return f"{value:,}" if isinstance(value, int) else number(value)


def shown_value(found: Measured) -> str:
    """A value with its interval and unit."""
    if found.value is None:
        return measured(None)
    if found.unit == SECONDS:
        ends = found.interval
        form = form_of("seconds", [found.value] if ends is None else [found.value, ends])
        value = form.phrase(found.value)
        return (
            value if ends is None else text("lesson.value_interval", value=value, interval=form.phrase(ends))
        )
    shown = with_interval(found.value, found.interval)
    if found.unit in ("", SHARES):
        return shown
    key = f"lesson.unit.{found.unit}"
    return text("lesson.value_unit", value=shown, unit=text(key) if has(key) else found.unit)


def figures(result: LessonResult, prefix: str = "") -> list[Block]:
    """The pictures; ``prefix`` keeps the names of several lessons apart."""

    def figure(panel: Any) -> Figure:
        return Figure(
            name=f"{prefix}{panel.name}",
            title=say(panel.title),
            takeaway=say(panel.takeaway),
            draw=lambda: draw_panel(panel),
        )

    return [figure(panel) for panel in result.panels]


def body_of(example: Callable[[], None]) -> str:
    """The source of a function's body, without its docstring."""
    lines = textwrap.dedent(inspect.getsource(example)).splitlines()
    body = textwrap.dedent("\n".join(lines[1:])).strip()
    if body.startswith('"""'):
        body = body[3:].partition('"""')[2].strip()
    return body


def _condition(condition: Remark | None) -> dict[str, Any] | None:
    if condition is None:
        return None
    return {"code": condition.code, "values": dict(condition.values), "sentence": said(condition)}


def _next(result: LessonResult, action: Action | None) -> NextStep:
    if result.full:
        return NextStep(action=Action(command="lessons", subject=""), why=text("lesson.next.list"))
    again = action or Action(command="lessons", subject=result.name)
    return NextStep(action=again.with_arguments(full=True), why=text("lesson.next.full"))
