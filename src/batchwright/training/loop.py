"""One run: gradient descent, mini-batch and stochastic gradient descent in the same loop.

    for state in train(spec):
        print(state.step, state.loss)

The loop is a generator that yields after every update. It knows nothing of measurements: whatever the
caller does between two updates (other than writing to the model) leaves the trajectory bitwise the same.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from batchwright.batches import IndexStream, batch_size_at, check_batch_size
from batchwright.core.errors import BatchwrightError, InputError, one_line
from batchwright.optim.schedules import schedule_factor
from batchwright.optim.update import Updater
from batchwright.task.load import load_task
from batchwright.task.task import Task
from batchwright.training.average import WeightAverage
from batchwright.training.environment import environment
from batchwright.training.evaluate import Evaluator
from batchwright.training.feed import Feed, device_of
from batchwright.training.gradient import GradientEngine
from batchwright.training.record import ADVICE, Evaluation, RunResult, Status, StepRecord
from batchwright.training.spec import RunSpec
from batchwright.training.target import first_crossing
from batchwright.training.threads import ONE_THREAD_BELOW, one_thread, operations_per_example

if TYPE_CHECKING:
    from batchwright.training.checkpoint import Snapshot

_DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}
_DIVERGED_ABOVE = 1e3
"""A run whose loss exceeds this multiple of its initial loss has diverged, finite or not."""
_PENDING_LOSSES = 256
"""Loss vectors kept on the device before they are averaged, so that a step never waits for the host."""
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
        latest: evaluations made after the last update (empty after most).
        status: None while the run goes on.
    """

    def __init__(self, spec: RunSpec, task: Task) -> None:
        examples = len(task.train)
        check_run(spec, task)
        self.spec, self.task = spec, task
        self.device, dtype = device_of(spec.device), _DTYPES[spec.dtype]
        autocast = spec.autocast or task.autocast
        self.model = task.build_model(spec.seed).to(device=self.device, dtype=dtype).train()
        self._engine = GradientEngine(self.model, task, spec.seed, autocast)
        params = {n: p for n, p in self.model.named_parameters() if p.requires_grad}
        factor = task.schedule or schedule_factor(
            spec.optimizer.schedule, batch_size=spec.batch_size, examples=examples
        )
        self.updater = Updater(spec.optimizer, params, factor)
        half_life = spec.average_half_life
        self.average = WeightAverage(self._engine.params, half_life) if half_life is not None else None
        self._stream = IndexStream(examples, spec.sampling, spec.seed)
        shared_out = self.device.type == "cpu" and torch.get_num_threads() > 1
        self._operations = operations_per_example(self.model, task.train) if shared_out else None
        self._feed = Feed(task.train.to(self.device, dtype), self._stream, task.augment, spec.seed)
        self._evaluators = {
            name: Evaluator(task, task.split(name).to(self.device, dtype), autocast=autocast)
            for name in _splits(spec)
        }
        self.step = self.position = self.examples_seen = 0
        self.seconds = self.evaluation_seconds = 0.0
        self.evaluations: list[Evaluation] = []
        self.records: list[StepRecord] = []
        self.latest: tuple[Evaluation, ...] = ()
        self.status: Status | None = None
        self.message = ""
        self._losses: Tensor | None = None
        self.pending: list[Tensor] = []
        self.loss_sum, self.loss_count = 0.0, 0
        self.next_evaluation, self.next_record = 0, 1
        self._crossing: float | None = None

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
        return self.position / len(self.task.train)

    @property
    def lr(self) -> float:
        """Learning rate of the last update."""
        return self.updater.lr(max(self.step - 1, 0))

    # --- one update -------------------------------------------------------------------------------

    def update(self) -> None:
        """Draw the next batch and move the parameters once."""
        began = time.perf_counter()
        spec = self.spec
        size = batch_size_at(self.position, spec.batch_size, spec.batch_growth, self._stream.examples)
        start, stop = self._stream.span(self.position, size)
        divisor = size if spec.sampling.divisor == "full" else stop - start
        micro = spec.micro_batch_size or size
        few = self._operations is not None and self._operations * min(micro, size) < ONE_THREAD_BELOW
        with one_thread() if few else _AS_IT_IS:
            if micro >= stop - start:
                batch = self._feed.batch(start, stop, size)
                gradients, losses = self._engine.gradients(*batch, divisor, start)
            else:
                pieces = [(*self._feed.piece(a, min(a + micro, stop)), a) for a in range(start, stop, micro)]
                gradients, losses = self._engine.accumulate(pieces, divisor)
            self.updater.step(self.step, gradients)
            if self.average is not None:
                self.average.update(stop - start)
        self._losses = losses
        self.pending.append(losses)
        self.step += 1
        self.position = stop
        self.examples_seen += stop - start
        if len(self.pending) >= _PENDING_LOSSES:
            self._fold_losses()
        self.seconds += time.perf_counter() - began

    def _fold_losses(self) -> None:
        if self.pending:
            losses = torch.cat(self.pending).double()
            self.loss_sum += float(losses.sum())
            self.loss_count += len(losses)
            self.pending.clear()

    def record(self) -> StepRecord:
        """Record the updates since the last record as one row, their losses averaged."""
        self._fold_losses()
        mean = self.loss_sum / max(self.loss_count, 1)
        row = StepRecord(
            step=self.step,
            examples_seen=self.examples_seen,
            epoch=self.epoch,
            batch_size=batch_size_at(
                max(self.position - 1, 0), self.spec.batch_size, self.spec.batch_growth, self._stream.examples
            ),
            lr=self.lr,
            loss=mean if math.isfinite(mean) else None,
            seconds=self.seconds,
        )
        self.loss_sum, self.loss_count = 0.0, 0
        self.records.append(row)
        return row

    def evaluate(self) -> tuple[Evaluation, ...]:
        """Evaluate the planned splits now and keep the results."""
        self.synchronise()
        rows = []
        with self.average.applied() if self.average is not None else nullcontext():
            for split, evaluator in self._evaluators.items():
                began = time.perf_counter()
                loss, metrics = evaluator(self.model)
                took = time.perf_counter() - began
                self.evaluation_seconds += took
                rows.append(
                    Evaluation(
                        step=self.step, examples_seen=self.examples_seen, epoch=self.epoch, split=split,
                        loss=loss, metrics=metrics, seconds=took,
                    )
                )  # fmt: skip
        self.evaluations.extend(rows)
        return tuple(rows)

    def evaluate_on(self, split: str) -> Evaluation:
        """Evaluate one split, also one outside the plan, without recording it."""
        dtype = _DTYPES[self.spec.dtype]
        data = self.task.split(split).to(self.device, dtype)
        with self.average.applied() if self.average is not None else nullcontext():
            loss, metrics = Evaluator(self.task, data, autocast=self.spec.autocast)(self.model)
        return Evaluation(
            step=self.step, examples_seen=self.examples_seen, epoch=self.epoch, split=split,
            loss=loss, metrics=metrics,
        )  # fmt: skip

    def synchronise(self) -> None:
        """Wait until the device has made all updates; the time counts as training time."""
        if self.device.type == "cuda":
            began = time.perf_counter()
            torch.cuda.synchronize(self.device)
            self.seconds += time.perf_counter() - began

    # --- when the run ends ------------------------------------------------------------------------

    def out_of_budget(self) -> bool:
        """Whether the next update would exceed the budget."""
        budget, examples = self.spec.budget, len(self.task.train)
        nothing_set = budget.steps is budget.examples is budget.epochs is budget.seconds is None
        epochs = self.task.max_epochs if nothing_set else budget.epochs
        size = batch_size_at(self.position, self.spec.batch_size, self.spec.batch_growth, examples)
        start, _ = self._stream.span(self.position, size)
        return (
            (budget.steps is not None and self.step >= budget.steps)
            or (budget.examples is not None and self.examples_seen >= budget.examples)
            or (epochs is not None and start >= epochs * examples)
            or (budget.seconds is not None and self.seconds >= budget.seconds)
        )

    def due(self) -> bool:
        """Whether an evaluation is planned after this many steps."""
        return self.step >= self.next_evaluation

    def plan_next(self) -> None:
        """Set the step of the next planned evaluation."""
        plan = self.spec.evaluation
        if plan.at == "log":
            self.next_evaluation = max(self.step + 1, math.ceil(self.step * plan.ratio))
        elif plan.at == "steps":
            self.next_evaluation = self.step + plan.every

    def crossing(self) -> float | None:
        """Steps to target so far, None while it is not reached."""
        target = self.spec.target
        if target is None:
            return None
        rows = [e for e in self.evaluations if e.split == target.split]
        return first_crossing(
            [e.step for e in rows],
            [e.value(target.metric) for e in rows],
            target.value,
            higher_is_better=self.task.higher_is_better(target.metric),
        )

    def diverged(self) -> bool:
        """Whether the recorded or evaluated loss is no longer finite, or absurdly large."""
        rows = [r.loss for r in self.records[-1:]] + [e.loss for e in self.latest]
        first = next((e.loss for e in self.evaluations if e.loss is not None), None)
        limit = _DIVERGED_ABOVE * first if first else math.inf
        return any(loss is None or loss > limit for loss in rows)

    def result(self) -> RunResult:
        """The run so far as data; ``stopped`` while no other ``status`` is set."""
        status = self.status or Status.STOPPED
        return RunResult(
            spec=self.spec, status=status, advice=ADVICE[status], message=self.message, updates=self.step,
            examples=self.examples_seen, steps=tuple(self.records), evaluations=tuple(self.evaluations),
            steps_to_target=self._crossing, seconds=self.seconds,
            evaluation_seconds=self.evaluation_seconds, environment=environment(self.device),
        )  # fmt: skip

    def finish(self, status: Status, message: str = "") -> None:
        """Close the run: nothing is updated afterwards."""
        self.status, self.message = status, message
        if status is Status.TARGET_REACHED:
            self._crossing = self.crossing()
        ended_well = status in (Status.TARGET_REACHED, Status.BUDGET_EXHAUSTED)
        if ended_well and self.spec.test_at_end and self.task.test is not None:
            self.evaluations.append(self.evaluate_on("test"))


def check_run(spec: RunSpec, task: Task) -> None:
    """Refuse a spec that does not fit the task, before anything is built."""
    check_batch_size(spec.batch_size, len(task.train))
    if spec.target is not None:
        task.check_target(spec.target)
        task.split(spec.target.split)
    for split in spec.evaluation.splits:
        task.split(split)
    if task.schedule is not None and spec.optimizer.schedule.name != "constant":
        raise InputError(
            f"task {task.name!r} brings its own schedule; drop --schedule {spec.optimizer.schedule.name}"
        )


def _splits(spec: RunSpec) -> list[str]:
    target = [spec.target.split] if spec.target is not None else []
    return list(dict.fromkeys([*spec.evaluation.splits, *target]))


def train(spec: RunSpec, task: Task | None = None, *, resume: Snapshot | Path | None = None) -> Iterator[Run]:
    """Train, yielding the run's state after every update; the last state has ``status`` set.

    Args:
        spec: everything that determines the run.
        task: the live task; loaded from ``spec.task`` if not given.
        resume: a checkpoint to continue bitwise from (see ``training.checkpoint``).

    Raises:
        InputError: the spec does not fit the task, or the checkpoint does not fit the spec.
    """
    state = start(spec, task, resume=resume)
    yield from advance(state)


def start(spec: RunSpec, task: Task | None = None, *, resume: Snapshot | Path | None = None) -> Run:
    """The run before its first update (or at the checkpoint), evaluated once if it is new."""
    state = Run(spec, load_task(spec.task) if task is None else task)
    if resume is not None:
        from batchwright.training.checkpoint import restore

        restore(state, resume)
    else:
        state.latest = state.evaluate()
        state.next_evaluation = state.spec.evaluation.every if spec.evaluation.at == "steps" else 1
    return state


def advance(state: Run) -> Iterator[Run]:
    """Continue a run to its end, yielding after every update."""
    examples = len(state.task.train)
    plan = state.spec.evaluation
    while state.status is None:
        if state.out_of_budget():
            state.finish(Status.BUDGET_EXHAUSTED)
            break
        epoch_before = state.position // examples
        state.update()
        state.latest = ()
        over = state.out_of_budget()
        at_epoch = plan.at == "epoch" and state.position // examples > epoch_before
        if state.step >= state.next_record or over:
            state.record()
            state.next_record = max(state.step + 1, math.ceil(state.step * state.spec.record_ratio))
            if state.diverged():
                state.finish(Status.DIVERGED)
        if state.status is None and (over or at_epoch or (plan.at != "epoch" and state.due())):
            state.latest = state.evaluate()
            state.plan_next()
            if state.diverged():
                state.finish(Status.DIVERGED)
            elif state.spec.target is not None and state.crossing() is not None:
                state.finish(Status.TARGET_REACHED)
        if state.status is None and over:
            state.finish(Status.BUDGET_EXHAUSTED)
        yield state


def advance_to_status(state: Run) -> Iterator[Run]:
    """Like :func:`advance`, but an error of the model ends the run with a status instead of an exception."""
    try:
        yield from advance(state)
    except BatchwrightError:
        raise
    except Exception as error:
        state.finish(*_failure(error))
        yield state


def continue_to(state: Run, step: int) -> Run:
    """Advance a live run until ``step`` updates were made or it ends, whichever comes first.

    The pause leaves no trace: nothing is evaluated or recorded for its sake, and a run continued in pieces
    is the run made in one go. An error of the model ends the run with a status, as in
    :func:`advance_to_status`.
    """
    if state.step < step:
        for _ in advance_to_status(state):
            if state.step >= step:
                break
    return state


def failed_to_start(spec: RunSpec, error: Exception) -> RunResult:
    """The result of a run whose model cannot be built or evaluated; our own errors are raised again."""
    if isinstance(error, BatchwrightError):
        raise error
    status, message = _failure(error)
    return RunResult(spec=spec, status=status, advice=ADVICE[status], message=message, updates=0, examples=0)


def _failure(error: Exception) -> tuple[Status, str]:
    status = Status.OUT_OF_MEMORY if is_out_of_memory(error) else Status.FAILED
    return status, f"{type(error).__name__}: {one_line(error)}"


def run(spec: RunSpec, task: Task | None = None) -> RunResult:
    """Train to the end. Divergence, out-of-memory and errors of the model are statuses, not exceptions.

    Raises:
        InputError: the spec does not fit the task.
    """
    try:
        state = start(spec, task)
    except Exception as error:
        return failed_to_start(spec, error)
    for _ in advance_to_status(state):
        pass
    return state.result()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an exception says that the device or the host ran out of memory."""
    text = str(error).lower()
    return (
        isinstance(error, (torch.OutOfMemoryError, MemoryError))
        or "out of memory" in text
        or "can't allocate memory" in text
        or "not enough memory" in text
    )
