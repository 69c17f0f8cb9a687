"""Options shared by several commands, and the parsing of their little languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.optim.spec import OptimizerSpec
    from batchwright.task.task import Target, Task, TaskReference

TaskName = Annotated[
    str, typer.Argument(metavar="TASK", help="A built-in name, path/to/file.py:function or module:function.")
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Option of the task; repeatable.")
]
Data = Annotated[str | None, typer.Option("--data", metavar="DIR", help="Folder with the task's data files.")]
Examples = Annotated[
    int | None, typer.Option("--examples", help="Keep a stratified subset of the training examples.")
]
TargetOption = Annotated[
    str | None,
    typer.Option("--target", metavar="METRIC=VALUE", help="e.g. accuracy=0.95, loss=0.2, train.loss=0.1."),
]
OptimizerName = Annotated[str | None, typer.Option("--optimizer", help="sgd, adam, adamw, rmsprop, ...")]
Momentum = Annotated[float | None, typer.Option(help="Momentum of sgd or rmsprop.")]
MomentumForm = Annotated[str | None, typer.Option(help="heavy_ball, nesterov, averaged or velocity.")]
WeightDecay = Annotated[float | None, typer.Option(help="Strength of the weight decay.")]
DecayForm = Annotated[str | None, typer.Option(help="l2 or decoupled.")]
L1 = Annotated[float | None, typer.Option("--l1", help="L1 penalty, by proximal steps.")]
ClipNorm = Annotated[float | None, typer.Option(help="Clip the gradient to this norm.")]
OptimizerOption = Annotated[
    list[str] | None,
    typer.Option("--optimizer-option", metavar="NAME=VALUE", help="By torch's name; repeatable."),
]
Schedule = Annotated[
    str | None, typer.Option(help="constant, exponential, inverse_time, step, polynomial or cosine.")
]
WarmupSteps = Annotated[int | None, typer.Option(help="Linear warm-up before the schedule.")]
HorizonOption = Annotated[
    str | None, typer.Option("--horizon", metavar="LENGTH", help="e.g. 20epochs, 5000steps, 1e6examples.")
]
Order = Annotated[str, typer.Option(help="shuffled, fixed or with_replacement.")]
MicroBatch = Annotated[int | None, typer.Option("--micro-batch-size", help="Examples per forward pass.")]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]
DType = Annotated[str, typer.Option(help="float32, float64 or bfloat16.")]
Autocast = Annotated[str | None, typer.Option(help="bfloat16: mixed precision.")]
HalfLife = Annotated[
    float | None,
    typer.Option("--average-half-life", help="Evaluate an average of the weights, half-life in examples."),
]
Seed = Annotated[int, typer.Option(help="Root of all random streams.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
StoreOption = Annotated[
    str | None,
    typer.Option("--store", metavar="PATH", help="Default: $BATCHWRIGHT_STORE, else ./batchwright-runs/."),
]


def pairs(items: list[str] | None, flag: str = "--set") -> dict[str, str]:
    """``["a=1", "b=2"]`` as a mapping.

    Raises:
        InputError: an item without ``=``.
    """
    result = {}
    for item in items or []:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise InputError(f"{flag} must be NAME=VALUE, got {item!r}")
        result[name.strip()] = value.strip()
    return result


def numbers(text: str, flag: str) -> list[int]:
    """Comma-separated whole numbers.

    >>> numbers("1,2, 32", "--batch-sizes")
    [1, 2, 32]
    """
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{flag} must be whole numbers separated by commas, got {text!r}") from None


def reference(name: str, settings: list[str] | None, data: str | None, examples: int | None) -> TaskReference:
    """The task reference of the shared options."""
    from batchwright.task.task import TaskReference

    return TaskReference(name=name, options=pairs(settings), data_dir=data, examples=examples)


def target(text: str | None, task: Task) -> Target | None:
    """``accuracy=0.95`` or ``train.loss=0.1`` as a target that the task defines; the task's own if None."""
    from batchwright.task.task import Target

    if text is None:
        return task.target
    metric, equals, value = text.partition("=")
    split, dot, name = metric.rpartition(".")
    try:
        number = float(value)
    except ValueError:
        equals = ""
    if not equals:
        raise InputError(f"--target must be METRIC=VALUE with a number, got {text!r}")
    wanted = Target.model_validate({"metric": name, "value": number, "split": split if dot else "validation"})
    task.check_target(wanted)
    return wanted


def optimizer(
    task: Task, *, name: str | None = None, lr: float | None = None, schedule: str | None = None,
    warmup_steps: int | None = None, horizon: str | None = None, options: list[str] | None = None,
    **fields: Any,
) -> OptimizerSpec:  # fmt: skip
    """The task's own optimizer with the options given on the command line on top.

    Another optimizer than the task's starts from that optimizer's usual learning rate.
    """
    from batchwright.optim import DEFAULT_LR, OptimizerSpec

    own = task.optimizer
    base = own if isinstance(own, OptimizerSpec) else OptimizerSpec.model_validate(own or {})
    values = base.model_dump(exclude_defaults=True)
    if name is not None and name != base.name:
        values = {"name": name, "lr": DEFAULT_LR.get(name, base.lr), "schedule": values.get("schedule", {})}
    values |= {field: value for field, value in {**fields, "lr": lr}.items() if value is not None}
    shape = dict(values.get("schedule") or {})
    if schedule is not None:
        shape = {"name": schedule, "warmup_steps": shape.get("warmup_steps", 0)}
    if warmup_steps is not None:
        shape["warmup_steps"] = warmup_steps
    if horizon is not None:
        shape["horizon"] = length(horizon)
    values["schedule"] = shape
    if options:
        values["options"] = {k: _literal(v) for k, v in pairs(options, "--optimizer-option").items()}
    return OptimizerSpec.model_validate(values)


def length(text: str) -> dict[str, Any]:
    """``20epochs`` as a value with its unit.

    >>> length("1.5e3steps")
    {'value': 1500.0, 'unit': 'steps'}
    """
    match = re.fullmatch(r"\s*([0-9.]+(?:e[0-9]+)?)\s*(steps|examples|epochs)\s*", text)
    if not match:
        raise InputError(
            f"--horizon must be a number with steps, examples or epochs, as 20epochs, got {text!r}"
        )
    return {"value": float(match[1]), "unit": match[2]}


def _literal(text: str) -> Any:
    import ast

    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
