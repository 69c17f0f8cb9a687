"""Where the winners of a study ended: the sharpness of the points at which they reached the target."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.shifted import ShiftedLoss
from batchwright.measure.hessian.spectrum import eigenpairs
from batchwright.measure.sharpness.keskar import keskar
from batchwright.study.result import BatchSizeResult
from batchwright.study.spec import StudySpec
from batchwright.task.task import Task
from batchwright.training.loop import train

SEEDS = 3
"""Confirmation runs measured at every batch size."""
EXAMPLES = 2000
"""Training examples that the sharpness is about; a stratified subset of larger sets."""
EPSILON = 1e-3
_TOLERANCE = 1e-2
_SPARE_STEPS = 2.0
"""Room over the steps that the run took; the target ends it."""


class RunEnd(BaseModel):
    """The point at which a run reached the target.

    Attributes:
        largest_eigenvalue: of the Hessian of the training loss, with its true residual.
        keskar: Keskar's sharpness in full space with eps = 1e-3, in percent; None where the loss in the box
            is not finite.
    """

    model_config = ConfigDict(frozen=True)
    batch_size: int
    lr: float
    seed: int
    steps: int
    loss: float
    gradient_norm: float
    largest_eigenvalue: float
    residual: float
    keskar: float | None


def run_ends(
    spec: StudySpec, task: Task, rows: Sequence[BatchSizeResult], kept: Mapping[str, Any]
) -> Iterator[tuple[str, RunEnd]]:
    """Train each winner's first confirmation runs again and measure where they end.

    A study keeps no weights, but every run is reproducible: the same spec and seed end at the same point.

    Args:
        spec: the study's.
        task: its live task.
        rows: what the study found; seeds that missed the target are left out.
        kept: ends measured before, by the keys yielded here; they are not measured again.

    Yields:
        A key that names the run, and its end.
    """
    wanted = [
        (row, index)
        for row in rows
        if row.lr is not None
        for index in [i for i, steps in enumerate(row.steps_to_target.values) if steps is not None][:SEEDS]
    ]
    for row, index in wanted:
        key = f"{row.batch_size}/{row.lr!r}/{index}"
        if key in kept:
            yield key, RunEnd.model_validate(kept[key])
        else:
            yield key, _end(spec, task, row, index)


def _end(spec: StudySpec, task: Task, row: BatchSizeResult, index: int) -> RunEnd:
    steps, lr, seed = row.steps_to_target.values[index], row.lr, spec.run_seed("confirm", index)
    assert steps is not None
    assert lr is not None
    run_spec = spec.run(row.batch_size, lr, seed, int(_SPARE_STEPS * steps) + 2)
    for run in train(run_spec, task):
        if run.status is not None:
            break
    model = copy.deepcopy(run.model).eval()
    examples = EXAMPLES if len(task.train) > EXAMPLES else None
    curvature = Curvature(model, task, examples=examples, seed=spec.seed)
    pairs = eigenpairs(curvature, top=1, bottom=0, tolerance=_TOLERANCE, seed=spec.seed)
    shifted = ShiftedLoss(model, task, examples=examples, seed=spec.seed)
    sharp = keskar(shifted, epsilon=EPSILON, directions=pairs.vectors[-1:], seed=spec.seed)
    return RunEnd(
        batch_size=row.batch_size, lr=lr, seed=seed, steps=run.step, loss=curvature.loss(),
        gradient_norm=float(curvature.gradient().norm()), largest_eigenvalue=float(pairs.values[-1]),
        residual=float(pairs.residuals[-1]), keskar=sharp.value,
    )  # fmt: skip
