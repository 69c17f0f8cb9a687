"""The main job: a learning-rate-tuned study of batch sizes, and what it recommends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from batchwright.app import options as o
from batchwright.app.signature import Asked, Option, front_door

if TYPE_CHECKING:
    from batchwright.app.answer import Answer

_STUDY = "Study"


@front_door
def study(
    task: o.TaskGiven,
    *,
    batch_sizes: Annotated[
        Sequence[int] | None,
        Option("Default: 12 between 1 and all examples.", panel=_STUDY, metavar="B,B,..."),
    ] = None,
    target: o.TargetGiven = None,
    objective: o.Objective = "time",
    lr: Annotated[float | None, Option("Where the learning-rate search starts.", panel=_STUDY)] = None,
    search_seeds: Annotated[int | None, Option("Seeds that compare learning rates.", panel=_STUDY)] = None,
    confirm_seeds: Annotated[int | None, Option("Fresh seeds for each winner.", panel=_STUDY)] = None,
    budget: Annotated[
        float | str | None,
        Option("Stop at about this: 30trainings (or 30), 90s, 5min, 1h.", panel=_STUDY, metavar="LENGTH"),
    ] = None,
    max_epochs: Annotated[float | None, Option("Budget of the very first runs.", panel=_STUDY)] = None,
    measure: Annotated[
        Sequence[str] | None, Option("Also measure: sharpness where each winner ended.", panel=_STUDY)
    ] = None,
    growth: Annotated[
        bool, Option("Then race batches that grow against the best fixed one.", panel=_STUDY)
    ] = False,
    dry_run: Annotated[bool, Option("Say what would run, and stop.", panel=_STUDY)] = False,
    name: Annotated[str | None, Option("A name for the study beside its id.", panel=_STUDY)] = None,
    optimizer: o.OptimizerOptions,
    runs: o.RunOptions,
    asked_of_task: o.TaskOptions,
    machine: o.MachineOptions,
    workers: o.Workers = None,
    executor: o.ExecutorName = None,
    address: o.RayAddress = None,
    store: o.StorePath = None,
    strict: o.Strict = False,
    progress: o.ProgressGiven = True,
    asked: Asked,
) -> Answer:
    """Find the batch size and learning rate that reach the target soonest, and how sure that is.

    Every finished run is stored at once: the same call continues a study that was interrupted, and takes over
    what other studies of the same task ran already.

    >>> answer = study("digits", budget="30trainings")  # doctest: +SKIP
    >>> answer.batch_size, answer.lr  # doctest: +SKIP
    """
    from batchwright.app.study_question import StudyQuestion
    from batchwright.app.study_run import StudyOrder, carried_out, planned
    from batchwright.core.torchrun import refuse_ranks
    from batchwright.study.executors.where import WhereRun

    refuse_ranks("study")
    measures = tuple(dict.fromkeys([*(measure or ()), *(["growth"] if growth else [])]))
    question = StudyQuestion(
        batch_sizes=batch_sizes, target=target, lr=lr, max_epochs=max_epochs, optimizer=optimizer,
        runs=runs, machine=machine,
    )  # fmt: skip
    order = StudyOrder(
        given=task, task_options=asked_of_task, question=question, objective=objective, budget=budget,
        seeds={"search_seeds": search_seeds, "confirm_seeds": confirm_seeds}, measures=measures,
        name=name, where=WhereRun(executor=executor, workers=workers, address=address, device=machine.device),
        store=store, strict=strict, progress=progress, asked=asked,
    )  # fmt: skip
    return planned(order) if dry_run else carried_out(order)
