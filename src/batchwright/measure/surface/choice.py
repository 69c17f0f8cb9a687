"""Directions to look along by what they are: random, the gradient's, the Hessian's eigenvectors."""

from __future__ import annotations

from typing import Literal, get_args

from torch import nn

from batchwright.core.errors import unknown_name
from batchwright.core.params import flatten
from batchwright.core.remark import remark
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.spectrum import eigenpairs
from batchwright.measure.surface.directions import Direction, random_directions, unit_direction
from batchwright.task.task import Task

DirectionName = Literal["random", "gradient", "eigenvector"]
DIRECTIONS: tuple[DirectionName, ...] = get_args(DirectionName)


def chosen_directions(
    model: nn.Module,
    task: Task,
    name: str,
    *,
    plane: bool = False,
    examples: int | None = None,
    seed: int = 0,
) -> list[Direction]:
    """The direction called ``name``, and for a plane a second one at a right angle to it.

    Args:
        model: where it is to be looked at; read, never written to.
        task: gives the loss whose gradient or Hessian is asked for.
        name: ``random``: scaled filter by filter. ``gradient``: of the training loss; the second one is
            random. ``eigenvector``: of the Hessian's largest eigenvalue; the second one of its smallest.
        plane: whether two are wanted.
        examples: of the training data, for gradient and Hessian; all by default.
        seed: of what is random.

    Raises:
        InputError: another name, or a gradient that is zero or not finite.
    """
    if name not in DIRECTIONS:
        raise unknown_name("direction", name, DIRECTIONS)
    if name == "random":
        return list(random_directions(model, 2 if plane else 1, seed=seed))
    curvature = Curvature(model, task, examples=examples, mode="evaluation", seed=seed)
    if name == "gradient":
        return _gradient(model, curvature, plane, seed)
    return _eigenvectors(model, curvature, plane, seed)


def _gradient(model: nn.Module, curvature: Curvature, plane: bool, seed: int) -> list[Direction]:
    gradient = curvature.gradient()
    found = [unit_direction(model, gradient, remark("direction.gradient"))]
    if plane:
        drawn = flatten(random_directions(model, seed=seed)[0].values).to(gradient.dtype)
        across = drawn - (drawn @ gradient) / (gradient @ gradient) * gradient
        found.append(unit_direction(model, across, remark("direction.across_gradient")))
    return found


def _eigenvectors(model: nn.Module, curvature: Curvature, plane: bool, seed: int) -> list[Direction]:
    pairs = eigenpairs(curvature, top=1, bottom=1 if plane else 0, seed=seed)
    order = pairs.values.argsort(descending=True).tolist()
    ends = [("largest", order[0]), ("smallest", order[-1])][: 2 if plane else 1]
    return [
        unit_direction(
            model, pairs.vectors[k], remark(f"direction.eigenvector_{end}", eigenvalue=float(pairs.values[k]))
        )
        for end, k in ends
    ]
