"""Whether outputs are what the loss takes them for, and whether they depend on the inputs at all.

Nothing is read off class names: outputs are looked at under several draws of the weights, and a loss is known by
what it returns for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from batchwright.core.streams import generator
from batchwright.measure.checkup.bench import Batch, Bench, own_leaves, same
from batchwright.measure.checkup.gradients import nearby
from batchwright.measure.checkup.result import TaskFinding, finding
from batchwright.task.losses import by_example

_DRAWS = 6
_FEWEST = 48
"""Numbers that must all lie on one side before that is no accident."""
_ONE = 1e-3


def outputs_fit_loss(bench: Bench) -> Iterator[TaskFinding]:
    """Probabilities or clipped numbers in the place of logits, logits in the place of log-probabilities."""
    batch = bench.batch()
    draws = [_outputs(bench, model, batch) for model in _models(bench)]
    kind = acts_as(bench, draws[0], batch[1])
    if kind is None or any(not isinstance(z, Tensor) or not bool(z.isfinite().all()) for z in draws):
        return
    flat = torch.cat([z.flatten() for z in draws])
    if flat.numel() < _FEWEST:
        return
    unit = bool((flat >= 0).all()) and bool((flat <= 1 + _ONE).all())
    if kind == "nll":
        yield from _log_probabilities(draws)
    elif kind == "cross_entropy" and unit and all(_sums_to_one(z) for z in draws):
        yield finding("softmax_before_loss", "warning", classes=draws[0].shape[1])
    elif unit:
        yield finding("sigmoid_before_loss", "warning", loss=kind)
    elif bool((flat >= 0).all()):
        yield finding("clipped_logits", "warning", loss=kind)


def outputs_alive(bench: Bench) -> Iterator[TaskFinding]:
    """Outputs that are the same for every example, whatever the weights, and outputs that the loss leaves out."""
    batch = bench.batch()
    if len(bench.positions) < 4 or _alike_rows(batch[0]):
        return
    draws = [_outputs(bench, model, batch) for model in _models(bench)]
    if any(not isinstance(z, Tensor) or z.ndim < 1 or len(z) != len(bench.positions) for z in draws):
        return
    still = torch.stack(
        [(z == z[:1]).flatten(1).all(dim=1).all() if z.ndim > 1 else (z == z[0]).all() for z in draws]
    )
    if bool(still.all()):
        yield finding("blind_model", "note" if _all_parameters_move(bench, batch) else "error")
        return
    if draws[0].ndim == 2 and draws[0].shape[1] > 1:
        columns = torch.stack([(z == z[:1]).all(dim=0) for z in draws]).all(dim=0)
        if bool(columns.any()):
            which = columns.nonzero().flatten().tolist()
            yield finding(
                "constant_outputs", "warning", outputs=which[:5], count=len(which), total=draws[0].shape[1]
            )
    yield from _left_out(bench, draws[0], batch[1])


def acts_as(bench: Bench, outputs: Any, targets: Any) -> str | None:
    """``cross_entropy``, ``nll`` or ``bce`` where the loss returns what these do; None for any other."""
    if not isinstance(outputs, Tensor) or not isinstance(targets, Tensor):
        return None
    with torch.no_grad():
        given = bench.task.loss(outputs.clone(), targets.clone())
        for name, function in _KNOWN.items():
            try:
                values = function(outputs, targets)
                if values.ndim == 0:
                    continue
                known = by_example(values)
            except (RuntimeError, IndexError, ValueError):
                continue
            if known.shape == given.shape and bool(torch.allclose(known, given, rtol=1e-4, atol=1e-6)):
                return name
    return None


def _bce(outputs: Tensor, targets: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(
        outputs.reshape(targets.shape), targets.to(outputs), reduction="none"
    )


_KNOWN = {
    "cross_entropy": lambda z, y: F.cross_entropy(z, y, reduction="none"),
    "nll": lambda z, y: F.nll_loss(z, y, reduction="none"),
    "bce": _bce,
}


def _log_probabilities(draws: list[Tensor]) -> Iterator[TaskFinding]:
    total = torch.cat([z.logsumexp(dim=1).flatten() for z in draws])
    if bool((total.abs() > _ONE).any()):
        yield finding(
            "nll_of_other_than_log_probabilities", "error", probabilities=all(_sums_to_one(z) for z in draws)
        )


def _sums_to_one(outputs: Tensor) -> bool:
    if outputs.ndim < 2 or outputs.shape[1] < 2:
        return False
    return bool(((outputs.sum(dim=1) - 1).abs() < _ONE).all()) and bool((outputs >= 0).all())


def _models(bench: Bench) -> Iterator[nn.Module]:
    """The model as built, then with weights drawn further and further away."""
    yield bench.model()
    for seed in range(_DRAWS):
        model = nearby(bench.model(), seed)
        if seed % 2:
            _turned(model, seed)
        yield model


def _turned(model: nn.Module, seed: int) -> None:
    """Change the sign of every weight at random and double it: what is logits leaves every interval."""
    random = generator(seed, "turned")
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.is_floating_point():
                signs = torch.randint(0, 2, parameter.shape, generator=random).to(parameter) * 4 - 2
                parameter.mul_(signs)


def _outputs(bench: Bench, model: nn.Module, batch: Batch) -> Any:
    from batchwright.core.modes import evaluating

    with evaluating(model, python_too=True):
        return bench.outputs(model, own_leaves(batch[0]))


def _alike_rows(inputs: Any) -> bool:
    """Whether all examples have the same inputs."""
    from torch.utils import _pytree as pytree

    leaves = [leaf for leaf in pytree.tree_leaves(inputs) if isinstance(leaf, Tensor) and leaf.ndim]
    return all(same(leaf, leaf[:1].expand_as(leaf)) for leaf in leaves)


def _all_parameters_move(bench: Bench, batch: Batch) -> bool:
    model = nearby(bench.model(training=True), 0)
    losses = bench.losses(model, batch)
    parameters = [p for p in model.parameters() if p.requires_grad]
    grads = torch.autograd.grad(losses.mean(), parameters, allow_unused=True)
    return all(g is not None and bool(g.any()) for g in grads)


def _left_out(bench: Bench, outputs: Tensor, targets: Any) -> Iterator[TaskFinding]:
    """Columns of the outputs that the loss never looks at, whichever class the targets name."""
    if outputs.ndim != 2 or outputs.shape[1] < 2:
        return
    logits = outputs.detach().clone().requires_grad_()
    (grad,) = torch.autograd.grad(bench.task.loss(logits, targets).sum(), logits, allow_unused=True)
    if grad is None:
        return
    unseen = (grad == 0).all(dim=0)
    by_class = isinstance(targets, Tensor) and not targets.is_floating_point()
    if by_class:  # a loss may look at the target's column alone: classes that are not here say nothing
        here = targets[(targets >= 0) & (targets < outputs.shape[1])].unique()
        looked = torch.zeros_like(unseen)
        looked[here] = True
        unseen &= looked
    if bool(unseen.any()):
        which = unseen.nonzero().flatten().tolist()
        yield finding(
            "outputs_left_out", "warning", outputs=which[:5], count=len(which), total=outputs.shape[1]
        )
