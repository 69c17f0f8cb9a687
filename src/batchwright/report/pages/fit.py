"""The page of a fitted table: where each workload's critical batch size is, and how sure that is."""

from __future__ import annotations

import math

from batchwright.advice.table.result import FitResult, WorkloadFit
from batchwright.core.action import Action
from batchwright.core.numbers import MISSING, count, percent
from batchwright.report.draw.fit import draw_fit
from batchwright.report.page import Block, Facts, Figure, NextStep, Note, Page, Sentence
from batchwright.report.pages.fit_tables import measured_table, predicted_table, workloads_table
from batchwright.report.pages.parts import about, readings
from batchwright.report.pages.steps import again
from batchwright.report.text.catalogue import between, listed, say, text
from batchwright.report.text.estimates import with_interval

_READINGS = ("fit.reading.curve", "fit.reading.intervals", "fit.reading.left_out")


def fit_page(result: FitResult, *, action: Action | None = None) -> Page:
    """Every workload's curve and verdict, as a page.

    Args:
        result: the fitted table.
        action: what made it.
    """
    fits = result.workloads
    blocks: list[Block] = [
        *_answers(result),
        *(Note(text=words, role="caveat") for words in _caveats(result)),
        workloads_table(fits),
        Figure(
            name="fit",
            title=text("fit.figure.title"),
            takeaway=text("fit.figure.takeaway"),
            draw=lambda: draw_fit(result),
        ),
        measured_table(fits),
        *predicted_table(fits),
        Note(text=_how_read(result)),
        *(Note(text=words) for words in _advice(result)),
        *readings(_READINGS),
        *_next(result, action),
    ]
    return Page(
        title=text("fit.title", source=result.source),
        eyebrow=text("fit.eyebrow", source=result.source, count=result.rows),
        blocks=blocks,
        action=action,
        about=about(result),
    )


def _answers(result: FitResult) -> list[Block]:
    """The one workload's answer with its numbers, or how many follow the curve and then each of them."""
    fits = result.workloads
    if len(fits) == 1:
        return [Sentence(text=_answer(fits[0]), role="answer"), Facts(items=_facts(fits[0]))]
    following_it = sum(fit.verdict == "fits" for fit in fits)
    several = text("fit.several", fits=following_it, workloads=len(fits))
    return [
        Sentence(text=several, role="answer"),
        *(Sentence(text=text("fit.of_workload", workload=fit.workload, words=_answer(fit))) for fit in fits),
    ]


def _answer(fit: WorkloadFit) -> str:
    """What one workload's runs say of its critical batch size."""
    if fit.verdict == "does_not_follow":
        if fit.leave_one_out is None:
            return text("fit.does_not_follow")
        return text("fit.does_not_follow.by", error=fit.leave_one_out.median_abs_log_error)
    critical = fit.critical_batch
    if fit.verdict == "not_identifiable":
        sizes = [m.batch_size for m in fit.measured if m.steps or m.censored]
        values = {"smallest": sizes[0], "largest": sizes[-1]}
        bound = critical.one_sided_bound
        if bound is None:
            return text("fit.not_identifiable", **values)
        key = "fit.at_least" if bound.side == "at least" else "fit.at_most"
        return text(key, bound=bound.value, **values)
    interval = between(*(critical.interval or (None, None)))
    answer = {"critical": count(critical.value), "interval": interval}
    if fit.steps_min is None:
        return text("fit.fits.unbounded", **answer)
    if fit.examples_min is None and critical.exponent is not None:
        exponent = with_interval(critical.exponent.value, critical.exponent.interval)
        return text("fit.fits.exponent", steps=2 * fit.steps_min, exponent=exponent, **answer)
    if fit.examples_min is None:
        return text("fit.fits.unbounded", **answer)
    return text("fit.fits", steps=2 * fit.steps_min, examples=2 * fit.examples_min, **answer)


def _facts(fit: WorkloadFit) -> list[tuple[str, str]]:
    fits, error = fit.verdict == "fits", fit.leave_one_out
    return [
        (text("fit.fact.critical"), count(fit.critical_batch.value) if fits else MISSING),
        (text("fit.fact.interval"), between(*(fit.critical_batch.interval or (None, None)))),
        (text("fit.fact.overhead"), count(fit.definitions.overhead_20.value) if fits else MISSING),
        (text("fit.fact.left_out"), percent(None if error is None else error.median_abs_log_error)),
    ]


def _caveats(result: FitResult) -> list[str]:
    """What weakens the answers, each under its workload's name."""
    return [say(note) for note in result.notes] + [
        _named(result, fit, say(note)) for fit in result.workloads for note in fit.notes
    ]


def _advice(result: FitResult) -> list[str]:
    """What to measure where a verdict says too little."""
    return [_named(result, fit, say(step)) for fit in result.workloads for step in fit.next_steps]


def _named(result: FitResult, fit: WorkloadFit, words: str) -> str:
    if len(result.workloads) == 1 or not fit.workload:
        return words
    return text("fit.of_workload", workload=fit.workload, words=words)


def _how_read(result: FitResult) -> str:
    """Which column was read as what, in which unit."""
    columns = []
    for meaning, heading in result.columns.items():
        values = {"heading": repr(heading), "meaning": meaning}
        if meaning in result.units:
            unit = text(f"fit_table.unit.{result.units[meaning]}")
            columns.append(text("fit.column_in_unit", unit=unit, **values))
        else:
            columns.append(text("fit.column", **values))
    return text("fit.read", count=result.rows, source=result.source, columns=listed(columns))


def _next(result: FitResult, action: Action | None) -> list[NextStep]:
    """What was refused, asked for all the same; else other batch sizes from a curve that fits."""
    predictions = [row for fit in result.workloads for row in fit.predictions]
    if any(row.refused for row in predictions):
        return [NextStep(action=again(action, "fit", result.source, far=True), why=text("fit.next.far"))]
    only = result.workloads[0]
    if predictions or len(result.workloads) > 1 or only.verdict != "fits":
        return []
    sizes = _worth_predicting(only)
    return [NextStep(action=again(action, "fit", result.source, predict=sizes), why=text("fit.next.predict"))]


def _worth_predicting(fit: WorkloadFit) -> list[int]:
    """Powers of two about the critical batch size, within what the runs allow to predict."""
    low, high = fit.valid_range
    middle = round(math.log2(min(max(fit.critical_batch.value or low, low), high)))
    sizes = [2**k for k in range(max(middle - 1, 0), middle + 2) if low <= 2**k <= high]
    return sizes or [round(low)]
