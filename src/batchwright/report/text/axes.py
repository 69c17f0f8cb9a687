"""The axes of a loss surface by name: the same words in headline, table and figure."""

from __future__ import annotations

from batchwright.measure.surface.directions import DirectionFacts
from batchwright.measure.surface.interpolation import Interpolation
from batchwright.measure.surface.lines import SurfaceLine, SurfacePlane
from batchwright.report.text.catalogue import say, text

Found = SurfaceLine | SurfacePlane | Interpolation


def direction_name(direction: DirectionFacts, place: int | None = None) -> str:
    """What a direction is, in a sentence; ``place`` tells the random ones of a plane apart.

    >>> from batchwright.core.remark import remark
    >>> axis = remark("direction.parameter", name="w1")
    >>> direction_name(DirectionFacts(description=axis, norm=1.0, normalisation="unit"))
    'w1'
    >>> random = DirectionFacts(description=remark("direction.random"), norm=1.0, normalisation="filter")
    >>> direction_name(random), direction_name(random, 1)
    ('a random direction', 'the second random direction')
    """
    about = direction.description
    if about.code == "direction.parameter":
        return str(about.values["name"])
    if about.code != "direction.random" or place is None:
        return say(about)
    return text("surface.direction.second" if place else "surface.direction.first")


def axis_labels(found: Found) -> tuple[str, ...]:
    """What stands along each axis: alpha, and beta for a plane, with what they go along."""
    if isinstance(found, Interpolation):
        first, second = found.between
        return (text("surface.axis.between", first=first, second=second),)
    if isinstance(found, SurfaceLine):
        return (text("surface.axis.alpha", along=direction_name(found.direction)),)
    if found.trajectory is not None:
        first_share, second_share = found.trajectory.explained_variance
        return (
            text("surface.axis.component", axis="alpha", place=1, share=first_share),
            text("surface.axis.component", axis="beta", place=2, share=second_share),
        )
    if through_models(found):
        first, second, third = (mark.name for mark in found.marks)
        return (
            text("surface.axis.towards", first=first, second=second),
            text("surface.axis.across", third=third),
        )
    across, up = (direction_name(d, place) for place, d in enumerate(found.directions))
    return (text("surface.axis.alpha", along=across), text("surface.axis.beta", along=up))


def place_words(found: SurfacePlane, at: tuple[float, float]) -> str:
    """A point of a plane in the words of its axes."""
    values = {"alpha": at[0], "beta": at[1]}
    if through_models(found):
        first, second, third = (mark.name for mark in found.marks)
        return text("surface.place.through", first=first, second=second, third=third, **values)
    across, up = (direction_name(d, place) for place, d in enumerate(found.directions))
    return text("surface.place", across=across, up=up, **values)


def through_models(found: SurfacePlane) -> bool:
    """Whether the plane was laid through three models."""
    return len(found.marks) == 3
