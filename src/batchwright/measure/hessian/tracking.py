"""The largest eigenvalue of the Hessian along a run, beside the value at which its updates become unstable.

On a quadratic an update along an eigenvector with eigenvalue lambda overshoots more and more once lambda is
above a threshold that the optimizer sets:

    gradient descent        2 / lr
    heavy ball              (2 + 2 beta) / lr
    Nesterov                (2 + 2 beta) / ((1 + 2 beta) lr)
    averaged momentum       (2 + 2 beta) / ((1 - beta) lr)
    Adam, AdamW             (2 + 2 beta_1) / ((1 - beta_1) lr), for the preconditioned Hessian
    RMSprop                 as (torch's heavy-ball) momentum, for the preconditioned Hessian

Full-batch training tends to rise to that edge and to hover there (Cohen et al. 2021, arXiv 2103.00065;
adaptive methods: 2022, arXiv 2207.14484). The preconditioned Hessian is D^(1/2) H D^(1/2), with D what the
optimizer multiplies its gradients by, such as 1/(sqrt(v) + eps).
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from batchwright.core.errors import InputError
from batchwright.core.shapes import FlatParams, Vectors
from batchwright.measure.gradients.per_example import MEMORY_BYTES
from batchwright.measure.gradients.preconditioner import weights_of
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.spectrum import eigenpairs
from batchwright.optim.catalogue import CATALOGUE
from batchwright.optim.spec import OptimizerSpec
from batchwright.task.task import Task
from batchwright.training.loop import Run, updates
from batchwright.training.record import Status
from batchwright.training.spec import RunSpec

_TOLERANCE = 1e-2
"""Of the eigenvalue: a curve of a run needs no more."""


class CurvatureAlong(BaseModel):
    """Curvature after so many updates of a run.

    Attributes:
        largest: the largest eigenvalue of the Hessian of the training loss, with its true residual.
        preconditioned: the same of the preconditioned Hessian, for Adam, AdamW and RMSprop after a step.
        threshold: where an update becomes unstable, for ``preconditioned`` where that is given, else for
            ``largest``; None where the optimizer's threshold is not known.
        layers: the largest eigenvalue of each parameter tensor's own block of the Hessian, if asked for.
    """

    model_config = ConfigDict(frozen=True)
    step: int
    loss: float
    gradient_norm: float
    largest: float
    residual: float
    preconditioned: float | None = None
    threshold: float | None = None
    layers: dict[str, float] | None = None
    products: int


def stability_threshold(spec: OptimizerSpec, lr: float) -> float | None:
    """The eigenvalue above which updates along it grow, see the module; None where it is not known.

    >>> stability_threshold(OptimizerSpec(momentum=0.5), 0.125)
    24.0
    """
    stability = CATALOGUE[spec.name].stability
    return None if stability is None else stability(spec) / lr


def curvature_along(
    spec: RunSpec, task: Task, *, every: int, examples: int | None = None, layers: bool = False,
    chunk: int = 128, memory_bytes: int = MEMORY_BYTES, seed: int = 0,
) -> Iterator[CurvatureAlong]:  # fmt: skip
    """Train, measuring before the first update, after every ``every`` and after the last, in evaluation mode.

    Each search for an eigenvalue starts from the eigenvector found before. The run is bitwise what it is
    without; one that diverges ends the curve.

    Args:
        every: updates between two measurements.
        examples: of the training data, for the Hessian; all by default.
        layers: also the largest eigenvalue of each parameter tensor's block.

    Raises:
        InputError: ``every`` below 1, or a loss that has no Hessian to measure (see ``measure.curvature``).
    """
    how: dict[str, int | None] = {
        "examples": examples,
        "chunk": chunk,
        "memory_bytes": memory_bytes,
        "seed": seed,
    }
    for _, row in tracked_run(spec, task, every=every, layers=layers, **how):
        yield row


def tracked_run(
    spec: RunSpec, task: Task, *, every: int, layers: bool = False, **how: int | None
) -> Iterator[tuple[Run, CurvatureAlong]]:
    """As :func:`curvature_along`, with the live run beside each measurement."""
    if every < 1:
        raise InputError(f"along must be a number of updates from 1 on, got {every}")
    tracker = _Tracker(task, layers, how)
    first = Run(spec, task)
    yield first, tracker.at(first)
    for run in updates(spec, task):
        if run.step % every and run.status is None:
            continue
        if run.status is Status.DIVERGED:
            return
        yield run, tracker.at(run)


class _Tracker:
    """Measures at one point after another, keeping the eigenvectors to start from."""

    def __init__(self, task: Task, layers: bool, how: dict[str, int | None]) -> None:
        self._task, self._layers, self._how = task, layers, how
        self._starts: dict[str, Tensor] = {}

    def at(self, run: Run) -> CurvatureAlong:
        curvature = Curvature(run.model, self._task, mode="evaluation", **self._how)  # type: ignore[arg-type]
        largest, residual = self._largest("all", curvature)
        weights = weights_of(run.updater, run.model, run.spec)
        scaled = None
        if weights is not None:
            scaled, _ = self._largest("preconditioned", _Scaled(curvature, weights.sqrt()))
        preconditioned = CATALOGUE[run.spec.optimizer.name].second_moment is not None
        lr = run.lr if run.step else run.spec.optimizer.lr
        threshold = None if preconditioned and scaled is None else stability_threshold(run.spec.optimizer, lr)
        layers = None
        if self._layers:
            layers = {
                name: self._largest(name, _Scaled(curvature, mask))[0]
                for name, mask in _blocks(run, curvature)
            }
        return CurvatureAlong(
            step=run.step, loss=curvature.loss(), gradient_norm=float(curvature.gradient().norm()),
            largest=largest, residual=residual, preconditioned=scaled, threshold=threshold, layers=layers,
            products=curvature.products,
        )  # fmt: skip

    def _largest(self, key: str, operator: Curvature | _Scaled) -> tuple[float, float]:
        pairs = eigenpairs(operator, top=1, bottom=0, tolerance=_TOLERANCE, start=self._starts.get(key))
        self._starts[key] = pairs.vectors[-1:].clone()
        return float(pairs.values[-1]), float(pairs.residuals[-1])


class _Scaled:
    """S H S for a diagonal S: a preconditioned Hessian, or with zeros and ones a block of it."""

    def __init__(self, curvature: Curvature, scale: FlatParams) -> None:
        self._curvature, self._scale = curvature, scale.to(curvature.device, curvature.dtype)
        self.count, self.dtype, self.device = curvature.count, curvature.dtype, curvature.device
        self.examples, self.products = curvature.examples, 0

    def hessian_products(self, vectors: Vectors) -> Vectors:
        self.products += len(vectors)
        return self._scale * self._curvature.hessian_products(self._scale * vectors)


def _blocks(run: Run, curvature: Curvature) -> Iterator[tuple[str, FlatParams]]:
    """A mask for every parameter tensor."""
    start = 0
    for name, parameter in run.model.named_parameters():
        if not parameter.requires_grad:
            continue
        mask = torch.zeros(curvature.count)
        mask[start : start + parameter.numel()] = 1.0
        start += parameter.numel()
        yield name, mask
