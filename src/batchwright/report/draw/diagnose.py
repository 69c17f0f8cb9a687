"""A diagnosed log drawn: the raw loss, its mean over an epoch, and validation, one panel a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from batchwright.advice.diagnosis.finding import LossDrawing
from batchwright.core.numbers import short_count
from batchwright.report.draw.axes import WIDTH_INCHES, Entry, figure_key, set_ticks, style_axes
from batchwright.report.draw.palette import FIT, RUN, SET
from batchwright.report.draw.ticks import log_ticks
from batchwright.report.text.catalogue import text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PANEL_INCHES = 3.0
_LOG_ABOVE = 20.0
"""Losses that span more than this factor are drawn on a log axis."""


def draw_diagnosis(drawings: Sequence[LossDrawing]) -> Figure:
    """Raw losses as a thin line, their means over an epoch as a thick one, evaluations as dots."""
    from matplotlib.figure import Figure

    height = _PANEL_INCHES * len(drawings) + 0.5
    figure = Figure(figsize=(WIDTH_INCHES, height))
    panels = figure.subplots(len(drawings), 1, squeeze=False)[:, 0]
    figure.subplots_adjust(left=0.13, right=0.97, top=1 - 0.6 / height, bottom=0.55 / height, hspace=0.45)
    for axes, one in zip(panels, drawings, strict=True):
        style_axes(axes)
        _draw_run(axes, one)
    panels[-1].set_xlabel(text(f"diagnose.x.{drawings[-1].x}"))
    figure_key(figure, _key(drawings))
    return figure


def _draw_run(axes: Axes, one: LossDrawing) -> None:
    if one.raw:
        style = {"marker": "."} if len(one.raw) <= 120 else {}
        axes.plot(*zip(*one.raw, strict=True), color=RUN, lw=0.8, ms=3.5, alpha=0.75, **style)  # type: ignore[arg-type]
    if one.averaged:
        axes.plot(*zip(*one.averaged, strict=True), color=FIT, lw=2.0)
    if one.validation:
        axes.plot(*zip(*one.validation, strict=True), "o", color=SET, ms=3.5)
    axes.set_ylabel(text("train.draw.loss"))
    if one.run:
        axes.set_title(one.run, fontsize=10, loc="left")
    values = [y for points in (one.raw, one.validation) for _, y in points]
    if values and min(values) > 0 and max(values) / min(values) > _LOG_ABOVE:
        axes.set_yscale("log")
        set_ticks(axes.yaxis, log_ticks(min(values) / 1.2, max(values) * 1.2), short_count)


def _key(drawings: Sequence[LossDrawing]) -> list[Entry]:
    first = drawings[0]
    mean = (
        text("diagnose.draw.epoch_mean")
        if first.by_epoch
        else text("diagnose.draw.mean", window=first.window)
    )
    key = [Entry("\u2014", text("diagnose.draw.raw"), RUN), Entry("\u2014", mean, FIT)]
    if any(one.validation for one in drawings):
        key.append(Entry("●", text("diagnose.draw.validation"), SET))
    return key
