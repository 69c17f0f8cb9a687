"""The noise along a run: one measurement every so many updates, the run itself bitwise the same."""

from __future__ import annotations

import math
from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict

from batchwright.core.errors import InputError
from batchwright.measure.examples import in_memory
from batchwright.measure.gradients.noise import SAMPLE, Noise, Rows, measure_noise
from batchwright.measure.gradients.per_example import MEMORY_BYTES
from batchwright.measure.gradients.preconditioner import weights_of
from batchwright.task.task import Task
from batchwright.training.loop import Run, updates
from batchwright.training.record import Status
from batchwright.training.spec import RunSpec


class NoiseAlong(BaseModel):
    """The noise after so many updates of a run; ``preconditioned`` for adaptive optimizers."""

    model_config = ConfigDict(frozen=True)
    step: int
    epoch: float
    loss: float | None
    raw: Noise
    preconditioned: Noise | None = None


def noise_of_run(
    run: Run, task: Task, *, sample: Rows = "auto", seed: int = 0, memory_bytes: int = MEMORY_BYTES,
    curvature: bool = False,
) -> NoiseAlong:  # fmt: skip
    """The noise where a run stands, raw and, for an adaptive optimizer, as it scales its gradients.

    Args:
        run: between two updates; not changed.
        task, sample, seed, memory_bytes, curvature: as in :func:`~.noise.measure_noise`.
    """
    task = task.with_fields(train=in_memory(task.train, run.model, memory_bytes))
    raw = measure_noise(
        run.model, task, sample=sample, seed=seed, memory_bytes=memory_bytes, curvature=curvature
    )
    weights = weights_of(run.updater, run.model, run.spec)
    scaled = None
    if weights is not None:
        scaled = measure_noise(
            run.model, task, sample=sample, seed=seed, memory_bytes=memory_bytes, weights=weights
        )
    return NoiseAlong(step=run.step, epoch=run.epoch, loss=_loss(run), raw=raw, preconditioned=scaled)


def _loss(run: Run) -> float | None:
    """Of the last batch; None before the first update of this process, and where it is not finite."""
    try:
        loss = run.loss
    except InputError:
        return None
    return loss if math.isfinite(loss) else None


def noise_along(
    spec: RunSpec, task: Task, *, every: int, sample: Rows = SAMPLE, seed: int = 0,
    memory_bytes: int = MEMORY_BYTES,
) -> Iterator[NoiseAlong]:  # fmt: skip
    """Train, measuring the noise after every ``every`` updates and after the last.

    A run that diverges ends the curve.

    Raises:
        InputError: ``every`` below 1, or the spec does not fit the task.
    """
    for _, row in measured_run(spec, task, every=every, sample=sample, seed=seed, memory_bytes=memory_bytes):
        yield row


def measured_run(
    spec: RunSpec, task: Task, *, every: int, sample: Rows = SAMPLE, seed: int = 0,
    memory_bytes: int = MEMORY_BYTES,
) -> Iterator[tuple[Run, NoiseAlong]]:  # fmt: skip
    """As :func:`noise_along`, with the live run beside each measurement."""
    if every < 1:
        raise InputError(f"along must be a number of updates from 1 on, got {every}")
    for run in updates(spec, task):
        if run.step % every and run.status is None:
            continue
        if run.status is Status.DIVERGED or _loss(run) is None:
            return
        yield run, noise_of_run(run, task, sample=sample, seed=seed, memory_bytes=memory_bytes)
