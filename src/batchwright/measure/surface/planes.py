"""Planes through points of parameter space: three models, and the trajectory of a run."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.core.params import sub
from batchwright.core.remark import remark
from batchwright.measure.surface.directions import DirectionFacts, inner_product, principal_directions
from batchwright.measure.surface.landscape import Landscape, check_finite, combination, differing_states
from batchwright.measure.surface.lines import (
    Progress,
    SurfacePlane,
    Trajectory,
    TrajectoryPoint,
    cosine,
    grid,
    mark,
    plane_values,
    surface_facts,
    sweep,
)
from batchwright.task.task import Task

_MARGIN = 0.25
"""A plane reaches so far beyond the points that define it, as a share of their extent."""
_NARROWEST = 0.2
"""The shorter side of a plane, as a share of the longer one, where its points are nearly on a line."""


def plane_through(
    models: Sequence[nn.Module], task: Task, *, names: Sequence[str] = ("first", "second", "third"),
    points: int = 25, examples: int | None = None, recalibrated: bool = True, seed: int = 0,
    progress: Progress | None = None,
) -> SurfacePlane:  # fmt: skip
    """Loss and metrics over the plane through three models (Garipov et al. 2018, arXiv 1802.10026).

    The first model is the origin, alpha points to the second and beta, at a right angle, towards the third;
    both are distances in parameter space. Floating-point buffers are combined like the parameters.

    Args:
        models: three of one kind; read, never written to.
        names: what to call them. For the rest see :func:`~batchwright.measure.surface.lines.surface_line`.

    Raises:
        InputError: not three models of one kind, or three on one line.
    """
    began = time.perf_counter()
    if len(models) != 3:
        raise InputError(f"a plane goes through three models, got {len(models)}")
    states = differing_states(models)
    own = [{n: s[n] for n, _ in models[0].named_parameters() if n in s} for s in states]
    first, second = sub(own[1], own[0]), sub(own[2], own[0])
    length, reach = inner_product(first, first) ** 0.5, inner_product(second, second)
    along = inner_product(first, second) / length if length else 0.0
    if reach - along**2 <= 1e-10 * reach or not length:
        raise InputError("three models on one line span no plane: interpolate between two of them instead")
    height = math.sqrt(reach - along**2)
    places = ((0.0, 0.0), (length, 0.0), (along, height))
    alpha, beta = _extents(places, points)

    def weights(a: float, b: float) -> tuple[float, float, float]:
        third = b / height
        towards_second = (a - third * along) / length
        return 1.0 - towards_second - third, towards_second, third

    landscape = Landscape(models[0], task, examples=examples, recalibrated=recalibrated, seed=seed)
    found = sweep(landscape, states, [weights(a, b) for b in beta for a in alpha], progress)
    marks = tuple(mark(landscape, n, p, s, s) for n, p, s in zip(names, places, states, strict=True))
    towards = remark("direction.towards", first=names[0], second=names[1])
    rest = remark("direction.from_the_line", third=names[2])
    across, up = (DirectionFacts(description=d, norm=1.0, normalisation="unit") for d in (towards, rest))
    return SurfacePlane(
        directions=(across, up), cosine=0.0, alpha=tuple(alpha), beta=tuple(beta),
        train=plane_values(found, "train", len(alpha)),
        validation=plane_values(found, "validation", len(alpha)), marks=marks,
        **surface_facts(landscape, found, began),
    )  # fmt: skip


def plane_of_trajectory(
    model: nn.Module, task: Task, snapshots: Sequence[Mapping[str, Tensor]], *,
    steps: Sequence[int] | None = None, points: int = 25, examples: int | None = None,
    recalibrated: bool = True, seed: int = 0, progress: Progress | None = None,
) -> SurfacePlane:  # fmt: skip
    """Loss and metrics over a trajectory's principal plane, laid through its end (Li et al. 2018, section 7).

    Beside the surface stands the training loss at every snapshot as it is and as it is projected onto the
    plane: where the two differ, the plane does not show what training saw.

    Args:
        model: of the run; its buffers are used, recalibrated where it has batch norms.
        snapshots: trainable parameters by name (:func:`~batchwright.core.params.parameters_of`), in order.
        steps: the updates made at each; 0, 1, 2, ... by default.
            For the rest see :func:`~batchwright.measure.surface.lines.surface_line`.

    Raises:
        InputError: fewer than three snapshots, snapshots that are not finite or do not fit the model.
    """
    began = time.perf_counter()
    landscape = Landscape(model, task, examples=examples, recalibrated=recalibrated, seed=seed)
    shapes = {n: v.shape for n, v in landscape.base.items()}
    for snapshot in snapshots:
        if {n: v.shape for n, v in snapshot.items()} != shapes:
            raise InputError(f"snapshots must hold the trainable parameters {', '.join(shapes)} by name")
        check_finite(snapshot)
    (first, second), shares = principal_directions(snapshots, seed=seed)
    on_device = [{n: v.to(landscape.base[n].device) for n, v in s.items()} for s in snapshots]
    basis = (on_device[-1], first.values, second.values)
    offsets = [sub(s, on_device[-1]) for s in on_device]
    places = [(inner_product(o, first.values), inner_product(o, second.values)) for o in offsets]
    alpha, beta = _extents(places, points)
    found = sweep(landscape, basis, [(1.0, a, b) for b in beta for a in alpha], progress)
    rows = []
    counted = range(len(snapshots)) if steps is None else steps
    for step, snapshot, (a, b) in zip(counted, on_device, places, strict=True):
        projected = combination(basis, (1.0, a, b))
        rest = sub(snapshot, projected)
        losses = [landscape.at(values, ("train",))["train"].loss for values in (snapshot, projected)]
        rows.append(
            TrajectoryPoint(
                step=step, at=(a, b), distance=inner_product(rest, rest) ** 0.5,
                real_loss=losses[0], projected_loss=losses[1],
            )
        )  # fmt: skip
    end = mark(landscape, "end", (0.0, 0.0), on_device[-1])
    return SurfacePlane(
        directions=(first.facts(), second.facts()), cosine=cosine(first, second), alpha=tuple(alpha),
        beta=tuple(beta), train=plane_values(found, "train", len(alpha)),
        validation=plane_values(found, "validation", len(alpha)), marks=(end,),
        trajectory=Trajectory(explained_variance=shares, snapshots=tuple(rows)),
        **surface_facts(landscape, found, began),
    )  # fmt: skip


def _extents(places: Sequence[tuple[float, ...]], points: int) -> tuple[list[float], list[float]]:
    """Grids that hold all places with a margin."""
    ends = [(min(p[k] for p in places), max(p[k] for p in places)) for k in (0, 1)]
    halves = [(0.5 + _MARGIN) * (high - low) for low, high in ends]
    halves = [max(half, _NARROWEST * max(halves)) for half in halves]
    first, second = (
        grid(sum(end) / 2 - half, sum(end) / 2 + half, points) for end, half in zip(ends, halves, strict=True)
    )
    return first, second
