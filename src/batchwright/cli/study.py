"""``batchwright study TASK``: the main job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.cli import options as o
from batchwright.cli.study_run import execute, present, worker_count

if TYPE_CHECKING:
    from batchwright.study.spec import StudySpec
    from batchwright.task.task import Task, TaskReference

_SEARCH = "Study"


def study(
    context: typer.Context,
    task: o.TaskName,
    batch_sizes: Annotated[
        str | None,
        typer.Option(
            metavar="B,B,...", rich_help_panel=_SEARCH, help="Default: 12 between 1 and all examples."
        ),
    ] = None,
    target: o.TargetOption = None,
    objective: Annotated[
        str, typer.Option(rich_help_panel=_SEARCH, help="time, examples or steps to target.")
    ] = "time",
    lr: Annotated[
        float | None,
        typer.Option(rich_help_panel=_SEARCH, help="Where the learning-rate search starts."),
    ] = None,
    search_seeds: Annotated[
        int | None, typer.Option(rich_help_panel=_SEARCH, help="Seeds that compare learning rates.")
    ] = None,
    confirm_seeds: Annotated[
        int | None, typer.Option(rich_help_panel=_SEARCH, help="Fresh seeds for each winner.")
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(rich_help_panel=_SEARCH, help="Stop at about this many trainings' worth."),
    ] = None,
    max_epochs: Annotated[
        float | None, typer.Option(rich_help_panel=_SEARCH, help="Budget of the very first runs.")
    ] = None,
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
    workers: o.Workers = None,
    name: Annotated[str | None, typer.Option(help="A name for the study beside its id.")] = None,
    store: o.StoreOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 if inconclusive.")] = False,
    measure: Annotated[
        list[str] | None,
        typer.Option(rich_help_panel=_SEARCH, help="Also measure: sharpness where each winner ended."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would run, and stop.")] = False,
    as_json: o.Json = False,
) -> int:
    """Find the batch size and learning rate that reach the target soonest, and how sure that is."""
    from batchwright.advice.answer import check_measures, check_objective
    from batchwright.study.executors.workers import WorkerProcesses

    wanted = check_objective(objective)
    check_measures(measure or ())
    count = worker_count(workers, device)
    executor = WorkerProcesses(count)
    if not dry_run:
        executor.warm_up()  # workers import torch while this process reads the data
    try:
        spec, live = study_spec(
            o.reference(task, settings, data, examples), batch_sizes, target, budget, max_epochs,
            {"search_seeds": search_seeds, "confirm_seeds": confirm_seeds},
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
        result = execute(
            spec, live, executor, store, objective=wanted, name=name, command=context.obj,
            measures=measure or (),
        )  # fmt: skip
    finally:
        executor.close()
    return present(result, as_json=as_json, strict=strict)


def study_spec(
    reference: TaskReference, batch_sizes: str | None, target: str | None, budget: float | None,
    max_epochs: float | None, seeds: dict[str, int | None], optimizer: dict[str, Any], *,
    most_sizes: int = 12, **fields: Any,
) -> tuple[StudySpec, Task]:  # fmt: skip
    """The study that the options describe, and its live task; at most ``most_sizes`` default batch sizes."""
    from batchwright.core.errors import InputError
    from batchwright.study.spec import StudySpec, check_study, default_batch_sizes
    from batchwright.task.load import load_task

    live = load_task(reference)
    goal = o.target(target, live)
    if goal is None:
        raise InputError(f"task {live.name!r} has no default target: give one, as --target loss=0.1")
    if batch_sizes is not None:
        sizes = tuple(o.whole_numbers(batch_sizes, "--batch-sizes"))
    else:
        sizes = default_batch_sizes(len(live.train), most_sizes, budget_trainings=budget)
    # With a budget, seeds are saved rather than batch sizes: one to search, three to confirm.
    search: dict[str, Any] = {} if budget is None else {"search_seeds": 1, "confirm_seeds": 3}
    spec = StudySpec.model_validate(
        {
            "task": live.reference or reference,
            "batch_sizes": tuple(sorted(sizes)),
            "optimizer": o.optimizer(live, **optimizer),
            "target": goal,
            "max_epochs": live.max_epochs if max_epochs is None else max_epochs,
            "budget_trainings": budget,
            "search": search | {name: count for name, count in seeds.items() if count is not None},
            **fields,
        }
    )
    check_study(spec, live)
    _check_run(spec, live)
    return spec, live


def _check_run(spec: StudySpec, task: Task) -> None:
    """Build one run, so that a device, schedule or optimizer that does not exist is refused at once."""
    from batchwright.core.errors import BatchwrightError
    from batchwright.training.loop import Run

    try:
        Run(spec.run(spec.batch_sizes[-1], spec.optimizer.lr, spec.seed, 1), task)
    except BatchwrightError:
        raise
    except Exception:
        return  # a model that raises is found again, and reported, by the study itself


def _dry_run(spec: StudySpec, task: Task, workers: int, store: str | None, as_json: bool) -> int:
    from batchwright.advice.estimate import estimate
    from batchwright.cli.output import emit_json, number, say, seconds

    plan = estimate(spec, task, workers=workers, location=store)
    if as_json:
        emit_json(plan)
    else:
        say(
            f"{plan['batch_sizes']} batch sizes, about {number(plan['runs'])} runs, {plan['runs_stored']} of "
            f"them stored already; at most about {seconds(plan['seconds'])} on {workers} workers. "
            "Nothing was run."
        )
    return 0
