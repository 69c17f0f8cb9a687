"""A study's answer in words: the recommendation with the number that decides, and the critical batch size."""

from __future__ import annotations

from batchwright.advice.result import CriticalBatch, StudyResult
from batchwright.report.page import Table
from batchwright.report.pages.study_facts import best_row, cost_of, only_the_clock, per_step, suspect
from batchwright.report.pages.study_tables import cost_heading
from batchwright.report.text.catalogue import chained, say, text
from batchwright.report.text.columns import Form, forms
from batchwright.report.text.estimates import with_interval
from batchwright.study.result import BatchSizeResult


def study_headline(result: StudyResult, table: Table) -> str:
    """The answer in one sentence, its cost written as in ``table``."""
    best = result.recommendation
    row = best_row(result)
    if best.verdict == "inconclusive":
        return _inconclusive(result, row)
    if row is None:
        return text("study.inconclusive", doubt=text("study.nothing_reached"))
    return text(
        "study.answer",
        choice=_choice(row),
        cost=_cost(row, best.objective, cost_form(table, result)),
        why=text(f"study.why.{best.objective}"),
        as_good=_as_good(row.batch_size, best.batch_sizes, [r.batch_size for r in result.batch_sizes]),
    )


def tie_words(result: StudyResult, table: Table) -> list[str]:
    """Why the best is not the fastest row of the table, where it is not."""
    best = best_row(result)
    if best is None or result.recommendation.objective != "time":
        return []
    costs = {row.batch_size: cost_of(row, "time") for row in result.batch_sizes if not suspect(row)}
    known = {size: cost for size, cost in costs.items() if cost is not None}
    own, fastest = known.get(best.batch_size), min(known, key=lambda size: known[size], default=None)
    if own is None or fastest is None or known[fastest] >= own:
        return []
    value = cost_form(table, result).phrase(known[fastest])
    return [text("study.not_the_fastest", other=fastest, value=value, batch_size=best.batch_size)]


def cost_form(table: Table, result: StudyResult) -> Form:
    """How the answer's table writes what the objective minimises; the sentence over it does the same."""
    return forms(table).get(cost_heading(result), Form())


def target_words(result: StudyResult) -> str:
    """The target, as in ``validation loss 0.25``."""
    return text("study.target", **{"split": "validation", "metric": "loss", **result.target})


def _inconclusive(result: StudyResult, row: BatchSizeResult | None) -> str:
    """The strongest reason and the best guess; of a busy machine, what it leaves untouched."""
    critical = result.critical_batch
    if row is not None and only_the_clock(result):
        if critical.identifiable:
            return text("study.clock.critical", critical=critical.value, choice=_choice(row))
        return text("study.clock", choice=_choice(row))
    doubts = result.recommendation.doubts
    doubt = say(doubts[0]).rstrip(".") if doubts else text("study.nothing_reached")
    if row is None:
        return text("study.inconclusive", doubt=doubt)
    return text("study.inconclusive.guess", doubt=doubt, choice=_choice(row))


def _choice(row: BatchSizeResult) -> str:
    key = "study.choice.no_rate" if row.lr is None else "study.choice"
    return text(key, batch_size=row.batch_size, lr=row.lr)


def _cost(row: BatchSizeResult, objective: str, form: Form) -> str:
    """Median cost to the target with the 90% interval that the confirmation seeds give it."""
    steps, factor = row.steps_to_target, per_step(row, objective)
    if steps.median is None or factor is None:
        return text("study.cost.unknown")
    value = form.phrase(steps.median * factor)
    if steps.low is None or steps.high is None:
        return text(f"study.cost.{objective}", value=value)
    interval = form.phrase((steps.low * factor, steps.high * factor))
    return text(f"study.cost.{objective}.interval", value=value, interval=interval)


def _as_good(best: int, members: tuple[int, ...], tried: list[int]) -> str:
    """The set that cannot be told from the best: a range where it has no holes."""
    if len(members) < 2:
        return text("study.as_good.none")
    if len(members) == sum(members[0] <= size <= members[-1] for size in tried):
        return text("study.as_good.range", low=members[0], high=members[-1])
    others = [size for size in members if size != best]
    return text("study.as_good.some", count=len(others), others=others)


def _critical_value(critical: CriticalBatch, estimate: float) -> str:
    """The value, and what it means under the exponent found."""
    value = with_interval(estimate, critical.interval)
    found = critical.exponent
    if found is None or found.value == 1.0 or critical.steps_min is None:
        return text("study.critical.fits", critical=value)
    exponent = with_interval(found.value, found.interval)
    factor = 2**found.value
    return text(
        "study.critical.exponent",
        critical=value,
        steps=round(critical.steps_min),
        factor=factor,
        exponent=exponent,
    )


def critical_words(critical: CriticalBatch) -> str:
    """The critical batch size, how sure it is, and what it means."""
    if critical.verdict == "does_not_follow":
        if critical.misfit is None:
            return text("study.critical.does_not_follow")
        return text("study.critical.misses", misfit=critical.misfit)
    if critical.identifiable and critical.value is not None:
        words = [_critical_value(critical, critical.value)]
        if critical.steps_min is not None and critical.examples_min is not None:
            minima = {"steps": round(critical.steps_min), "examples": round(critical.examples_min)}
            words.append(text("study.critical.minima", **minima))
        if critical.valid_range is not None:
            low, high = critical.valid_range
            words.append(text("study.critical.range", low=low, high=high))
        return chained("common.sentences", words)
    if critical.interval and any(end is not None for end in critical.interval):
        return text("study.critical.bounded", interval=critical.interval)
    if critical.points_used or critical.value is not None:
        return text("study.critical.unknown")
    return text("study.critical.no_fit")
