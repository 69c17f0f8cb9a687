"""The straight line between two models, beyond both ends: barriers and one-sided sharpness."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict
from torch import Tensor, nn

from batchwright.core.params import sub
from batchwright.measure.surface.directions import inner_product
from batchwright.measure.surface.landscape import Landscape, combination, differing_states
from batchwright.measure.surface.lines import (
    LineValues,
    Progress,
    Surface,
    grid,
    line_values,
    mark,
    surface_facts,
    sweep,
)
from batchwright.task.task import Task

_STEP = 0.05
"""Step in alpha of the second differences at the ends."""
_ROUNDING = 1e-5


class Barrier(BaseModel):
    """max over 0 <= alpha <= 1 of L(alpha) - [(1 - alpha) L(0) + alpha L(1)], over the points measured.

    Zero without a barrier (Entezari et al. 2022, arXiv 2110.06296). Where the ends differ, a bulge counts
    too; ``above_both_ends`` says whether the loss in between rises above the higher end. ``value`` is None
    where the loss is not finite between the ends; ``alpha`` is then the first such place.
    """

    model_config = ConfigDict(frozen=True)
    value: float | None
    alpha: float
    above_both_ends: bool


class Interpolation(Surface):
    """Values at (1 - alpha) w_0 + alpha w_1.

    ``curvature`` holds the second derivatives of the training loss by alpha at both ends, as second
    differences with step ``curvature_step``: the distance between the models is the unit at both.
    """

    kind: Literal["interpolation"] = "interpolation"
    between: tuple[str, str]
    distance: float
    alpha: tuple[float, ...]
    train: LineValues
    validation: LineValues
    barrier: dict[str, Barrier]
    curvature: tuple[float | None, float | None]
    curvature_step: float = _STEP


def interpolate(
    first: nn.Module, second: nn.Module, task: Task, *, names: tuple[str, str] = ("first", "second"),
    low: float = -1.0, high: float = 2.0, points: int = 25, examples: int | None = None,
    recalibrated: bool = True, seed: int = 0, progress: Progress | None = None,
) -> Interpolation:  # fmt: skip
    """Loss and metrics between two models and beyond them (Keskar et al. 2017, arXiv 1609.04836, figure 3).

    Floating-point buffers are interpolated like the parameters; running statistics of batch norms are
    recomputed at every point instead, the ends included.

    Args:
        first, second: two models of one kind, at alpha = 0 and 1; read, never written to.
        names: what to call them.
        low, high: the ends of alpha; 0 and 1 are added to the points where they are not among them.
            For the rest see :func:`~batchwright.measure.surface.lines.surface_line`.

    Raises:
        InputError: models of two kinds, two that are the same, or one that is not finite.
    """
    began = time.perf_counter()
    states = differing_states([first, second])
    alpha = grid(min(low, 0.0), max(high, 1.0), points, keep=(0.0, 1.0))
    landscape = Landscape(first, task, examples=examples, recalibrated=recalibrated, seed=seed)
    found = sweep(landscape, states, [(1.0 - a, a) for a in alpha], progress)
    train, validation = line_values(found, "train"), line_values(found, "validation")
    own = [{n: s[n] for n, _ in first.named_parameters() if n in s} for s in states]
    apart = sub(own[1], own[0])
    marks = tuple(mark(landscape, n, (float(k),), states[k], states[k]) for k, n in enumerate(names))
    curvature = tuple(_curvature(landscape, states, end) for end in (0.0, 1.0))
    return Interpolation(
        between=names, distance=inner_product(apart, apart) ** 0.5, alpha=tuple(alpha), train=train,
        validation=validation,
        barrier={"train": _barrier(alpha, train), "validation": _barrier(alpha, validation)},
        curvature=(curvature[0], curvature[1]), marks=marks, **surface_facts(landscape, found, began),
    )  # fmt: skip


def _barrier(alpha: Sequence[float], values: LineValues) -> Barrier:
    between = [(a, loss) for a, loss in zip(alpha, values.loss, strict=True) if 0 <= a <= 1]
    finite = [(a, loss) for a, loss in between if loss is not None]
    if len(finite) < len(between):
        first = next(a for a, loss in between if loss is None)
        return Barrier(value=None, alpha=first, above_both_ends=True)
    start, stop = finite[0][1], finite[-1][1]
    over = [(loss - ((1 - a) * start + a * stop), a) for a, loss in finite[1:-1]]
    value, place = max(over, default=(0.0, 0.0))
    peak = max(loss for _, loss in finite)
    # Rounding makes bulges too.
    above = value > 0 and peak > max(start, stop) * (1 + _ROUNDING)
    return Barrier(value=max(value, 0.0), alpha=place if value > 0 else 0.0, above_both_ends=above)


def _curvature(landscape: Landscape, states: Sequence[Mapping[str, Tensor]], end: float) -> float | None:
    losses = [
        landscape.at(combination(states, (1 - a, a)), ("train",))["train"].loss
        for a in (end - _STEP, end, end + _STEP)
    ]
    before, here, after = losses
    if before is None or here is None or after is None:
        return None
    return (before - 2 * here + after) / _STEP**2
