"""Loss surfaces: the loss and the metrics along a line and over a plane through a model's parameters.

Every point is evaluated on a copy of the model, over the training and the validation examples. What is not
finite is None and counted, never clamped. Widths and shapes depend on how the weights are scaled (Dinh et al.
2017, arXiv 1703.04933); filter normalisation takes out the scale of each filter only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from batchwright.core.errors import InputError
from batchwright.measure.surface.directions import Direction, DirectionFacts, inner_product, random_directions
from batchwright.measure.surface.landscape import SPLITS, BothSplits, Landscape, combination
from batchwright.task.task import Task
from batchwright.training.environment import environment

Progress = Callable[[int, int], None]
Numbers = tuple[float | None, ...]
_FROZEN = ConfigDict(frozen=True)
_MOST_POINTS = 10_000


class LineValues(BaseModel):
    """Values of one split along a line, one a point."""

    model_config = _FROZEN
    loss: Numbers
    metrics: dict[str, Numbers]


class PlaneValues(BaseModel):
    """Values of one split over a plane: row j, column i is the point (alpha[i], beta[j])."""

    model_config = _FROZEN
    loss: tuple[Numbers, ...]
    metrics: dict[str, tuple[Numbers, ...]]


class LineMark(BaseModel):
    """A model on a surface: its place, its values as on the surface, and with its own running statistics.

    ``as_given`` is None where nothing is recalibrated: it would be the same.
    """

    model_config = _FROZEN
    name: str
    at: tuple[float, ...]
    values: BothSplits
    as_given: BothSplits | None = None


class TrajectoryPoint(BaseModel):
    """A point of a trajectory beside its projection onto a plane, with the training loss at both.

    ``distance`` is the length of what the projection leaves out.
    """

    model_config = _FROZEN
    step: int
    at: tuple[float, float]
    distance: float
    real_loss: float | None
    projected_loss: float | None


class Trajectory(BaseModel):
    """A run on its principal plane, and the shares of its variance that alpha and beta explain."""

    model_config = _FROZEN
    explained_variance: tuple[float, float]
    snapshots: tuple[TrajectoryPoint, ...]


class Surface(BaseModel):
    """What all surfaces say.

    ``not_finite`` counts the points at which the loss of a split is not finite; ``recalibrated`` says whether
    batch norm's running statistics were recomputed at every point.
    """

    model_config = _FROZEN
    marks: tuple[LineMark, ...]
    examples: dict[str, int]
    recalibrated: bool
    not_finite: int
    seconds: float
    environment: dict[str, str | int] = {}


class SurfaceLine(Surface):
    """Values at w + alpha d."""

    kind: Literal["line"] = "line"
    direction: DirectionFacts
    alpha: tuple[float, ...]
    train: LineValues
    validation: LineValues


class SurfacePlane(Surface):
    """Values at w + alpha d_1 + beta d_2; ``cosine`` is that of the angle between the two directions."""

    kind: Literal["plane"] = "plane"
    directions: tuple[DirectionFacts, DirectionFacts]
    cosine: float
    alpha: tuple[float, ...]
    beta: tuple[float, ...]
    train: PlaneValues
    validation: PlaneValues
    trajectory: Trajectory | None = None


def surface_line(
    model: nn.Module, task: Task, direction: Direction | None = None, *, reach: float = 1.0, points: int = 25,
    examples: int | None = None, recalibrated: bool = True, seed: int = 0, progress: Progress | None = None,
) -> SurfaceLine:  # fmt: skip
    """Loss and metrics at w + alpha d, alpha between -reach and reach.

    Args:
        model: w; read, never written to.
        task: its data, loss and metrics.
        direction: d; a random filter-normalised one by default.
        reach: the largest alpha.
        points: how many; alpha = 0 is added where it is not among them.
        examples: a stratified subset of so many training examples; all of them by default.
        recalibrated: False keeps the running statistics of batch norms as they are.
        seed: of the random direction and of the subset.
        progress: called with (points done, points to do).

    Raises:
        InputError: points outside 3 ... 10,000, a reach that is not positive, or a model that cannot be moved.
    """
    began = time.perf_counter()
    alpha = grid(-reach, reach, points, keep=(0.0,))
    landscape = Landscape(model, task, examples=examples, recalibrated=recalibrated, seed=seed)
    chosen = random_directions(model, seed=seed)[0] if direction is None else direction
    found = sweep(landscape, (landscape.base, chosen.values), [(1.0, a) for a in alpha], progress)
    return SurfaceLine(
        direction=chosen.facts(), alpha=tuple(alpha), train=line_values(found, "train"),
        validation=line_values(found, "validation"),
        marks=(mark(landscape, "weights", (0.0,), landscape.base),), **surface_facts(landscape, found, began),
    )  # fmt: skip


def surface_plane(
    model: nn.Module, task: Task, directions: tuple[Direction, Direction] | None = None, *,
    reach: float = 1.0, points: int = 25, examples: int | None = None, recalibrated: bool = True,
    seed: int = 0, progress: Progress | None = None,
) -> SurfacePlane:  # fmt: skip
    """Loss and metrics at w + alpha d_1 + beta d_2, alpha and beta between -reach and reach.

    Args:
        directions: d_1 and d_2; by default two random filter-normalised ones, orthogonal to each other.
        points: a side, so points x points in all. For the rest see :func:`surface_line`.
    """
    began = time.perf_counter()
    side = grid(-reach, reach, points)
    landscape = Landscape(model, task, examples=examples, recalibrated=recalibrated, seed=seed)
    first, second = directions or random_directions(model, 2, seed=seed)
    weights = [(1.0, a, b) for b in side for a in side]
    found = sweep(landscape, (landscape.base, first.values, second.values), weights, progress)
    return SurfacePlane(
        directions=(first.facts(), second.facts()), cosine=cosine(first, second), alpha=tuple(side),
        beta=tuple(side), train=plane_values(found, "train", len(side)),
        validation=plane_values(found, "validation", len(side)),
        marks=(mark(landscape, "weights", (0.0, 0.0), landscape.base),),
        **surface_facts(landscape, found, began),
    )  # fmt: skip


# --- what lines, planes and interpolations share ---


def grid(low: float, high: float, points: int, keep: Sequence[float] = ()) -> list[float]:
    """Equally spaced values from low to high, and those of ``keep`` that are not among them.

    >>> grid(-1, 2, 4, keep=(0.5,))
    [-1.0, 0.0, 0.5, 1.0, 2.0]
    """
    if not 3 <= points <= _MOST_POINTS:
        raise InputError(f"points must be between 3 and {_MOST_POINTS} a side, got {points}")
    if not 0 < high - low < float("inf"):
        raise InputError(
            f"the range of a surface must be finite and greater than 0, got {(high - low) / 2:g}"
        )
    spaced = np.linspace(float(low), float(high), points)
    near = 1e-9 * (high - low)
    for value in keep:
        closest = int(np.abs(spaced - value).argmin())
        if abs(spaced[closest] - value) <= near:
            spaced[closest] = value
        else:
            spaced = np.sort(np.append(spaced, value))
    return [float(v) + 0.0 for v in spaced]


def sweep(
    landscape: Landscape, anchors: Sequence[Mapping[str, Tensor]], weights: Sequence[Sequence[float]],
    progress: Progress | None = None,
) -> list[BothSplits]:  # fmt: skip
    """The values at every weighted sum of the anchors, in order."""
    found = []
    for done, weight in enumerate(weights, start=1):
        found.append(BothSplits(**landscape.at(combination(anchors, weight))))
        if progress is not None:
            progress(done, len(weights))
    return found


def line_values(found: Sequence[BothSplits], split: str) -> LineValues:
    """One split's values as columns."""
    rows = [getattr(point, split) for point in found]
    return LineValues(
        loss=tuple(r.loss for r in rows),
        metrics={name: tuple(r.metrics[name] for r in rows) for name in rows[0].metrics},
    )


def plane_values(found: Sequence[BothSplits], split: str, columns: int) -> PlaneValues:
    """One split's values as rows of so many columns."""
    flat = line_values(found, split)

    def rows(values: Numbers) -> tuple[Numbers, ...]:
        return tuple(values[start : start + columns] for start in range(0, len(values), columns))

    return PlaneValues(loss=rows(flat.loss), metrics={n: rows(v) for n, v in flat.metrics.items()})


def mark(
    landscape: Landscape, name: str, at: tuple[float, ...], params: Mapping[str, Tensor],
    given: Mapping[str, Tensor] | None = None,
) -> LineMark:  # fmt: skip
    """A model on the surface; ``given`` is its state with buffers where it is not the landscape's own."""
    values = BothSplits(**landscape.at(params))
    return LineMark(
        name=name, at=at, values=values,
        as_given=landscape.as_given(given) if landscape.recalibrated else None,
    )  # fmt: skip


def surface_facts(landscape: Landscape, found: Sequence[BothSplits], began: float) -> dict[str, Any]:
    """The fields of :class:`Surface` but the marks; ``began`` is the clock's reading at the start."""
    missing = sum(any(getattr(point, split).loss is None for split in SPLITS) for point in found)
    return {
        "examples": landscape.examples, "recalibrated": landscape.recalibrated, "not_finite": missing,
        "seconds": time.perf_counter() - began, "environment": environment(landscape.device),
    }  # fmt: skip


def cosine(first: Direction, second: Direction) -> float:
    """The cosine of the angle between two directions."""
    lengths = [inner_product(d.values, d.values) ** 0.5 for d in (first, second)]
    return inner_product(first.values, second.values) / (lengths[0] * lengths[1])
