"""Whether the largest batch of a study fits into memory, from what an example is counted to need."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from batchwright.measure.checkup.bench import Bench
from batchwright.measure.checkup.result import TaskFinding, finding
from batchwright.measure.hardware.activations import activation_bytes_per_example
from batchwright.measure.hardware.memory import free_memory_bytes
from batchwright.optim.spec import OptimizerSpec
from batchwright.task.task import Task, TaskReference
from batchwright.training.spec import RunSpec

_COPIES = 4
"""Parameters, gradients, and two numbers of an adaptive optimizer."""


def largest_fits(bench: Bench, task: Task) -> Iterator[TaskFinding]:
    """The default range ends at all examples in one batch; that takes B times an example's activations."""
    spec = RunSpec(
        task=task.reference or TaskReference(name=task.name, live=True), batch_size=1,
        optimizer=_optimizer(task.optimizer),
    )  # fmt: skip
    model = bench.model(training=True).to("cpu", torch.float32)
    each = activation_bytes_per_example(model, bench.task, spec)
    if each is None:
        return
    fixed = _COPIES * sum(p.numel() * p.element_size() for p in model.parameters())
    total = len(task.train)
    free = free_memory_bytes("cpu")
    if fixed + each * total > free and each > 0:
        yield finding(
            "too_little_memory", "warning", batch_size=total, needed_bytes=int(fixed + each * total),
            free_bytes=free, fits=max(0, int((free - fixed) / each)),
        )  # fmt: skip


def _optimizer(given: Any) -> OptimizerSpec:
    if isinstance(given, OptimizerSpec):
        return given
    return (
        OptimizerSpec.model_validate(dict(given))
        if isinstance(given, Mapping)
        else OptimizerSpec(name="sgd", lr=0.1)
    )
