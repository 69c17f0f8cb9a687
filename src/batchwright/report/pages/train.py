"""The page of one run: how it ended, and how loss and metrics went."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from batchwright.core.action import Action
from batchwright.core.numbers import count, duration, measured
from batchwright.report.draw.runs import draw_runs, first_metric, run_curve
from batchwright.report.page import Block, Facts, Figure, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.parts import about, column
from batchwright.report.pages.steps import OPTIMIZER, RUN, TASK, again, following, given
from batchwright.report.text.catalogue import text
from batchwright.report.thinning import thinned
from batchwright.task.task import Target
from batchwright.training.record import Evaluation, RunResult, Status

_ROWS = 12
"""Evaluations listed; the document has them all."""
_SLOWER = 4.0
"""After a divergence, a learning rate so many times lower is proposed."""
_LONGER = 2
_SPLITS = ("train", "validation", "test")
_BUDGETS = ("epochs", "steps", "budget_examples", "seconds")


def train_page(result: RunResult, *, task: str | None = None, action: Action | None = None) -> Page:
    """One finished run, as a page.

    Args:
        result: the run.
        task: the task's name; by default as the run's spec names it.
        action: what made it.
    """
    name = result.spec.task.name if task is None else task
    blocks: list[Block] = [Sentence(text=_headline(result), role="answer"), Facts(items=_facts(result))]
    if result.evaluations:
        metric = first_metric(result)
        blocks += [
            evaluations_table(result.evaluations, _ROWS),
            Figure(
                name="run",
                title=text("train.figure.title"),
                takeaway=text("train.figure.takeaway"),
                draw=lambda: draw_runs([run_curve(result, name)], metric=metric),
            ),
        ]
    blocks += [*_remarks(result), *_next(result, name, action)]
    spec = result.spec
    return Page(
        title=text("train.title", task=name),
        eyebrow=text(
            "train.eyebrow",
            task=name,
            batch_size=spec.batch_size,
            optimizer=spec.optimizer.name,
            lr=spec.optimizer.lr,
        ),
        blocks=blocks,
        action=action,
        about=about(
            result,
            {
                text("train.about.evaluations"): duration(result.evaluation_seconds),
                text("train.about.seed"): str(spec.seed),
            },
        ),
    )


def _target_words(target: Target) -> str:
    return text("train.target", split=target.split, metric=target.metric, value=target.value)


def _headline(result: RunResult) -> str:
    """How the run ended, and where."""
    spent: dict[str, Any] = {
        "updates": result.updates,
        "examples": result.examples,
        "seconds": result.seconds,
    }
    target = result.spec.target
    match result.status:
        case Status.TARGET_REACHED if target is not None and result.steps_to_target is not None:
            steps = count(result.steps_to_target)
            return text("train.reached", target=_target_words(target), steps=steps, **spent)
        case Status.DIVERGED:
            return text("train.diverged", **spent)
        case Status.OUT_OF_MEMORY:
            return text("train.out_of_memory", **spent)
        case Status.FAILED:
            return text("train.failed", message=result.message, **spent)
    end = _end_words(result)
    if result.status is Status.STOPPED:
        return text("train.stopped", end=end, **spent)
    if target is None:
        return text("train.done", end=end, **spent)
    return text("train.missed", target=_target_words(target), end=end, **spent)


def _end_words(result: RunResult) -> str:
    """Loss and metrics of the last evaluation."""
    if not result.evaluations:
        return text("train.no_evaluation")
    last = result.evaluations[-1]
    parts = [text("train.value", metric="loss", value=measured(last.loss))]
    parts += [text("train.value", metric=n, value=measured(v)) for n, v in last.metrics.items()]
    return text("train.end", split=last.split, values=text("common.comma").join(parts))


def _facts(result: RunResult) -> list[tuple[str, str]]:
    rate = result.examples / result.seconds if result.seconds else None
    facts = [
        (text("train.fact.updates"), count(result.updates)),
        (text("train.fact.seconds"), duration(result.seconds)),
        (text("train.fact.throughput"), measured(rate)),
    ]
    if result.spec.target is not None:
        facts.insert(1, (text("train.fact.steps_to_target"), count(result.steps_to_target)))
    return facts


def evaluations_table(evaluations: Sequence[Evaluation], rows: int) -> Table:
    """Loss and metrics of each split after so many updates, one row an evaluation."""
    by_step: dict[int, dict[str, Evaluation]] = {}
    for evaluation in evaluations:
        by_step.setdefault(evaluation.step, {})[evaluation.split] = evaluation
    points = list(by_step.values())
    kept = [points[k] for k in thinned(len(points), rows)]
    firsts = [next(iter(point.values())) for point in kept]
    columns = [
        column(text("train.column.epoch"), [e.epoch for e in firsts], "number"),
        column(text("train.column.updates"), [e.step for e in firsts], "count"),
    ]
    splits = [split for split in _SPLITS if any(split in point for point in points)]
    for split in splits:
        found = [point.get(split) for point in kept]
        metrics = next(list(point[split].metrics) for point in points if split in point)
        columns.append(
            column(text("train.column.loss", split=split), [e.loss if e else None for e in found], "number")
        )
        columns += [
            column(
                text("train.column.metric", split=split, metric=metric),
                [e.metrics.get(metric) if e else None for e in found],
                "number",
                optional=place,
            )
            for place, metric in enumerate(metrics)
        ]
    return Table(caption=text("train.table.caption"), columns=columns)


def _remarks(result: RunResult) -> list[Note]:
    if not result.seconds:
        return []
    rate = result.examples / result.seconds
    return [Note(text=text("train.pace", rate=rate, seconds=result.seconds))]


def _next(result: RunResult, task: str, action: Action | None) -> list[NextStep]:
    """What answers the way the run ended; after one that did what it should, which batch size is best."""
    spec, status = result.spec, result.status
    if status is Status.FAILED:
        return []
    if status is Status.STOPPED:
        checkpoint = given(action, "checkpoint")
        resumed = again(action, "train", task, resume=checkpoint)
        return [NextStep(action=resumed, why=text("train.next.resume"))] if checkpoint else []
    if status is Status.DIVERGED:
        lower = float(f"{spec.optimizer.lr / _SLOWER:.3g}")
        return [NextStep(action=again(action, "train", task, lr=lower), why=text("train.next.lower"))]
    if status is Status.OUT_OF_MEMORY:
        pass_size = max((spec.micro_batch_size or spec.batch_size) // 2, 1)
        smaller = again(action, "train", task, micro_batch_size=pass_size)
        return [NextStep(action=smaller, why=text("train.next.smaller"))]
    if status is Status.BUDGET_EXHAUSTED and spec.target is not None:
        return [NextStep(action=_longer(result, task, action), why=text("train.next.longer"))]
    kept = (*TASK, "examples", "target", *OPTIMIZER, *RUN)
    return [NextStep(action=following(action, "advise", task, kept), why=text("train.next.advise"))]


def _longer(result: RunResult, task: str, action: Action | None) -> Action:
    """The same run with twice the budget that ended it."""
    name = next((n for n in _BUDGETS if given(action, n) is not None), None)
    if name is not None:
        return again(action, "train", task, **{name: _LONGER * given(action, name)})
    last = result.evaluations[-1].epoch if result.evaluations else 1.0
    return again(action, "train", task, epochs=_LONGER * max(round(last), 1))
