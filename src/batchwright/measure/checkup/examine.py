"""All checks of a task, one after the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from batchwright.core.errors import one_line
from batchwright.measure.caller_state import isolated
from batchwright.measure.checkup.bench import Bench, bench_of
from batchwright.measure.checkup.classes import classes_present, labels_fit
from batchwright.measure.checkup.elsewhere import found_again
from batchwright.measure.checkup.factory import built_alike, shared_models
from batchwright.measure.checkup.goal import evaluation_works, out_of_reach, reached_at_start, resolved
from batchwright.measure.checkup.gradients import gradients_reach, losses_finite
from batchwright.measure.checkup.keeping import keeping
from batchwright.measure.checkup.neighbours import loss_alone, model_alone, smallest_batch, training_alone
from batchwright.measure.checkup.outputs import outputs_alive, outputs_fit_loss
from batchwright.measure.checkup.overlap import shared_examples, twins
from batchwright.measure.checkup.reading import ReadSplit, read_split
from batchwright.measure.checkup.repeatable import augmented_alike, items_alike, nothing_moved, passes_alike
from batchwright.measure.checkup.result import Checkup, LookedAt, TaskFinding, finding, gravest_first
from batchwright.measure.checkup.room import largest_fits
from batchwright.measure.checkup.values import finite_values, scaled_values, varied_values
from batchwright.task.target import Target
from batchwright.task.task import Task

Check = Callable[[], Iterator[TaskFinding]]


def examine(task: Task, target: Target | None = None) -> Checkup:
    """Look for what would spoil a study of this task.

    Nothing is trained, and nothing that the caller owns is changed: models and data sets are copied, what
    functions hold is put back bit by bit.

    Args:
        task: the live task.
        target: of the study; the task's own by default.
    """
    began = time.perf_counter()
    goal = target or task.target
    with keeping(task):
        own = isolated(task)
        bench = bench_of(own)
        train, validation = (read_split(name, own.split(name)) for name in ("train", "validation"))
        found = [
            one for check in _checks(task, goal, bench, train, validation) for one in _carried_out(*check)
        ]
    return Checkup(
        task=task.name,
        findings=gravest_first(_once(found)),
        looked_at=LookedAt(
            model=len(bench.positions), train=len(train.positions), train_total=train.total,
            validation=len(validation.positions), validation_total=validation.total,
        ),
        double=bench.double,
        seconds=time.perf_counter() - began,
    )  # fmt: skip


def _checks(
    task: Task, goal: Target | None, bench: Bench, train: ReadSplit, validation: ReadSplit
) -> Iterator[tuple[str, Check]]:
    for read in (train, validation):
        yield "values", partial(finite_values, read)
        yield "values", partial(varied_values, bench, read)
    yield "classes", partial(labels_fit, bench, train, validation)
    yield "items", partial(items_alike, bench)
    for alone in (passes_alike, nothing_moved, losses_finite, gradients_reach, loss_alone, model_alone):
        yield alone.__name__, partial(alone, bench)
    yield "factory", partial(shared_models, task)
    yield "factory", partial(built_alike, bench)
    parameters = sum(p.numel() for p in bench.built.parameters() if p.requires_grad)
    yield "overlap", partial(shared_examples, task, train, validation, parameters)
    yield "elsewhere", partial(found_again, task)
    yield "augment", partial(augmented_alike, bench)
    yield "evaluation", partial(evaluation_works, bench)
    if goal is not None:
        read = train if goal.split == "train" else validation
        for about in (reached_at_start, out_of_reach, resolved):
            yield about.__name__, partial(about, bench, goal, read)
    for last in (smallest_batch, training_alone, outputs_fit_loss, outputs_alive):
        yield last.__name__, partial(last, bench)
    yield "memory", partial(largest_fits, bench, task)
    yield "classes", partial(classes_present, bench, train, validation)
    yield "values", partial(scaled_values, train)
    yield "overlap", partial(twins, train)


def _carried_out(name: str, check: Check) -> list[TaskFinding]:
    """What a check found before it ended; where somebody's code raised, also that it did."""
    found: list[TaskFinding] = []
    try:
        found.extend(check())
    except Exception as error:  # a task may raise anything
        found.append(
            finding("not_checked", "note", check=name, error=f"{type(error).__name__}: {one_line(error)}")
        )
    return found


_CONSEQUENCES = {
    "labels_outside": {"backward_fails", "fails_at_size", "fails_in_training", "evaluation_fails"},
    "not_finite": {"loss_not_finite", "gradient_not_finite", "smallest_batch", "metric_not_finite"},
    "fails_at_size": {"smallest_batch"},
    "loss_without_gradient": {"backward_fails", "smallest_batch", "fails_in_training"},
    "blind_model": {"constant_outputs", "zero_gradient"},
    "random_in_evaluation": {"unrepeatable_training"},
    "unrepeatable_evaluation": {"unrepeatable_training", "evaluation_remembers"},
}
"""What is not said beside its cause."""


def _once(found: list[TaskFinding]) -> list[TaskFinding]:
    """Without what follows from another finding, and without checks that an error has stopped."""
    codes = {one.code for one in found}
    implied = {code for cause in codes for code in _CONSEQUENCES.get(cause, ())}
    if any(one.severity == "error" for one in found):
        implied.add("not_checked")
    return [one for one in found if one.code not in implied]
