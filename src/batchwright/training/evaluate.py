"""Loss and metrics of a model over a whole split, leaving the run exactly as it was."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from batchwright.core.modes import evaluating
from batchwright.core.streams import derive_seed
from batchwright.task.data import Split
from batchwright.task.task import Task

_CHUNK = 2048


class Evaluator:
    """Means over the examples of one split, in chunks; a data set with random items is drawn once."""

    def __init__(self, task: Task, split: Split, *, autocast: str | None = None) -> None:
        self._task = task
        self._autocast = autocast
        self._chunks = [
            split.gather(
                torch.arange(start, min(start + _CHUNK, len(split))), seed=derive_seed(0, "evaluate")
            )
            for start in range(0, len(split), _CHUNK)
        ]
        self._sizes = [min(_CHUNK, len(split) - start) for start in range(0, len(split), _CHUNK)]

    def __call__(self, model: nn.Module) -> tuple[float | None, dict[str, float | None]]:
        """``(loss, metrics)`` in evaluation mode, without gradients; None where not finite."""
        task = self._task
        whole = [name for name, metric in task.metrics.items() if not metric.per_example]
        loss_sum = 0.0
        sums = dict.fromkeys((n for n in task.metrics if n not in whole), 0.0)
        kept: list[tuple[Tensor, Any]] = []
        with (
            evaluating(model),
            torch.autocast(
                next(model.parameters()).device.type, torch.bfloat16, enabled=self._autocast is not None
            ),
        ):
            for inputs, targets in self._chunks:
                outputs = model(inputs) if task.forward is None else task.forward(model, inputs)
                loss_sum += float(task.loss(outputs, targets).sum())
                for name in sums:
                    sums[name] += float(task.metrics[name].function(outputs, targets).sum())
                if whole:
                    kept.append((outputs, targets))
            total = sum(self._sizes)
            metrics = {name: _finite(value / total) for name, value in sums.items()}
            for name in whole:
                outputs = torch.cat([o for o, _ in kept])
                targets = torch.cat([t for _, t in kept])
                metrics[name] = _finite(float(task.metrics[name].function(outputs, targets)))
        return _finite(loss_sum / total), {name: metrics[name] for name in task.metrics}

    def of_stack(
        self, outputs_of: Callable[[Tensor], Tensor], count: int
    ) -> list[tuple[float | None, dict[str, float | None]]]:
        """The same of ``count`` models in one pass each chunk.

        Loss and metrics an example must be functions of that example alone.

        Args:
            outputs_of: inputs of shape (count, examples, ...) to outputs of the models, without randomness or modes.
            count: how many.
        """
        task = self._task
        functions = {n: m.function for n, m in task.metrics.items() if m.per_example}
        sums: dict[str, Tensor] = {}
        kept: list[tuple[Tensor, Any]] = []
        with torch.no_grad():
            for inputs, targets in self._chunks:
                outputs = outputs_of(inputs.expand(count, *inputs.shape))
                rows = outputs.flatten(0, 1), targets.expand(count, *targets.shape).flatten(0, 1)
                for name, function in {"": task.loss, **functions}.items():
                    part = function(*rows).view(count, -1).sum(dim=1).double()
                    sums[name] = sums[name] + part if name in sums else part
                if len(functions) < len(task.metrics):
                    kept.append((outputs, targets))
            means = {name: (total / sum(self._sizes)).tolist() for name, total in sums.items()}
            return [
                (
                    _finite(means[""][k]),
                    {
                        n: _finite(means[n][k] if n in functions else self._whole(n, kept, k))
                        for n in task.metrics
                    },
                )
                for k in range(count)
            ]

    def _whole(self, name: str, kept: list[tuple[Tensor, Any]], k: int) -> float:
        """A metric of a whole split, for model k of a stack."""
        outputs, targets = torch.cat([o[k] for o, _ in kept]), torch.cat([t for _, t in kept])
        return float(self._task.metrics[name].function(outputs, targets))


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
