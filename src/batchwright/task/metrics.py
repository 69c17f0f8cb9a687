"""Measures of quality beside the loss, those with a name in ``METRICS``.

A metric says which of its values can occur and which are better, so that a target on it can be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from batchwright.core.errors import InputError, shown, unknown_name

Range = tuple[float | None, float | None]
"""Smallest and largest value, None where there is no bound."""
SHARE: Range = (0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A measure of quality beside the loss.

    ``function(outputs, targets)`` returns one value an example, shape (batch,), or with
    ``per_example=False`` one number for a whole split's outputs (F1, area under a curve, ...).
    ``range`` holds the smallest and the largest value there can be, None where there is no bound: a target
    outside is refused.
    """

    function: Callable[[Any, Any], Any]
    higher_is_better: bool = True
    per_example: bool = True
    range: Range = (None, None)


def correct(outputs: Tensor, targets: Tensor) -> Tensor:
    """1.0 where the largest output is the target class, shape (batch,); its mean is the accuracy.

    With several positions an example (outputs of shape (batch, classes, ...)), the share of those that are
    right, over the positions whose target is a class: a negative one is left out.
    """
    hits = (outputs.argmax(dim=1) == targets).to(torch.float32)
    if hits.ndim == 1:
        return hits
    counted = (targets >= 0).flatten(1).sum(dim=1)
    return hits.flatten(1).sum(dim=1) / counted.clamp(min=1)


def right_side(outputs: Tensor, targets: Tensor, threshold: float = 0.0) -> Tensor:
    """Share of an example's outputs on the side of ``threshold`` where their 0 or 1 label says, (batch,)."""
    hits = (outputs.reshape(targets.shape) > threshold) == (targets > 0.5)
    return hits.reshape(len(hits), -1).to(torch.float32).mean(dim=1)


def among_top(outputs: Tensor, targets: Tensor, count: int) -> Tensor:
    """1.0 where the target class is among the ``count`` largest outputs, shape (batch,)."""
    found = outputs.topk(min(count, outputs.shape[1]), dim=1).indices == targets.unsqueeze(1)
    return found.any(dim=1).to(torch.float32).reshape(len(outputs), -1).mean(dim=1)


def mean_absolute_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """|output - target|, averaged over all dimensions but the first, shape (batch,)."""
    return (outputs.reshape(targets.shape) - targets).abs().reshape(len(targets), -1).mean(dim=1)


def root_mean_squared_error(outputs: Tensor, targets: Tensor) -> float:
    """Root of the mean squared error over a whole split."""
    return float((outputs.reshape(targets.shape) - targets).double().square().mean().sqrt())


def r_squared(outputs: Tensor, targets: Tensor) -> float:
    """1 - sum (y - f)^2 / sum (y - mean y)^2 over a whole split: 0 for a constant, 1 for no error."""
    targets = targets.double()
    residual = (targets - outputs.reshape(targets.shape)).square().sum()
    return float(1 - residual / (targets - targets.mean(dim=0)).square().sum())


ACCURACY = Metric(function=correct, range=SHARE)
SIGN_ACCURACY = Metric(function=right_side, range=SHARE)
"""Accuracy of logits against labels 0 and 1."""
HALF_ACCURACY = Metric(function=partial(right_side, threshold=0.5), range=SHARE)
"""Accuracy of probabilities against labels 0 and 1."""

METRICS = {
    "accuracy": ACCURACY,
    "top5": Metric(function=partial(among_top, count=5), range=SHARE),
    "mae": Metric(function=mean_absolute_error, higher_is_better=False, range=(0.0, None)),
    "rmse": Metric(
        function=root_mean_squared_error, higher_is_better=False, per_example=False, range=(0.0, None)
    ),
    "r2": Metric(function=r_squared, per_example=False, range=(None, 1.0)),
}
"""Every metric that ``Task(metrics=[...])`` takes by name."""


def as_metrics(given: Mapping[str, Any] | Iterable[str] | str, accuracy: Metric | None) -> dict[str, Metric]:
    """Metrics by name, from a name, several names, or a mapping of names to metrics.

    Args:
        given: as the caller has them.
        accuracy: what accuracy means for the task's loss; it is added where it is not given.

    Raises:
        InputError: an unknown name, a function without its direction, or a metric called ``loss``.
    """
    known = {**METRICS, "accuracy": accuracy or ACCURACY}
    names = [given] if isinstance(given, str) else given
    entries = names.items() if isinstance(names, Mapping) else ((name, named(name, known)) for name in names)
    metrics = dict(entries)
    for name, metric in metrics.items():
        if name == "loss":
            raise InputError("the metric name 'loss' is taken by the task's loss; rename the metric")
        if not isinstance(metric, Metric):
            raise InputError(
                f"metric {shown(name)} must be a Metric, which says what is better, got "
                f"{type(metric).__name__}: write Metric(function=..., higher_is_better=True)"
            )
    return metrics if accuracy is None else {**metrics, "accuracy": metrics.get("accuracy", accuracy)}


def named(name: Any, known: Mapping[str, Metric]) -> Metric:
    """The metric of a name."""
    if not isinstance(name, str):
        raise InputError(f"metrics must be names or a mapping of names to Metrics, got {shown(name)}")
    if name not in known:
        raise unknown_name("metric", name, known)
    return known[name]


def is_metric_by_example(metric: Metric) -> bool:
    """Whether a value an example is known to depend on its own example alone: the measures defined here."""
    return any(metric is known for known in (*METRICS.values(), SIGN_ACCURACY, HALF_ACCURACY))
