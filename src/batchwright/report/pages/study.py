"""The page of a study: the answer, what weakens it, the table it rests on, and the figures behind that.

One statistic stands behind all of it: the median steps to target of a batch size, and seconds as the median
seconds a step times those.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from batchwright.advice.result import StudyResult
from batchwright.core.numbers import MISSING, measured, rate, size
from batchwright.core.remark import Remark
from batchwright.report.page import Block, Facts, NextStep, Note, Page, Sentence
from batchwright.report.pages.growth import growth_blocks, growth_steps
from batchwright.report.pages.parts import machine
from batchwright.report.pages.study_facts import only_the_clock, rows_of
from batchwright.report.pages.study_figures import study_figures
from batchwright.report.pages.study_tables import answer_table, easier_table, more_table
from batchwright.report.pages.study_words import critical_words, study_headline, target_words, tie_words
from batchwright.report.text.catalogue import between, say, text


def study_page(result: StudyResult, curves: Sequence[Mapping[str, Any]] = ()) -> Page:
    """A study's answer, as a page.

    Args:
        result: the study's.
        curves: validation-loss curves of its runs, one mapping a run; see ``draw.grids.loss_curves``.
    """
    return answer_page(result, curves, caption=text("study.table.caption"), made=_made(result))


def answer_page(
    result: StudyResult,
    curves: Sequence[Mapping[str, Any]],
    *,
    caption: str,
    made: str,
    evidence: Sequence[Block] = (),
) -> Page:
    """What the pages of a study and of advice share.

    Args:
        result: the answer.
        curves: loss curves of its runs.
        caption: where the steps of the answer's table come from.
        made: where it is stored and what was run for it.
        evidence: further blocks before the figures.
    """
    table = answer_table(result, caption)
    blocks: list[Block] = [
        Sentence(text=study_headline(result, table), role="answer"),
        *(Note(text=words, role="caveat") for words in _caveats(result)),
        Facts(items=_facts(result)),
        *([table] if result.batch_sizes else []),
        *(Sentence(text=words) for words in tie_words(result, table)),
        Sentence(text=critical_words(result.critical_batch), heading=text("study.critical.heading")),
        *([easier_table(result)] if result.recommendation.at_easier_targets else []),
        *(Sentence(text=words) for words in _missing(result)),
        *([] if result.growth is None else growth_blocks(result.growth)),
        *evidence,
        *_next(result),
        *([] if result.growth is None else growth_steps(result.growth, result.task, result.action)),
        *study_figures(result, table, curves),
        *([more_table(result)] if result.batch_sizes else []),
        *(Note(text=words) for words in _notes(result)),
        Note(text=made),
    ]
    return Page(
        title=_title(result),
        eyebrow=text(
            "study.eyebrow",
            task=result.task,
            target=target_words(result),
            objective=result.recommendation.objective,
        ),
        blocks=blocks,
        verdict="clock_in_doubt" if only_the_clock(result) else result.recommendation.verdict,
        action=result.action,
        about=machine(result.environment),
        details=_details(result),
    )


def _title(result: StudyResult) -> str:
    best = result.recommendation
    if best.verdict == "inconclusive" or best.batch_size is None:
        return text("study.title.inconclusive", task=result.task)
    return text("study.title.recommended", task=result.task, batch_size=best.batch_size)


def _caveats(result: StudyResult) -> list[str]:
    """Reasons against the answer that its sentence does not give, then what weakens any answer."""
    doubts = result.recommendation.doubts if only_the_clock(result) else result.recommendation.doubts[1:]
    return [*(_sentence(say(doubt)) for doubt in doubts), *map(say, result.recommendation.caveats)]


def _sentence(clause: str) -> str:
    """A reason as a sentence of its own."""
    return text("study.doubt", doubt=clause[:1].upper() + clause[1:].rstrip("."))


def _facts(result: StudyResult) -> list[tuple[str, str]]:
    """The four numbers under the answer."""
    best, critical = result.recommendation, result.critical_batch
    shown = measured(critical.value) if critical.identifiable else text("study.fact.not_identifiable")
    if not critical.identifiable and critical.interval and any(end is not None for end in critical.interval):
        shown = between(*critical.interval)
    names = [text("study.fact.batch_size"), text("study.fact.lr")]
    if best.verdict == "inconclusive":
        names = [text("study.fact.best_guess", name=name) for name in names]
    return [
        (names[0], MISSING if best.batch_size is None else size(best.batch_size)),
        (names[1], rate(best.lr)),
        (text("study.fact.as_good"), between(*best.interval, form=size) if best.interval else MISSING),
        (text("study.fact.critical_batch"), shown),
    ]


def _missing(result: StudyResult) -> list[str]:
    """What a reader would look for and not find."""
    if not any(row.steps_to_target.median is not None for row in result.batch_sizes):
        return [text("study.missing.costs")]
    if not any(row.seconds_per_step for row in result.batch_sizes):
        return [text("study.missing.seconds")]
    return []


def _next(result: StudyResult) -> list[NextStep]:
    """What to run next, and what the first of it is good for."""
    best = result.recommendation
    why = text("study.next.not_repeated" if best.verdict == "inconclusive" else "advice.next.confirm")
    if only_the_clock(result):
        why = text("study.next.idle")
    return [NextStep(action=action, why="" if place else why) for place, action in enumerate(best.next)]


def _notes(result: StudyResult) -> list[str]:
    """What is to be said of single batch sizes, those with the same to be said together."""
    by_note: list[tuple[Remark, list[int]]] = []
    for row in rows_of(result):
        if row.note is None:
            continue
        same = next((sizes for note, sizes in by_note if note == row.note), None)
        if same is None:
            by_note.append((row.note, [row.batch_size]))
        else:
            same.append(row.batch_size)
    return [
        text("study.note.at_all", note=say(note).rstrip("."))
        if len(sizes) == len(result.batch_sizes) > 1
        else text("study.note.at", count=len(sizes), batch_sizes=sizes, note=say(note).rstrip("."))
        for note, sizes in by_note
    ]


def _made(result: StudyResult) -> str:
    """Where it is stored and what it took."""
    key = "study.made.taken_over" if result.runs_taken_over else "study.made"
    return text(
        key,
        study_id=result.study_id,
        executed=result.runs_executed,
        reused=result.runs_reused,
        taken_over=result.runs_taken_over,
        took=result.seconds,
    )


def _details(result: StudyResult) -> list[tuple[str, str]]:
    if not result.spec:
        return []
    spec = json.dumps(result.spec, indent=2, ensure_ascii=False, default=str)
    return [(text("study.details.spec"), spec)]
