"""The largest eigenvalue along a run, beside the edge of stability: a part of a point's page."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from batchwright.measure.hessian.tracking import CurvatureAlong
from batchwright.report.draw.curvature import draw_along
from batchwright.report.page import Block, Figure, Sentence, Table
from batchwright.report.pages.parts import column
from batchwright.report.text.catalogue import text

_AT_EDGE = 0.9
"""Share of the threshold from which a run counts as having reached the edge of stability."""


def along_blocks(along: Sequence[CurvatureAlong]) -> list[Block]:
    """How the largest eigenvalue went: its sentence, figure and table."""
    return [
        Sentence(text=_edge(along), role="answer"),
        Figure(
            name="along",
            title=text("curvature.along.title"),
            takeaway=text("curvature.along.takeaway"),
            draw=lambda: draw_along(along),
        ),
        _table(along),
    ]


def _edge(along: Sequence[CurvatureAlong]) -> str:
    """How the largest eigenvalue went, and where the edge of stability is."""
    values = [_compared(row) for row in along]
    course = {"first": values[0], "last": values[-1]}
    limit = along[-1].threshold
    if limit is None:
        return text("curvature.edge.unknown", **course)
    shares = [
        (row.step, value / row.threshold)
        for row, value in zip(along, values, strict=True)
        if row.threshold is not None
    ]
    reached = next((step for step, share in shares if share >= _AT_EDGE), None)
    if reached is None:
        return text("curvature.edge.below", top=max(s for _, s in shares), limit=limit, **course)
    after = [share for step, share in shares if step >= reached]
    return text(
        "curvature.edge.reached",
        limit=limit,
        count=reached,
        least=min(after),
        most=max(after),
        middle=median(after),
        **course,
    )


def _compared(row: CurvatureAlong) -> float:
    """The eigenvalue that the threshold is about."""
    return row.largest if row.preconditioned is None else row.preconditioned


def _table(along: Sequence[CurvatureAlong]) -> Table:
    columns = [
        column(text("curvature.column.updates"), [r.step for r in along], "count"),
        column(text("curvature.column.loss"), [r.loss for r in along], "number"),
        column(text("curvature.column.largest"), [r.largest for r in along], "number"),
    ]
    if any(row.preconditioned is not None for row in along):
        scaled = [r.preconditioned for r in along]
        columns.append(column(text("curvature.column.scaled"), scaled, "number"))
    edge = column(text("curvature.column.edge"), [r.threshold for r in along], "number")
    return Table(caption=text("curvature.along.caption"), columns=[*columns, edge])
