"""``batchwright compare TASK``: update rules or optimizers side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from batchwright.cli import options as o

if TYPE_CHECKING:
    from batchwright.study.compare import Compared, Method


def compare(
    task: o.TaskName,
    methods: Annotated[str, typer.Option(help="Of gd, sgd, minibatch.")] = "gd,sgd,minibatch",
    optimizers: Annotated[
        str | None, typer.Option(help="Compare these optimizers at --batch-size instead, e.g. sgd,adam.")
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Of minibatch, and of --optimizers.")] = 32,
    align: Annotated[str, typer.Option(help="Equal epochs, updates, examples or seconds.")] = "epochs",
    epochs: Annotated[float, typer.Option(help="Epochs of the last method, the reference.")] = 4.0,
    lr: Annotated[str | None, typer.Option(help="One learning rate, or one a method.")] = None,
    examples: Annotated[
        str | None, typer.Option(help="Training examples: one number, or one a method (100,100,200).")
    ] = None,
    settings: o.Settings = None,
    data: o.Data = None,
    seed: o.Seed = 0,
    device: o.Device = "cpu",
    as_json: o.Json = False,
) -> int:
    """Show training and validation loss, accuracy and seconds an epoch of several methods."""
    from batchwright.cli.output import ProgressLine, emit_json
    from batchwright.core.errors import unknown_name
    from batchwright.study import compare as comparison

    if align not in get_args(comparison.Align):
        raise unknown_name("alignment", align, get_args(comparison.Align))
    chosen = _methods(
        task, methods, optimizers, batch_size, lr, examples, settings, data,
    )  # fmt: skip
    progress = ProgressLine("compare")
    rows = comparison.compare(
        chosen, align=align, epochs=epochs, seed=seed, device=device,  # type: ignore[arg-type]
        finished=lambda row: progress.say(f"{row.method.label}: done"),
    )  # fmt: skip
    progress.close()
    if as_json:
        emit_json({"align": align, "methods": [_document(row) for row in rows]})
    else:
        _print(rows, align)
    return 0


def _methods(
    task: str, methods: str, optimizers: str | None, batch_size: int, lr: str | None, examples: str | None,
    settings: list[str] | None, data: str | None,
) -> list[Method]:  # fmt: skip
    from batchwright.study.compare import Method, method
    from batchwright.task.load import load_task

    names = (optimizers or methods).split(",")
    rates = _one_each(lr, names, "--lr")
    counts = _one_each(examples, names, "--examples")
    result = []
    for name, rate, count in zip(names, rates, counts, strict=True):
        reference = o.reference(task, settings, data, None if count is None else int(count))
        live = load_task(reference)
        spec = o.optimizer(live, lr=rate, name=name.strip() if optimizers else None)
        if optimizers:
            label = f"{spec.name}, batch {batch_size}"
            row = Method(name=name, label=label, task=reference, batch_size=batch_size, optimizer=spec)
        else:
            row = method(name.strip(), reference, len(live.train), batch_size, spec)
        result.append(row)
    return result


def _one_each(text: str | None, names: list[str], flag: str) -> Sequence[float | None]:
    from batchwright.core.errors import InputError

    if text is None:
        return [None] * len(names)
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{flag} must be numbers separated by commas, got {text!r}") from None
    if len(values) not in (1, len(names)):
        raise InputError(
            f"{flag} must have one value or one for each of {len(names)} methods, got {len(values)}"
        )
    return values if len(values) == len(names) else values * len(names)


def _document(row: Compared) -> dict[str, Any]:
    from batchwright.cli.train import document

    return {
        "method": row.method.name,
        "label": row.method.label,
        "batch_size": row.method.batch_size,
        "seconds_per_epoch": row.seconds_per_epoch,
        **document(row.result),
    }


def _print(rows: list[Compared], align: str) -> None:
    from batchwright.cli.output import console, number, seconds, table

    metrics = list(rows[0].result.evaluations[0].metrics)
    columns = ["train loss", *(f"train {m}" for m in metrics), "val. loss", *(f"val. {m}" for m in metrics)]
    shown = table(
        "method", "batch", "lr", "epoch", "updates", "examples", *columns, "s/epoch",
        title=f"Equal {align}; training time only, evaluations apart",
    )  # fmt: skip
    for row in rows:
        pairs: dict[int, dict[str, Any]] = {}
        for evaluation in row.result.evaluations:
            pairs.setdefault(evaluation.step, {})[evaluation.split] = evaluation
        for i, (step, by_split) in enumerate(pairs.items()):
            first = by_split["train"]
            cells = [
                number(value)
                for split in ("train", "validation")
                for value in [by_split[split].loss, *(by_split[split].metrics[m] for m in metrics)]
            ]
            head = [row.method.label, str(row.method.batch_size), number(row.method.optimizer.lr)]
            last = i == len(pairs) - 1
            shown.add_row(
                *(head if i == 0 else ["", "", ""]), number(first.epoch), str(step), str(first.examples_seen),
                *cells, seconds(row.seconds_per_epoch) if last else "",
            )  # fmt: skip
        shown.add_section()
    console.print(shown)
