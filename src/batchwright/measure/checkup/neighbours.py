"""Whether the loss of an example depends on the batch that it is in: its place, its neighbours, their number.

A study compares batch sizes, and takes the mean of per-example losses for one and the same function at all of
them. If an example's loss changes with its batch, each batch size minimises another function.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.utils import _pytree as pytree

from batchwright.core.errors import one_line
from batchwright.core.streams import generator, global_randomness
from batchwright.measure.checkup.bench import Batch, Bench, chosen_rows, own_leaves
from batchwright.measure.checkup.result import TaskFinding, finding
from batchwright.measure.checkup.rounding import beyond_rounding

_SMALL = 1, 2, 3, 4, 8


def loss_alone(bench: Bench) -> Iterator[TaskFinding]:
    """The loss of some rows by themselves beside their part of the loss of all; the outputs are the same."""
    batch, count = bench.batch(), len(bench.positions)
    with torch.no_grad():
        outputs = bench.outputs(bench.model(), own_leaves(batch[0]))
    whole = _loss(bench, outputs, batch[1])
    if not _repeats(bench, outputs, batch[1], whole):
        return  # said by another check
    for chosen in _choices(count):
        rows = chosen_rows((outputs, batch[1]), chosen, count)
        if rows is None:
            return
        own = _loss(bench, *rows)
        off = beyond_rounding(whole[chosen], own, bench.response)
        if off is not None:
            yield finding(
                "loss_uses_batch", "error", share=off, broadcast=_broadcasts(outputs, batch[1]),
                power=_power(whole[chosen], own, count),
            )  # fmt: skip
            return


def model_alone(bench: Bench) -> Iterator[TaskFinding]:
    """The same for model and data in evaluation mode."""
    if _loss_depends(bench):
        return
    batch, count = bench.batch(), len(bench.positions)
    whole = bench.evaluated(batch)
    if beyond_rounding(whole, bench.evaluated(batch, seed=1), bench.response) is not None:
        return
    for chosen in _choices(count):
        rows = bench.rows(batch, chosen)
        if rows is None:
            return
        try:
            own = bench.evaluated(rows)
        except Exception as error:
            yield finding(
                "fails_at_size", "error", batch_size=len(chosen), error=one_line(error), training=False
            )
            return
        off = beyond_rounding(whole[chosen], own, bench.response)
        if off is not None:
            yield finding(
                "model_uses_batch", "error", share=off, by_order=len(chosen) == count,
                padded=_shapes_vary(batch, rows),
            )  # fmt: skip
            return


def training_alone(bench: Bench) -> Iterator[TaskFinding]:
    """The same in training mode, batch normalisation and dropout apart; batch normalisation is a note."""
    norms = [m for m in bench.built.modules() if isinstance(m, _BatchNorm)]
    if norms:
        yield finding("batch_norm", "note", count=len(norms))
    if _loss_depends(bench):
        return
    batch, count = bench.batch(), len(bench.positions)

    def losses(one: Batch, seed: int = 0) -> Tensor:
        with torch.no_grad():
            return bench.losses(_without_known(bench.model(training=True)), one, seed=seed)

    whole = losses(batch)
    if beyond_rounding(whole, losses(batch, seed=1), bench.response) is not None:
        return  # it draws random numbers, which differ from place to place
    if _depends_in_evaluation(bench, batch):
        return
    for chosen in _choices(count):
        rows = bench.rows(batch, chosen)
        if rows is None or len(chosen) == 1:
            continue
        off = beyond_rounding(whole[chosen], losses(rows), bench.response)
        if off is not None:
            yield finding("training_uses_batch", "warning", share=off)
            return


def smallest_batch(bench: Bench) -> Iterator[TaskFinding]:
    """The smallest batch that training mode can take, with finite losses and gradients."""
    failed: str | None = None
    if _cannot_train(bench, len(bench.positions)) == "not_finite":
        return  # at every size, which is said elsewhere
    sizes = [size for size in _SMALL if size < len(bench.positions)] + [len(bench.positions)]
    for size in sizes:
        problem = _cannot_train(bench, size)
        if problem is None:
            if failed is not None:
                normed = any(isinstance(m, _BatchNorm) for m in bench.built.modules())
                yield finding("smallest_batch", "warning", batch_size=size, error=failed, batch_norm=normed)
            break
        failed = failed or problem
    else:
        yield finding("fails_in_training", "error", batch_size=sizes[-1], error=failed)
        return
    if size < sizes[-1] and (problem := _cannot_train(bench, sizes[-1])) is not None:
        yield finding("fails_at_size", "error", batch_size=sizes[-1], error=problem, training=True)


def _cannot_train(bench: Bench, size: int) -> str | None:
    """Why a step at this size fails: the error, or ``not_finite`` where a larger batch is."""
    try:
        batch = bench.batch(bench.positions[:size])
        model = bench.model(training=True)
        losses = bench.losses(model, batch)
        parameters = [p for p in model.parameters() if p.requires_grad]
        grads = (
            torch.autograd.grad(losses.mean(), parameters, allow_unused=True) if losses.requires_grad else ()
        )
    except Exception as error:
        return one_line(error)
    finite = bool(losses.isfinite().all()) and all(bool(g.isfinite().all()) for g in grads if g is not None)
    return None if finite else "not_finite"


def _choices(count: int) -> Iterator[Tensor]:
    """All rows in another order, half of them, single ones."""
    order = torch.randperm(count, generator=generator(0, "rows"))
    yield order
    yield order[: max(1, count // 2)]
    for i in (0, count // 2, count - 1):
        yield torch.tensor([i])


def _loss(bench: Bench, outputs: Any, targets: Any, seed: int = 0) -> Tensor:
    with torch.no_grad(), global_randomness(seed, python_too=True):
        values: Tensor = bench.task.loss(own_leaves(outputs), own_leaves(targets))
    return values


def _repeats(bench: Bench, outputs: Any, targets: Any, whole: Tensor) -> bool:
    return beyond_rounding(whole, _loss(bench, outputs, targets, 1), bench.response) is None


def _loss_depends(bench: Bench) -> bool:
    return any(True for _ in loss_alone(bench))


def _depends_in_evaluation(bench: Bench, batch: Batch) -> bool:
    return any(one.code == "model_uses_batch" for one in model_alone(bench))


def _power(whole: Tensor, own: Tensor, count: int) -> float | None:
    """k where the loss of n rows alone is (count / n)^k times their loss among all; None for another law."""
    size = len(own)
    if size == count:
        return None
    ratio = (own / whole).double()
    first = float(ratio.flatten()[0])
    if not (math.isfinite(first) and first > 0) or not bool(
        torch.allclose(ratio, ratio[:1].expand_as(ratio), rtol=1e-3)
    ):
        return None
    power = math.log(first) / math.log(count / size)
    return round(power) if abs(power - round(power)) < 0.05 and round(power) else None


def _broadcasts(outputs: Any, targets: Any) -> bool:
    """Whether outputs of shape (batch, 1) meet targets of shape (batch,), or the reverse."""
    if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor):
        return False
    return outputs.ndim != targets.ndim and outputs.numel() == targets.numel() and targets.is_floating_point()


def _shapes_vary(batch: Batch, rows: Batch) -> bool:
    """Whether examples have another shape in another batch, as padded ones do."""
    pairs = zip(pytree.tree_leaves(batch[0]), pytree.tree_leaves(rows[0]), strict=False)
    return any(isinstance(a, Tensor) and a.shape[1:] != b.shape[1:] for a, b in pairs)


def _without_known(model: nn.Module) -> nn.Module:
    for module in model.modules():
        if isinstance(module, (_BatchNorm, _DropoutNd)):
            module.eval()
    return model
