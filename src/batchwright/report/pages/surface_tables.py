"""The tables of a loss surface: points along a line, the marked points of a plane, a run's snapshots."""

from __future__ import annotations

from batchwright.measure.surface.interpolation import Interpolation
from batchwright.measure.surface.lines import SurfaceLine, SurfacePlane
from batchwright.report.page import Table
from batchwright.report.pages.parts import column
from batchwright.report.pages.surface_words import finite_points
from batchwright.report.text.axes import axis_labels
from batchwright.report.text.catalogue import mark_name, text
from batchwright.report.thinning import thinned


def line_table(found: SurfaceLine | Interpolation, rows: int, *, brief: bool = True) -> Table:
    """Loss and first metric of both splits at so many points of a line, the marks among them."""
    marked = [found.alpha.index(mark.at[0]) for mark in found.marks]
    places = thinned(len(found.alpha), rows, keep=marked)
    columns = [column(text("surface.column.alpha"), [found.alpha[k] for k in places], "number")]
    for split, values in (("train", found.train), ("validation", found.validation)):
        columns.append(
            column(text("surface.column.loss", split=split), [values.loss[k] for k in places], "number")
        )
        for metric in list(values.metrics)[:1]:
            columns.append(
                column(
                    text("surface.column.metric", split=split, metric=metric),
                    [values.metrics[metric][k] for k in places],
                    "number",
                    optional=1,
                )
            )
    return Table(caption=_caption(found), columns=columns, brief=brief)


def plane_table(found: SurfacePlane, rows: int) -> Table:
    """The models on a plane with its extremes; for a trajectory's plane the run's snapshots."""
    if found.trajectory is not None:
        return _snapshots(found, rows)
    points = [
        (mark_name(mark.name), mark.at[0], mark.at[1], mark.values.train.loss, mark.values.validation.loss)
        for mark in found.marks
    ]
    finite = finite_points(found)
    extremes = (
        [(text("surface.lowest"), min(finite)), (text("surface.highest"), max(finite))] if finite else []
    )
    for name, (loss, (a, b)) in extremes:
        validation = found.validation.loss[found.beta.index(b)][found.alpha.index(a)]
        points.append((name, a, b, loss, validation))
    return Table(
        caption=_caption(found),
        columns=[
            column(text("surface.column.point"), [p[0] for p in points]),
            column(text("surface.column.alpha"), [p[1] for p in points], "number"),
            column(text("surface.column.beta"), [p[2] for p in points], "number"),
            column(text("surface.column.loss", split="train"), [p[3] for p in points], "number"),
            column(
                text("surface.column.loss", split="validation"),
                [p[4] for p in points],
                "number",
                optional=1,
            ),
        ],
    )


def _snapshots(found: SurfacePlane, rows: int) -> Table:
    assert found.trajectory is not None
    snapshots = found.trajectory.snapshots
    kept = [snapshots[k] for k in thinned(len(snapshots), rows)]
    return Table(
        caption=text("surface.snapshots.caption"),
        columns=[
            column(text("surface.column.updates"), [s.step for s in kept], "count"),
            column(text("surface.column.real"), [s.real_loss for s in kept], "number"),
            column(text("surface.column.projected"), [s.projected_loss for s in kept], "number"),
            column(text("surface.column.distance"), [s.distance for s in kept], "number", optional=1),
        ],
    )


def _caption(found: SurfaceLine | Interpolation | SurfacePlane) -> str:
    """What the coordinates are, in the words of the axes."""
    return text("surface.caption", axes=text("common.semicolon").join(axis_labels(found)))
