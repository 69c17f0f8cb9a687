"""What the numbers say, in sentences computed from them: a takeaway a figure, and the critical batch."""

from __future__ import annotations

from batchwright.advice.result import AdviceResult, StudyResult
from batchwright.report.draw import grids, series
from batchwright.report.text import formats


def target_in_words(result: StudyResult) -> str:
    """The target of the study, as in ``validation loss 0.25``."""
    target = result.target
    value = target.get("value")
    shown = f"{value:g}" if isinstance(value, int | float) else str(value)
    return f"{target.get('split', 'validation')} {target.get('metric', 'loss')} {shown}"


def critical_batch_in_words(result: StudyResult) -> str:
    """The critical batch size, how sure it is, and what it means."""
    critical = result.critical_batch
    if critical.verdict == "does_not_follow":
        misfit = f" (they miss it by {critical.misfit:.0%})" if critical.misfit is not None else ""
        return (
            f"The steps to target do not follow the curve S(B) = S_min (1 + B_crit/B){misfit}, "
            "so no single critical batch size describes these runs; read the measured points instead."
        )
    if critical.identifiable and critical.value is not None:
        low, high = critical.interval or (None, None)
        sure = f" (90% interval {formats.between(low, high)})" if critical.interval else ""
        return (
            f"The critical batch size is about {formats.count(critical.value)}{sure}. Well below it, "
            "doubling the batch nearly halves the steps; well above it, a larger batch mostly costs more "
            "examples." + _at_the_critical_batch(result)
        )
    if critical.interval and any(end is not None for end in critical.interval):
        return (
            "These runs cannot pin the critical batch size down; they only say it is "
            f"{formats.between(*critical.interval)}."
        )
    if critical.points_used or critical.value is not None:
        return "These runs cannot tell what the critical batch size is."
    return "No curve was fitted: too few batch sizes reached the target."


def _at_the_critical_batch(result: StudyResult) -> str:
    critical = result.critical_batch
    text = ""
    if critical.steps_min is not None and critical.examples_min is not None:
        text += (
            " At it both costs are twice the least possible, "
            f"{formats.count(round(critical.steps_min))} steps and "
            f"{formats.count(round(critical.examples_min))} examples."
        )
    if critical.valid_range is not None:
        text += f" The fit holds for batch sizes {formats.between(*critical.valid_range, form=formats.size)}."
    return text


def seconds_takeaway(cost: series.CostSeries) -> str:
    """Where time to target is lowest, and what the ends of the range would cost."""
    best = cost.cheapest
    if best is None:
        return "No batch size reached the target often enough to time it."
    text = f"The lowest median is {formats.seconds(best.value)} {_at(best)}"
    return text + _at_the_ends(cost, best)


def steps_takeaway(cost: series.CostSeries) -> str:
    """How far the steps fall, against perfect scaling."""
    if len(cost.medians) < 2:
        return "Too few batch sizes reached the target to compare their steps."
    first, last = cost.medians[0], cost.medians[-1]
    growth = last.batch_size / first.batch_size
    return (
        f"A batch {formats.count(growth)} times as large takes {formats.count(first.value / last.value)} "
        f"times fewer steps: {formats.count(round(first.value))} {_at(first)}, "
        f"{formats.count(round(last.value))} {_at(last)}."
    )


def examples_takeaway(cost: series.CostSeries) -> str:
    """Up to which batch size examples are nearly free, and what the largest costs."""
    best = cost.cheapest
    if best is None:
        return "No batch size reached the target often enough to count its examples."
    cheap = [m.batch_size for m in cost.medians if m.value <= 1.2 * best.value]
    text = (
        f"Up to batch size {formats.size(max(cheap))} the examples stay within 20% of the least, "
        f"{formats.count(round(best.value))}"
    )
    return text + _at_the_ends(cost, best, only_last=True)


def _at_the_ends(cost: series.CostSeries, best: series.Median, *, only_last: bool = False) -> str:
    ends = cost.medians[-1:] if only_last else [cost.medians[0], cost.medians[-1]]
    parts = [
        f"batch size {formats.size(m.batch_size)} takes {formats.ratio(m.value / best.value)} that"
        for m in ends
        if m.batch_size != best.batch_size
    ]
    return f"; {' and '.join(parts)}." if parts else "."


def learning_rates_takeaway(rates: grids.LearningRateMap) -> str:
    """How the chosen rate moves with the batch, and where the search ran into its limits."""
    chosen = [cell for cell in rates.cells if cell.chosen]
    if not chosen:
        return "No learning rate reached the target at any batch size."
    first, last = chosen[0], chosen[-1]
    if first.lr == last.lr:
        text = f"The chosen rate is {formats.rate(first.lr)} at both ends of the range."
    else:
        text = (
            f"The chosen rate goes from {formats.rate(first.lr)} {_at(first)} "
            f"to {formats.rate(last.lr)} {_at(last)}."
        )
    edges = [cell.batch_size for cell in chosen if cell.on_edge]
    diverged = sorted({cell.batch_size for cell in rates.cells if cell.diverged})
    if edges:
        text += f" It sits on the edge of the searched rates at {formats.listed(edges)}."
    if diverged:
        text += f" Some runs diverged at {formats.listed(diverged)}."
    return text


def timing_takeaway(timing: grids.TimingSeries) -> str:
    """How a step's time grows and where throughput peaks."""
    first, last = timing.points[0], timing.points[-1]
    peak = max(timing.points, key=lambda p: p.examples_per_second)
    text = (
        f"A step takes {formats.seconds(first.seconds_per_step)} {_at(first)} "
        f"and {formats.seconds(last.seconds_per_step)} {_at(last)}; "
    )
    peak_text = f"{formats.short_count(peak.examples_per_second)} examples a second"
    if peak is last:
        return text + f"throughput is highest at the largest batch, {peak_text}."
    return text + f"throughput peaks {_at(peak)}, {peak_text}."


def loss_takeaway(losses: grids.LossCurves) -> str:
    """What is shown of how many runs, and who came furthest with the fewest examples."""
    leanest = min(losses.curves, key=lambda curve: curve.examples[-1])
    shown = len(losses.curves)
    part = f"{shown} of {losses.runs} runs" if shown < losses.runs else f"All {shown} runs"
    return (
        f"{part}, each to its end; the shortest, {_at(leanest)}, "
        f"ends after {formats.count(round(leanest.examples[-1]))} examples."
    )


def _at(point: series.Median | grids.LearningRateCell | grids.TimingPoint | grids.LossCurve) -> str:
    return f"at batch size {formats.size(point.batch_size)}"


def origin_of_steps(result: StudyResult) -> str:
    """Where the steps to target in the table come from."""
    if isinstance(result, AdviceResult):
        return "Steps are inferred from all runs together; most of them were stopped before the target."
    return "Steps come from confirmation seeds that took no part in choosing the learning rate."


def advice_cost_in_words(result: StudyResult) -> str:
    """What advice took and why it stopped there; nothing for a study."""
    if not isinstance(result, AdviceResult):
        return ""
    cost = result.cost
    trainings = ""
    if cost.trainings is not None:
        trainings = f", as long as {formats.count(cost.trainings)} trainings to the target"
    ended = f" It ended because {result.evidence.ended}." if result.evidence.ended else ""
    agreement = f" {result.evidence.agreement}" if result.evidence.agreement else ""
    return (
        f"{result.runs_executed} runs on {formats.count(cost.examples)} examples took "
        f"{formats.seconds(cost.seconds)}{trainings}.{ended}{agreement}"
    )
