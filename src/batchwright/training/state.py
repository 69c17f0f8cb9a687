"""The state of one run: the live model and all that an update changes."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import torch
from torch import Tensor

from batchwright.batches import IndexStream, batch_size_at, lr_factor_at
from batchwright.core.errors import InputError
from batchwright.optim.schedules import schedule_factor
from batchwright.optim.update import Updater
from batchwright.task.task import Task
from batchwright.training.average import WeightAverage
from batchwright.training.environment import environment
from batchwright.training.evaluate import Evaluator
from batchwright.training.feed import Feed, device_of
from batchwright.training.fits import check_run, splits_of
from batchwright.training.gradient import GradientEngine
from batchwright.training.graph import GraphedUpdates, why_not_graphed
from batchwright.training.losses import LossMeter
from batchwright.training.parallel import Ranks, gradients_in_pieces, refuse_shared_statistics
from batchwright.training.record import Evaluation, RunResult, Status, StepRecord
from batchwright.training.snapshot import Snapshot, SnapshotFacts, copied
from batchwright.training.spec import RunSpec
from batchwright.training.target import Crossing
from batchwright.training.threads import ONE_THREAD_BELOW, one_thread, operations_per_example

DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}
_DIVERGED_ABOVE = 1e3
"""A run whose loss exceeds this multiple of its initial loss has diverged, finite or not."""
T = TypeVar("T")
_AS_IT_IS: AbstractContextManager[None] = nullcontext()


class Run:
    """The state of one training run between two updates.

    Attributes:
        spec, task: what is run.
        model: the live model.
        step: updates made so far.
        position: stream position, the examples drawn so far (dropped remainders included).
        examples_seen: examples that entered an update.
        seconds: training time, evaluations apart.
        evaluations, records: what has been recorded so far.
        evaluators: of the planned splits, by name.
        latest: evaluations made after the last update (empty after most).
        status: None while the run goes on.

    Args:
        spec, task: what is run.
        graphs: make updates as CUDA graphs where :mod:`~batchwright.training.graph` allows it. The run is the same,
            sooner; without, an update takes the time that it takes in the loop people write.
        ranks: the processes that make it together; None for this one alone.
    """

    def __init__(
        self, spec: RunSpec, task: Task, *, graphs: bool = False, ranks: Ranks | None = None
    ) -> None:
        check_run(spec, task)
        self.ranks = ranks
        examples = len(task.train)
        self.spec, self.task = spec, task
        self.device, self._dtype = device_of(spec.device), DTYPES[spec.dtype]
        self._autocast = spec.autocast or task.autocast
        self.model = task.build_model(spec.seed).to(device=self.device, dtype=self._dtype).train()
        if ranks is not None:
            refuse_shared_statistics(self.model, ranks)
        self._engine = GradientEngine(self.model, task, spec.seed, self._autocast)
        params = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        factor = task.schedule or schedule_factor(
            spec.optimizer.schedule, batch_size=spec.batch_size, examples=examples
        )
        self.updater = Updater(spec.optimizer, params, factor)
        graphed = graphs and ranks is None and why_not_graphed(spec, task, self.model) is None
        self._graphs = GraphedUpdates(self._engine, self.updater) if graphed else None
        half_life = spec.average_half_life
        self.average = WeightAverage(self._engine.params, half_life) if half_life is not None else None
        self._stream = IndexStream(examples, spec.sampling, spec.seed)
        shared_out = self.device.type == "cpu" and torch.get_num_threads() > 1
        self._operations = operations_per_example(self.model, task.train) if shared_out else None
        self._feed = Feed(task.train.to(self.device, self._dtype), self._stream, task.augment, spec.seed)
        self.evaluators = {name: self._evaluator(name) for name in splits_of(spec)}
        self.step = self.position = self.examples_seen = 0
        self.seconds = self.evaluation_seconds = 0.0
        self.evaluations: list[Evaluation] = []
        self.records: list[StepRecord] = []
        self.latest: tuple[Evaluation, ...] = ()
        self.status: Status | None = None
        self.message = ""
        self._losses: Tensor | None = None
        self._meter = LossMeter()
        self._next_evaluation, self._next_record = spec.evaluation.next_after(0), 1
        self._steps_to_target: float | None = None
        self._crossing: Crossing | None = None
        self._looked_at = 0
        self._watch_target()

    def _evaluator(self, split: str) -> Evaluator:
        data = self.task.split(split).to(self.device, self._dtype)
        return Evaluator(self.task, data, autocast=self._autocast)

    # --- what callers look at ---------------------------------------------------------------------

    @property
    def loss(self) -> float:
        """Mean loss of the last batch, before its update."""
        if self._losses is None:
            raise InputError("loss is defined after the first update; no update was made yet")
        return float(self._losses.double().mean())

    @property
    def epoch(self) -> float:
        """Passes over the training examples so far."""
        return self.position / self._stream.examples

    @property
    def lr(self) -> float:
        """Learning rate of the last update."""
        return self.updater.lr(max(self.step - 1, 0)) * self._lr_factor_at(max(self.position - 1, 0))

    @property
    def lr_factor(self) -> float:
        """What the growth of the batch makes of the learning rate of the next update."""
        return self._lr_factor_at(self.position)

    def crossing(self) -> float | None:
        """Steps to target so far, None while it is not reached."""
        target = self.spec.target
        if target is None or self._crossing is None:
            return None
        for row in self.evaluations[self._looked_at :]:
            if row.split == target.split:
                self._crossing.add(row.step, row.value(target.metric))
        self._looked_at = len(self.evaluations)
        return self._crossing.step

    def _watch_target(self) -> None:
        """Look for the crossing from the first evaluation on."""
        target, self._looked_at = self.spec.target, 0
        self._crossing = None
        if target is not None:
            higher = self.task.higher_is_better(target.metric)
            self._crossing = Crossing(target.value, higher_is_better=higher)

    def result(self) -> RunResult:
        """The run so far as data; ``stopped`` while no other ``status`` is set."""
        return RunResult(
            spec=self.spec, status=self.status or Status.STOPPED, message=self.message, updates=self.step,
            examples=self.examples_seen, steps=tuple(self.records), evaluations=tuple(self.evaluations),
            steps_to_target=self._steps_to_target, seconds=self.seconds,
            evaluation_seconds=self.evaluation_seconds, environment=self._environment(),
        )  # fmt: skip

    def _environment(self) -> dict[str, Any]:
        return environment(self.device) | ({} if self.ranks is None else {"ranks": self.ranks.world_size})

    # --- one update -------------------------------------------------------------------------------

    def update(self) -> None:
        """Draw the next batch and move the parameters once."""
        began = time.perf_counter()
        spec = self.spec
        start, stop, size = self._next_batch()
        divisor = size if spec.sampling.divisor == "full" else stop - start
        micro = spec.micro_batch_size or size
        micro = micro if self.ranks is None else self.ranks.piece_of(size, micro)
        few = self._operations is not None and self._operations * min(micro, size) < ONE_THREAD_BELOW
        with one_thread() if few else _AS_IT_IS:
            if micro >= stop - start and self.ranks is None:
                losses = self._moved_by(self._feed.batch(start, stop, size), divisor, start)
            else:
                gradients, losses = gradients_in_pieces(
                    self._engine, self._feed, self.ranks, (start, stop), micro, divisor
                )
                self.updater.step(self.step, gradients, scale=self.lr_factor)
            if self.average is not None:
                self.average.update(stop - start)
        self._losses = losses
        self._meter.add(losses)
        self.step += 1
        self.position = stop
        self.examples_seen += stop - start
        self.seconds += time.perf_counter() - began

    def count_updates(self, losses: Tensor, stop: int, seconds: float) -> None:
        """Take over updates made elsewhere (:mod:`~batchwright.training.replicas`); the parameters have moved.

        Args:
            losses: per-example losses of each update, shape (updates, batch).
            stop: stream position after the last of them.
            seconds: what they took.
        """
        self._losses = losses[-1]
        self._meter.add(losses.flatten())
        self.step += len(losses)
        self.position = stop
        self.examples_seen += losses.numel()
        self.seconds += seconds

    def _moved_by(self, batch: tuple[Any, Any], divisor: int, position: int) -> Tensor:
        """Move the parameters by the gradient on one batch; its per-example losses."""
        if self._graphs is not None:
            losses = self._graphs.update(batch, divisor)
            if losses is not None:
                return losses
        gradients, losses = self._engine.gradients(*batch, divisor, position)
        self.updater.step(self.step, gradients, scale=self.lr_factor)
        return losses

    def _next_batch(self) -> tuple[int, int, int]:
        """Stream positions [start, stop) of the next batch, and its nominal size."""
        size = self._batch_size_at(self.position)
        return (*self._stream.span(self.position, size), size)

    def _batch_size_at(self, position: int) -> int:
        return batch_size_at(position, self.spec.batch_size, self.spec.batch_growth, self._stream.examples)

    def _lr_factor_at(self, position: int) -> float:
        return lr_factor_at(position, self.spec.batch_size, self.spec.batch_growth, self._stream.examples)

    def rewind(self, batch_size: int) -> None:
        """Go back to the start of the stream with batches of this size, from the parameters as they are.

        For measurements of speed and memory, which make one model serve many batch sizes.
        """
        self.spec = self.spec.model_copy(update={"batch_size": batch_size})
        self.position = 0

    def skip_batch(self) -> None:
        """Gather the next batch, as the update after it finds it in memory, and train on none of it."""
        start, stop, size = self._next_batch()
        self._feed.batch(start, stop, size)
        self.position = stop

    def synchronise(self) -> None:
        """Wait until the device has made all updates; the time counts as training time."""
        if self.device.type == "cuda":
            began = time.perf_counter()
            torch.cuda.synchronize(self.device)
            self.seconds += time.perf_counter() - began

    # --- what is recorded -------------------------------------------------------------------------

    def record(self) -> StepRecord:
        """Record the updates since the last record as one row, their losses averaged."""
        mean = self._meter.take()
        row = StepRecord(
            step=self.step, examples_seen=self.examples_seen, epoch=self.epoch,
            batch_size=self._batch_size_at(max(self.position - 1, 0)), lr=self.lr,
            loss=mean if math.isfinite(mean) else None, seconds=self.seconds,
        )  # fmt: skip
        self._next_record = max(self.step + 1, math.ceil(self.step * self.spec.record_ratio))
        self.records.append(row)
        return row

    def evaluate(self) -> tuple[Evaluation, ...]:
        """Evaluate the planned splits now and keep the results."""
        self.synchronise()
        return self.keep_evaluations(self._evaluated(*item) for item in self.evaluators.items())

    def keep_evaluations(self, rows: Iterable[Evaluation]) -> tuple[Evaluation, ...]:
        """Keep evaluations of all the planned splits, made now."""
        self.latest = tuple(rows)
        self.evaluation_seconds += sum(row.seconds for row in self.latest)
        self.evaluations.extend(self.latest)
        self._next_evaluation = self.spec.evaluation.next_after(self.step)
        return self.latest

    def evaluate_on(self, split: str) -> Evaluation:
        """Evaluate one split, also one outside the plan, without recording it."""
        return self._evaluated(split, self.evaluators.get(split) or self._evaluator(split))

    def _evaluated(self, split: str, evaluator: Evaluator) -> Evaluation:
        began = time.perf_counter()
        with self.average.applied() if self.average is not None else nullcontext():
            loss, metrics = self._told(lambda: evaluator(self.model))
        return self.evaluation(split, loss, metrics, time.perf_counter() - began)

    def evaluation(
        self, split: str, loss: float | None, metrics: dict[str, float | None], seconds: float
    ) -> Evaluation:
        """What was found of a split, as a row at the present step."""
        return Evaluation(
            step=self.step, examples_seen=self.examples_seen, epoch=self.epoch, split=split, loss=loss,
            metrics=metrics, seconds=seconds,
        )  # fmt: skip

    # --- when the run ends ------------------------------------------------------------------------

    def out_of_budget(self) -> bool:
        """Whether the next update would exceed the budget."""
        budget = self.spec.budget
        nothing_set = budget.steps is budget.examples is budget.epochs is budget.seconds is None
        epochs = self.task.max_epochs if nothing_set else budget.epochs
        return (
            (budget.steps is not None and self.step >= budget.steps)
            or (budget.examples is not None and self.examples_seen >= budget.examples)
            or (epochs is not None and self._next_batch()[0] >= epochs * self._stream.examples)
            or (budget.seconds is not None and self._told(lambda: self.seconds) >= budget.seconds)
        )

    def _told(self, found: Callable[[], T]) -> T:
        """What depends on the clock or on rounding is found by one rank, so that all go the same way."""
        return found() if self.ranks is None else self.ranks.of_first(found)

    def looks_at(self) -> int:
        """The step of the next record or evaluation, where evaluations are planned in steps."""
        return min(self._next_record, self._next_evaluation)

    def record_due(self) -> bool:
        """Whether a record is planned after this many steps."""
        return self.step >= self._next_record

    def evaluation_due(self, position_before: int) -> bool:
        """Whether an evaluation is planned after the update that began at this stream position."""
        if self.spec.evaluation.at == "epoch":
            return self.position // self._stream.examples > position_before // self._stream.examples
        return self.step >= self._next_evaluation

    def diverged(self) -> bool:
        """Whether the recorded or evaluated loss is no longer finite, or absurdly large."""
        rows = [r.loss for r in self.records[-1:]] + [e.loss for e in self.latest]
        first = next((e.loss for e in self.evaluations if e.loss is not None), None)
        limit = _DIVERGED_ABOVE * first if first else math.inf
        return any(loss is None or loss > limit for loss in rows)

    def finish(self, status: Status, message: str = "") -> None:
        """Close the run: nothing is updated afterwards."""
        self.status, self.message = status, message
        if status is Status.TARGET_REACHED:
            self._steps_to_target = self.crossing()
        ended_well = status in (Status.TARGET_REACHED, Status.BUDGET_EXHAUSTED)
        if ended_well and self.spec.test_at_end and self.task.test is not None:
            self.evaluations.append(self.evaluate_on("test"))

    # --- as data ----------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """A copy of the run's state, on the host."""
        tensors = self._weights()
        tensors |= {f"optimizer.{name}": value for name, value in self.updater.state_dict().items()}
        pending = self._meter.pending
        if pending:
            tensors["pending.losses"] = torch.cat(pending)
        facts = SnapshotFacts(
            spec=self.spec, step=self.step, position=self.position, examples_seen=self.examples_seen,
            seconds=self.seconds, evaluation_seconds=self.evaluation_seconds, loss_sum=self._meter.total,
            loss_count=self._meter.count, next_evaluation=self._next_evaluation,
            next_record=self._next_record, pending=tuple(len(losses) for losses in pending),
            evaluations=tuple(self.evaluations), records=tuple(self.records),
        )  # fmt: skip
        return Snapshot(copied(tensors), facts)

    def _weights(self) -> dict[str, Tensor]:
        """Parameters, buffers and averaged weights by their names in a snapshot."""
        weights = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        averages = enumerate(self.average.values if self.average is not None else ())
        return weights | {f"average.{i}": value for i, value in averages}

    def restore(self, snapshot: Snapshot) -> None:
        """Put a new run where the snapshot was taken.

        Raises:
            InputError: the snapshot belongs to another spec; a longer budget or another target is allowed.
            DataError: tensors that do not make up this run.
        """
        snapshot.check(self.spec, self._weights())
        try:
            self.updater.load_state_dict(snapshot.part("optimizer"))
        except InputError as error:
            raise snapshot.damaged(str(error)) from None
        self.model.load_state_dict(snapshot.part("model"))
        if self._graphs is not None:
            self._graphs.forget()
        if self.average is not None:
            values = snapshot.part("average")
            self.average.values = [values[str(i)].to(self.device) for i in range(len(values))]
        facts = snapshot.facts
        pending = snapshot.losses().to(self.device).split(list(facts.pending)) if facts.pending else ()
        self._meter = LossMeter(pending, facts.loss_sum, facts.loss_count)
        self.step, self.position, self.examples_seen = facts.step, facts.position, facts.examples_seen
        self.seconds, self.evaluation_seconds = facts.seconds, facts.evaluation_seconds
        self._next_evaluation, self._next_record = facts.next_evaluation, facts.next_record
        self.evaluations, self.records = list(facts.evaluations), list(facts.records)
        self._watch_target()
