"""The page of the way out of a saddle."""

from __future__ import annotations

from batchwright.core.action import Action
from batchwright.core.numbers import measured
from batchwright.measure.points.escape import Escape
from batchwright.report.page import Block, Facts, NextStep, Page, Sentence, Table
from batchwright.report.pages.parts import about, column, readings
from batchwright.report.pages.steps import OPTIMIZER, POINT, RUN, TASK, following
from batchwright.report.text.catalogue import say, text

_READINGS = ("escape.reading.certified", "escape.reading.search")
_KEPT = (*TASK, "examples", *OPTIMIZER, *RUN)
_LISTED = 8
"""So many parameters can be typed: the next step goes on from where this one ends."""
_DIGITS = 12


def escape_page(found: Escape, *, task: str, action: Action | None = None) -> Page:
    """The way out of a point along its most negative curvature, or why there is none, as a page.

    Args:
        found: the step out.
        task: the task's name.
        action: what made it.
    """
    blocks: list[Block] = [
        Sentence(text=say(found.reason), role="answer"),
        Facts(items=_facts(found)),
        _numbers(found),
    ]
    if found.direction is not None and len(found.direction) <= _LISTED:
        blocks.append(_way(found))
    return Page(
        title=text("escape.title", task=task),
        eyebrow=text("escape.eyebrow", task=task),
        blocks=[*blocks, *readings(_READINGS), _next(found, task, action)],
        action=action,
        about=about(
            found,
            {
                text("about.products"): f"{found.hessian_products:,}",
                text("escape.about.evaluations"): f"{found.evaluations:,}",
            },
        ),
    )


def _facts(found: Escape) -> list[tuple[str, str]]:
    return [
        (text("escape.before"), measured(found.loss_before)),
        (text("escape.after"), measured(found.loss_after)),
        (text("escape.eigenvalue"), measured(found.eigenvalue)),
        (text("escape.distance"), measured(found.distance)),
    ]


def _numbers(found: Escape) -> Table:
    """One row, so that each quantity has digits of its own; the two losses share theirs."""
    before = text("escape.before")
    return Table(
        caption=text("escape.caption"),
        columns=[
            column(before, [found.loss_before], "number"),
            column(text("escape.after"), [found.loss_after], "number", like=before),
            column(text("escape.eigenvalue"), [found.eigenvalue], "number"),
            column(text("escape.residual"), [found.residual], "number", optional=1),
            column(text("escape.distance"), [found.distance], "number"),
        ],
    )


def _way(found: Escape) -> Table:
    """Where a small model stood, which way it went and where it ended, parameter by parameter."""
    end, direction = found.parameters.tolist(), found.direction or ()
    start = [there - found.distance * unit for there, unit in zip(end, direction, strict=True)]
    return Table(
        caption=text("escape.way"),
        columns=[
            column(text("escape.column.parameter"), list(range(1, len(end) + 1)), "count"),
            column(text("escape.column.start"), start, "number"),
            column(text("escape.column.direction"), direction, "number"),
            column(text("escape.column.end"), end, "number"),
        ],
    )


def _next(found: Escape, task: str, action: Action | None) -> NextStep:
    """On from the end where it can be typed; else the loss around the point, or what kind of point it is."""
    if not found.escaped:
        stay = following(action, "curvature", task, (*_KEPT, *POINT))
        return NextStep(action=stay, why=text("escape.next.class"))
    if found.parameters.numel() <= _LISTED:
        at = [float(f"{value:.{_DIGITS}g}") for value in found.parameters.tolist()]
        return NextStep(
            action=following(action, "curvature", task, _KEPT, at=at), why=text("escape.next.end")
        )
    plane = following(action, "surface", task, (*_KEPT, *POINT), plane=True, direction="eigenvector")
    return NextStep(action=plane, why=text("escape.next.surface"))
