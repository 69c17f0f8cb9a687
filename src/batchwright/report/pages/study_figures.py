"""The figures of a study's page: what each shows in words, its drawing, and the table behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from batchwright.advice.decide.sharp_ends import SharpEnds
from batchwright.advice.result import StudyResult
from batchwright.measure.estimate import Estimate
from batchwright.report.draw import grids, series
from batchwright.report.draw.cost import draw_cost
from batchwright.report.draw.ends import draw_ends
from batchwright.report.draw.learning_rates import draw_learning_rates
from batchwright.report.draw.loss import draw_loss
from batchwright.report.draw.timing import draw_timing
from batchwright.report.page import Block, Figure, Sentence, Table
from batchwright.report.pages.study_behind import (
    ends_table,
    loss_table,
    rates_table,
    runs_table,
    timing_table,
)
from batchwright.report.pages.study_facts import only_the_clock
from batchwright.report.pages.study_tables import seconds_heading
from batchwright.report.text.catalogue import chained, text
from batchwright.report.text.columns import Form, form_of, forms

_COSTS = {
    "seconds": ("time", series.seconds_series),
    "steps": ("steps", series.steps_series),
    "examples": ("examples", series.examples_series),
}
_NEAR = 1.2
"""Examples within this factor of the least count as nearly free."""


def study_figures(
    result: StudyResult, table: Table, curves: Sequence[Mapping[str, Any]] = ()
) -> Iterator[Block]:
    """Every figure that the study has data for, what the objective minimises first.

    Names: ``seconds``, ``steps``, ``examples`` (to target), ``learning-rates``, ``timing``, ``loss``,
    ``sharpness``.

    Args:
        result: the study's.
        table: of the answer, whose units the words take.
        curves: validation-loss curves of its runs.
    """
    first = "steps" if only_the_clock(result) else result.recommendation.objective
    for name, (objective, extract) in sorted(_COSTS.items(), key=lambda item: item[1][0] != first):
        if cost := extract(result):
            yield _cost_figure(result, name, objective, cost, table)
    if rates := grids.learning_rate_map(result):
        yield Figure(
            name="learning-rates",
            title=text("study.figure.learning_rates"),
            takeaway=rates_takeaway(rates),
            draw=lambda: draw_learning_rates(rates),
            table=rates_table(rates),
        )
    if timing := grids.timing_series(result):
        yield Figure(
            name="timing",
            title=text("study.figure.timing"),
            takeaway=timing_takeaway(timing, forms(table)[seconds_heading(result, "step")]),
            draw=lambda: draw_timing(timing),
            table=timing_table(timing),
        )
    if losses := grids.loss_curves(result, curves):
        yield Figure(
            name="loss",
            title=text("study.figure.loss"),
            takeaway=loss_takeaway(losses),
            draw=lambda: draw_loss(losses),
            table=loss_table(losses),
        )
    if result.sharpness is not None:
        yield from _sharpness(result.sharpness)


def _cost_figure(
    result: StudyResult, name: str, objective: str, cost: series.CostSeries, table: Table
) -> Figure:
    takeaway = {"seconds": seconds_takeaway, "steps": steps_takeaway, "examples": examples_takeaway}[name]
    heading = seconds_heading(result, name) if name == "seconds" else text(f"study.column.{name}")
    return Figure(
        name=name,
        title=text(f"study.figure.{name}"),
        takeaway=takeaway(cost, forms(table)[heading]),
        draw=lambda: draw_cost(cost),
        table=runs_table(result, objective),
    )


def seconds_takeaway(cost: series.CostSeries, form: Form) -> str:
    """Where time to target is lowest, and what the ends of the range would cost."""
    best = cost.cheapest
    if best is None:
        return text("study.seconds.none")
    values = {"value": form.phrase(best.value), "batch_size": best.batch_size}
    if ends := _beside(best, [cost.medians[0], cost.medians[-1]]):
        return text("study.seconds.takeaway.ends", ends=ends, **values)
    return text("study.seconds.takeaway", **values)


def steps_takeaway(cost: series.CostSeries, form: Form) -> str:
    """How far the steps fall as the batch grows."""
    if len(cost.medians) < 2:
        return text("study.steps.none")
    first, last = cost.medians[0], cost.medians[-1]
    return text(
        "study.steps.takeaway",
        growth=last.batch_size / first.batch_size,
        fewer=first.value / last.value,
        first=form.phrase(first.value),
        last=form.phrase(last.value),
        smallest=first.batch_size,
        largest=last.batch_size,
    )


def examples_takeaway(cost: series.CostSeries, form: Form) -> str:
    """Up to which batch size examples are nearly free, and what the largest costs."""
    best = cost.cheapest
    if best is None:
        return text("study.examples.none")
    near = max(m.batch_size for m in cost.medians if m.value <= _NEAR * best.value)
    values = {"largest": near, "value": form.phrase(best.value)}
    if ends := _beside(best, cost.medians[-1:]):
        return text("study.examples.takeaway.ends", ends=ends, **values)
    return text("study.examples.takeaway", **values)


def _beside(best: series.Median, ends: Sequence[series.Median]) -> list[str]:
    """What other batch sizes take, over the least."""
    return [
        text("study.ends.takes", batch_size=end.batch_size, ratio=end.value / best.value)
        for end in dict.fromkeys(ends)
        if end.batch_size != best.batch_size
    ]


def rates_takeaway(rates: grids.LearningRateMap) -> str:
    """How the chosen rate moves with the batch, and where the search ran into its limits."""
    chosen = [cell for cell in rates.cells if cell.chosen]
    if not chosen:
        return text("study.rates.none")
    first, last = chosen[0], chosen[-1]
    key = "study.rates.same" if first.lr == last.lr else "study.rates.moves"
    values = {"first": first.lr, "last": last.lr}
    words = [text(key, smallest=first.batch_size, largest=last.batch_size, **values)]
    if edges := [cell.batch_size for cell in chosen if cell.on_edge]:
        words.append(text("study.rates.edge", batch_sizes=edges))
    if diverged := sorted({cell.batch_size for cell in rates.cells if cell.diverged}):
        words.append(text("study.rates.diverged", batch_sizes=diverged))
    return chained("common.sentences", words)


def timing_takeaway(timing: grids.TimingSeries, form: Form) -> str:
    """How a step's time grows and where throughput peaks."""
    first, last = timing.points[0], timing.points[-1]
    peak = max(timing.points, key=lambda p: p.examples_per_second)
    key = "study.timing.peak.largest" if peak is last else "study.timing.peak"
    ends = text(
        "study.timing.takeaway",
        first=form.phrase(first.seconds_per_step),
        last=form.phrase(last.seconds_per_step),
        smallest=first.batch_size,
        largest=last.batch_size,
    )
    most = text(key, batch_size=peak.batch_size, throughput=round(peak.examples_per_second))
    return chained("common.sentences", [ends, most])


def loss_takeaway(losses: grids.LossCurves) -> str:
    """What is shown of how many runs, and who came to the end with the fewest examples."""
    leanest = min(losses.curves, key=lambda curve: curve.examples[-1])
    shown = len(losses.curves)
    return text(
        "study.loss.some" if shown < losses.runs else "study.loss.all",
        count=shown,
        runs=losses.runs,
        batch_size=leanest.batch_size,
        examples=round(leanest.examples[-1]),
    )


def _sharpness(found: SharpEnds) -> Iterator[Block]:
    """Did larger batches end in sharper points, with what such numbers cannot say."""
    yield Sentence(text=sharpness_words(found), heading=text("study.sharpness.heading"))
    yield Sentence(text=text("study.sharpness.caveat"), heading=text("study.sharpness.heading"))
    yield Figure(
        name="sharpness",
        title=text("study.figure.sharpness"),
        takeaway=text("study.sharpness.takeaway"),
        draw=lambda: draw_ends(found),
        table=ends_table(found),
    )


def sharpness_words(found: SharpEnds) -> str:
    """The verdict with the two powers of B that it rests on."""
    if found.eigenvalue_slope is None or found.keskar_slope is None:
        return text("study.sharpness.too_few")
    powers = {"eigenvalue": _power(found.eigenvalue_slope), "keskar": _power(found.keskar_slope)}
    return text(f"study.sharpness.{found.verdict}", numbers=text("study.sharpness.numbers", **powers))


def _power(slope: Estimate) -> str:
    form = form_of("number", [slope.value, slope.interval])
    return text("study.sharpness.power", value=form.phrase(slope.value), interval=form.phrase(slope.interval))
