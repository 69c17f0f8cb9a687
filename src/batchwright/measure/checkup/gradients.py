"""What the gradient reaches: parameters outside the graph, those that it never moves, values that are not finite.

Gradients are taken in training mode at the initial weights and at weights drawn about them, so that a layer that
starts at zero, or a start at a saddle, is not mistaken for one that is never reached.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from batchwright.core.errors import one_line
from batchwright.core.streams import generator
from batchwright.measure.checkup.bench import Bench
from batchwright.measure.checkup.factory import NAMES
from batchwright.measure.checkup.result import TaskFinding, finding

_NEARBY = 3
_STEP = 0.3
"""Standard deviation of the draws, in that of a parameter's own values; absolute where they are all zero."""


def gradients_reach(bench: Bench) -> Iterator[TaskFinding]:
    """Parameters that the loss does not depend on, those with a gradient of exactly zero, and frozen ones."""
    batch = bench.batch()
    parameters = {n: p for n, p in bench.built.named_parameters() if p.requires_grad}
    frozen = [n for n, p in bench.built.named_parameters() if not p.requires_grad]
    if not parameters:
        yield finding("nothing_to_train", "error", count=len(frozen))
        return
    if frozen:
        yield finding(
            "frozen", "note", names=frozen[:NAMES], count=len(frozen), total=len(frozen) + len(parameters)
        )
    try:
        first = _gradients(bench, bench.model(training=True))
    except _NoGraphError:
        yield finding("loss_without_gradient", "error")
        return
    except Exception as error:
        if "batch" not in one_line(error):
            yield finding("backward_fails", "error", error=one_line(error))
        return
    outside = [n for n, g in first.items() if g is None]
    if outside:
        yield finding(
            "unused_parameters", "warning", names=outside[:NAMES], count=len(outside), total=len(first)
        )
    losses = bench.losses(bench.model(training=True), batch)
    if bool(losses.isfinite().all()):
        wild = [n for n, g in first.items() if g is not None and not bool(g.isfinite().all())]
        if wild:
            yield finding("gradient_not_finite", "error", names=wild[:NAMES], count=len(wild))
    dead = [n for n, g in first.items() if g is not None and not bool(g.any())]
    for seed in range(_NEARBY):
        if not dead:
            return
        grads = _gradients(bench, nearby(bench.model(training=True), seed))
        dead = [n for n in dead if (g := grads[n]) is not None and not bool(g.any())]
    if dead:
        yield finding("zero_gradient", "warning", names=dead[:NAMES], count=len(dead), total=len(first))


def losses_finite(bench: Bench) -> Iterator[TaskFinding]:
    """The loss of every example at the start, in evaluation mode."""
    losses = bench.evaluated(bench.batch())
    bad = ~losses.isfinite()
    if bool(bad.any()):
        rows = bench.positions[bad.cpu()].tolist()
        yield finding("loss_not_finite", "error", rows=rows[:5], count=len(rows), looked_at=len(losses))


def nearby(model: nn.Module, seed: int) -> nn.Module:
    """The model with its trainable parameters drawn about what they are."""
    random = generator(seed, "nearby")
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad and parameter.is_floating_point():
                spread = float(parameter.double().square().mean().sqrt()) or 0.1
                noise = torch.randn(parameter.shape, generator=random)
                parameter.add_(_STEP * spread * noise.to(parameter))
    return model


class _NoGraphError(Exception):
    """The loss has no gradient function at all."""


def _gradients(bench: Bench, model: nn.Module) -> dict[str, Tensor | None]:
    """Gradients of the mean loss; None for what is not in the graph."""
    losses = bench.losses(model, bench.batch())
    if not losses.requires_grad:
        raise _NoGraphError
    named = {n: p for n, p in model.named_parameters() if p.requires_grad}
    grads = torch.autograd.grad(losses.mean(), list(named.values()), allow_unused=True)
    dense = (g.to_dense() if g is not None and g.is_sparse else g for g in grads)
    return dict(zip(named, dense, strict=True))
