"""The page of several methods side by side."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.core.action import Action
from batchwright.core.numbers import duration, measured
from batchwright.report.draw.runs import draw_runs, first_metric, run_curve
from batchwright.report.page import Block, Figure, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.parts import column, machine
from batchwright.report.pages.steps import OPTIMIZER, RUN, TASK, following
from batchwright.report.text.catalogue import has, listed, text
from batchwright.report.thinning import thinned
from batchwright.study.compare import Align, Compared, Method
from batchwright.training.record import Evaluation, Status

_POINTS = 5
"""Evaluations shown of each run, the start included; the document has them all."""
_ENDED = (Status.BUDGET_EXHAUSTED, Status.TARGET_REACHED)
_ALIGNED = {
    "epochs": "compare.align.epochs",
    "updates": "compare.align.updates",
    "examples": "compare.align.examples",
    "seconds": "compare.align.seconds",
}
_STATUS = {
    Status.TARGET_REACHED: "compare.status.reached",
    Status.BUDGET_EXHAUSTED: "compare.status.done",
    Status.DIVERGED: "compare.status.diverged",
    Status.OUT_OF_MEMORY: "compare.status.out_of_memory",
    Status.FAILED: "compare.status.failed",
    Status.STOPPED: "compare.status.stopped",
}


def compare_page(
    compared: Sequence[Compared],
    *,
    align: Align = "epochs",
    task: str | None = None,
    action: Action | None = None,
) -> Page:
    """Several methods, as a page.

    Args:
        compared: one outcome a method, the reference last.
        align: what all had in equal amount.
        task: the task's name; by default as the first method's spec names it.
        action: what made it.
    """
    name = compared[0].method.task.name if task is None else task
    metric = first_metric(compared[0].result)
    curves = [run_curve(row.result, method_name(row.method), align) for row in compared]
    blocks: list[Block] = [
        Sentence(text=_headline(compared, align), role="answer"),
        *(Note(text=words, role="caveat") for words in _caveats(compared)),
        _methods(compared),
        Figure(
            name="compare",
            title=text("compare.figure.title"),
            takeaway=text("compare.figure.takeaway"),
            draw=lambda: draw_runs(curves, progress=align, metric=metric),
        ),
        _course(compared, align),
        Note(text=text("compare.reading.time"), role="reading"),
        NextStep(action=_next(compared, name, action), why=text("compare.next.advise")),
    ]
    took = sum(row.result.seconds + row.result.evaluation_seconds for row in compared)
    return Page(
        title=text("compare.title", task=name),
        eyebrow=text("compare.eyebrow", task=name, count=len(compared), align=text(_ALIGNED[align])),
        blocks=blocks,
        action=action,
        about={text("about.took"): duration(took), **machine(compared[0].result.environment)},
    )


def method_name(method: Method) -> str:
    """A method in words: the usual ones by their names, an optimizer by its own."""
    key = f"compare.method.{method.name}"
    return text(key) if has(key) else method.label


def last_validation(row: Compared) -> Evaluation | None:
    """The last evaluation over the validation examples."""
    return next((e for e in reversed(row.result.evaluations) if e.split == "validation"), None)


def _loss(row: Compared) -> float | None:
    """Validation loss at the end of a run that came to its end."""
    last = last_validation(row)
    return last.loss if last is not None and row.result.status in _ENDED else None


def _ranked(compared: Sequence[Compared]) -> list[tuple[float, Compared]]:
    known = [(loss, row) for row in compared if (loss := _loss(row)) is not None]
    return sorted(known, key=lambda pair: pair[0])


def _headline(compared: Sequence[Compared], align: Align) -> str:
    """Who ended with the lowest validation loss, and where the others did."""
    ranked = _ranked(compared)
    if not ranked:
        return text("compare.none")
    loss, best = ranked[0]
    others = [
        text("compare.other", loss=measured(other), name=method_name(row.method)) for other, row in ranked[1:]
    ]
    values = {"align": text(_ALIGNED[align]), "best": method_name(best.method), "loss": loss}
    if not others:
        return text("compare.alone", **values)
    return text("compare.best", others=listed(others), **values)


def _caveats(compared: Sequence[Compared]) -> list[str]:
    """Runs that did not come to their end, and what one run each cannot say."""
    caveats = [
        text("compare.ended", name=method_name(row.method), status=text(_STATUS[row.result.status]))
        for row in compared
        if row.result.status not in _ENDED
    ]
    return [*caveats, text("compare.one_run")]


def _methods(compared: Sequence[Compared]) -> Table:
    """One row a method: its settings, its pace and where it ended."""
    ends = [last_validation(row) for row in compared]
    metric = first_metric(compared[0].result)
    columns = [
        column(text("compare.column.method"), [method_name(r.method) for r in compared]),
        column(text("compare.column.batch_size"), [r.method.batch_size for r in compared], "batch_size"),
        column(text("compare.column.lr"), [r.method.optimizer.lr for r in compared], "rate", optional=1),
        column(text("compare.column.updates"), [r.result.updates for r in compared], "count", optional=2),
        column(text("compare.column.epoch_seconds"), [r.seconds_per_epoch for r in compared], "seconds"),
        column(text("compare.column.end_loss"), [e.loss if e else None for e in ends], "number"),
    ]
    if metric is not None:
        columns.append(
            column(
                text("compare.column.end_metric", metric=metric),
                [e.metrics.get(metric) if e else None for e in ends],
                "number",
            )
        )
    losses = [(loss, place) for place, row in enumerate(compared) if (loss := _loss(row)) is not None]
    best = min(losses)[1] if losses else None
    return Table(caption=text("compare.methods.caption"), columns=columns, best=best)


def _course(compared: Sequence[Compared], align: Align) -> Table:
    """Loss and metrics of every method at a few points of its run."""
    rows: list[tuple[str, dict[str, Evaluation]]] = []
    for row in compared:
        by_step: dict[int, dict[str, Evaluation]] = {}
        for evaluation in row.result.evaluations:
            by_step.setdefault(evaluation.step, {})[evaluation.split] = evaluation
        points = list(by_step.values())
        rows += [(method_name(row.method), points[k]) for k in thinned(len(points), _POINTS)]
    firsts = [next(iter(point.values())) for _, point in rows]
    columns = [
        column(text("compare.column.method"), [name for name, _ in rows]),
        column(
            text("compare.column.epoch"),
            [e.epoch for e in firsts],
            "number",
            optional=0 if align == "epochs" else 2,
        ),
    ]
    if align == "examples":
        seen = [e.examples_seen for e in firsts]
        columns.append(column(text("compare.column.examples"), seen, "count"))
    else:
        steps = [e.step for e in firsts]
        optional = 2 if align == "epochs" else 0
        columns.append(column(text("compare.column.updates"), steps, "count", optional=optional))
    for split in ("train", "validation"):
        found = [point.get(split) for _, point in rows]
        columns.append(
            column(text("compare.column.loss", split=split), [e.loss if e else None for e in found], "number")
        )
        metric = first_metric(compared[0].result)
        if metric is not None:
            values = [e.metrics.get(metric) if e else None for e in found]
            heading = text("compare.column.metric", split=split, metric=metric)
            columns.append(column(heading, values, "number", optional=1))
    return Table(heading=text("compare.course"), caption=text("compare.course.caption"), columns=columns)


def _next(compared: Sequence[Compared], task: str, action: Action | None) -> Action:
    """The best batch size and rate, with the optimizer that ended lowest where optimizers were compared."""
    ranked = _ranked(compared)
    names = {row.method.optimizer.name for row in compared}
    best = ranked[0][1].method.optimizer.name if ranked and len(names) > 1 else None
    examples = compared[0].method.task.examples
    return following(action, "advise", task, (*TASK, *OPTIMIZER, *RUN), optimizer=best, examples=examples)
