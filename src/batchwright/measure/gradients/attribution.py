"""Whose step lowers whose loss: every batch's loss over every update of one epoch.

A run's next epoch has the batches 1, ..., K and makes one update on each, w_1 -> w_2 -> ... -> w_(K+1). With
l_i the mean loss of batch i and g_i its gradient,

    A[i, j] = l_i(w_(j+1)) - l_i(w_j)         what the update on batch j did to batch i
    F[i, j] = g_i(w_j) . (w_(j+1) - w_j)      its first order; -lr g_i . g_j for plain descent
    C[i, j] = cos(g_i(w_j), g_j(w_j))

Row i of A sums exactly to what the epoch did to batch i, so a share of the sum is a share of the fall. The
error |A - F| / |A| shrinks in proportion to the learning rate: what is left out is of second order.
"""

from __future__ import annotations

import math

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from batchwright.batches import IndexStream, batch_size_at
from batchwright.core.errors import InputError
from batchwright.core.shapes import FlatParams
from batchwright.measure.gradients.per_example import MEMORY_BYTES
from batchwright.measure.hessian.mean_loss import MeanLoss
from batchwright.training.state import Run

_CHUNK = 2048

Matrix = tuple[tuple[float, ...], ...]
"""Rows of numbers: [i][j] speaks of batch i and of the update on batch j."""


class Attribution(BaseModel):
    """The losses of an epoch's K batches over its K updates.

    Attributes:
        step: updates before the epoch.
        lr: of its first update.
        batch_sizes: examples of each batch, in the order of their turns.
        losses: [j][i] is the mean loss of batch i after j of the updates, j = 0, ..., K.
        first_order: F.
        cosines: C; its diagonal is 1.
    """

    model_config = ConfigDict(frozen=True)
    step: int
    lr: float
    batch_sizes: tuple[int, ...]
    losses: Matrix
    first_order: Matrix
    cosines: Matrix

    @property
    def changes(self) -> Matrix:
        """A."""
        steps = zip(self.losses, self.losses[1:], strict=False)
        return _transposed([[b - a for a, b in zip(before, after, strict=True)] for before, after in steps])

    @property
    def equal_share(self) -> float:
        """1/K: what the own step would have if all steps counted alike."""
        return 1 / len(self.batch_sizes)

    @property
    def own_share(self) -> float | None:
        """Share of the batches' summed fall that their own steps made; None where the sum does not fall."""
        changes = self.changes
        total = math.fsum(map(math.fsum, changes))
        return math.fsum(row[i] for i, row in enumerate(changes)) / total if total < 0 else None

    @property
    def cosine_mean(self) -> float | None:
        """Mean cosine between the gradients of two different batches; None for a single batch."""
        others = [value for i, row in enumerate(self.cosines) for j, value in enumerate(row) if i != j]
        return math.fsum(others) / len(others) if others else None

    @property
    def first_order_error(self) -> float | None:
        """|A - F| / |A|, norms over all entries; None where nothing changes."""
        pairs = [
            (a, f)
            for changes, predicted in zip(self.changes, self.first_order, strict=True)
            for a, f in zip(changes, predicted, strict=True)
        ]
        size = math.hypot(*(a for a, _ in pairs))
        return math.hypot(*(a - f for a, f in pairs)) / size if size > 0 else None


def attribution(run: Run, *, memory_bytes: int = MEMORY_BYTES) -> Attribution:
    """What each update of a run's next epoch does to the loss of each of the epoch's batches.

        *_, run = bw.train("squares", batch_size=100, order="fixed", dtype="float64", steps=50)
        bw.attribution(run).own_share

    The epoch is made on a copy: the run is bitwise the same with and without it. The updates are the run's
    own, whatever its optimizer; losses and gradients are those of evaluation mode, without augmentation. It
    takes 2 K passes over the data, half of them with gradients. Small learning rates need a run in float64: in
    float32 a change below 1e-7 of the loss is lost in rounding.

    Args:
        run: between two updates.
        memory_bytes: for the items of a map-style data set, which are read once.

    Raises:
        InputError: a loss that is not finite, or a model without trainable parameters or whose batch norm keeps
            no running statistics.
    """
    batches = _next_epoch(run)
    copy = Run(run.spec, run.task)
    copy.restore(run.snapshot())
    at = MeanLoss(
        copy.model, copy.task, examples=None, chunk=_CHUNK, memory_bytes=memory_bytes, mode="evaluation",
        seed=run.spec.seed,
    )  # fmt: skip
    losses, first_order, cosines = [_losses(at, batches)], [], []
    for j in range(len(batches)):
        before = _parameters(copy)
        copy.update()
        step = (_parameters(copy) - before).double()
        with at.drawing(0):
            gradients = [_gradient(at, batch).double() for batch in batches]
        first_order.append([float(g @ step) for g in gradients])
        cosines.append([_cosine(g, gradients[j]) for g in gradients])
        at.move(_parameters(copy))
        losses.append(_losses(at, batches))
    if not all(math.isfinite(value) for row in losses for value in row):
        raise InputError(
            "attribution needs finite losses, got one that is not: the run has diverged, lower its learning rate"
        )
    return Attribution(
        step=run.step, lr=run.updater.lr(run.step), batch_sizes=tuple(map(len, batches)),
        losses=tuple(map(tuple, losses)), first_order=_transposed(first_order),
        cosines=_transposed(cosines),
    )  # fmt: skip


def _next_epoch(run: Run) -> list[Tensor]:
    """The examples of each update until one more pass over the data is drawn, as positions."""
    spec, examples = run.spec, len(run.task.train)
    stream = IndexStream(examples, spec.sampling, spec.seed)
    batches: list[Tensor] = []
    position, end = run.position, run.position + examples
    while True:
        size = batch_size_at(position, spec.batch_size, spec.batch_growth, examples)
        start, position = stream.span(position, size)
        if start >= end:
            return batches
        batches.append(stream.indices(start, position))


def _parameters(run: Run) -> FlatParams:
    return torch.cat([p.detach().reshape(-1) for p in run.model.parameters() if p.requires_grad])


def _losses(at: MeanLoss, batches: list[Tensor]) -> list[float]:
    with torch.no_grad(), at.drawing(0):
        return [
            sum(float(at.losses(piece, 0).double().sum()) for piece in batch.split(_CHUNK)) / len(batch)
            for batch in batches
        ]


def _gradient(at: MeanLoss, batch: Tensor) -> FlatParams:
    """Of the batch's mean loss."""
    total = torch.zeros(at.count, device=at.device, dtype=at.dtype)
    for piece in batch.split(_CHUNK):
        total += at.joined(at.derivatives(at.losses(piece, 0).sum() / len(batch)))
    return total


def _cosine(a: FlatParams, b: FlatParams) -> float:
    """0 where one of them vanishes."""
    norms = float(a.norm() * b.norm())
    return float(a @ b) / norms if norms > 0 else 0.0


def _transposed(rows: list[list[float]]) -> Matrix:
    return tuple(zip(*rows, strict=True))
