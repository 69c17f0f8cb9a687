"""One run: followed update by update, or made to its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.signature import Asked, Option, OptionGroup, front_door
from batchwright.core.errors import InputError, shown

if TYPE_CHECKING:
    from torch import nn

    from batchwright.app.answer import Answer
    from batchwright.task.task import Task
    from batchwright.training.loop import Run
    from batchwright.training.record import Evaluation, RunResult
    from batchwright.training.spec import RunSpec

_LENGTH, _EVALUATION = "Length", "Evaluation"


@dataclass(frozen=True, kw_only=True)
class LengthOptions(OptionGroup):
    """How one run goes: its batches, how long it is, and when it is evaluated."""

    batch_size: Annotated[int, Option("Examples per update.")] = 32
    lr: o.Lr = None
    epochs: Annotated[float | None, Option("Budget in epochs.", panel=_LENGTH)] = None
    steps: Annotated[int | None, Option("Budget in updates.", panel=_LENGTH)] = None
    budget_examples: Annotated[int | None, Option("Budget in examples.", panel=_LENGTH)] = None
    seconds: Annotated[float | None, Option("Budget in seconds of training.", panel=_LENGTH)] = None
    target: o.TargetGiven = None
    last_batch: Annotated[str, Option("keep, drop or run_on.")] = "keep"
    drop_last: Annotated[bool, Option("The same as last_batch drop.")] = False
    full_divisor: Annotated[bool, Option("Divide a short last batch by the full batch size.")] = False
    grow_factor: Annotated[float | None, Option("Multiply the batch by this ...")] = None
    grow_every: Annotated[float, Option("... every so many epochs ...")] = 5.0
    grow_to: Annotated[int | None, Option("... up to this batch size; all examples by default.")] = None
    grow_lr_power: Annotated[
        float, Option("The learning rate goes with this power of the batch; -0.5 is Seesaw's.")
    ] = 0.0
    evaluate: Annotated[str, Option("epoch, log, or a number of steps.", panel=_EVALUATION)] = "epoch"
    train_metrics: Annotated[bool, Option("Evaluate the training split as well.", panel=_EVALUATION)] = False


@front_door
def train(
    task: o.TaskGiven,
    *,
    length: LengthOptions,
    checkpoint: Annotated[
        str | None,
        Option("Folder for a checkpoint after every evaluation and at the end.", metavar="DIR"),
    ] = None,
    resume: Annotated[str | None, Option("Continue bitwise from this checkpoint.", metavar="DIR")] = None,
    optimizer: o.OptimizerOptions,
    runs: o.RunOptions,
    asked_of_task: o.TaskOptions,
    machine: o.MachineOptions,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Training:
    """Train once. Iterate over it to follow the run after every update; ``answer()`` makes it to the end.

    >>> training = train("two-weights", batch_size=1, steps=3)
    >>> [run.step for run in training], str(training.result.status)
    ([1, 2, 3], 'budget_exhausted')
    """
    from batchwright.app.task_given import subject_of

    spec, live = _planned(task, length, optimizer, runs, asked_of_task, machine)
    return Training(
        spec, live, resume=resume, checkpoint=checkpoint, progress=progress, asked=asked,
        subject=subject_of(spec.task),
    )  # fmt: skip


@front_door
def planned_run(
    task: o.TaskGiven,
    *,
    length: LengthOptions,
    optimizer: o.OptimizerOptions,
    runs: o.RunOptions,
    asked_of_task: o.TaskOptions,
    machine: o.MachineOptions,
) -> tuple[RunSpec, Task]:
    """What ``train`` with these arguments would run, and on which task."""
    return _planned(task, length, optimizer, runs, asked_of_task, machine)


def _planned(
    given: Any, length: LengthOptions, optimizer: o.OptimizerOptions, runs: o.RunOptions,
    asked_of_task: o.TaskOptions, machine: o.MachineOptions,
) -> tuple[RunSpec, Task]:  # fmt: skip
    from batchwright.app.specs import optimizer_spec, run_fields
    from batchwright.app.task_given import goal_of, task_of
    from batchwright.training.spec import RunSpec

    reference, live = task_of(given, asked_of_task, examples=asked_of_task.examples)
    factor = length.grow_factor
    growth = None
    if factor is not None:
        growth = {
            "factor": factor, "every_epochs": length.grow_every, "largest": length.grow_to,
            "lr_power": length.grow_lr_power,
        }  # fmt: skip
    spec = RunSpec.model_validate(
        {
            "task": reference, "batch_size": length.batch_size, "batch_growth": growth,
            "sampling": {
                "order": runs.order, "last_batch": "drop" if length.drop_last else length.last_batch,
                "divisor": "full" if length.full_divisor else "batch",
            },
            "optimizer": optimizer_spec(live, optimizer, length.lr),
            "budget": {
                "epochs": length.epochs, "steps": length.steps, "examples": length.budget_examples,
                "seconds": length.seconds,
            },
            "target": None if length.target is None else goal_of(length.target, live),
            "evaluation": _plan(length.evaluate, length.train_metrics), **run_fields(machine, runs),
        }
    )  # fmt: skip
    return spec, live


def _plan(evaluate: str, train_metrics: bool) -> dict[str, Any]:
    splits = ("train", "validation") if train_metrics else ("validation",)
    if evaluate in ("epoch", "log"):
        return {"at": evaluate, "splits": splits}
    if not (evaluate.isascii() and evaluate.isdigit()) or int(evaluate[:20]) < 1:
        raise InputError(f"evaluate must be epoch, log or a number of steps from 1 on, got {shown(evaluate)}")
    return {"at": "steps", "every": int(evaluate[:20]), "splits": splits}


class Training:
    """A run under way: an iterator that makes one update at a time and yields the run.

    Attributes:
        spec: what is run.
        task: the live task.
        writes: whether this process is to write and print; False on all of torchrun's ranks but the first.
    """

    def __init__(
        self, spec: RunSpec, task: Task, *, resume: str | None, checkpoint: str | None, progress: Any,
        asked: Asked, subject: str | None,
    ) -> None:  # fmt: skip
        from batchwright.training.feed import device_of
        from batchwright.training.loop import advance_to_status, failed_to_start, start
        from batchwright.training.parallel import Ranks

        ranks = Ranks.of_torchrun()
        self.writes = ranks is None or ranks.first
        if ranks is not None:
            device_of(spec.device)  # one that is not there is refused before ranks meet
            ranks.begin(spec.device)
        self.spec, self.task = spec, task
        self._checkpoint = None if checkpoint is None else Path(checkpoint)
        self._progress, self._asked, self._subject = progress, asked, subject
        self._run: Run | None = None
        self._failed: RunResult | None = None
        self._shown = 0
        try:
            run = start(spec, task, resume=None if resume is None else Path(resume), ranks=ranks)
        except Exception as error:
            self._failed = failed_to_start(spec, error)
            return
        self._run, self._updates = run, advance_to_status(run)
        self._shown = len(run.evaluations) - len(run.latest)
        self._save()  # a folder that cannot be written is found now, not after the first epoch

    def __iter__(self) -> Iterator[Run]:
        return self

    def __next__(self) -> Run:
        if self._run is None:
            raise StopIteration
        try:
            run = next(self._updates)
        except StopIteration:
            self._save()
            raise
        if run.latest:
            self._save()
        return run

    def new_evaluations(self) -> list[Evaluation]:
        """What was evaluated since this was asked for the last time; a resumed run begins where it was."""
        if self._run is None:
            return []
        new = list(self._run.evaluations[self._shown :])
        self._shown += len(new)
        return new

    @property
    def examples_planned(self) -> float | None:
        """Examples the run takes if nothing ends it early; None where its seconds decide."""
        budget, total = self.spec.budget, len(self.task.train)
        if budget.seconds is not None:
            return None
        unlimited = budget.steps is None and budget.examples is None and budget.epochs is None
        epochs = self.task.max_epochs if unlimited else budget.epochs
        bounds = [
            None if budget.steps is None else budget.steps * self.spec.batch_size,
            budget.examples,
            None if epochs is None else epochs * total,
        ]
        return min(bound for bound in bounds if bound is not None)

    @property
    def model(self) -> nn.Module:
        """The live model, as it stands.

        Raises:
            InputError: it could not be built.
        """
        if self._run is None:
            raise InputError(f"the run could not start: {self.result.message}")
        return self._run.model

    @property
    def result(self) -> RunResult:
        """The run so far."""
        if self._run is None:
            assert self._failed is not None
            return self._failed
        return self._run.result()

    def answer(self) -> Answer:
        """The finished run: what is left of it is made first, with progress shown."""
        from batchwright.app.answer import Answer
        from batchwright.app.progress import watching
        from batchwright.report.pages.train import train_page

        with watching(self._progress, "examples") as watch:
            for run in self:
                if self.examples_planned is not None:
                    watch(run.examples_seen, self.examples_planned)
        found = self.result
        shown = run_document(found)
        page = train_page(found, action=self._asked.action(self._subject))
        return Answer(result=found, page=page, document=shown, rows=lambda: shown["evaluations"])

    def _save(self) -> None:
        from batchwright.app.answer import writing
        from batchwright.training import checkpoint

        if self._checkpoint is not None and self._run is not None and self.writes:
            with writing(self._checkpoint):
                checkpoint.save(self._run.snapshot(), self._checkpoint)


def evaluation_line(evaluation: Evaluation) -> str:
    """One evaluation as a line of a log."""
    from batchwright.core.numbers import measured
    from batchwright.report.text.catalogue import spoken_name, text

    quality = "".join(
        f"  {spoken_name('metric', name)} {measured(value)}" for name, value in evaluation.metrics.items()
    )
    return text(
        "progress.evaluation", epoch=evaluation.epoch, step=evaluation.step, split=evaluation.split,
        loss=evaluation.loss, quality=quality,
    )  # fmt: skip


def run_document(result: RunResult) -> dict[str, Any]:
    """The JSON of one run; metrics stand beside the loss in every evaluation."""
    from batchwright.report.text.catalogue import text
    from batchwright.report.text.errors.translate import in_language

    rows = []
    for evaluation in result.evaluations:
        row = evaluation.model_dump(mode="json")
        rows.append(row | row.pop("metrics"))
    return {
        "status": str(result.status),
        "advice": text(f"training.advice.{result.status}"),
        "message": in_language(result.message),
        "spec": result.spec.model_dump(mode="json"),
        "updates": result.updates,
        "examples": result.examples,
        "steps": [s.model_dump(mode="json") for s in result.steps],
        "evaluations": rows,
        "steps_to_target": result.steps_to_target,
        "seconds": result.seconds,
        "evaluation_seconds": result.evaluation_seconds,
        "examples_per_second": result.examples / result.seconds if result.seconds else None,
        "environment": result.environment,
    }
