"""The least loss that outputs can have: when they may not look at the inputs, and when they may be anything.

Both are minima of the task's own loss over its outputs: one vector for all examples, or one for each distinct input.
They are searched for only with losses known to be functions of one example's output and target.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from batchwright.measure.checkup.bench import Bench, chosen_rows, own_leaves, spaced
from batchwright.measure.checkup.reading import ReadSplit
from batchwright.task.data import move
from batchwright.task.given.loss import facts_of, is_by_example
from batchwright.task.metrics import ACCURACY, Metric

_MOST = 512
_ITERATIONS = 200
_SETTLED = 0.005
"""Share by which the last half of the iterations may still lower a floor that has been reached."""


class _UnboundedError(Exception):
    """A loss without a smallest value."""


def constant_loss(bench: Bench, read: ReadSplit) -> float | None:
    """The least mean loss of an output that is the same for every example; None where it is not known."""
    found = _examples(bench, read)
    if found is None:
        return None
    outputs, targets, _ = found
    return _least(
        bench, outputs.mean(dim=0, keepdim=True), torch.zeros(len(outputs), dtype=torch.long), targets
    )


def free_loss(bench: Bench, read: ReadSplit) -> float | None:
    """The least mean loss of any function of the inputs; None where it is not known, or is still falling."""
    found = _examples(bench, read)
    if found is None:
        return None
    outputs, targets, chosen = found
    group = read.groups()[chosen].unique(return_inverse=True)[1]
    start = torch.zeros(int(group.max()) + 1, *outputs.shape[1:], dtype=outputs.dtype)
    return _least(bench, start, group, targets, settled=True)


def constant_accuracy(metric: Metric, read: ReadSplit) -> float | None:
    """Share of the most frequent class."""
    labels = read.classes
    if metric is not ACCURACY or labels is None or labels.ndim != 1:
        return None
    return float(labels.unique(return_counts=True)[1].max()) / len(labels)


def free_accuracy(metric: Metric, read: ReadSplit) -> float | None:
    """Accuracy of whoever answers each distinct input with its most frequent class."""
    labels = read.classes
    if metric is not ACCURACY or labels is None or labels.ndim != 1 or read.digests is None:
        return None
    group, labels = read.groups(), labels[read.compared]
    pairs = torch.stack([group, labels.cpu()], dim=1)
    distinct, counts = pairs.unique(dim=0, return_counts=True)
    best = torch.zeros(int(group.max()) + 1, dtype=counts.dtype).scatter_reduce(
        0, distinct[:, 0], counts, "amax"
    )
    return float(best.sum()) / len(labels)


def _examples(bench: Bench, read: ReadSplit) -> tuple[Tensor, Any, Tensor] | None:
    """Outputs, targets and places among the compared, where the loss has a floor that can be searched for."""
    if not is_by_example(bench.task.loss) or facts_of(bench.task.loss).least is None or read.digests is None:
        return None
    known = read.compared
    chosen = spaced(len(known), _MOST)
    rows = chosen_rows((read.inputs, read.targets), known[chosen], len(read.positions))
    if rows is None:
        return None
    inputs, targets = move(rows, bench.device, bench.dtype)
    with torch.no_grad():
        few = chosen_rows((inputs, targets), torch.arange(min(2, len(chosen))), len(chosen))
        assert few is not None
        shape = bench.outputs(bench.model(), own_leaves(few[0]))
    if not isinstance(shape, Tensor) or shape[0].numel() > 1000:
        return None
    outputs = torch.zeros(len(chosen), *shape.shape[1:], dtype=torch.float64)
    return outputs, move(targets, torch.device("cpu"), torch.float64), chosen


def _least(
    bench: Bench, start: Tensor, group: Tensor, targets: Any, *, settled: bool = False
) -> float | None:
    from scipy.optimize import minimize

    def loss(values: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        outputs = torch.from_numpy(values).reshape(start.shape).requires_grad_()
        with torch.enable_grad():
            value: Tensor = bench.task.loss(outputs[group], targets).mean()
        if float(value.detach()) < -1.0:
            raise _UnboundedError  # targets that the loss is not made for
        (grad,) = torch.autograd.grad(value, outputs)
        return float(value.detach()), grad.flatten().numpy()

    where, halves = start.flatten().double().numpy(), []
    try:
        for _ in range(2):
            found = minimize(loss, where, jac=True, method="L-BFGS-B", options={"maxiter": _ITERATIONS // 2})
            where = found.x
            halves.append(float(found.fun))
    except _UnboundedError:
        return None
    if not math.isfinite(halves[1]):
        return None
    if settled and halves[0] - halves[1] > _SETTLED * abs(halves[1]):
        return None
    return halves[1]
