"""``batchwright compare TASK``: update rules or optimizers side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

import typer

from batchwright.cli import options as o
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.study.compare import Compared, Method
    from batchwright.training.record import Evaluation

T = TypeVar("T")
_POINTS = 5
"""Evaluations shown of each run, the start included; ``--json`` has them all."""


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
    from batchwright.cli.output import ProgressLine, emit_json, note
    from batchwright.core.errors import unknown_name
    from batchwright.study import compare as comparison

    if align not in get_args(comparison.Align):
        raise unknown_name("alignment", align, get_args(comparison.Align))
    if not 0 < epochs < math.inf:
        raise InputError(f"--epochs must be greater than 0, got {epochs:g}")
    chosen = _methods(task, methods, optimizers, batch_size, lr, examples, settings, data)
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
    failed = [row for row in rows if row.result.status in ("failed", "out_of_memory")]
    for row in failed:
        note(f"batchwright: {row.method.label} failed: {row.result.message}")
    return 1 if failed else 0


def _methods(
    task: str, methods: str, optimizers: str | None, batch_size: int, lr: str | None, examples: str | None,
    settings: list[str] | None, data: str | None,
) -> list[Method]:  # fmt: skip
    from batchwright.study.compare import Method, method
    from batchwright.task.load import load_task

    names = [name.strip() for name in (optimizers or methods).split(",")]
    rates = _one_each(None if lr is None else o.numbers(lr, "--lr"), names, "--lr")
    counts = _one_each(
        None if examples is None else o.whole_numbers(examples, "--examples"), names, "--examples"
    )
    result = []
    for name, rate, count in zip(names, rates, counts, strict=True):
        reference = o.reference(task, settings, data, count)
        live = load_task(reference)
        spec = o.optimizer(live, lr=rate, name=name if optimizers else None)
        if optimizers:
            row = Method(name=name, label=name, task=reference, batch_size=batch_size, optimizer=spec)
        else:
            row = method(name, reference, len(live.train), batch_size, spec)
        result.append(row)
    return result


def _one_each(values: Sequence[T] | None, names: list[str], flag: str) -> Sequence[T | None]:
    if values is None:
        return [None] * len(names)
    if len(values) not in (1, len(names)):
        raise InputError(
            f"{flag} must have one value or one for each of {len(names)} methods, got {len(values)}"
        )
    return values if len(values) == len(names) else [values[0]] * len(names)


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
    from batchwright.cli.output import say, show_table
    from batchwright.report.text.catalogue import text

    metrics = list(rows[0].result.evaluations[0].metrics) if rows[0].result.evaluations else []
    quality = [f"{split} {name}" for split in ("train", "val.") for name in ("loss", *metrics)]
    # Examples are updates times the batch size: only where they are what is equal do they need a column.
    counted = "examples" if align == "examples" else "updates"
    columns = ["method", "epoch", counted, *quality]
    spare = [counted] if align == "epochs" else ["epoch"]
    lines = [line for row in rows for line in _lines(row, metrics, counted)][:-1]
    say(f"Equal {align}; the time of an epoch is training alone, evaluations apart.")
    say()
    show_table(columns, lines, optional=spare, left=["method"])
    for row in rows:
        if row.result.status == "diverged":
            say(f"{row.method.label}: {text('training.advice.diverged')}")


def _lines(row: Compared, metrics: list[str], counted: str) -> list[list[str]]:
    """The rows of one method: its name and settings stand in the first column, one below the other."""
    from batchwright.cli.output import measured, number, seconds

    by_step: dict[int, dict[str, Evaluation]] = {}
    for evaluation in row.result.evaluations:
        by_step.setdefault(evaluation.step, {})[evaluation.split] = evaluation
    points = spread(list(by_step.values()), _POINTS)
    method = row.method
    heads = [
        method.label,
        f"batch {method.batch_size}, lr {number(method.optimizer.lr)}",
        f"{seconds(row.seconds_per_epoch)} an epoch",
    ]
    if row.result.status not in ("budget_exhausted", "target_reached"):
        heads.append(row.result.status.replace("_", " "))
    lines = []
    for head, point in zip_longest(heads, points):
        cells = [""] * (2 * (1 + len(metrics)) + 2)
        if point is not None:
            at = point["train"]
            cells = [number(at.epoch), f"{at.examples_seen if counted == 'examples' else at.step:,}"]
            for split in ("train", "validation"):
                cells += [measured(point[split].value(name)) for name in ("loss", *metrics)]
        lines.append([head or "", *cells])
    return [*lines, [""] * len(lines[0])]


def spread(points: list[T], count: int) -> list[T]:
    """The first, the last, and so many in all, evenly between them.

    >>> spread([0, 1, 2, 3, 4, 5, 6, 7, 8], 5), spread([0, 1], 5)
    ([0, 2, 4, 6, 8], [0, 1])
    """
    if len(points) <= count:
        return points
    return [points[round(i * (len(points) - 1) / (count - 1))] for i in range(count)]
