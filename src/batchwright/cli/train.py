"""``batchwright train TASK``: one run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.cli import options as o
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.task.task import Task
    from batchwright.training.record import Evaluation, RunResult
    from batchwright.training.spec import RunSpec


def train(
    task: o.TaskName,
    batch_size: Annotated[int, typer.Option(help="Examples per update.")] = 32,
    lr: Annotated[float | None, typer.Option(help="Learning rate; the task's own by default.")] = None,
    epochs: Annotated[float | None, typer.Option(help="Budget in epochs.")] = None,
    steps: Annotated[int | None, typer.Option(help="Budget in updates.")] = None,
    budget_examples: Annotated[int | None, typer.Option(help="Budget in examples.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Budget in seconds of training.")] = None,
    target: o.TargetOption = None,
    optimizer: o.OptimizerName = None,
    momentum: o.Momentum = None,
    momentum_form: o.MomentumForm = None,
    weight_decay: o.WeightDecay = None,
    decay_form: o.DecayForm = None,
    l1: o.L1 = None,
    clip_norm: o.ClipNorm = None,
    optimizer_option: o.OptimizerOption = None,
    schedule: o.Schedule = None,
    warmup_steps: o.WarmupSteps = None,
    horizon: o.HorizonOption = None,
    order: o.Order = "shuffled",
    last_batch: Annotated[str, typer.Option(help="keep, drop or run_on.")] = "keep",
    drop_last: Annotated[bool, typer.Option("--drop-last", help="The same as --last-batch drop.")] = False,
    full_divisor: Annotated[
        bool, typer.Option("--full-divisor", help="Divide a short last batch by the full batch size.")
    ] = False,
    micro_batch_size: o.MicroBatch = None,
    grow_factor: Annotated[float | None, typer.Option(help="Multiply the batch by this ...")] = None,
    grow_every: Annotated[float, typer.Option(help="... every so many epochs.")] = 5.0,
    evaluate: Annotated[str, typer.Option(help="epoch, log, or a number of steps.")] = "epoch",
    train_metrics: Annotated[
        bool, typer.Option("--train-metrics", help="Evaluate the training split as well.")
    ] = False,
    average_half_life: o.HalfLife = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="Folder for a checkpoint after every evaluation and at the end.")
    ] = None,
    resume: Annotated[Path | None, typer.Option(help="Continue bitwise from this checkpoint.")] = None,
    settings: o.Settings = None,
    data: o.Data = None,
    examples: o.Examples = None,
    seed: o.Seed = 0,
    device: o.Device = "cpu",
    dtype: o.DType = "float32",
    autocast: o.Autocast = None,
    as_json: o.Json = False,
) -> int:
    """Train once and show loss and metrics as they come."""
    from batchwright.cli.output import emit_json, note
    from batchwright.task.load import load_task
    from batchwright.training.spec import RunSpec

    reference = o.reference(task, settings, data, examples)
    live = load_task(reference)
    growth = None if grow_factor is None else {"factor": grow_factor, "every_epochs": grow_every}
    goal = None if target is None else o.target(target, live)
    spec = RunSpec.model_validate(
        {
            "task": reference,
            "batch_size": batch_size,
            "micro_batch_size": micro_batch_size,
            "batch_growth": growth,
            "sampling": {
                "order": order,
                "last_batch": "drop" if drop_last else last_batch,
                "divisor": "full" if full_divisor else "batch",
            },
            "optimizer": o.optimizer(
                live, name=optimizer, lr=lr, momentum=momentum, momentum_form=momentum_form,
                weight_decay=weight_decay, decay_form=decay_form, l1=l1, clip_norm=clip_norm,
                schedule=schedule, warmup_steps=warmup_steps, horizon=horizon, options=optimizer_option,
            ),
            "budget": {"epochs": epochs, "steps": steps, "examples": budget_examples, "seconds": seconds},
            "target": goal,
            "evaluation": _plan(evaluate, train_metrics),
            "seed": seed,
            "device": device,
            "dtype": dtype,
            "autocast": autocast,
            "average_half_life": average_half_life,
        }
    )  # fmt: skip
    result = _train(spec, live, resume=resume, checkpoint=checkpoint, quiet=as_json)
    if as_json:
        emit_json(document(result))
    else:
        _print_result(result)
    if result.status not in ("failed", "out_of_memory"):
        return 0
    note(f"batchwright: the run failed: {result.message}")
    return 1


def _plan(evaluate: str, train_metrics: bool) -> dict[str, Any]:
    splits = ("train", "validation") if train_metrics else ("validation",)
    if evaluate in ("epoch", "log"):
        return {"at": evaluate, "splits": splits}
    if not evaluate.isdigit() or int(evaluate) < 1:
        raise InputError(f"--evaluate must be epoch, log or a number of steps from 1 on, got {evaluate!r}")
    return {"at": "steps", "every": int(evaluate), "splits": splits}


def _train(
    spec: RunSpec, task: Task, *, resume: Path | None, checkpoint: Path | None, quiet: bool
) -> RunResult:
    """Run to the end, a line for every evaluation (on stderr where stdout is for JSON)."""
    from batchwright.cli.output import ProgressLine, note, say, writing
    from batchwright.training import checkpoint as checkpoints
    from batchwright.training.loop import advance_to_status, failed_to_start, start

    try:
        state = start(spec, task, resume=resume)
    except Exception as error:
        return failed_to_start(spec, error)
    progress = ProgressLine("examples")
    expected = _examples_planned(spec, task)

    def show(evaluations: list[Evaluation]) -> None:
        for evaluation in evaluations:
            progress.close()
            (note if quiet else say)(_line(evaluation))

    def save() -> None:
        if checkpoint is not None:
            with writing(checkpoint):
                checkpoints.save(state.snapshot(), checkpoint)

    shown = len(state.evaluations)
    save()  # a folder that cannot be written is found now, not after the first epoch
    show(state.evaluations[shown - len(state.latest) :])
    for _ in advance_to_status(state):
        show(state.evaluations[shown:])
        shown = len(state.evaluations)
        if state.latest:
            save()
        elif expected is not None:
            progress(state.examples_seen, expected)
    progress.close()
    save()
    return state.result()


def _examples_planned(spec: RunSpec, task: Task) -> float | None:
    """Examples the run takes if nothing ends it early; None where its seconds decide."""
    budget = spec.budget
    if budget.seconds is not None:
        return None
    epochs = task.max_epochs if budget.steps is budget.examples is budget.epochs is None else budget.epochs
    bounds = [
        None if budget.steps is None else budget.steps * spec.batch_size,
        budget.examples,
        None if epochs is None else epochs * len(task.train),
    ]
    return min(bound for bound in bounds if bound is not None)


def _line(evaluation: Evaluation) -> str:
    from batchwright.cli.output import measured

    quality = "".join(f"  {name} {measured(value)}" for name, value in evaluation.metrics.items())
    return (
        f"epoch {evaluation.epoch:6.2f}  step {evaluation.step:6d}  "
        f"{evaluation.split} loss {measured(evaluation.loss)}{quality}"
    )


def _print_result(result: RunResult) -> None:
    from batchwright.cli.output import measured, say, seconds
    from batchwright.report.text.catalogue import text

    rate = result.examples / result.seconds if result.seconds else 0.0
    status = result.status.replace("_", " ").capitalize()
    say()
    say(
        f"{status} after {result.updates:,} updates and {result.examples:,} examples: "
        f"{seconds(result.seconds)} of training, {measured(rate)} examples/s, evaluations apart."
    )
    if result.steps_to_target is not None:
        say(f"Steps to target: {measured(result.steps_to_target)}.")
    if result.status == "diverged":
        say(text("training.advice.diverged"))


def document(result: RunResult) -> dict[str, Any]:
    """The JSON of one run; metrics stand beside the loss in every evaluation."""
    from batchwright.report.text.catalogue import text

    rows = []
    for evaluation in result.evaluations:
        row = evaluation.model_dump(mode="json")
        rows.append(row | row.pop("metrics"))
    return {
        "status": str(result.status),
        "advice": text(f"training.advice.{result.status}"),
        "message": result.message,
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
