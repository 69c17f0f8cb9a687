"""The page of a loss surface: a line, a plane, or the way between two models."""

from __future__ import annotations

from batchwright.core.action import Action
from batchwright.measure.surface.interpolation import Interpolation
from batchwright.measure.surface.lines import SurfacePlane
from batchwright.report.draw.surface import draw_line, draw_plane
from batchwright.report.page import Block, Figure, NextStep, Note, Page, Sentence
from batchwright.report.pages.parts import about
from batchwright.report.pages.steps import OPTIMIZER, POINT, RUN, TASK, again, following, given
from batchwright.report.pages.surface_tables import line_table, plane_table
from batchwright.report.pages.surface_words import surface_headline
from batchwright.report.text.axes import Found, axis_labels
from batchwright.report.text.catalogue import text

_UNEQUAL = 1.5
"""Ends whose training losses differ by more than this factor are not equally trained."""
_SKEW = 0.01
"""Cosine from which on two directions are said not to be at a right angle."""
_SMALL, _APART = 32, 4
"""The small batch of the interpolation that is proposed, and how many times it the large one, a quarter of
the examples, must be."""
_ROWS = 9
"""Points of a line shown as a table; the table behind the figure has more."""
_BEHIND = 25
_MEASUREMENTS = 20
"""How often a run is measured that is proposed to be followed."""
_KEPT = (*TASK, "examples", *OPTIMIZER, *RUN)


def surface_page(found: Found, *, task: str, action: Action | None = None) -> Page:
    """A line, a plane or an interpolation, as a page.

    Args:
        found: the surface.
        task: the task's name.
        action: what made it.
    """
    train, validation = found.examples["train"], found.examples["validation"]
    blocks: list[Block] = [
        Sentence(text=surface_headline(found), role="answer"),
        *(Note(text=words, role="caveat") for words in _caveats(found)),
        plane_table(found, _ROWS) if isinstance(found, SurfacePlane) else line_table(found, _ROWS),
        *_figures(found),
        *(Note(text=words) for words in _remarks(found)),
        *_next(found, task, action),
    ]
    return Page(
        title=text("surface.title", task=task),
        eyebrow=text("surface.eyebrow", task=task, train=train, validation=validation),
        blocks=blocks,
        action=action,
        about=about(
            found,
            {
                text("surface.about.points"): f"{_points(found):,}",
                text("surface.about.axes"): text("common.semicolon").join(axis_labels(found)),
            },
        ),
    )


def _points(found: Found) -> int:
    return len(found.alpha) * (len(found.beta) if isinstance(found, SurfacePlane) else 1)


def _figures(found: Found) -> list[Figure]:
    if not isinstance(found, SurfacePlane):
        return [
            Figure(
                name="line",
                title=text("surface.line.title"),
                takeaway=text("surface.line.takeaway"),
                draw=lambda: draw_line(found),
                table=line_table(found, _BEHIND, brief=False),
            )
        ]
    takeaway = text("surface.plane.takeaway")
    return [
        Figure(
            name="train",
            title=text("surface.plane.train"),
            takeaway=takeaway,
            draw=lambda: draw_plane(found, "train"),
        ),
        Figure(
            name="validation",
            title=text("surface.plane.validation"),
            takeaway=takeaway,
            draw=lambda: draw_plane(found, "validation"),
        ),
    ]


def _caveats(found: Found) -> list[str]:
    """What weakens the answer: points that are not finite, ends that are not trained equally far."""
    caveats = []
    if found.not_finite:
        caveats.append(text("surface.not_finite", missing=found.not_finite, points=_points(found)))
    if isinstance(found, Interpolation):
        first, second = (mark.values.train.loss for mark in found.marks)
        if first is not None and second is not None and max(first, second) > _UNEQUAL * min(first, second):
            caveats.append(text("surface.unequal", first=first, second=second))
    if isinstance(found, SurfacePlane) and found.trajectory is None and abs(found.cosine) > _SKEW:
        caveats.append(text("surface.skew", cosine=found.cosine))
    return caveats


def _remarks(found: Found) -> list[str]:
    remarks = [text("surface.recalibrated")] if found.recalibrated else []
    if isinstance(found, SurfacePlane) and found.trajectory is not None:
        return [*remarks, text("surface.components")]
    return [*remarks, text("surface.scale")]


def _next(found: Found, task: str, action: Action | None) -> list[NextStep]:
    """After a line its plane, after a plane an interpolation, after that a study of the sizes between."""
    sizes = given(action, "between")
    if sizes:
        wanted = _between(min(sizes), max(sizes))
        study = following(action, "study", task, (*TASK, *OPTIMIZER, *RUN), batch_sizes=wanted)
        return [NextStep(action=study, why=text("surface.next.study"))]
    if isinstance(found, Interpolation):
        return _sharper_end(found, task, action)
    if not isinstance(found, SurfacePlane):
        return [NextStep(action=again(action, "surface", task, plane=True), why=text("surface.next.plane"))]
    if found.trajectory is not None:
        steps = found.trajectory.snapshots[-1].step
        every = max(steps // _MEASUREMENTS, 1)
        along = following(action, "curvature", task, (*_KEPT, *POINT), steps=steps, along=every)
        return [NextStep(action=along, why=text("surface.next.along"))]
    quarter = found.examples["train"] // 4
    if quarter < _APART * _SMALL or given(action, "at") is not None:
        curvature = following(action, "curvature", task, (*_KEPT, *POINT))
        return [NextStep(action=curvature, why=text("surface.next.curvature"))]
    ends = following(action, "surface", task, _KEPT, between=[_SMALL, quarter])
    return [NextStep(action=ends, why=text("surface.next.between"))]


def _between(small: int, large: int) -> list[int]:
    """Both sizes and the powers of two between them, so that a study has something to choose from.

    >>> _between(32, 359)
    [32, 64, 128, 256, 359]
    """
    powers = [1 << k for k in range(small.bit_length(), large.bit_length()) if small < 1 << k < large]
    return [small, *powers, large]


def _sharper_end(found: Interpolation, task: str, action: Action | None) -> list[NextStep]:
    """What kind of point the sharper of two checkpoints is."""
    places = given(action, "between_checkpoints")
    if not places:
        return []
    first, second = found.curvature
    sharper = int((second or 0.0) > (first or 0.0))
    curvature = following(action, "curvature", task, _KEPT, checkpoint=places[sharper])
    return [NextStep(action=curvature, why=text("surface.next.sharper"))]
