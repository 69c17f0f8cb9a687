"""The headline of a loss surface."""

from __future__ import annotations

from batchwright.core.numbers import measured, number
from batchwright.measure.surface.interpolation import Interpolation
from batchwright.measure.surface.lines import SurfaceLine, SurfacePlane
from batchwright.report.text.axes import Found, direction_name, place_words, through_models
from batchwright.report.text.catalogue import listed, text

_EQUALLY_SHARP = 1.1


def surface_headline(found: Found) -> str:
    """What the surface says, in one sentence."""
    if isinstance(found, Interpolation):
        return _between(found)
    if isinstance(found, SurfaceLine):
        return _along(found)
    return _over(found)


def loss_words(value: float | None) -> str:
    """A loss, or that it is not finite."""
    return text("surface.infinite") if value is None else measured(value)


def lower_words(low: float, here: float) -> str:
    """A loss below another one, in as many digits as it takes to see that.

    >>> lower_words(1.5, 2.0), lower_words(2.0161, 2.0163)
    ('1.50', '2.0161')
    """
    return next(
        (shown for digits in (3, 4, 5, 6) if (shown := measured(low, digits)) != measured(here, digits)),
        measured(low, 6),
    )


def _between(found: Interpolation) -> str:
    """The barrier between two models, and which of them is sharper."""
    barrier = found.barrier["train"]
    values = {"first": found.between[0], "second": found.between[1], "sharper": _sharper(found)}
    if barrier.value is None:
        return text("surface.between.infinite", share=barrier.alpha, **values)
    if not barrier.above_both_ends:
        return text("surface.between.none", **values)
    return text("surface.between.barrier", barrier=barrier.value, share=barrier.alpha, **values)


def _sharper(found: Interpolation) -> str:
    first, second = found.curvature
    if first is None or second is None:
        return text("surface.sharper.infinite")
    if min(first, second) <= 0:
        return text("surface.sharper.not_convex")
    ratio = max(first, second) / min(first, second)
    if ratio < _EQUALLY_SHARP:
        return text("surface.sharper.equal")
    return text("surface.sharper.by", end=found.between[int(second > first)], ratio=measured(ratio, 2))


def _along(found: SurfaceLine) -> str:
    here = found.marks[0].values.train.loss
    finite = [(loss, a) for a, loss in zip(found.alpha, found.train.loss, strict=True) if loss is not None]
    along = direction_name(found.direction)
    if here is None or not finite:
        return text("surface.along.infinite", along=along)
    low, at = min(finite)
    ends = [
        text("surface.along.end", loss=loss_words(found.train.loss[k]), alpha=found.alpha[k]) for k in (0, -1)
    ]
    values = {"along": along, "here": here, "ends": ends}
    if low == here:
        return text("surface.along.lowest_here", **values)
    return text("surface.along", low=lower_words(low, here), alpha=number(at), **values)


def _over(found: SurfacePlane) -> str:
    if found.trajectory is not None:
        return _trajectory(found)
    finite = finite_points(found)
    if not finite:
        return text("surface.over.infinite")
    low, at = min(finite)
    if through_models(found):
        return _through(found, low, at)
    here = found.marks[0].values.train.loss
    if here is None:
        return text("surface.over.infinite_here")
    high = max(loss for loss, _ in finite)
    if here <= low:
        return text("surface.over.lowest_here", here=here, high=high)
    return text(
        "surface.over", here=here, low=lower_words(low, here), high=high, place=place_words(found, at)
    )


def _trajectory(found: SurfacePlane) -> str:
    """How much of a run its plane shows, and how far the losses on it are off."""
    assert found.trajectory is not None
    first, second = found.trajectory.explained_variance
    shares = {"both": first + second, "first": first, "second": second}
    pairs = [(s.real_loss, s.projected_loss) for s in found.trajectory.snapshots]
    off = [abs(q / r - 1) for r, q in pairs if r and q is not None]
    if not off:
        return text("surface.trajectory.unknown", **shares)
    return text("surface.trajectory", worst=max(off), **shares)


def _through(found: SurfacePlane, low: float, at: tuple[float, float]) -> str:
    """Whether three models have a lower loss between or beyond them."""
    losses = [mark.values.train.loss for mark in found.marks]
    models = listed(
        [
            text("surface.through.model", name=mark.name, loss=loss_words(loss))
            for mark, loss in zip(found.marks, losses, strict=True)
        ]
    )
    best = min((loss for loss in losses if loss is not None), default=low)
    if best <= low:
        return text("surface.through.none", models=models)
    return text("surface.through", models=models, low=lower_words(low, best), place=place_words(found, at))


def finite_points(found: SurfacePlane) -> list[tuple[float, tuple[float, float]]]:
    """Training loss and place of every point of a plane at which it is finite."""
    return [
        (loss, (a, b))
        for b, row in zip(found.beta, found.train.loss, strict=True)
        for a, loss in zip(found.alpha, row, strict=True)
        if loss is not None
    ]
