"""Several update rules side by side on one task: gradient descent, SGD, mini-batch; optimizers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from batchwright.core.errors import BatchwrightError, unknown_name
from batchwright.optim.spec import OptimizerSpec
from batchwright.task.task import Task, TaskReference
from batchwright.training.loop import run
from batchwright.training.record import RunResult
from batchwright.training.spec import Budget, EvaluationPlan, RunSpec

Align = Literal["epochs", "updates", "examples", "seconds"]
METHODS = ("gd", "sgd", "minibatch")
_NAMES = {"gd": "gradient descent", "sgd": "SGD", "minibatch": "mini-batch"}
_CHECKPOINTS = 4


class Method(BaseModel):
    """One column of the comparison."""

    model_config = ConfigDict(frozen=True)

    name: str
    label: str
    task: TaskReference
    batch_size: int
    optimizer: OptimizerSpec


class Compared(BaseModel):
    """A method and its run; seconds an epoch are training time alone."""

    model_config = ConfigDict(frozen=True)

    method: Method
    result: RunResult
    seconds_per_epoch: float | None


def method(
    name: str, task: TaskReference, examples: int, minibatch_size: int, optimizer: OptimizerSpec
) -> Method:
    """The method called ``gd`` (batch = all examples), ``sgd`` (batch = 1) or ``minibatch``.

    Raises:
        InputError: an unknown name.
    """
    if name not in METHODS:
        raise unknown_name("method", name, METHODS)
    size = {"gd": examples, "sgd": 1, "minibatch": minibatch_size}[name]
    return Method(name=name, label=_NAMES[name], task=task, batch_size=size, optimizer=optimizer)


def run_methods(
    methods: Sequence[Method],
    tasks: Sequence[Task],
    *,
    align: Align,
    epochs: float,
    seed: int = 0,
    device: str = "cpu",
    dtype: Literal["float32", "float64", "bfloat16"] = "float32",
    finished: Callable[[Compared], None] | None = None,
) -> list[Compared]:
    """Run every method with an equal number of epochs, updates, examples or seconds.

    The last method is the reference: it runs ``epochs`` epochs, and what it used of the aligned quantity is
    every other method's budget. Training and validation are evaluated after every epoch where epochs are
    aligned, else at four points of equal distance (evenly in log-steps for seconds).

    Args:
        methods: what to compare, the reference last.
        tasks: the live task of each method.
        align: what all have in equal amount.
        epochs: passes of the reference over its own training examples.
        seed: root of all random streams; shared, so that the runs differ in the method alone.
        device: where they run.
        dtype: of parameters and inputs.
        finished: called after each run.

    Returns:
        One outcome a method, in the order given.

    Raises:
        InputError: a method does not fit its task.
        BatchwrightError: the reference failed, so there is nothing to align with.
    """
    outcome: dict[int, Compared] = {}
    reference: Compared | None = None
    for i in [len(methods) - 1, *range(len(methods) - 1)]:
        spec = _spec(methods[i], align, epochs, reference, seed=seed, device=device, dtype=dtype)
        task = tasks[i]
        run(_first_update(spec), task)  # the first update of a process is slow and would count as training
        result = run(spec, task)
        if reference is None and result.updates == 0:
            raise BatchwrightError(f"{methods[i].label}, the reference, made no update: {result.message}")
        passes = result.examples / len(task.train)
        outcome[i] = Compared(
            method=methods[i], result=result, seconds_per_epoch=result.seconds / passes if passes else None
        )
        reference = reference or outcome[i]
        if finished is not None:
            finished(outcome[i])
    return [outcome[i] for i in range(len(methods))]


def _first_update(spec: RunSpec) -> RunSpec:
    return spec.model_copy(update={"budget": Budget(steps=1), "evaluation": EvaluationPlan()})


def _spec(method: Method, align: Align, epochs: float, reference: Compared | None, **fields: Any) -> RunSpec:
    splits: tuple[Literal["train", "validation"], ...] = ("train", "validation")
    plan = EvaluationPlan(at="epoch", splits=splits)
    if align == "epochs" or reference is None:
        budget = Budget(epochs=epochs)
    elif align == "updates":
        updates = reference.result.updates
        budget = Budget(steps=updates)
        plan = EvaluationPlan(at="steps", every=max(1, math.ceil(updates / _CHECKPOINTS)), splits=splits)
    elif align == "examples":
        examples = reference.result.examples
        budget = Budget(examples=examples)
        every = max(1, math.ceil(examples / method.batch_size / _CHECKPOINTS))
        plan = EvaluationPlan(at="steps", every=every, splits=splits)
    else:
        budget = Budget(seconds=reference.result.seconds)
        plan = EvaluationPlan(at="log", ratio=1.5, splits=splits)
    return RunSpec(
        task=method.task,
        batch_size=method.batch_size,
        optimizer=method.optimizer,
        budget=budget,
        evaluation=plan,
        **fields,
    )
