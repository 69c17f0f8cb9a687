"""Where the winners of a study ended: the sharpness of the points at which they reached the target."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.shifted import ShiftedLoss
from batchwright.measure.hessian.spectrum import eigenpairs
from batchwright.measure.sharpness.keskar import keskar
from batchwright.study.driver import StudyRuns
from batchwright.study.key import RunKey
from batchwright.study.spec import StudySpec
from batchwright.task.task import Task
from batchwright.training.loop import updates
from batchwright.training.record import Status

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
    spec: StudySpec, task: Task, runs: StudyRuns, kept: Mapping[str, Any]
) -> Iterator[tuple[RunKey, RunEnd]]:
    """Train each winner's first confirmation runs again and measure where they end.

    A study keeps no weights, but every run is reproducible: the same spec and seed end at the same point.
    Runs that missed the target have no end in this sense and are left out.

    Args:
        spec: the study's.
        task: its live task.
        runs: what was run.
        kept: ends measured before, by their run's key as text; they are not measured again.

    Yields:
        The run's key, and its end.
    """
    for size in sorted(runs.found):
        winners = [o for o in runs.found[size].confirmed if o.steps is not None]
        for outcome in winners[:SEEDS]:
            key, steps = outcome.key, outcome.steps
            assert steps is not None
            known = kept.get(str(key))
            end = RunEnd.model_validate(known) if known is not None else _end(spec, task, key, steps)
            if end is not None:
                yield key, end


def _end(spec: StudySpec, task: Task, key: RunKey, steps: float) -> RunEnd | None:
    """Where the run ends; None where, trained again, it misses the target (on other hardware, say)."""
    run_spec = spec.run(key, int(_SPARE_STEPS * steps) + 2)
    for run in updates(run_spec, task):
        if run.status is not None:
            break
    if run.status is not Status.TARGET_REACHED:
        return None
    model = copy.deepcopy(run.model).eval()
    examples = EXAMPLES if len(task.train) > EXAMPLES else None
    curvature = Curvature(model, task, examples=examples, seed=spec.seed)
    pairs = eigenpairs(curvature, top=1, bottom=0, tolerance=_TOLERANCE, seed=spec.seed)
    shifted = ShiftedLoss(model, task, examples=examples, seed=spec.seed)
    sharp = keskar(shifted, epsilon=EPSILON, directions=pairs.vectors[-1:], seed=spec.seed)
    return RunEnd(
        batch_size=key.batch_size,
        lr=run_spec.optimizer.lr,
        seed=run_spec.seed,
        steps=run.step,
        loss=curvature.loss(),
        gradient_norm=float(curvature.gradient().norm()),
        largest_eigenvalue=float(pairs.values[-1]),
        residual=float(pairs.residuals[-1]),
        keskar=sharp.value,
    )
