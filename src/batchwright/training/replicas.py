"""K runs of one batch size as one program: learning rates and seeds side by side, update by update.

A small model leaves a processor waiting for the interpreter, and K small models in one batch of products wait once.
Each replica stays an ordinary :class:`~batchwright.training.state.Run`: its parameters are views of a stack, its
batches those of its own streams, its records, evaluations and end what they are in a run by itself. The numbers are
those of a run by itself within rounding, so which runs share a program may depend on their specs alone: see
:func:`replicas_at_once`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Literal

import torch
from torch import Tensor, nn

from batchwright.batches import IndexStream
from batchwright.optim.schedules import schedule_factor
from batchwright.optim.stacked import StackedUpdater, can_stack
from batchwright.task.data import TensorSplit
from batchwright.task.given.loss import is_by_example
from batchwright.task.metrics import Metric, is_metric_by_example
from batchwright.task.task import Task
from batchwright.training.fits import splits_of
from batchwright.training.loop import Run, evaluation_wanted, judge, record_if_due, start
from batchwright.training.record import Evaluation, RunResult, Status
from batchwright.training.spec import RunSpec
from batchwright.training.state import DTYPES
from batchwright.training.threads import ONE_THREAD_BELOW, one_thread, operations_of_layers
from batchwright.training.traced import forward_of_stack, is_faithful

logger = logging.getLogger(__name__)

MOST_REPLICAS, FEWER_REPLICAS = 8, 3
OPERATIONS_AT_ONCE = 8e6
"""Floating-point operations of one update. Of all replicas together, as long as they are more than
``FEWER_REPLICAS``: with more to do a program gains less, and another worker waits for it. Of one replica, above which
nothing is gained (``benchmarks/replicas.py``)."""
OPERATIONS_EVALUATED = 50e6
"""Operations of one replica's update, were the largest split its batch, up to which all are evaluated in one pass."""
_MOST_UPDATES = 256
"""Made between two looks, or gathered for, at once: their losses and batches are kept meanwhile."""
_BLOCK_BYTES = 4 << 20

Reason = Literal[
    "device", "dtype", "layers", "forward", "loss", "autocast", "augment", "data", "optimizer", "average",
    "micro_batches", "batch_growth", "sampling", "budget", "evaluation",
]  # fmt: skip


def why_not_replicated(spec: RunSpec, task: Task, model: nn.Module) -> Reason | None:
    """Why this run shares no program with others; None where it may.

    - ``device``: on a GPU an update is a graph instead (:mod:`~batchwright.training.graph`);
    - ``dtype``: batched products of bfloat16 round otherwise;
    - ``layers``: one that :func:`~batchwright.training.traced.forward_of_stack` does not know, or a parameter that is
      frozen or serves twice;
    - ``forward``, ``augment``, ``average``, ``micro_batches``, ``batch_growth``, ``autocast``: not made for stacks;
    - ``loss``: the caller's own, or a metric, which might look at the whole batch;
    - ``data``: read item by item, or of several inputs;
    - ``optimizer``: see :func:`~batchwright.optim.stacked.can_stack`;
    - ``sampling``: the last batch of an epoch may be shorter;
    - ``budget``, ``evaluation``: not in steps, so that replicas might stop apart.

    It looks at the spec, the task and the model alone, so the same runs share a program on every machine.
    """
    forward, params = forward_of_stack(model), list(model.parameters())
    shared = len(list(model.named_parameters(remove_duplicate=False))) > len(params)
    checks: tuple[tuple[Reason, bool], ...] = (
        ("device", spec.device != "cpu"),
        ("dtype", spec.dtype == "bfloat16"),
        ("layers", forward is None or any(True for _ in model.buffers())),
        ("layers", not params or shared or not all(p.requires_grad for p in params)),
        ("forward", task.forward is not None),
        ("loss", not is_by_example(task.loss) or not all(map(_by_example, task.metrics.values()))),
        ("autocast", spec.autocast is not None or task.autocast is not None),
        ("augment", task.augment is not None),
        ("data", not all(_is_plain(task.split(name)) for name in ("train", *splits_of(spec)))),
        ("optimizer", not can_stack(spec.optimizer, params)),
        ("average", spec.average_half_life is not None),
        ("micro_batches", spec.micro_batch_size is not None),
        ("batch_growth", spec.batch_growth is not None),
        ("sampling", spec.sampling.last_batch != "run_on" and spec.sampling.order != "with_replacement"),
        (
            "budget",
            spec.budget.steps is None or spec.budget.model_dump(exclude={"steps"}, exclude_none=True) != {},
        ),
        ("evaluation", spec.evaluation.at == "epoch"),
    )
    found = next((reason for reason, holds in checks if holds), None)
    if found is not None or forward is None:
        return found
    inputs, _ = task.train.gather(torch.arange(min(3, len(task.train))))
    return None if is_faithful(forward, model, inputs) else "layers"


def _by_example(metric: Metric) -> bool:
    return not metric.per_example or is_metric_by_example(metric)


def _is_plain(split: object) -> bool:
    return (
        isinstance(split, TensorSplit)
        and isinstance(split.inputs, Tensor)
        and isinstance(split.targets, Tensor)
    )


def replicas_at_once(spec: RunSpec, task: Task) -> int:
    """How many runs that differ from this one in learning rate and seed alone share a program; 1 where none do.

    A function of the spec and the task, never of the clock, the machine or how many wait.
    """
    model = task.build_model(spec.seed)
    reason = why_not_replicated(spec, task, model)
    if reason is not None:
        logger.info("not_replicated/%s", reason)
        return 1
    operations = operations_of_layers(model, task.train)
    if operations is None or operations * spec.batch_size > OPERATIONS_AT_ONCE:
        return 1
    fitting = int(OPERATIONS_AT_ONCE / max(1.0, operations * spec.batch_size))
    return min(MOST_REPLICAS, max(FEWER_REPLICAS, fitting))


def run_replicas(specs: Sequence[RunSpec], task: Task) -> list[RunResult]:
    """Runs that share a program, from start to end; their results in order.

    An error ends them all: made one by one, each run says by itself what went wrong.

    Args:
        specs: of which none has a reason of :func:`why_not_replicated`, and which differ in learning rate and seed
            alone.
        task: the live task.
    """
    runs = [start(spec, task) for spec in specs]
    Replicas(runs).run()
    return [run.result() for run in runs]


class Replicas:
    """Runs in step with one another, until the last of them ends.

    Args:
        runs: before their first update, evaluated; with specs as in :func:`run_replicas`.

    Attributes:
        runs: those that still go on.
    """

    def __init__(self, runs: Sequence[Run]) -> None:
        self.runs = list(runs)
        first = self.runs[0]
        spec, task = first.spec, first.task
        for run in self.runs:
            run.evaluators = first.evaluators  # each has gathered the same splits
        forward = forward_of_stack(first.model)
        assert forward is not None
        self._forward, self._task, self._size = forward, task, spec.batch_size
        factor = task.schedule or schedule_factor(
            spec.optimizer.schedule, batch_size=spec.batch_size, examples=len(task.train)
        )
        models = [dict(run.model.named_parameters()) for run in self.runs]
        self._updater = StackedUpdater([run.spec.optimizer for run in self.runs], models, factor)
        self._data = task.train.to(first.device, DTYPES[spec.dtype])
        self._streams = [IndexStream(len(task.train), spec.sampling, run.spec.seed) for run in self.runs]
        operations = operations_of_layers(first.model, task.train) or 0.0
        self._operations = operations * self._size
        # A pass over a large split has enough to do, and a convolution of many groups does it more slowly.
        largest = max((len(task.split(split)) for split in first.evaluators), default=0)
        self._evaluated_together = operations * largest <= OPERATIONS_EVALUATED
        self._in_block = _updates_in_block(self._data, self._size * len(self.runs))
        self._settle()

    def _settle(self) -> None:
        """Lay out what depends on how many there are."""
        self._block_number, self._block = -1, (torch.zeros(0), torch.zeros(0))
        self._leaves = list(self._updater.stacks.values())
        shape = (len(self.runs) * self._size,)
        self._weights = torch.full(shape, 1.0 / self._size, dtype=self._leaves[0].dtype)

    def run(self) -> None:
        """All of them to their ends."""
        for run in self.runs:
            if run.out_of_budget():
                run.finish(Status.BUDGET_EXHAUSTED)
        self._drop()
        while self.runs:
            self.update(self._until() - self.runs[0].step)
            self._look()
            self._drop()

    def _until(self) -> int:
        """The step at which something is to be recorded or evaluated, the same for all."""
        run, last = self.runs[0], self.runs[0].spec.budget.steps
        assert last is not None
        return min(run.looks_at(), last, run.step + _MOST_UPDATES)

    # --- updates ----------------------------------------------------------------------------------

    def update(self, count: int) -> None:
        """Make so many updates of each; nothing is recorded, evaluated or ended."""
        began = time.perf_counter()
        step, kept = self.runs[0].step, []
        loss, stacks = self._task.loss, self._updater.stacks
        few = self._operations * len(self.runs) < ONE_THREAD_BELOW
        with one_thread() if few else nullcontext():
            for number in range(step, step + count):
                inputs, targets = self._batch(number)
                losses = loss(self._forward(stacks, inputs).flatten(0, 1), targets.flatten(0, 1))
                self._updater.step(number, torch.autograd.grad(losses, self._leaves, self._weights))
                kept.append(losses.detach())
        by_run = torch.stack(kept).view(count, len(self.runs), self._size)
        seconds = (time.perf_counter() - began) / len(self.runs)
        for k, run in enumerate(self.runs):
            run.count_updates(by_run[:, k], (step + count) * self._size, seconds)

    def _batch(self, number: int) -> tuple[Tensor, Tensor]:
        """The batches of update ``number``, shape (replicas, batch, ...): a view of a block gathered for several."""
        block, place = divmod(number, self._in_block)
        if block != self._block_number:
            start = block * self._in_block * self._size
            stop = start + self._in_block * self._size
            indices = torch.stack([stream.indices(start, stop) for stream in self._streams])
            inputs, targets = self._data.gather(indices.flatten())
            self._block = inputs.unflatten(0, indices.shape), targets.unflatten(0, indices.shape)
            self._block_number = block
        a, b = place * self._size, (place + 1) * self._size
        return self._block[0][:, a:b], self._block[1][:, a:b]

    # --- records, evaluations, ends ---------------------------------------------------------------

    def _look(self) -> None:
        """Record and evaluate what is due, and end the runs that are to end: what the loop does after an update."""
        over = [record_if_due(run) for run in self.runs]
        due = [
            evaluation_wanted(run, run.position - self._size, o)
            for run, o in zip(self.runs, over, strict=True)
        ]
        if not any(due):
            return
        found = self._evaluations() if self._evaluated_together else None
        for k, run in enumerate(self.runs):
            if due[k]:
                if found is None:
                    run.evaluate()
                else:
                    run.keep_evaluations(rows[k] for rows in found.values())
                judge(run, over[k])

    def _evaluations(self) -> dict[str, list[Evaluation]]:
        """The planned splits, one row a replica, all replicas in one pass."""
        found: dict[str, list[Evaluation]] = {}
        for split, evaluator in self.runs[0].evaluators.items():
            began = time.perf_counter()
            rows = evaluator.of_stack(lambda x: self._forward(self._updater.stacks, x), len(self.runs))
            seconds = (time.perf_counter() - began) / len(self.runs)
            found[split] = [
                run.evaluation(split, *row, seconds) for run, row in zip(self.runs, rows, strict=True)
            ]
        return found

    def _drop(self) -> None:
        """Leave out those that have ended."""
        kept = [k for k, run in enumerate(self.runs) if run.status is None]
        if len(kept) == len(self.runs):
            return
        self._streams = [self._streams[k] for k in kept]
        self.runs = [self.runs[k] for k in kept]
        if kept:
            self._updater.keep(kept)
            self._settle()


def _updates_in_block(data: TensorSplit, examples: int) -> int:
    """Updates whose batches are gathered at once, each of so many examples."""
    each = sum(leaf[0].numel() * leaf.element_size() for leaf in (data.inputs, data.targets))
    return max(1, min(_MOST_UPDATES, _BLOCK_BYTES // max(1, each * examples)))
