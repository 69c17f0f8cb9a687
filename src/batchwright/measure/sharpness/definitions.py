"""Sharpness: how much the loss rises near a point, by several definitions side by side.

Keskar's (:mod:`~.keskar`), SAM's (:mod:`~.sam`), the average over Gaussian perturbations (:mod:`~.averaged`),
the largest eigenvalue of the Hessian and its trace.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict
from torch import nn

from batchwright.core.remark import Remark, remark
from batchwright.measure.examples import measured_task
from batchwright.measure.gradients.per_example import MEMORY_BYTES
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.shifted import ShiftedLoss
from batchwright.measure.hessian.spectrum import Eigenpairs, eigenpairs
from batchwright.measure.sharpness.averaged import AveragedSharpness, averaged
from batchwright.measure.sharpness.keskar import EPSILONS, SUBSPACE, KeskarSharpness, keskar
from batchwright.measure.sharpness.sam import RHO, SamSharpness, sam
from batchwright.task.task import Task

NOT_INVARIANT = remark("sharpness.not_invariant")
"""None of these measures is invariant to reparametrisation (Dinh et al. 2017, arXiv 1703.04933)."""
_SUBSPACE_BYTES = 1 << 30
"""A random subspace that would take more is left out."""
_DIRECTIONS = 2


class Sharpness(BaseModel):
    """All of them at one point, with the caveat that belongs to them.

    Attributes:
        keskar: one a box and subspace.
        sam, averaged: see there.
        largest_eigenvalue, trace: of the Hessian, as passed in.
        evaluations: passes over the examples.
    """

    model_config = ConfigDict(frozen=True)
    keskar: tuple[KeskarSharpness, ...]
    sam: SamSharpness
    averaged: AveragedSharpness
    largest_eigenvalue: float | None = None
    trace: float | None = None
    caveat: Remark = NOT_INVARIANT
    evaluations: int
    seconds: float


def measure_sharpness(
    model: nn.Module,
    task: Task,
    *,
    pairs: Eigenpairs | None = None,
    trace: float | None = None,
    epsilons: Sequence[float] = EPSILONS,
    subspace: int | None = SUBSPACE,
    rho: float = RHO,
    examples: int | None = None,
    chunk: int = 128,
    seed: int = 0,
) -> Sharpness:
    """Sharpness of the mean training loss at the model's present parameters; the model is left alone.

    Args:
        model, task, examples, chunk: see :class:`~batchwright.measure.hessian.curvature.Curvature`.
        pairs: eigenpairs of the Hessian there; the largest is computed if not given.
        trace: of the Hessian, to be reported along with the rest.
        epsilons: of Keskar's boxes.
        subspace: columns of a random A, beside the full space; left out where it is None, where the model has
            no more parameters than that, or where A would take more than 1 GiB.
        rho: of SAM; the Gaussian perturbations have this length too, in the root mean square.
        seed: of everything drawn.
    """
    began = time.perf_counter()
    task = measured_task(model, task, examples=examples, memory_bytes=MEMORY_BYTES, seed=seed)
    shifted = ShiftedLoss(model, task, chunk=chunk, seed=seed)
    if pairs is None:
        pairs = eigenpairs(Curvature(model, task, chunk=chunk, seed=seed), top=1, bottom=0, seed=seed)
    largest_first = pairs.values.argsort(descending=True)
    directions = pairs.vectors[largest_first[:_DIRECTIONS].to(pairs.vectors.device)]
    spaces: list[int | None] = [None]
    size = (subspace or 0) * shifted.origin.numel() * shifted.origin.element_size()
    if subspace is not None and subspace < shifted.origin.numel() and size <= _SUBSPACE_BYTES:
        spaces.append(subspace)
    boxes = [
        keskar(shifted, epsilon=epsilon, subspace=space, directions=directions, seed=seed)
        for space in spaces
        for epsilon in epsilons
    ]
    return Sharpness(
        keskar=tuple(boxes), sam=sam(shifted, rho=rho, directions=directions),
        averaged=averaged(shifted, sigma=rho / math.sqrt(shifted.origin.numel()), seed=seed),
        largest_eigenvalue=float(pairs.values[largest_first[0]]), trace=trace,
        evaluations=shifted.evaluations, seconds=time.perf_counter() - began,
    )  # fmt: skip
