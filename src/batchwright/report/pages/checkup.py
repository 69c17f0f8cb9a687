"""The page of a task's checkup: what would spoil a study, the gravest first, each with its fix."""

from __future__ import annotations

from batchwright.core.action import Action
from batchwright.core.numbers import count
from batchwright.measure.checkup.result import SEVERITIES, Checkup, TaskFinding
from batchwright.report.page import Block, Facts, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.parts import column, sentence_case
from batchwright.report.pages.steps import following
from batchwright.report.text.catalogue import has, text


def checkup_page(found: Checkup, *, action: Action | None = None) -> Page:
    """What was found in a task, as a page.

    Args:
        found: the checkup.
        action: what made it.
    """
    serious = len(found.serious)
    headline = (
        text("checkup.serious", count=serious, task=found.task)
        if serious
        else text("checkup.clean", task=found.task)
    )
    blocks: list[Block] = [Sentence(text=headline, role="answer"), Facts(items=_facts(found))]
    for one in found.findings:
        blocks += [
            Sentence(text=_named(one)),
            Sentence(text=text("checkup.fix_line", words=finding_words(one, "fix"))),
        ]
    if found.findings:
        blocks.append(_table(found))
    blocks.append(Note(text=text("checkup.looked_at", **found.looked_at.model_dump(), seconds=found.seconds)))
    if not found.double:
        blocks.append(Note(text=text("checkup.single")))
    if not any(one.severity == "error" for one in found.findings):
        step = following(action, "study", found.task, ("set", "data", "target"))
        blocks.append(NextStep(action=step, why=text("checkup.next.study")))
    eyebrow = text("checkup.eyebrow", task=found.task)
    return Page(title=eyebrow, eyebrow=eyebrow, blocks=blocks, action=action)


def finding_words(one: TaskFinding, part: str) -> str:
    """What was ``found``, or its ``fix``, in words."""
    key = f"checkup.{part}.{one.code}"
    variant = f"{key}.{_variant(one)}"
    return text(variant if has(variant) else key, **one.values)


def _variant(one: TaskFinding) -> str:
    """Which of several sentences of one code the numbers ask for; a word without a sentence where none does."""
    values = one.values
    if one.code == "splits_overlap":
        return "few" if one.severity == "note" else ""
    if values.get("error") == "not_finite":
        return "not_finite"
    if values.get("power") is not None:
        return "scaled"
    flags = [name for name in ("broadcast", "padded", "by_name", "batch_norm") if values.get(name) is True]
    return flags[0] if flags else str(values.get("where", ""))


def _named(one: TaskFinding) -> str:
    severity = sentence_case(text(f"checkup.severity.{one.severity}"))
    return text("checkup.line", severity=severity, words=finding_words(one, "found"))


def _facts(found: Checkup) -> list[tuple[str, str]]:
    tally = {s: sum(one.severity == s for one in found.findings) for s in SEVERITIES}
    return [(text(f"checkup.fact.{severity}s"), count(number)) for severity, number in tally.items()]


def _table(found: Checkup) -> Table:
    return Table(
        heading=text("checkup.table"),
        caption=text("checkup.table.caption"),
        columns=[
            column(text("checkup.column.code"), [one.code for one in found.findings]),
            column(
                text("checkup.column.severity"),
                [text(f"checkup.severity.{one.severity}") for one in found.findings],
            ),
        ],
        brief=False,
    )
