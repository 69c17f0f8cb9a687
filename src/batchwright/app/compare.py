"""Update rules or optimizers side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args

from batchwright.app import options as o
from batchwright.app.signature import Asked, Option, front_door
from batchwright.core.errors import InputError, shown, unknown_name

if TYPE_CHECKING:
    from batchwright.app.answer import Answer
    from batchwright.app.progress import Watch
    from batchwright.study.compare import Compared, Method
    from batchwright.task.task import Task

T = TypeVar("T")


@front_door
def compare(
    task: o.TaskGiven,
    *,
    methods: Annotated[Sequence[str], Option("Of gd, sgd, minibatch.")] = ("gd", "sgd", "minibatch"),
    optimizers: Annotated[
        Sequence[str] | None, Option("Compare these optimizers at batch_size instead, e.g. sgd,adam.")
    ] = None,
    batch_size: Annotated[int, Option("Of minibatch, and of the optimizers.")] = 32,
    align: Annotated[str, Option("Equal epochs, updates, examples or seconds.")] = "epochs",
    epochs: Annotated[float, Option("Epochs of the last method, the reference.")] = 4.0,
    lr: Annotated[float | Sequence[float] | None, Option("One learning rate, or one a method.")] = None,
    examples: Annotated[
        int | Sequence[int] | None,
        Option("Training examples: one number, or one a method (100,100,200)."),
    ] = None,
    set: o.TaskSet = None,
    data: o.DataFolder = None,
    machine: o.MachineOptions,
    files: o.FileOptions,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Show training and validation loss, accuracy and seconds an epoch of several methods."""
    from batchwright.app.files import check_files, with_files
    from batchwright.app.progress import watching

    check_files(files)
    names = list(optimizers or methods)
    with watching(progress, "task") as watch:
        aligned = _align(align, epochs)
        rates, counts = _one_each(lr, names, "lr"), _one_each(examples, names, "examples")
        columns = [
            _method(
                task,
                o.TaskOptions(set=set, data=data, examples=number),
                name,
                rate,
                batch_size,
                bool(optimizers),
            )
            for name, rate, number in zip(names, rates, counts, strict=True)
        ]
        watch.phase("methods")
        rows = _run(columns, watch, align=aligned, epochs=epochs, **vars(machine))
        return with_files(_answer(rows, aligned, asked, columns[0][0]), files)


def _align(align: str, epochs: float) -> Any:
    """What all methods have in equal amount, checked."""
    from batchwright.study.compare import Align

    if align not in get_args(Align):
        raise unknown_name("alignment", align, get_args(Align))
    if not 0 < epochs < math.inf:
        raise InputError(f"epochs must be greater than 0, got {shown(epochs)}")
    return align


def _run(columns: Sequence[tuple[Method, Task]], watch: Watch, **how: Any) -> list[Compared]:
    from batchwright.study.compare import run_methods

    methods, tasks = zip(*columns, strict=True)
    done = count(1)
    return run_methods(methods, tasks, finished=lambda row: watch(next(done), len(methods)), **how)


def _method(
    task: Any, given: o.TaskOptions, name: str, lr: float | None, batch_size: int, is_optimizer: bool
) -> tuple[Method, Task]:
    """One column of the comparison, and its own task (its examples may differ)."""
    from batchwright.app.specs import optimizer_spec
    from batchwright.app.task_given import task_of
    from batchwright.study.compare import Method, method

    reference, live = task_of(task, given, examples=given.examples)
    spec = optimizer_spec(live, o.OptimizerOptions(optimizer=name if is_optimizer else None), lr)
    if not is_optimizer:
        return method(name, reference, len(live.train), batch_size, spec), live
    return Method(name=name, label=name, task=reference, batch_size=batch_size, optimizer=spec), live


def _one_each(values: T | Sequence[T] | None, names: Sequence[str], what: str) -> Sequence[T | None]:
    if values is None:
        return [None] * len(names)
    given: Sequence[T] = list(values) if isinstance(values, Sequence) else [values]
    if len(given) not in (1, len(names)):
        raise InputError(
            f"{what} must have one value or one for each of {len(names)} methods, got {len(given)}"
        )
    return given if len(given) == len(names) else [given[0]] * len(names)


def _answer(rows: list[Compared], align: Any, asked: Asked, first: Method) -> Answer:
    from batchwright.app.answer import Answer
    from batchwright.app.task_given import subject_of
    from batchwright.app.train import run_document
    from batchwright.report.pages.compare import compare_page

    methods = [
        {
            "method": row.method.name, "label": row.method.label, "batch_size": row.method.batch_size,
            "seconds_per_epoch": row.seconds_per_epoch, **run_document(row.result),
        }
        for row in rows
    ]  # fmt: skip
    page = compare_page(rows, align=align, action=asked.action(subject_of(first.task)))
    return Answer(
        result=tuple(rows),
        page=page,
        document={"align": align, "methods": methods},
        rows=lambda: [{"method": m["method"], **e} for m in methods for e in m["evaluations"]],
    )


def failures(answer: Answer) -> list[str]:
    """Methods whose run failed, each with the model's own message."""
    return [
        f"{row.method.label} failed: {row.result.message}"
        for row in answer.result
        if row.result.status in ("failed", "out_of_memory")
    ]
