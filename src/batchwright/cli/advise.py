"""``batchwright advise TASK``: the answer of a study at the cost of a few trainings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from batchwright.cli import options as o
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.advice.quick.race import Budget
    from batchwright.advice.result import AdviceResult

_ADVICE = "Advice"
_SECONDS = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0}


def advise(
    context: typer.Context,
    task: o.TaskName,
    budget: Annotated[
        str,
        typer.Option(
            metavar="LENGTH",
            rich_help_panel=_ADVICE,
            help="3trainings (runs to the target) or a time: 90s, 5min, 1h.",
        ),
    ] = "3trainings",
    batch_sizes: Annotated[
        str | None,
        typer.Option(
            metavar="B,B,...", rich_help_panel=_ADVICE, help="To choose from. Default: all powers of two."
        ),
    ] = None,
    target: o.TargetOption = None,
    objective: Annotated[
        str, typer.Option(rich_help_panel=_ADVICE, help="time, examples or steps to target.")
    ] = "time",
    lr: Annotated[
        float | None,
        typer.Option(rich_help_panel=_ADVICE, help="Where the learning-rate search starts."),
    ] = None,
    max_epochs: Annotated[
        float | None, typer.Option(rich_help_panel=_ADVICE, help="The longest that a run may take.")
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
    store: o.StoreOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 3 if inconclusive.")] = False,
    as_json: o.Json = False,
) -> int:
    """Recommend a batch size and learning rate from a few short runs."""
    from batchwright.advice.answer import check_objective
    from batchwright.advice.quick.advise import EVALUATION_RATIO, advise_with_curves
    from batchwright.cli.output import ProgressLine, emit_json, note
    from batchwright.cli.study import study_spec
    from batchwright.cli.study_run import report_path, shown_with
    from batchwright.report import write_report
    from batchwright.study.stores.sqlite import store_path

    wanted, allowed = check_objective(objective), budget_of(budget)
    spec, live = study_spec(
        o.reference(task, settings, data, examples), batch_sizes, target, None, max_epochs, {},
        {
            "name": optimizer, "lr": lr, "momentum": momentum, "momentum_form": momentum_form,
            "weight_decay": weight_decay, "decay_form": decay_form, "l1": l1, "clip_norm": clip_norm,
            "schedule": schedule, "warmup_steps": warmup_steps, "horizon": horizon,
            "options": optimizer_option,
        },
        most_sizes=64, order=order, micro_batch_size=micro_batch_size, average_half_life=average_half_life,
        seed=seed, device=device, dtype=dtype, autocast=autocast, evaluation_ratio=EVALUATION_RATIO,
    )  # fmt: skip
    goal = spec.target
    note(
        f"{live.name}: {len(live.train)} training examples, "
        f"target {goal.split} {goal.metric} {goal.value:g}, budget {budget}"
    )
    progress = ProgressLine("runs")
    try:
        result, curves = advise_with_curves(
            spec, live, budget=allowed, objective=wanted, command=context.obj, remark=progress.say
        )
    finally:
        progress.close()
    path = report_path(store_path(store), result.study_id)
    result = result.model_copy(update=shown_with(result, path))
    write_report(result, curves, path)
    if as_json:
        emit_json(result.model_dump(mode="json"))
    else:
        _print(result)
    return 3 if strict and result.recommendation.verdict == "inconclusive" else 0


def budget_of(text: str) -> Budget:
    """``3trainings`` or a time such as ``5min``.

    Raises:
        InputError: anything else.
    """
    from batchwright.advice.quick.race import Budget

    match = re.fullmatch(r"\s*([0-9]*\.?[0-9]+)\s*(trainings?|s|sec|min|h)\s*", text)
    if match is None or float(match[1]) <= 0:
        raise InputError(f"--budget must be like 3trainings, 90s, 5min or 1h, got {text!r}")
    amount, unit = float(match[1]), match[2]
    if unit.startswith("training"):
        return Budget(trainings=amount)
    return Budget(seconds=amount * _SECONDS[unit])


def _print(result: AdviceResult) -> None:
    from batchwright.cli.answer import print_evidence
    from batchwright.cli.output import measured, number, say, seconds

    print_evidence(result)
    cost = result.cost
    trainings = "" if cost.trainings is None else f", as long as {measured(cost.trainings)} trainings"
    ended = f"; {result.evidence.ended}" if result.evidence.ended else ""
    say(
        f"From {result.runs_executed} runs, most of them cut short, and {number(cost.examples)} examples in "
        f"{seconds(cost.seconds)}{trainings}{ended}."
    )
    if result.evidence.agreement:
        say(result.evidence.agreement)
