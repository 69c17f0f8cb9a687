"""An update as one CUDA graph: a GPU waits for the processor to launch the kernels of a small model one by one.

A graph replays kernels, not code: whatever Python decides during an update is decided once, when it is captured.
So an update is captured only where nothing is left to decide; see :func:`why_not_graphed`.
"""

from __future__ import annotations

import logging
from collections import Counter, OrderedDict
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from batchwright.optim.spec import OptimizerSpec
from batchwright.optim.update import Updater
from batchwright.task.task import Task
from batchwright.training.gradient import GradientEngine, draws_randomness
from batchwright.training.spec import RunSpec

logger = logging.getLogger(__name__)

EAGER_UPDATES = 3
"""Made with a shape of batch before it is captured: in the first of all, libraries set themselves up and optimizers
lay out their state; and a shape that is met once an epoch is not worth a capture."""
KEPT = 4
"""Shapes: the whole batch and the short last one, twice where the batch grows."""
Shape = tuple[Any, ...]
Reason = Literal["device", "optimizer", "schedule", "layers", "forward", "autocast", "micro_batches"]
GRAPHED_OPTIMIZERS = ("sgd", "adam", "adamw")
"""Those whose step takes no decision on the processor: plain descent, and torch's fused kernels."""


def why_not_graphed(spec: RunSpec, task: Task, model: nn.Module) -> Reason | None:
    """Why an update of this run is not made as a graph; None where it is.

    - ``device``: graphs are CUDA's;
    - ``optimizer``: it, or the schedule of its learning rate, decides something at every update;
    - ``schedule``, ``forward``: the task's own, in Python;
    - ``layers``: one might draw random numbers, or do something else at every pass, as any class that is not torch's;
    - ``autocast``: it casts the weights anew at every pass;
    - ``micro_batches``: they are added up in Python.

    It looks at the spec, the task and the model alone, so the same run takes the same path on every machine.
    """
    if not spec.device.startswith("cuda"):
        return "device"
    if not _decides_nothing(spec.optimizer) or (spec.batch_growth and spec.batch_growth.lr_power):
        return "optimizer"
    if task.schedule is not None:
        return "schedule"
    if draws_randomness(model):
        return "layers"
    if task.forward is not None:
        return "forward"
    if spec.autocast or task.autocast:
        return "autocast"
    if spec.micro_batch_size is not None:
        return "micro_batches"
    return None


def _decides_nothing(optimizer: OptimizerSpec) -> bool:
    schedule = optimizer.schedule
    return (
        optimizer.name in GRAPHED_OPTIMIZERS
        and schedule.name == "constant"
        and not schedule.warmup_steps
        and not optimizer.options
    )


class GraphedUpdates:
    """Updates of one run, each shape of batch captured once it has been met :data:`EAGER_UPDATES` times.

    Args:
        engine, updater: of the run.
    """

    def __init__(self, engine: GradientEngine, updater: Updater) -> None:
        self._engine, self._updater = engine, updater
        self._met: Counter[Shape] = Counter()
        self._graphs: OrderedDict[Shape, GraphedUpdate] = OrderedDict()
        self._possible = True

    def forget(self) -> None:
        """Capture anew: the parameters or the optimizer's state lie elsewhere."""
        self._met.clear()
        self._graphs.clear()

    def update(self, batch: Any, divisor: int) -> Tensor | None:
        """Make the update on this batch as a graph; its per-example losses, or None where none was made."""
        if not self._possible:
            return None
        shape = _shape_of(batch, divisor)
        graph = self._graphs.get(shape) or self._captured(shape, batch, divisor)
        return None if graph is None else graph(batch)

    def _captured(self, shape: Shape, batch: Any, divisor: int) -> GraphedUpdate | None:
        self._met[shape] += 1
        if self._met[shape] <= EAGER_UPDATES:
            return None
        try:
            graph = GraphedUpdate(self._engine, self._updater, batch, divisor)
        except RuntimeError:  # also torch's out-of-memory error: a graph has memory of its own
            self._possible = False
            logger.info("not_captured", exc_info=True)
            return None
        self._graphs[shape] = graph
        if len(self._graphs) > KEPT:
            self._graphs.popitem(last=False)
        return graph


class GraphedUpdate:
    """The update on a batch of one shape, captured once and replayed with other batches.

    Args:
        engine, updater: of the run; an update must have been made with them.
        batch: ``(inputs, targets)`` to capture with. Nothing is computed and no parameter moves.
        divisor: of the gradient.

    Raises:
        RuntimeError: torch cannot capture the update (a layer waits for the device, say).
    """

    def __init__(self, engine: GradientEngine, updater: Updater, batch: Any, divisor: int) -> None:
        self._batch = pytree.tree_map(torch.clone, batch)
        self._graph = torch.cuda.CUDAGraph()
        with updater.capturing(), torch.cuda.graph(self._graph):
            inputs, targets = self._batch
            gradients, self._losses = engine.gradients(inputs, targets, divisor, 0)
            updater.step(0, gradients)

    def __call__(self, batch: Any) -> Tensor:
        """Make the update on this batch; its per-example losses."""
        for kept, new in zip(pytree.tree_leaves(self._batch), pytree.tree_leaves(batch), strict=True):
            kept.copy_(new)
        self._graph.replay()
        return self._losses.clone()


def _shape_of(batch: Any, divisor: int) -> Shape:
    return (divisor, *((tuple(leaf.shape), leaf.dtype) for leaf in pytree.tree_leaves(batch)))
