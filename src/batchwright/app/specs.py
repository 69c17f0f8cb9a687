"""From plain arguments to the specs that they describe."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from batchwright.core.errors import InputError, one_line, shown

if TYPE_CHECKING:
    from batchwright.app.options import MachineOptions, OptimizerOptions, RunOptions
    from batchwright.optim.spec import OptimizerSpec
    from batchwright.task.task import Task, TaskReference
    from batchwright.training.spec import RunSpec

_NEVER = 10**9
"""Steps that no run makes."""
_BYTES = {"b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def optimizer_spec(task: Task, given: OptimizerOptions, lr: float | None = None) -> OptimizerSpec:
    """The task's own optimizer with the given arguments on top.

    Another optimizer than the task's starts from that optimizer's usual learning rate and keeps the schedule.
    """
    from batchwright.optim import CATALOGUE, OptimizerSpec

    base = _own_optimizer(task)
    values = base.model_dump(exclude_defaults=True)
    if given.optimizer is not None and given.optimizer != base.name:
        usual = CATALOGUE[given.optimizer].usual_lr if given.optimizer in CATALOGUE else base.lr
        values = {"name": given.optimizer, "lr": usual, "schedule": values.get("schedule", {})}
    plain = {
        name: getattr(given, name)
        for name in ("momentum", "momentum_form", "weight_decay", "decay_form", "l1", "clip_norm")
    }
    values |= {name: value for name, value in {**plain, "lr": lr}.items() if value is not None}
    values["schedule"] = _schedule(values.get("schedule") or {}, given)
    if given.optimizer_option:
        named = {name: literal(value) for name, value in given.optimizer_option.items()}
        values |= {name: named.pop(name) for name in ("betas", "eps") if name in named}
        values["options"] = {**values.get("options", {}), **named}
    return OptimizerSpec.model_validate(values)


def _own_optimizer(task: Task) -> OptimizerSpec:
    from batchwright.optim import OptimizerSpec

    if isinstance(task.optimizer, OptimizerSpec):
        return task.optimizer
    try:
        return OptimizerSpec.model_validate(task.optimizer or {})
    except ValueError as error:
        raise InputError(f"the default optimizer of task {task.name!r}: {one_line(error)}") from None


def _schedule(own: Mapping[str, Any], given: OptimizerOptions) -> dict[str, Any]:
    """The schedule's fields: another one by name keeps the warm-up alone."""
    shape = dict(own)
    if given.schedule is not None:
        shape = {"name": given.schedule, "warmup_steps": shape.get("warmup_steps", 0)}
    if given.warmup_steps is not None:
        shape["warmup_steps"] = given.warmup_steps
    if given.horizon is not None:
        shape["horizon"] = length(given.horizon)
    if given.decay is not None:
        shape["decay"] = given.decay
    return shape


def run_fields(machine: MachineOptions, runs: RunOptions | None = None) -> dict[str, Any]:
    """The fields that a study and a run have in common, by their own names."""
    fields: dict[str, Any] = {"seed": machine.seed, "device": machine.device, "dtype": machine.dtype}
    if runs is not None:
        fields |= {
            "micro_batch_size": runs.micro_batch_size,
            "average_half_life": runs.average_half_life,
            "autocast": runs.autocast,
        }
    return fields


def updates_alone(
    reference: TaskReference,
    optimizer: OptimizerSpec,
    *,
    batch_size: int,
    steps: int,
    machine: MachineOptions,
) -> RunSpec:
    """The spec of a run of which only the updates are wanted: it is never evaluated."""
    from batchwright.training.spec import RunSpec

    return RunSpec.model_validate(
        {
            "task": reference, "batch_size": batch_size, "optimizer": optimizer, "budget": {"steps": steps},
            "evaluation": {"at": "steps", "every": _NEVER}, **run_fields(machine),
        }
    )  # fmt: skip


def length(text: str) -> dict[str, Any]:
    """``20epochs`` as a value with its unit.

    >>> length("1.5e3steps")
    {'value': 1500.0, 'unit': 'steps'}
    """
    match = re.fullmatch(r"\s*(\d+\.?\d*(?:e\d+)?)\s*(steps|examples|epochs)\s*", text, re.ASCII)
    if not match:
        raise InputError(
            f"horizon must be a number with steps, examples or epochs, as 20epochs, got {shown(text)}"
        )
    return {"value": float(match[1]), "unit": match[2]}


def memory_bytes(text: str) -> int:
    """An amount of memory in bytes.

    >>> memory_bytes("512MiB"), memory_bytes("2GB")
    (536870912, 2000000000)
    """
    match = re.fullmatch(r"\s*(\d{1,15}\.?\d*)\s*([KMG]i?B|B)\s*", text, re.IGNORECASE | re.ASCII)
    if match is None or float(match[1]) <= 0:
        raise InputError(
            f"memory_budget must be an amount with its unit, as 512MiB or 2GB, got {shown(text)}"
        )
    return int(float(match[1]) * _BYTES[match[2].lower()])


def literal(value: Any) -> Any:
    """A Python value where a text is one, else the text itself.

    >>> literal("0.9,0.99"), literal("true"), literal("mean"), literal(3)
    ((0.9, 0.99), True, 'mean', 3)
    """
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval({"true": "True", "false": "False"}.get(value, value))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value
