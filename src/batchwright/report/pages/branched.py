"""The page of branches along a run: the local critical batch size by two definitions, and a warm-up of the batch."""

from __future__ import annotations

from collections import Counter

from batchwright.advice.growth.warm_up import BatchWarmUp
from batchwright.core.action import Action
from batchwright.core.numbers import count, rate
from batchwright.measure.branched.result import BranchedPoint, BranchedRun, LocalCriticalBatch
from batchwright.measure.estimate import NoiseScale
from batchwright.report.draw.branched import draw_branched
from batchwright.report.page import Block, Figure, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.parts import about, column, readings
from batchwright.report.pages.steps import OPTIMIZER, RUN, TASK, following, where
from batchwright.report.text.catalogue import chained, text
from batchwright.report.text.estimates import with_interval

_READINGS = (
    "branched.reading.efficiency", "branched.reading.tolerance", "branched.reading.noise",
    "branched.reading.study", "branched.reading.rates",
)  # fmt: skip


def branched_page(run: BranchedRun, warm_up: BatchWarmUp, *, task: str, action: Action | None = None) -> Page:
    """The critical batch along a run, as a page.

    Args:
        run: the run with its branches.
        warm_up: what follows for the batch size.
        task: the task's name.
        action: what made it.
    """
    blocks: list[Block] = [
        Sentence(text=_headline(run, action), role="answer"),
        Sentence(text=_advice(warm_up)),
        *(Note(text=words, role="caveat") for words in _caveats(run, warm_up)),
        Figure(
            name="critical_batch",
            title=text("branched.figure.title"),
            takeaway=text("branched.figure.takeaway"),
            draw=lambda: draw_branched(run),
            table=_along(run),
        ),
        _along(run),
        _branches(run),
        _tolerances(run),
        Note(text=text("branched.definitions")),
        *readings(_READINGS),
        _next(warm_up, run, task, action),
    ]
    return Page(
        title=text("branched.title", task=task),
        eyebrow=text(
            "branched.eyebrow", task=task, optimizer=run.optimizer, size=run.batch_size, lr=run.lr,
            examples=run.branch_examples, seeds=run.seeds,
        ),
        blocks=blocks,
        action=action,
        about=about(
            run,
            {
                text("branched.about.measured"): text(
                    "branched.about.split", split=run.measured_on, sample=run.sample
                )
            },
        ),
    )  # fmt: skip


def _headline(run: BranchedRun, action: Action | None) -> str:
    first, last = run.points[0], run.points[-1]
    if first is last:
        return text("branched.single", value=_critical(first.critical_batch), point=where(first.step, action))
    return text(
        "branched.course", start=_critical(first.critical_batch), first=where(first.step, action),
        end=_critical(last.critical_batch), last=where(last.step, action),
    )  # fmt: skip


def _critical(found: LocalCriticalBatch) -> str:
    """A critical batch with its interval, its bound, or that there is neither."""
    low, high = found.interval
    if found.value is not None:
        return with_interval(found.value, found.interval)
    if low:
        return text("branched.above", low=low)
    return text("branched.unresolved") if high is None else text("branched.below", high=high)


def _advice(warm_up: BatchWarmUp) -> str:
    if not warm_up.doublings:
        return text("branched.stay", size=warm_up.batch_size, twice=2 * warm_up.batch_size)
    steps = [
        text("branched.double", examples=d.examples, size=d.batch_size, lr=d.lr) for d in warm_up.doublings
    ]
    return text("branched.grow", size=warm_up.batch_size, steps=chained("branched.then", steps))


def _caveats(run: BranchedRun, warm_up: BatchWarmUp) -> list[str]:
    found = [text("branched.diverged", count=run.points[-1].step)] if run.diverged else []
    reasons = Counter(p.unresolved_because for p in run.points if p.unresolved_because)
    for why in sorted(reasons):
        steps = [p.step for p in run.points if p.unresolved_because == why]
        found.append(text(f"branched.why.{why}", steps=[count(step) for step in steps]))
    rates = {_own(run, p) for p in run.points} - {run.lr}
    if rates:
        found.append(text("branched.other_rate", lr=run.lr, rates=[rate(lr) for lr in sorted(rates)]))
    if warm_up.growth is not None and any(d.lr != run.lr for d in warm_up.doublings):
        found.append(text("branched.rate_goes", power=warm_up.growth.lr_power))
    return found


def _own(run: BranchedRun, point: BranchedPoint) -> float:
    """The learning rate of the branch with the run's batch size."""
    return next(b.lr for b in point.branches if b.batch_size == run.batch_size)


def _along(run: BranchedRun) -> Table:
    """One row a point, the two definitions and the noise scale beside each other."""
    points = run.points
    critical, noise = text("branched.column.critical"), text("branched.column.noise")
    largest = [next(w.largest for w in p.within if w.tolerance == run.tolerance) for p in points]
    return Table(
        caption=text("branched.along.caption", share=run.tolerance),
        columns=[
            column(text("branched.column.updates"), [p.step for p in points], "count"),
            column(text("branched.column.examples"), [p.examples for p in points], "count", optional=1),
            column(critical, [p.critical_batch.value for p in points], "number"),
            column(
                text("branched.column.interval"), [p.critical_batch.interval for p in points], "number",
                like=critical,
            ),
            column(text("branched.column.within"), largest, "batch_size"),
            column(noise, [_resolved(p.noise_scale) for p in points], "number"),
            column(
                text("branched.column.noise_interval"), [p.noise_scale.interval for p in points], "number",
                like=noise, optional=2,
            ),
        ],
    )  # fmt: skip


def _resolved(scale: NoiseScale) -> float | None:
    return scale.value if scale.resolved else None


def _branches(run: BranchedRun) -> Table:
    """One row a branch."""
    rows = [(p.step, b) for p in run.points for b in p.branches]
    efficiency = text("branched.column.efficiency")
    return Table(
        heading=text("branched.branches"),
        caption=text("branched.branches.caption", examples=run.branch_examples),
        brief=False,
        columns=[
            column(text("branched.column.updates"), [step for step, _ in rows], "count"),
            column(text("branched.column.batch_size"), [b.batch_size for _, b in rows], "batch_size"),
            column(text("branched.column.lr"), [b.lr for _, b in rows], "rate"),
            column(text("branched.column.rule"), [text(f"branched.rule.{b.rule}") for _, b in rows]),
            column(text("branched.column.loss"), [b.loss for _, b in rows], "number"),
            column(efficiency, [b.efficiency.value for _, b in rows], "number"),
            column(
                text("branched.column.interval"), [b.efficiency.interval for _, b in rows], "number",
                like=efficiency,
            ),
        ],
    )  # fmt: skip


def _tolerances(run: BranchedRun) -> Table:
    """The largest batch within each tolerance, one row a tolerance and one column a point."""
    shares = [w.tolerance for w in run.points[0].within]
    return Table(
        heading=text("branched.tolerances"),
        caption=text("branched.tolerances.caption"),
        brief=False,
        columns=[
            column(text("branched.column.tolerance"), shares, "share"),
            *(
                column(text("branched.column.at", step=p.step), [w.largest for w in p.within], "batch_size")
                for p in run.points
            ),
        ],
    )


def _next(warm_up: BatchWarmUp, run: BranchedRun, task: str, action: Action | None) -> NextStep:
    """The run with the warm-up; a study where there is nothing to grow to."""
    kept = (*TASK, "examples", *OPTIMIZER, *RUN)
    if warm_up.growth is None:
        return NextStep(action=following(action, "advise", task, kept), why=text("branched.next.advise"))
    growth = warm_up.growth
    grown = following(
        action, "train", task, (*kept, "steps"), batch_size=warm_up.batch_size, lr=run.lr,
        grow_factor=growth.factor, grow_every=growth.every_epochs, grow_to=growth.largest,
        grow_lr_power=growth.lr_power or None,
    )  # fmt: skip
    return NextStep(action=grown, why=text("branched.next.train"))
