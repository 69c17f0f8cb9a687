"""The page of a diagnosed log: the gravest pattern first, each with its cause and what to change."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from batchwright.advice.diagnosis.finding import Diagnosis, Finding, SeriesFacts
from batchwright.core.action import Action
from batchwright.core.numbers import MISSING, count, percent
from batchwright.report.draw.diagnose import draw_diagnosis
from batchwright.report.page import Block, Facts, Figure, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.parts import column
from batchwright.report.pages.steps import again, given
from batchwright.report.text.catalogue import say, text


def diagnose_page(found: Diagnosis, *, action: Action | None = None) -> Page:
    """What a log shows, as a page.

    Args:
        found: the diagnosis.
        action: what made it.
    """
    findings = found.findings
    blocks: list[Block] = [
        Sentence(text=_headline(found), role="answer"),
        Facts(items=_facts(found)),
        *_about(findings[:1]),
        *(
            block
            for finding in findings[1:]
            for block in (Sentence(text=_named(finding, say(finding.headline))), *_about([finding]))
        ),
    ]
    if len(findings) > 1:
        blocks.append(_findings_table(findings))
    blocks += [_figure(found)] if found.drawings else []
    blocks += [_series_table(found.series), *(Note(text=say(note)) for note in found.notes)]
    if found.drawings and action is not None and action.subject and not given(action, "figure"):
        step = again(action, "diagnose", found.source, figure="loss.svg")
        blocks.append(NextStep(action=step, why=text("diagnose.next.figure")))
    return Page(
        title=text("diagnose.title", source=found.source),
        eyebrow=text("diagnose.eyebrow", source=found.source, format=found.format, count=found.lines),
        blocks=blocks,
        action=action,
    )


def _headline(found: Diagnosis) -> str:
    if found.findings:
        return _named(found.findings[0], say(found.findings[0].headline))
    losses = _losses(found)
    return text("diagnose.nothing", count=losses) if losses else text("diagnose.no_training")


def _losses(found: Diagnosis) -> int:
    return sum(one.length for one in found.series if one.role == "train" and not one.running_mean)


def _named(finding: Finding, words: str) -> str:
    return text("diagnose.of_run", run=finding.run, words=words) if finding.run else words


def _about(findings: Sequence[Finding]) -> list[Block]:
    """Why it is that and nothing else, where it comes from and what to change."""
    blocks: list[Block] = []
    for finding in findings:
        blocks.append(Sentence(text=text("diagnose.cause", words=say(finding.cause))))
        if finding.against:
            said = (say(one) for one in finding.against)
            reasons = reduce(lambda a, b: text("diagnose.reasons", first=a, second=b), said)
            blocks.append(Sentence(text=text("diagnose.against", words=reasons)))
        blocks.append(Sentence(text=text("diagnose.advice", words=say(finding.advice))))
    return blocks


def _facts(found: Diagnosis) -> list[tuple[str, str]]:
    first = found.findings[0] if found.findings else None
    period = first.period.lines if first is not None and first.period is not None else None
    return [
        (text("diagnose.fact.findings"), count(len(found.findings))),
        (text("diagnose.fact.losses"), count(_losses(found))),
        (text("diagnose.fact.epoch"), MISSING if period is None else count(period)),
        (text("diagnose.fact.confidence"), percent(None if first is None else first.confidence)),
    ]


def _findings_table(findings: Sequence[Finding]) -> Table:
    periods = [finding.period for finding in findings]
    columns = [
        column(text("diagnose.column.kind"), [text(f"diagnose.kind.{f.kind}") for f in findings]),
        column(text("diagnose.column.series"), [f.series for f in findings], optional=2),
        column(text("diagnose.column.period"), [p.lines if p else None for p in periods], "count"),
        column(text("diagnose.column.steps"), [p.steps if p else None for p in periods], "count", optional=1),
        column(text("diagnose.column.confidence"), [f.confidence for f in findings], "share"),
    ]
    if any(finding.run for finding in findings):
        columns.insert(1, column(text("diagnose.column.run"), [f.run for f in findings]))
    return Table(
        heading=text("diagnose.findings"), caption=text("diagnose.findings.caption"), columns=columns, brief=False
    )  # fmt: skip


def _series_table(series: Sequence[SeriesFacts]) -> Table:
    columns = [
        column(text("diagnose.column.series"), [one.name for one in series]),
        column(text("diagnose.column.role"), [_role(one) for one in series]),
        column(text("diagnose.column.length"), [one.length for one in series], "count"),
        column(text("diagnose.column.x"), [text(f"diagnose.x.{one.x}") for one in series]),
    ]
    if any(one.run for one in series):
        columns.insert(0, column(text("diagnose.column.run"), [one.run for one in series]))
    return Table(
        heading=text("diagnose.series"), caption=text("diagnose.series.caption"), columns=columns, brief=False
    )  # fmt: skip


def _role(one: SeriesFacts) -> str:
    role = text(f"diagnose.role.{one.role}")
    return text("diagnose.role.mean", role=role) if one.running_mean else role


def _figure(found: Diagnosis) -> Figure:
    first = found.drawings[0]
    takeaway = (
        text("diagnose.figure.takeaway.epoch")
        if first.by_epoch
        else text("diagnose.figure.takeaway.stretch", window=first.window)
    )
    return Figure(
        name="loss",
        title=text("diagnose.figure.title"),
        takeaway=takeaway,
        draw=lambda: draw_diagnosis(found.drawings),
    )
