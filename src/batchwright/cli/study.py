"""``batchwright study TASK``: the main job."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.cli import options as o

if TYPE_CHECKING:
    from batchwright.advice.result import StudyResult
    from batchwright.study.spec import StudySpec
    from batchwright.study.store import Store
    from batchwright.task.task import Task


def study(
    task: o.TaskName,
    batch_sizes: Annotated[
        str | None, typer.Option(help="e.g. 8,32,128; default 12 between 1 and all examples.")
    ] = None,
    target: o.TargetOption = None,
    objective: Annotated[str, typer.Option(help="time, examples or steps to target.")] = "time",
    lr: Annotated[float | None, typer.Option(help="Where the learning-rate search starts.")] = None,
    optimizer: o.OptimizerName = None,
    momentum: o.Momentum = None,
    momentum_form: o.MomentumForm = None,
    weight_decay: o.WeightDecay = None,
    decay_form: o.DecayForm = None,
    l1: o.L1 = None,
    clip_norm: o.ClipNorm = None,
    optimizer_option: o.OptimizerOption = None,
    schedule: o.Schedule = None,
    warmup_steps: o.WarmupSteps = None,
    horizon: o.HorizonOption = None,
    search_seeds: Annotated[int | None, typer.Option(help="Seeds that compare learning rates.")] = None,
    confirm_seeds: Annotated[int | None, typer.Option(help="Fresh seeds for each winner.")] = None,
    budget: Annotated[float | None, typer.Option(help="Stop at about this many trainings' worth.")] = None,
    max_epochs: Annotated[float | None, typer.Option(help="Budget of the very first runs.")] = None,
    order: o.Order = "shuffled",
    micro_batch_size: o.MicroBatch = None,
    average_half_life: o.HalfLife = None,
    settings: o.Settings = None,
    data: o.Data = None,
    examples: o.Examples = None,
    seed: o.Seed = 0,
    device: o.Device = "cpu",
    dtype: o.DType = "float32",
    autocast: o.Autocast = None,
    workers: Annotated[
        int | None, typer.Option(help="Worker processes; default one a core (one on a GPU).")
    ] = None,
    name: Annotated[str | None, typer.Option(help="A name for the study beside its id.")] = None,
    store: o.StoreOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 if inconclusive.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would run, and stop.")] = False,
    as_json: o.Json = False,
) -> int:
    """Find the batch size and learning rate that reach the target soonest, and how sure that is."""
    from batchwright.advice.answer import check_objective
    from batchwright.study.execute import WorkerProcesses

    wanted = check_objective(objective)
    count = worker_count(workers, device)
    executor = WorkerProcesses(count)
    if not dry_run:
        executor.warm_up()  # workers import torch while this process reads the data
    try:
        spec, live = _spec(
            task, settings, data, examples, batch_sizes, target, budget, max_epochs, search_seeds,
            confirm_seeds,
            {
                "name": optimizer, "lr": lr, "momentum": momentum, "momentum_form": momentum_form,
                "weight_decay": weight_decay, "decay_form": decay_form, "l1": l1, "clip_norm": clip_norm,
                "schedule": schedule, "warmup_steps": warmup_steps, "horizon": horizon,
                "options": optimizer_option,
            },
            order=order, micro_batch_size=micro_batch_size, average_half_life=average_half_life,
            seed=seed, device=device, dtype=dtype, autocast=autocast,
        )  # fmt: skip
        if dry_run:
            return _dry_run(spec, live, count, store, as_json)
        result = execute(spec, live, executor, store, objective=wanted, name=name, show=not as_json)
    finally:
        executor.close()
    return present(result, as_json=as_json, strict=strict)


def worker_count(workers: int | None, device: str) -> int:
    from batchwright.core.errors import InputError

    if workers is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cores if device == "cpu" else 1
    if workers < 1:
        raise InputError(f"--workers must be at least 1, got {workers}")
    return workers


def _spec(
    task: str, settings: list[str] | None, data: str | None, examples: int | None, batch_sizes: str | None,
    target: str | None, budget: float | None, max_epochs: float | None, search_seeds: int | None,
    confirm_seeds: int | None, optimizer: dict[str, Any], **fields: Any,
) -> tuple[StudySpec, Task]:  # fmt: skip
    """The study that the options describe, and its live task."""
    from batchwright.core.errors import InputError
    from batchwright.study.spec import StudySpec, check_study, default_batch_sizes
    from batchwright.task.load import load_task

    reference = o.reference(task, settings, data, examples)
    live = load_task(reference)
    goal = o.target(target, live)
    if goal is None:
        raise InputError(f"task {live.name!r} has no default target: give one, as --target loss=0.1")
    if batch_sizes:
        sizes = tuple(o.numbers(batch_sizes, "--batch-sizes"))
    else:
        sizes = default_batch_sizes(len(live.train), budget_trainings=budget)
    # With a budget, seeds are saved rather than batch sizes: one to search, three to confirm.
    search: dict[str, Any] = {} if budget is None else {"search_seeds": 1, "confirm_seeds": 3}
    search |= {
        key: value
        for key, value in (("search_seeds", search_seeds), ("confirm_seeds", confirm_seeds))
        if value is not None
    }
    spec = StudySpec.model_validate(
        {
            "task": live.reference or reference,
            "batch_sizes": tuple(sorted(sizes)),
            "optimizer": o.optimizer(live, **optimizer),
            "target": goal,
            "max_epochs": max_epochs or live.max_epochs,
            "budget_trainings": budget,
            "search": search,
            **fields,
        }
    )
    check_study(spec, live)
    return spec, live


def execute(
    spec: StudySpec, task: Task, executor: Any, location: str | None, *, objective: Any,
    name: str | None = None, show: bool = True,
) -> StudyResult:  # fmt: skip
    """Run the study against the store, with a progress line, and write its report."""
    from batchwright.advice.answer import run_study, stored_curves
    from batchwright.cli.output import ProgressLine
    from batchwright.report import write_report
    from batchwright.study.store import Store, store_path

    began = time.perf_counter()
    with Store(store_path(location)) as store:
        study_id = spec.identity(task.fingerprint)
        _check_name(store, study_id, name, spec)
        if show:
            goal = spec.target
            print(
                f"{task.name}: {len(task.train)} training examples, {len(spec.batch_sizes)} batch sizes, "
                f"target {goal.split} {goal.metric} {goal.value:g}, study {study_id}",
                file=sys.stderr,
            )
        progress = ProgressLine("runs")
        try:
            result = run_study(
                spec, task, store, executor, objective=objective, name=name, command=_command(),
                progress=progress, remark=progress.say,
            )  # fmt: skip
        finally:
            progress.close()
        path = report_path(store.path, study_id)
        result = result.model_copy(update={"report": str(path), "seconds": time.perf_counter() - began})
        # A repetition that ran nothing leaves the report of the study that did as it is.
        if result.runs_executed or not path.exists():
            write_report(result, stored_curves(result, store.runs(study_id, curves=True)), path)
            store.keep_result(study_id, result.model_dump_json())
    return result


def _check_name(store: Store, study_id: str, name: str | None, spec: StudySpec) -> None:
    """A name belongs to one spec: another spec under the same name is refused, with the difference."""
    import json

    from batchwright.core.errors import StoreError

    if name is None:
        return
    for row in store.studies():
        if row["name"] == name and row["study_id"] != study_id:
            before, now = json.loads(row["spec"]), spec.model_dump(mode="json")
            changed = [f"{k} was {before.get(k)}, now {now[k]}" for k in now if before.get(k) != now[k]]
            raise StoreError(
                f"study {name!r} exists with another spec ({'; '.join(changed) or 'the task changed'}): "
                "choose another --name, or drop --name to start a study of its own"
            )


def report_path(store: Path, study_id: str) -> Path:
    """Reports lie beside the store."""
    return store.parent / f"{study_id}.html"


def _command() -> str:
    import shlex

    return shlex.join(["batchwright", *sys.argv[1:]])


def _dry_run(spec: StudySpec, task: Task, workers: int, store: str | None, as_json: bool) -> int:
    from batchwright.advice.estimate import estimate
    from batchwright.cli.output import console, emit_json, seconds

    plan = estimate(spec, task, workers=workers, location=store)
    if as_json:
        emit_json(plan)
    else:
        console.print(
            f"{plan['batch_sizes']} batch sizes, about {plan['runs']} runs, {plan['runs_stored']} of them "
            f"stored already; at most about {seconds(plan['seconds'])} on {workers} workers. "
            "Nothing was run.",
            soft_wrap=True,
        )
    return 0


def present(result: StudyResult, *, as_json: bool, strict: bool = False) -> int:
    """Show the answer; exit code 3 for an inconclusive one under ``--strict``."""
    from batchwright.cli.answer import print_answer
    from batchwright.cli.output import emit_json

    if as_json:
        emit_json(result.model_dump(mode="json"))
    else:
        print_answer(result)
    return 3 if strict and result.recommendation.verdict == "inconclusive" else 0
