"""The value of a metric at which a run is done, from text or data, checked against what the metric can be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from batchwright.core.errors import InputError, one_line, shown, unknown_name
from batchwright.core.numbers import number

if TYPE_CHECKING:
    from batchwright.task.metrics import Range
    from batchwright.task.task import Task

SPLITS = ("validation", "train")


class Target(BaseModel):
    """The value of a metric at which a run is done.

    The metric is smoothed over recent evaluations (see ``training.target``), on the ``validation`` or
    the ``train`` split. ``loss`` is reached from above, a metric from the side its definition says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    metric: str = "loss"
    value: float = Field(allow_inf_nan=False)
    split: Literal["validation", "train"] = "validation"


def parse_target(text: str, task: Task) -> Target:
    """``accuracy=0.95`` or ``train.loss=0.1`` as a target that the task defines.

    Raises:
        InputError: no such metric or split, no number, or a value that the metric cannot have.
    """
    metric, equals, value = text.partition("=")
    split, dot, name = metric.strip().rpartition(".")
    try:
        parsed = float(value)
    except ValueError:
        equals = ""
    if not equals:
        raise InputError(f"target must be METRIC=VALUE with a number, as loss=0.2, got {shown(text)}")
    if not math.isfinite(parsed):
        raise InputError(f"target must be a finite number, got {value.strip()}")
    if dot and split not in SPLITS:
        raise unknown_name("split in target:", split, SPLITS)
    target = Target.model_validate({"metric": name, "value": parsed, "split": split if dot else "validation"})
    task.check_target(target)
    return target


def as_target(given: Any, task: Task) -> Target | None:
    """A target from text, a mapping of its fields, ``{"accuracy": 0.95}``, or as it is.

    Raises:
        InputError: anything else, or a target that does not fit the task.
    """
    if given is None:
        return None
    if isinstance(given, str):
        return parse_target(given, task)
    if isinstance(given, Mapping) and len(given) == 1 and "value" not in given:
        ((metric, value),) = given.items()
        return parse_target(f"{metric}={value}", task)
    try:
        target = Target.model_validate(given)
    except ValidationError as error:
        raise InputError(f"target of task {task.name!r}: {one_line(error)}") from None
    task.check_target(target)
    return target


def check_range(metric: str, value: float, bounds: Range) -> None:
    """Refuse a target that the metric cannot take.

    >>> check_range("accuracy", 95, (0.0, 1.0))
    Traceback (most recent call last):
    batchwright.core.errors.InputError: accuracy must be between 0 and 1, got 95: did you mean 0.95?
    """
    low, high = bounds
    if (low is None or value >= low) and (high is None or value <= high):
        return
    if low is None:
        rule = f"at most {number(high)}"
    elif high is None:
        rule = f"at least {number(low)}"
    else:
        rule = f"between {number(low)} and {number(high)}"
    percent = bounds == (0.0, 1.0) and 1 < value <= 100
    hint = f": did you mean {value / 100:g}?" if percent else ""
    raise InputError(f"{metric} must be {rule}, got {value:g}{hint}")
