"""Options shared by several commands, and the parsing of their little languages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.core.errors import InputError, one_line

if TYPE_CHECKING:
    from batchwright.optim.spec import OptimizerSpec
    from batchwright.task.task import Target, Task, TaskReference

_TASK, _OPTIMIZER, _RUN = "Task", "Optimizer", "Runs"

TaskName = Annotated[
    str, typer.Argument(metavar="TASK", help="A built-in name, path/to/file.py:function or module:function.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="NAME=VALUE", rich_help_panel=_TASK, help="Option of the task; repeatable."
    ),
]
Data = Annotated[
    str | None,
    typer.Option("--data", metavar="DIR", rich_help_panel=_TASK, help="Folder with the task's data files."),
]
Examples = Annotated[
    int | None,
    typer.Option(
        "--examples", rich_help_panel=_TASK, help="Keep a stratified subset of the training examples."
    ),
]
TargetOption = Annotated[
    str | None,
    typer.Option(
        "--target", metavar="METRIC=VALUE", rich_help_panel=_TASK,
        help="e.g. accuracy=0.95, loss=0.2, train.loss=0.1.",
    ),
]  # fmt: skip
OptimizerName = Annotated[
    str | None,
    typer.Option("--optimizer", rich_help_panel=_OPTIMIZER, help="sgd, adam, adamw, rmsprop, ..."),
]
Momentum = Annotated[
    float | None, typer.Option(rich_help_panel=_OPTIMIZER, help="Momentum of sgd or rmsprop.")
]
MomentumForm = Annotated[
    str | None,
    typer.Option(rich_help_panel=_OPTIMIZER, help="heavy_ball, nesterov, averaged or velocity."),
]
WeightDecay = Annotated[
    float | None, typer.Option(rich_help_panel=_OPTIMIZER, help="Strength of the weight decay.")
]
DecayForm = Annotated[str | None, typer.Option(rich_help_panel=_OPTIMIZER, help="l2 or decoupled.")]
L1 = Annotated[
    float | None, typer.Option("--l1", rich_help_panel=_OPTIMIZER, help="L1 penalty, by proximal steps.")
]
ClipNorm = Annotated[
    float | None, typer.Option(rich_help_panel=_OPTIMIZER, help="Clip the gradient to this norm.")
]
OptimizerOption = Annotated[
    list[str] | None,
    typer.Option(
        "--optimizer-option", metavar="NAME=VALUE", rich_help_panel=_OPTIMIZER,
        help="betas=0.9,0.99, eps=1e-6 or any other by torch's name; repeatable.",
    ),
]  # fmt: skip
Schedule = Annotated[
    str | None,
    typer.Option(
        rich_help_panel=_OPTIMIZER, help="constant, exponential, inverse_time, step, polynomial or cosine."
    ),
]
WarmupSteps = Annotated[
    int | None, typer.Option(rich_help_panel=_OPTIMIZER, help="Linear warm-up before the schedule.")
]
HorizonOption = Annotated[
    str | None,
    typer.Option(
        "--horizon", metavar="LENGTH", rich_help_panel=_OPTIMIZER,
        help="Length or period of the schedule: 20epochs, 5000steps, 1e6examples.",
    ),
]  # fmt: skip
Order = Annotated[str, typer.Option(rich_help_panel=_RUN, help="shuffled, fixed or with_replacement.")]
MicroBatch = Annotated[
    int | None,
    typer.Option("--micro-batch-size", rich_help_panel=_RUN, help="Examples per forward pass."),
]
Device = Annotated[str, typer.Option(rich_help_panel=_RUN, help="cpu or cuda.")]
DType = Annotated[str, typer.Option(rich_help_panel=_RUN, help="float32, float64 or bfloat16.")]
Autocast = Annotated[str | None, typer.Option(rich_help_panel=_RUN, help="bfloat16: mixed precision.")]
HalfLife = Annotated[
    float | None,
    typer.Option(
        "--average-half-life", rich_help_panel=_RUN,
        help="Evaluate an average of the weights, half-life in examples.",
    ),
]  # fmt: skip
Seed = Annotated[int, typer.Option(rich_help_panel=_RUN, help="Root of all random streams.")]
Workers = Annotated[
    int | None,
    typer.Option("--workers", rich_help_panel=_RUN, help="Processes; default one a core (one on a GPU)."),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")]
StoreOption = Annotated[
    str | None,
    typer.Option("--store", metavar="PATH", help="Default: $BATCHWRIGHT_STORE, else ./batchwright-runs/."),
]
Figure = Annotated[
    Path | None,
    typer.Option("--figure", metavar="FILE", help="Draw into this .svg, .png or .pdf."),
]
Report = Annotated[
    Path | None,
    typer.Option("--report", metavar="FILE", help="Write figures and tables into this .html file."),
]


def pairs(items: list[str] | None, flag: str = "--set") -> dict[str, str]:
    """``["a=1", "b=2"]`` as a mapping.

    Raises:
        InputError: an item without ``=``.
    """
    result = {}
    for item in items or []:
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise InputError(f"{flag} must be NAME=VALUE, got {item!r}")
        result[name.strip()] = value.strip()
    return result


def whole_numbers(text: str, flag: str) -> list[int]:
    """Comma-separated whole numbers.

    >>> whole_numbers("1,2, 32", "--batch-sizes")
    [1, 2, 32]
    """
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{flag} must be whole numbers separated by commas, got {text!r}") from None


def numbers(text: str, flag: str) -> list[float]:
    """Comma-separated numbers.

    >>> numbers("0.1,1e-3", "--lr")
    [0.1, 0.001]
    """
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{flag} must be numbers separated by commas, got {text!r}") from None


def reference(name: str, settings: list[str] | None, data: str | None, examples: int | None) -> TaskReference:
    """The task reference of the shared options."""
    from batchwright.task.task import TaskReference

    return TaskReference(name=name, options=pairs(settings), data_dir=data, examples=examples)


def target(text: str | None, task: Task) -> Target | None:
    """``accuracy=0.95`` or ``train.loss=0.1`` as a target that the task defines; the task's own if None."""
    from batchwright.task.target import parse_target

    own: Target | None = task.target
    return own if text is None else parse_target(text, task)


def optimizer(
    task: Task, *, name: str | None = None, lr: float | None = None, schedule: str | None = None,
    warmup_steps: int | None = None, horizon: str | None = None, options: list[str] | None = None,
    **fields: Any,
) -> OptimizerSpec:  # fmt: skip
    """The task's own optimizer with the options given on the command line on top.

    Another optimizer than the task's starts from that optimizer's usual learning rate and keeps the schedule.
    """
    from batchwright.optim import DEFAULT_LR, OptimizerSpec

    base = _own_optimizer(task)
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
        given = {name: literal(value) for name, value in pairs(options, "--optimizer-option").items()}
        values |= {name: given.pop(name) for name in ("betas", "eps") if name in given}
        values["options"] = {**values.get("options", {}), **given}
    return OptimizerSpec.model_validate(values)


def _own_optimizer(task: Task) -> OptimizerSpec:
    from batchwright.optim import OptimizerSpec

    if isinstance(task.optimizer, OptimizerSpec):
        return task.optimizer
    try:
        return OptimizerSpec.model_validate(task.optimizer or {})
    except ValueError as error:
        raise InputError(f"the default optimizer of task {task.name!r}: {one_line(error)}") from None


def length(text: str) -> dict[str, Any]:
    """``20epochs`` as a value with its unit.

    >>> length("1.5e3steps")
    {'value': 1500.0, 'unit': 'steps'}
    """
    match = re.fullmatch(r"\s*(\d+\.?\d*(?:e\d+)?)\s*(steps|examples|epochs)\s*", text)
    if not match:
        raise InputError(
            f"--horizon must be a number with steps, examples or epochs, as 20epochs, got {text!r}"
        )
    return {"value": float(match[1]), "unit": match[2]}


def memory_bytes(text: str, flag: str) -> int:
    """An amount of memory in bytes.

    >>> memory_bytes("512MiB", "--memory-budget"), memory_bytes("2GB", "--memory-budget")
    (536870912, 2000000000)
    """
    units = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
    match = re.fullmatch(r"\s*(\d+\.?\d*)\s*([KMG]i?B|B)\s*", text, re.IGNORECASE)
    if match is None or float(match[1]) <= 0:
        raise InputError(f"{flag} must be an amount with its unit, as 512MiB or 2GB, got {text!r}")
    return int(float(match[1]) * units[match[2].lower()])


def named(path: Path | None) -> str | None:
    """A file's name in a JSON document."""
    return None if path is None else str(path)


def check_report(report: Path) -> None:
    """Refuse another kind of report before the work is done."""
    if report.suffix not in (".html", ".htm"):
        raise InputError(f"--report must end in .html, got {report.name!r}")


def check_figure(figure: Path) -> None:
    """Refuse another kind of figure before the work is done."""
    from batchwright.report.draw.study import SUFFIXES

    if figure.suffix not in SUFFIXES:
        raise InputError(f"--figure must end in one of {', '.join(SUFFIXES)}, got {figure.name!r}")


def literal(text: str) -> Any:
    """A Python value where the text is one, else the text itself.

    >>> literal("0.9,0.99"), literal("true"), literal("mean")
    ((0.9, 0.99), True, 'mean')
    """
    import ast

    try:
        return ast.literal_eval({"true": "True", "false": "False"}.get(text, text))
    except (ValueError, SyntaxError):
        return text
