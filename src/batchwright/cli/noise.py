"""``batchwright noise TASK``: the gradient's noise at a point, and the batch size it speaks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.cli import options as o
from batchwright.core.errors import InputError

if TYPE_CHECKING:
    from batchwright.measure.noise import NoiseScale
    from batchwright.measure.scatter import NoiseAlong, Scatter
    from batchwright.task.task import Task
    from batchwright.training.loop import Run
    from batchwright.training.spec import RunSpec

_WHERE, _HOW = "Where", "How"


def noise(
    task: o.TaskName,
    checkpoint: Annotated[
        Path | None, typer.Option(rich_help_panel=_WHERE, help="Measure at this checkpoint of `train`.")
    ] = None,
    steps: Annotated[int, typer.Option(rich_help_panel=_WHERE, help="Train so many updates first.")] = 0,
    batch_size: Annotated[
        int, typer.Option(rich_help_panel=_WHERE, help="... with this batch size ...")
    ] = 32,
    lr: Annotated[
        float | None, typer.Option(rich_help_panel=_WHERE, help="... and this learning rate.")
    ] = None,
    along: Annotated[
        int | None,
        typer.Option(rich_help_panel=_WHERE, help="Measure after every so many of the --steps, as a curve."),
    ] = None,
    sample: Annotated[
        str, typer.Option(rich_help_panel=_HOW, help="Rows whose gradients are taken, or all.")
    ] = "512",
    curvature: Annotated[
        bool, typer.Option("--curvature", rich_help_panel=_HOW, help="Also B_noise, with Hessian products.")
    ] = False,
    draws: Annotated[
        int, typer.Option(rich_help_panel=_HOW, help="Batches drawn at every size for the 1/sqrt(B) law.")
    ] = 32,
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
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw into this .svg, .png or .pdf.")
    ] = None,
    as_json: o.Json = False,
) -> int:
    """Measure the gradient noise scale: the batch size beyond which averaging more examples buys little."""
    from batchwright.cli.output import ProgressLine, emit_json, note
    from batchwright.task.load import load_task

    if figure is not None:
        o.check_figure(figure)
    rows, memory = _rows(sample), o.memory_bytes(memory_budget, "--memory-budget")
    reference = o.reference(task, settings, data, examples)
    live = load_task(reference)
    spec = _spec(
        live, checkpoint, reference, steps, batch_size, seed, device, dtype, along, name=optimizer, lr=lr,
        momentum=momentum,
    )  # fmt: skip
    note(f"{live.name}: {len(live.train)} training examples, {'all' if rows is None else rows} rows sampled")
    progress = ProgressLine("steps")
    try:
        if along is not None:
            found = _along(spec, live, along, rows, memory, seed, progress)
            document: dict[str, Any] = {"along": [row.model_dump(mode="json") for row in found]}
        else:
            found = []
            run = _run(spec, live, checkpoint, progress)
            document = _at(run, live, rows, memory, seed, curvature, draws)
    finally:
        progress.close()
    if figure is not None:
        _draw(document, found, figure)
    document |= {"task": live.name, "figure": None if figure is None else str(figure)}
    if as_json:
        emit_json(document)
    elif along is not None:
        _print_along(found)
    else:
        _print(document, live)
    if figure is not None and not as_json:
        note(f"Figure: {figure}")
    return 0


def _rows(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdigit() or int(text) < 3:
        raise InputError(f"--sample must be all or a number of rows from 3 on, got {text!r}")
    return int(text)


def _spec(
    task: Task, checkpoint: Path | None, reference: Any, steps: int, batch_size: int, seed: int, device: str,
    dtype: str, along: int | None, **optimizer: Any,
) -> RunSpec:  # fmt: skip
    """The run whose model is measured: the checkpoint's, or one of so many steps."""
    from batchwright.training.checkpoint import load
    from batchwright.training.spec import RunSpec

    if checkpoint is not None:
        if steps or along is not None:
            raise InputError("--checkpoint says where to measure: drop --steps and --along")
        return load(checkpoint).spec.model_copy(update={"device": device})
    if steps < 0:
        raise InputError(f"--steps must be 0 or more, got {steps}")
    if along is not None and steps == 0:
        raise InputError("--along needs --steps, the updates to make, for instance --steps 200 --along 20")
    return RunSpec.model_validate(
        {
            "task": reference, "batch_size": min(batch_size, len(task.train)) if steps == 0 else batch_size,
            "optimizer": o.optimizer(task, **optimizer), "budget": {"steps": max(steps, 1)}, "seed": seed,
            "device": device, "dtype": dtype, "evaluation": {"at": "steps", "every": 10**9},
        }
    )  # fmt: skip


def _run(spec: RunSpec, task: Task, checkpoint: Path | None, progress: Any) -> Run:
    """The run at the point where its noise is measured."""
    from batchwright.training.checkpoint import restore
    from batchwright.training.loop import Run

    run = Run(spec, task)
    if checkpoint is not None:
        restore(run, checkpoint)
        return run
    steps = 0 if spec.budget.steps == 1 else spec.budget.steps or 0
    while run.step < steps:
        run.update()
        progress(run.step, steps)
    return run


def _at(
    run: Run, task: Task, rows: int | None, memory: int, seed: int, curvature: bool, draws: int
) -> dict[str, Any]:
    """Noise at one point as the JSON document says it."""
    from batchwright.measure.noise import measure_noise
    from batchwright.measure.scatter import SAMPLINGS, scatter_by_batch, slope_of, weights_of

    raw = measure_noise(run.model, task, sample=rows, seed=seed, memory_bytes=memory, curvature=curvature)
    weights = weights_of(run.updater, run.model, run.spec)
    preconditioned = None
    if weights is not None:
        preconditioned = measure_noise(
            run.model, task, sample=rows, seed=seed, memory_bytes=memory, weights=weights
        )
    scatter = scatter_by_batch(run.model, task, raw.trace_sigma.value, draws=draws, seed=seed)
    slopes = {name: slope_of(scatter, raw.examples, name) for name in SAMPLINGS}
    return {
        **raw.model_dump(mode="json"),
        "step": run.step,
        "preconditioned_noise": None if preconditioned is None else preconditioned.model_dump(mode="json"),
        "std_by_batch": [row.model_dump(mode="json") for row in scatter],
        "slope": slopes["with_replacement"].model_dump(mode="json"),
        "slopes": {name: slope.model_dump(mode="json") for name, slope in slopes.items()},
    }


def _along(
    spec: RunSpec, task: Task, every: int, rows: int | None, memory: int, seed: int, progress: Any
) -> list[NoiseAlong]:
    from batchwright.measure.scatter import noise_along

    sample = len(task.train) if rows is None else rows
    found = []
    for row in noise_along(spec, task, every=every, sample=sample, seed=seed, memory_bytes=memory):
        found.append(row)
        progress(row.step, spec.budget.steps or row.step)
    return found


def _draw(document: dict[str, Any], along: list[NoiseAlong], figure: Path) -> None:
    from batchwright.cli.output import writing
    from batchwright.measure.scatter import Scatter, Slope
    from batchwright.report.figures import save_figure
    from batchwright.report.noise_figure import draw_noise_along, draw_scatter

    if along:
        drawn = draw_noise_along(along)
    else:
        rows = [Scatter.model_validate(row) for row in document["std_by_batch"]]
        slopes = [Slope.model_validate(s) for s in document["slopes"].values()]
        drawn = draw_scatter(rows, slopes)
    with writing(figure):
        save_figure(drawn, figure)


# --- for people ---


def _print(document: dict[str, Any], task: Task) -> None:
    from batchwright.advice.answer import command_words
    from batchwright.cli.output import measured, say, seconds, show_table
    from batchwright.measure.noise import Noise
    from batchwright.measure.scatter import Scatter, Slope

    found = Noise.model_validate({k: v for k, v in document.items() if k in Noise.model_fields})
    say(_sentence(found.noise_scale), style="bold")
    say()
    say(
        f"|G|^2 = {_interval(found.grad_sq_norm.value, found.grad_sq_norm.interval)}, tr Sigma = "
        f"{_interval(found.trace_sigma.value, found.trace_sigma.interval)}, from {found.sample:,} of "
        f"{found.examples:,} rows in {seconds(found.seconds)}, {found.mode}."
    )
    if found.curvature_noise_scale is not None:
        say(f"With the curvature, B_noise = {_scale(found.curvature_noise_scale)}.")
    if document["preconditioned_noise"] is not None:
        scale = Noise.model_validate(document["preconditioned_noise"]).noise_scale
        say(f"Preconditioned as its optimizer does: {_scale(scale)}.")
    say()
    rows = [Scatter.model_validate(row) for row in document["std_by_batch"]]
    by_size: dict[int, list[Scatter]] = {}
    for row in rows:
        by_size.setdefault(row.batch_size, []).append(row)
    table = []
    for size, pair in by_size.items():
        table.append([str(size), *(f for r in pair for f in (measured(r.std), measured(r.predicted)))])
    show_table(["batch", "std, replaced", "theory", "std, not replaced", "theory "], table)
    for slope in (Slope.model_validate(s) for s in document["slopes"].values()):
        low, high = slope.interval
        say(
            f"Slope of std against B {slope.sampling.replace('_', ' ')}: {slope.value:.3f} "
            f"(90%: {low:.3f} to {high:.3f}); the law says -0.500."
        )
    say(f"Next: batchwright advise {command_words(task.reference) if task.reference else task.name}")


def _sentence(scale: NoiseScale) -> str:
    from batchwright.cli.output import measured

    if not scale.resolved:
        low = scale.interval[0]
        least = "" if low is None else f" above {measured(low)} (90%)"
        return (
            f"The noise scale is not resolved{least}: the mean gradient cannot be told from zero; "
            "take more rows with --sample."
        )
    return (
        f"The gradient noise scale is {_scale(scale)} here: batches well below it are mostly noise and "
        "twice the batch nearly halves the steps; well above it a larger batch buys little."
    )


def _scale(scale: NoiseScale) -> str:
    return "unresolved" if scale.value is None else _interval(scale.value, scale.interval)


def _interval(value: float, interval: tuple[float | None, float | None]) -> str:
    from batchwright.cli.output import measured

    low, high = interval
    if low is None or high is None:
        bound = "no interval" if low is None else f"above {measured(low)}"
        return f"{measured(value)} (90%: {bound})"
    return f"{measured(value)} (90%: {measured(low)} to {measured(high)})"


def _print_along(rows: list[NoiseAlong]) -> None:
    from batchwright.cli.output import measured, say, show_table

    first, last = rows[0].raw.noise_scale, rows[-1].raw.noise_scale
    say(
        f"The gradient noise scale went from {_scale(first)} after {rows[0].step} steps to {_scale(last)} "
        f"after {rows[-1].step}.",
        style="bold",
    )
    say()
    adaptive = any(row.preconditioned is not None for row in rows)
    table = []
    for row in rows:
        cells = [str(row.step), measured(row.loss), _scale(row.raw.noise_scale)]
        if adaptive:
            cells.append("-" if row.preconditioned is None else _scale(row.preconditioned.noise_scale))
        table.append(cells)
    columns = ["step", "loss", "noise scale", *(["preconditioned"] if adaptive else [])]
    show_table(columns, table, left=columns[2:])
