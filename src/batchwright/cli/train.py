"""``batchwright train TASK``: one run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.cli import options as o

if TYPE_CHECKING:
    from batchwright.training.record import Evaluation, RunResult


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
    from batchwright.cli.output import emit_json
    from batchwright.task.load import load_task
    from batchwright.training.spec import RunSpec

    reference = o.reference(task, settings, data, examples)
    live = load_task(reference)
    spec = RunSpec.model_validate(
        {
            "task": reference,
            "batch_size": batch_size,
            "micro_batch_size": micro_batch_size,
            "batch_growth": {"factor": grow_factor, "every_epochs": grow_every} if grow_factor else None,
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
            "target": None if target is None else o.target(target, live),
            "evaluation": _plan(evaluate, train_metrics),
            "seed": seed,
            "device": device,
            "dtype": dtype,
            "autocast": autocast,
            "average_half_life": average_half_life,
        }
    )  # fmt: skip
    result = _train(spec, live, resume=resume, checkpoint=checkpoint, show=not as_json)
    if as_json:
        emit_json(document(result))
    else:
        _print_result(result)
    return 1 if str(result.status) in ("failed", "out_of_memory") else 0


def _plan(evaluate: str, train_metrics: bool) -> dict[str, Any]:
    splits = ("train", "validation") if train_metrics else ("validation",)
    if evaluate.isdigit() and int(evaluate) > 0:
        return {"at": "steps", "every": int(evaluate), "splits": splits}
    return {"at": evaluate, "splits": splits}


def _train(spec: Any, task: Any, *, resume: Path | None, checkpoint: Path | None, show: bool) -> RunResult:
    from batchwright.cli.output import console
    from batchwright.training import checkpoint as checkpoints
    from batchwright.training.loop import advance_to_status, start

    state = start(spec, task, resume=resume)
    shown = 0
    for _ in advance_to_status(state):
        if state.latest and checkpoint is not None:
            checkpoints.save(checkpoints.snapshot(state), checkpoint)
        if show:
            for evaluation in state.evaluations[shown:]:
                console.print(_line(evaluation))
        shown = len(state.evaluations)
    if checkpoint is not None:
        checkpoints.save(checkpoints.snapshot(state), checkpoint)
    return state.result()


def _line(evaluation: Evaluation) -> str:
    from batchwright.cli.output import number

    quality = "".join(f"  {name} {number(value)}" for name, value in evaluation.metrics.items())
    return (
        f"epoch {evaluation.epoch:6.2f}  step {evaluation.step:6d}  "
        f"{evaluation.split} loss {number(evaluation.loss)}{quality}"
    )


def _print_result(result: RunResult) -> None:
    from batchwright.cli.output import console, number, seconds

    rate = result.examples / result.seconds if result.seconds else 0.0
    status = str(result.status).replace("_", " ").capitalize()
    console.print(
        f"\n{status} after {result.updates} updates and {result.examples} examples: "
        f"{seconds(result.seconds)} of training, {number(rate)} examples/s, evaluations apart.",
        soft_wrap=True,
    )
    if result.steps_to_target is not None:
        console.print(f"steps to target: {number(result.steps_to_target, 4)}")
    for text in (result.advice, result.message):
        if text and str(result.status) != "budget_exhausted":
            console.print(text)


def document(result: RunResult) -> dict[str, Any]:
    """The JSON of one run; metrics stand beside the loss in every evaluation."""
    rows = []
    for evaluation in result.evaluations:
        row = evaluation.model_dump(mode="json")
        rows.append(row | row.pop("metrics"))
    return {
        "status": str(result.status),
        "advice": result.advice,
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
