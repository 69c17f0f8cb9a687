"""The pages of the lessons: their list, and all of them run, with the verdicts on top."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from batchwright.advice.lesson import VERDICTS, LessonResult
from batchwright.core.action import Action
from batchwright.core.numbers import duration
from batchwright.report.page import Block, Code, Column, NextStep, Page, Sentence, Table
from batchwright.report.pages.lesson import (
    body_of,
    figures,
    headline,
    lesson_key,
    measurements_table,
    number_name,
    parts_table,
    remarks,
    shown_value,
    verdict_word,
)  # fmt: skip
from batchwright.report.pages.parts import column
from batchwright.report.text.catalogue import listed, text


def listed_lessons(names: Sequence[str]) -> list[dict[str, str]]:
    """Every lesson's name, where its claim comes from, and the claim."""
    return [
        {"name": n, "source": text(f"{lesson_key(n)}.source"), "claim": text(f"{lesson_key(n)}.claim")}
        for n in names
    ]


def list_page(rows: Sequence[Mapping[str, str]], *, action: Action | None = None) -> Page:
    """The list of lessons, as a page.

    Args:
        rows: as :func:`listed_lessons` gives them.
        action: what made it.
    """
    table = Table(
        caption=text("lessons.list.caption"),
        columns=[
            column(text("lessons.column.name"), [row["name"] for row in rows]),
            column(text("lessons.column.source"), [row["source"] for row in rows], optional=1),
            column(text("lesson.column.claim"), [row["claim"] for row in rows]),
        ],
    )
    first = NextStep(
        action=Action(command="lessons", subject=rows[0]["name"]), why=text("lessons.next.single")
    )
    every = NextStep(
        action=Action(command="lessons", subject="", arguments={"all": True}), why=text("lessons.next.all")
    )
    return Page(
        title=text("lessons.title"),
        eyebrow=text("lessons.title"),
        blocks=[
            Sentence(text=text("lessons.list.headline", count=len(rows)), role="answer"), table, first, every,
        ],
        action=action,
    )  # fmt: skip


def lessons_page(
    results: Sequence[LessonResult],
    examples: Mapping[str, Callable[[], None]],
    *,
    action: Action | None = None,
) -> Page:
    """All lessons on one page: a table of verdicts, then each lesson.

    Args:
        results: what the lessons found, in order.
        examples: the code of each, by name.
        action: what made it.
    """
    blocks: list[Block] = [
        Sentence(text=_headline(results), role="answer"),
        Sentence(text=_of_parts(results), role="answer"),
        _verdicts(results),
    ]
    for result in results:
        blocks += _section(result, examples.get(result.name))
    first = results[0]
    return Page(
        title=text("lessons.title"),
        eyebrow=text("lessons.eyebrow", count=len(results)),
        blocks=blocks,
        action=action,
        about={
            text("about.took"): duration(sum(r.seconds for r in results)),
            text("lesson.about.seed"): str(first.seed),
            **first.environment,
        },
    )


def _headline(results: Sequence[LessonResult]) -> str:
    """How many claims hold, hold at times, do not, and cannot be told."""
    return text("lessons.headline", count=len(results), verdicts=_counted([r.verdict for r in results]))


def _of_parts(results: Sequence[LessonResult]) -> str:
    """The same of everything that the claims say."""
    parts = [part.verdict for result in results for part in result.parts]
    return text("lessons.parts", count=len(parts), verdicts=_counted(parts))


def _counted(verdicts: Sequence[str]) -> str:
    counts = Counter(verdicts)
    return listed([text(f"lessons.count.{v}", count=counts[v]) for v in VERDICTS if counts[v]])


def _verdicts(results: Sequence[LessonResult]) -> Table:
    """Claim, verdict and the number that decides."""
    firsts = [deciding(result) for result in results]
    return Table(
        caption=text("lessons.caption"),
        columns=[
            Column(
                heading=text("lessons.column.name"),
                values=[r.name for r in results],
                links=[r.name for r in results],
            ),
            column(text("lesson.column.claim"), [text(f"{lesson_key(r.name)}.claim") for r in results]),
            column(text("lesson.column.verdict"), [_verdict(r) for r in results]),
            column(
                text("lesson.column.decides"),
                [number_name(r.name, m) for r, m in zip(results, firsts, strict=True)],
                optional=2,
            ),
            column(text("lesson.column.value"), [shown_value(m) for m in firsts], optional=1),
        ],
    )


def _verdict(result: LessonResult) -> str:
    """The verdict; where it holds in part, of how many parts."""
    if result.verdict != "holds_when":
        return verdict_word(result.verdict)
    holds = sum(part.verdict == "holds" for part in result.parts)
    return text(
        "lessons.verdict.parts", verdict=verdict_word(result.verdict), holds=holds, count=len(result.parts)
    )


def deciding(result: LessonResult) -> Any:
    """The number that decides a lesson: that of the first part whose verdict is the lesson's, else of the first."""
    same = [part for part in result.parts if part.verdict == result.verdict]
    refuted = [part for part in result.parts if part.verdict == "does_not_hold"]
    return [*same, *refuted, *result.parts][0].measurements[0]


def _section(result: LessonResult, example: Callable[[], None] | None) -> list[Block]:
    key = lesson_key(result.name)
    section: list[Block] = [
        Sentence(
            text=headline(result),
            heading=text("lessons.section", name=result.name, verdict=verdict_word(result.verdict)),
            anchor=result.name,
        ),
        Sentence(text=text(f"{key}.experiment")),
        parts_table(result),
        *remarks(result),
        *figures(result, prefix=f"{result.name}-"),
        Sentence(text=text(f"{key}.otherwise")),
        Sentence(text=text(f"{key}.take")),
        measurements_table(result),
    ]
    if example is not None:
        section.append(Code(text=body_of(example)))
    return section
