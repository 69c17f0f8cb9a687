"""The answer of a study at the cost of a few trainings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from batchwright.app import options as o
from batchwright.app.signature import Asked, Option, front_door

if TYPE_CHECKING:
    from batchwright.app.answer import Answer
    from batchwright.app.study_question import StudyQuestion

_ADVICE = "Advice"
_MOST_SIZES = 64


@front_door
def advise(
    task: o.TaskGiven,
    *,
    budget: Annotated[
        float | str,
        Option(
            "3trainings (runs to the target; or 3) or a time: 90s, 5min, 1h.", panel=_ADVICE, metavar="LENGTH"
        ),
    ] = "3trainings",
    batch_sizes: Annotated[
        Sequence[int] | None,
        Option("To choose from. Default: all powers of two.", panel=_ADVICE, metavar="B,B,..."),
    ] = None,
    target: o.TargetGiven = None,
    objective: o.Objective = "time",
    lr: Annotated[float | None, Option("Where the learning-rate search starts.", panel=_ADVICE)] = None,
    max_epochs: Annotated[float | None, Option("The longest that a run may take.", panel=_ADVICE)] = None,
    name: Annotated[str | None, Option("A name for the advice beside its id.", panel=_ADVICE)] = None,
    optimizer: o.OptimizerOptions,
    runs: o.RunOptions,
    asked_of_task: o.TaskOptions,
    machine: o.MachineOptions,
    store: o.StorePath = None,
    strict: o.Strict = False,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Recommend a batch size and learning rate from a few short runs.

    Its runs are stored: the same call continues advice that was interrupted, and a study takes over those
    that fit.
    """
    from batchwright.app.answer import Inconclusive
    from batchwright.app.progress import watching
    from batchwright.app.study_question import StudyQuestion

    question = StudyQuestion(
        batch_sizes=batch_sizes, target=target, lr=lr, max_epochs=max_epochs, optimizer=optimizer,
        runs=runs, machine=machine,
    )  # fmt: skip
    with watching(progress, "task") as watch:
        answer = _advised(task, asked_of_task, question, budget, objective, name, store, watch, asked)
    if strict and not answer.conclusive:
        raise Inconclusive(answer)
    return answer


def _advised(
    given: Any, task_options: o.TaskOptions, question: StudyQuestion, budget: float | str, objective: str,
    name: str | None, location: str | None, watch: Any, asked: Asked,
) -> Answer:  # fmt: skip
    from batchwright.advice.conclude import check_objective
    from batchwright.advice.quick.advise import advice_identity, quick_advice
    from batchwright.advice.quick.budget import Allowance
    from batchwright.app.budget import allowed
    from batchwright.app.stored import reported
    from batchwright.app.study_run import check_name
    from batchwright.app.task_given import subject_of, task_of
    from batchwright.report.text.catalogue import text
    from batchwright.study.executors.in_process import InProcess
    from batchwright.study.signals import ending_signals
    from batchwright.study.stores.choose import open_store

    wanted, granted = check_objective(objective), allowed(budget)
    allowance = Allowance(seconds=granted.seconds)
    if granted.trainings is not None:
        allowance = Allowance(trainings=granted.trainings)
    reference, task = task_of(given, task_options, examples=task_options.examples)
    spec = question.spec(reference, task, most_sizes=_MOST_SIZES)
    goal = spec.target
    watch.note(
        text(
            "progress.advice", task=task.name, examples=len(task.train), split=goal.split,
            metric=goal.metric, value=goal.value, budget=str(budget),
        )
    )  # fmt: skip
    with open_store(location) as store, ending_signals():
        study_id = advice_identity(spec, task)
        check_name(store, study_id, name, spec)
        result = quick_advice(
            spec, task, store, InProcess(task), allowance=allowance, objective=wanted, study_id=study_id,
            name=name, action=asked.action(subject_of(reference)),
            say=lambda code, values: watch.phase(text(code, **values)),
        )  # fmt: skip
        return reported(result, store)
