"""``batchwright noise TASK``: the gradient's noise at a point, and the batch size it speaks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.cli import options as o
from batchwright.cli import point
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.measure.gradients.along import NoiseAlong
    from batchwright.task.task import Task
    from batchwright.training.loop import Run
    from batchwright.training.spec import RunSpec

_HOW = "How"


def noise(
    context: typer.Context,
    task: o.TaskName,
    checkpoint: point.Checkpoint = None,
    steps: point.Steps = 0,
    batch_size: point.BatchSize = 32,
    lr: point.Lr = None,
    along: Annotated[
        int | None,
        typer.Option(
            rich_help_panel=point.PANEL, help="Measure after every so many of the --steps, as a curve."
        ),
    ] = None,
    sample: Annotated[
        str, typer.Option(rich_help_panel=_HOW, help="Rows whose gradients are taken, or all.")
    ] = "512",
    curvature: Annotated[
        bool, typer.Option(rich_help_panel=_HOW, help="Also B_noise, with Hessian-vector products.")
    ] = True,
    draws: Annotated[
        int, typer.Option(rich_help_panel=_HOW, help="Batches drawn at every size for the 1/sqrt(B) law.")
    ] = 64,
    memory_budget: Annotated[
        str, typer.Option(metavar="SIZE", rich_help_panel=_HOW, help="For the gradients held at once.")
    ] = "512MiB",
    optimizer: o.OptimizerName = None,
    momentum: o.Momentum = None,
    settings: o.Settings = None,
    data: o.Data = None,
    examples: o.Examples = None,
    seed: o.Seed = 0,
    device: o.Device = "cpu",
    dtype: o.DType = "float32",
    figure: o.Figure = None,
    report: o.Report = None,
    as_json: o.Json = False,
) -> int:
    """Measure the gradient noise scale: the batch size beyond which averaging more examples buys little."""
    from batchwright.advice.answer import command_words
    from batchwright.cli.output import ProgressLine, emit_json, note, say

    if figure is not None:
        o.check_figure(figure)
    if report is not None:
        o.check_report(report)
    rows, memory = _rows(sample), o.memory_bytes(memory_budget, "--memory-budget")
    reference = o.reference(task, settings, data, examples)
    if checkpoint is not None and (steps or along is not None):
        raise InputError("--checkpoint says where to measure: drop --steps and --along")
    if along is not None and steps == 0:
        raise InputError("--along needs --steps, the updates to make, for instance --steps 200 --along 20")
    spec, live = point.spec_at(
        reference, checkpoint=checkpoint, steps=steps, batch_size=batch_size, lr=lr, optimizer=optimizer,
        momentum=momentum, seed=seed, device=device, dtype=dtype,
    )  # fmt: skip
    count = "all" if rows is None or rows >= len(live.train) else f"{rows:,}"
    note(f"{live.name}: {count} of {len(live.train):,} training examples are sampled")
    progress = ProgressLine("steps")
    how: dict[str, Any] = {"sample": rows, "seed": seed, "memory_bytes": memory}
    curve: list[NoiseAlong] = []
    try:
        if along is None:
            run = point.run_at(spec, live, checkpoint=checkpoint, steps=steps, progress=progress)
        else:
            run, curve = _along(spec, live, along, progress, **how)
        progress.close()
        progress = ProgressLine("examples drawn")
        document = _at(run, live, curvature, draws, progress, **how)
    finally:
        progress.close()
    if along is not None:
        document["along"] = [row.model_dump(mode="json") for row in curve]
    if figure is not None:
        _draw(document, curve, figure)
    if report is not None:
        _report(document, curve, live.name, context.obj, report)
    document |= {"task": live.name, "figure": o.named(figure), "report": o.named(report)}
    if as_json:
        emit_json(document)
        return 0
    if curve:
        _print_along(curve, spec)
    _print(document)
    if figure is not None:
        say(f"Figure: {figure}")
    if report is not None:
        say(f"Report: {report}")
    say(f"Next: batchwright advise {command_words(spec.task)}")
    return 0


def _rows(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdigit() or int(text) < 3:
        raise InputError(f"--sample must be all or a number of rows from 3 on, got {text!r}")
    return int(text)


def _along(spec: RunSpec, task: Task, every: int, progress: Any, **how: Any) -> tuple[Run, list[NoiseAlong]]:
    """The run at its end, or at its last measurement before it diverged, and the measurements."""
    from batchwright.measure.gradients.along import measured_run

    curve, last = [], None
    for run, row in measured_run(spec, task, every=every, **how):
        last = run
        curve.append(row)
        progress(row.step, spec.budget.steps or row.step)
    if last is None:
        raise InputError("the run diverged before its first measurement: lower --lr or --along")
    return last, curve


def _at(run: Run, task: Task, curvature: bool, draws: int, progress: Any, **how: Any) -> dict[str, Any]:
    """Noise at one point as the JSON document says it."""
    from batchwright.measure.gradients.along import noise_of_run
    from batchwright.measure.gradients.scatter import SAMPLINGS, scatter_by_batch, slope_of

    found = noise_of_run(run, task, curvature=curvature, **how)
    raw, scaled = found.raw, found.preconditioned
    scatter = scatter_by_batch(
        run.model,
        task,
        raw.trace_sigma.value,
        draws=draws,
        seed=how["seed"],
        memory_bytes=how["memory_bytes"],
        progress=progress,
    )
    slopes = {name: slope_of(scatter, raw.examples, name) for name in SAMPLINGS}
    return {
        **raw.model_dump(mode="json"),
        "step": run.step,
        "preconditioned_noise": None if scaled is None else scaled.model_dump(mode="json"),
        "std_by_batch": [row.model_dump(mode="json") for row in scatter],
        "slope": slopes["with_replacement"].model_dump(mode="json"),
        "slopes": {name: slope.model_dump(mode="json") for name, slope in slopes.items()},
    }


def _draw(document: dict[str, Any], along: list[NoiseAlong], figure: Path) -> None:
    from batchwright.cli.output import writing
    from batchwright.measure.gradients.scatter import Scatter, Slope
    from batchwright.report.draw.noise import draw_noise_along, draw_scatter
    from batchwright.report.draw.study import save_figure

    if along:
        drawn = draw_noise_along(along)
    else:
        rows = [Scatter.model_validate(row) for row in document["std_by_batch"]]
        slopes = [Slope.model_validate(s) for s in document["slopes"].values()]
        drawn = draw_scatter(rows, slopes)
    with writing(figure):
        save_figure(drawn, figure)


def _report(document: dict[str, Any], along: list[NoiseAlong], task: str, command: str, report: Path) -> None:
    from batchwright.measure.gradients.noise import Noise
    from batchwright.measure.gradients.scatter import Scatter, Slope
    from batchwright.report.old_page import write_page
    from batchwright.report.old_pages import noise_page

    scaled = document["preconditioned_noise"]
    page = noise_page(
        Noise.model_validate({k: v for k, v in document.items() if k in Noise.model_fields}),
        [Scatter.model_validate(row) for row in document["std_by_batch"]],
        [Slope.model_validate(slope) for slope in document["slopes"].values()],
        task=task,
        command=command,
        step=document["step"],
        preconditioned=None if scaled is None else Noise.model_validate(scaled),
        along=along,
    )
    write_page(page, report)


# --- for people ---


def _print(document: dict[str, Any]) -> None:
    from batchwright.cli.output import measured, say, seconds, show_table
    from batchwright.measure.gradients.noise import Noise
    from batchwright.measure.gradients.scatter import SAMPLINGS, Scatter, Slope
    from batchwright.report.text import noise as noise_words

    found = Noise.model_validate({k: v for k, v in document.items() if k in Noise.model_fields})
    say(noise_words.sentence(found.noise_scale, document["step"]), style="bold")
    say()
    say(
        f"|G|^2 = {noise_words.interval(found.grad_sq_norm.value, found.grad_sq_norm.interval)}, tr Sigma = "
        f"{noise_words.interval(found.trace_sigma.value, found.trace_sigma.interval)}, from "
        f"{found.sample:,} of {found.examples:,} rows in {seconds(found.seconds)}, {found.mode}."
    )
    if found.curvature_noise_scale is not None:
        say(f"With the curvature, B_noise = {noise_words.as_text(found.curvature_noise_scale)}.")
    elif found.curvature_reason is not None:
        say(f"B_noise is missing: {found.curvature_reason}.")
    if document["preconditioned_noise"] is not None:
        scale = Noise.model_validate(document["preconditioned_noise"]).noise_scale
        say(f"Preconditioned as its optimizer does: {noise_words.as_text(scale)}.")
    say()
    rows = [Scatter.model_validate(row) for row in document["std_by_batch"]]
    by_place = {(row.batch_size, row.sampling): row for row in rows}
    table = []
    for size in sorted({row.batch_size for row in rows}):
        cells = [str(size)]
        for sampling in SAMPLINGS:
            at = by_place.get((size, sampling))
            cells += ["-", "-"] if at is None else [measured(at.std), measured(at.predicted)]
        table.append(cells)
    show_table(["batch", "std, replaced", "theory", "std, not replaced", "theory "], table)
    for slope in (Slope.model_validate(s) for s in document["slopes"].values()):
        low, high = slope.interval
        say(
            f"Slope of std against B {slope.sampling.replace('_', ' ')}: {slope.value:.3f} "
            f"(90%: {low:.3f} to {high:.3f}); the law says -0.500."
        )


def _print_along(rows: list[NoiseAlong], spec: RunSpec) -> None:
    from batchwright.cli.output import measured, say, show_table
    from batchwright.report.text import noise as noise_words

    first, last = rows[0].raw.noise_scale, rows[-1].raw.noise_scale
    say(
        f"The gradient noise scale went from {noise_words.as_text(first)} after {rows[0].step} steps to "
        f"{noise_words.as_text(last)} after {rows[-1].step}.",
        style="bold",
    )
    if spec.budget.steps is not None and rows[-1].step < spec.budget.steps:
        say(f"The run diverged after these {rows[-1].step} steps: lower --lr.")
    say()
    adaptive = any(row.preconditioned is not None for row in rows)
    table = []
    for row in rows:
        cells = [str(row.step), measured(row.loss), noise_words.as_text(row.raw.noise_scale)]
        if adaptive:
            cells.append(
                "-" if row.preconditioned is None else noise_words.as_text(row.preconditioned.noise_scale)
            )
        table.append(cells)
    columns = ["step", "loss", "noise scale", *(["preconditioned"] if adaptive else [])]
    show_table(columns, table, left=columns[2:])
    say()
