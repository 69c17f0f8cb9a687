"""``batchwright curvature TASK``: eigenvalues, class of the point and sharpness of a real model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.cli import options as o
from batchwright.cli import point as at_point
from batchwright.core.errors import InputError, unknown_name

if TYPE_CHECKING:
    from batchwright.measure.hessian.tracking import CurvatureAlong
    from batchwright.measure.points.geometry import Geometry
    from batchwright.task.task import Task, TaskReference
    from batchwright.training.loop import Run

_HOW = at_point.HOW


def curvature(
    context: typer.Context,
    task: o.TaskName,
    checkpoint: at_point.Checkpoint = None,
    steps: at_point.Steps = 0,
    batch_size: at_point.BatchSize = 32,
    lr: at_point.Lr = None,
    at: at_point.At = None,
    along: Annotated[
        int | None,
        typer.Option(
            rich_help_panel=at_point.PANEL,
            help="Track the largest eigenvalue after every so many of the --steps.",
        ),
    ] = None,
    top: Annotated[int, typer.Option(rich_help_panel=_HOW, help="Largest eigenvalues wanted.")] = 5,
    bottom: Annotated[int, typer.Option(rich_help_panel=_HOW, help="Smallest eigenvalues wanted.")] = 5,
    tolerance: Annotated[
        float,
        typer.Option(rich_help_panel=_HOW, help="Of the residuals, relative to the largest eigenvalue."),
    ] = 1e-3,
    gradient_tolerance: Annotated[
        float | None,
        typer.Option(rich_help_panel=_HOW, help="Gradient norm up to which the point counts as critical."),
    ] = None,
    trace_error: Annotated[
        float, typer.Option(rich_help_panel=_HOW, help="Standard error of the trace, relative to it.")
    ] = 0.05,
    density: Annotated[
        bool, typer.Option("--density", rich_help_panel=_HOW, help="Also the density of the eigenvalues.")
    ] = False,
    sharpness: Annotated[
        bool, typer.Option(rich_help_panel=_HOW, help="Also Keskar's and SAM's sharpness.")
    ] = True,
    layers: Annotated[
        bool,
        typer.Option("--layers", rich_help_panel=_HOW, help="With --along: each parameter tensor's too."),
    ] = False,
    mode: Annotated[
        str, typer.Option(rich_help_panel=_HOW, help="evaluation or training: of dropout and batch norm.")
    ] = "evaluation",
    chunk: at_point.Chunk = 128,
    memory_budget: at_point.GraphMemory = "512MiB",
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
    """Find out where training stands: minimum, saddle or slope, and how sharp, from the exact Hessian."""
    from batchwright.advice.answer import command_words
    from batchwright.cli.output import ProgressLine, emit_json, say
    from batchwright.measure.points.geometry import measure_geometry

    if figure is not None:
        o.check_figure(figure)
    if report is not None:
        o.check_report(report)
    _check(top, bottom, along, steps, layers, mode, checkpoint is not None or at is not None)
    memory = o.memory_bytes(memory_budget, "--memory-budget")
    # The subset is for the Hessian alone: the run trains on all examples.
    reference = o.reference(task, settings, data, None)
    run_options: dict[str, Any] = {
        "batch_size": batch_size, "lr": lr, "optimizer": optimizer, "momentum": momentum, "seed": seed,
        "device": device, "dtype": dtype,
    }  # fmt: skip
    how: dict[str, Any] = {"examples": examples, "chunk": chunk, "memory_bytes": memory, "seed": seed}
    progress = ProgressLine("steps")
    curve: list[CurvatureAlong] = []
    try:
        if along is None:
            run, live = at_point.at_point(
                reference, checkpoint=checkpoint, steps=steps, at=at, progress=progress, **run_options
            )
        else:
            run, live, curve = _along(reference, along, steps, layers, run_options, how, progress)
        found = measure_geometry(
            run.model.train(mode == "training"), live, top=top, bottom=bottom, tolerance=tolerance,
            trace_error=trace_error,
            density=density or figure is not None or report is not None,
            remark=lambda what: progress.say(f"measuring: {what}"),
            gradient_tolerance=gradient_tolerance, sharpness=sharpness, **how,
        )  # fmt: skip
    finally:
        progress.close()
    words = command_words(live.reference or reference)
    if figure is not None:
        _draw(found, curve, figure)
    if report is not None:
        from batchwright.report.curvature_page import curvature_page
        from batchwright.report.old_page import write_page

        write_page(curvature_page(found, task=words, command=context.obj, step=run.step, along=curve), report)
    if as_json:
        document = found.model_dump(mode="json", by_alias=True)
        document |= {
            "task": live.name,
            "step": run.step,
            "figure": o.named(figure),
            "report": o.named(report),
        }
        if along is not None:
            document["along"] = [row.model_dump(mode="json") for row in curve]
        emit_json(document)
        return 0
    _print(found, run.step, curve)
    for name, path in (("Figure", figure), ("Report", report)):
        if path is not None:
            say(f"{name}: {path}")
    say(f"Next: {_next(found, words, context.obj)}")
    return 0


def _check(
    top: int, bottom: int, along: int | None, steps: int, layers: bool, mode: str, placed: bool
) -> None:
    if mode not in ("evaluation", "training"):
        raise unknown_name("mode", mode, ["evaluation", "training"])
    for flag, count in (("--top", top), ("--bottom", bottom)):
        if count < 0:
            raise InputError(f"{flag} must be 0 or more, got {count}")
    if top + bottom == 0:
        raise InputError("--top and --bottom must ask for one eigenvalue or more, got 0 and 0")
    if along is not None and steps == 0:
        raise InputError("--along needs --steps, the updates to make, for instance --steps 200 --along 10")
    if along is not None and placed:
        raise InputError("--along trains from the start: drop --checkpoint and --at")
    if layers and along is None:
        raise InputError("--layers needs --along, the updates between two measurements")


def _along(
    reference: TaskReference, along: int, steps: int, layers: bool, options: dict[str, Any],
    how: dict[str, Any], progress: Any,
) -> tuple[Run, Task, list[CurvatureAlong]]:  # fmt: skip
    """The run at its end, or at its last measurement before it diverged, and the measurements."""
    from batchwright.measure.hessian.tracking import tracked_run

    spec, task = at_point.spec_at(reference, steps=steps, **options)
    found = []
    for run, row in tracked_run(spec, task, every=along, layers=layers, **how):
        found.append((run, row))
        progress(row.step, steps)
    return found[-1][0], task, [row for _, row in found]


def _draw(found: Geometry, curve: list[CurvatureAlong], figure: Path) -> None:
    from batchwright.cli.output import writing
    from batchwright.report.draw.curvature import draw_along, draw_spectrum
    from batchwright.report.draw.files import save_figure

    drawn = draw_along(curve) if curve else draw_spectrum(found)
    with writing(figure):
        save_figure(drawn, figure)


# --- for people ---


def _print(found: Geometry, step: int, curve: list[CurvatureAlong]) -> None:
    from batchwright.cli.output import measured, say, seconds, show_table
    from batchwright.report.text import curvature as curvature_words

    say(curvature_words.sentence(found, step), style="bold")
    say()
    rows = [[e.end, measured(e.value), measured(e.residual, 2)] for e in found.eigenvalues]
    show_table(["end", "eigenvalue", "residual"], rows, left=["end"])
    say()
    for line in curvature_words.lines(found):
        say(line)
    if curve:
        say()
        say(curvature_words.edge(curve))
        adaptive = any(row.preconditioned is not None for row in curve)
        columns = [
            "step",
            "loss",
            "largest eigenvalue",
            *(["preconditioned"] if adaptive else []),
            "threshold",
        ]
        table = [
            [str(row.step), measured(row.loss), measured(row.largest)]
            + ([measured(row.preconditioned)] if adaptive else [])
            + [measured(row.threshold)]
            for row in curve
        ]
        show_table(columns, table)
    say(
        f"{found.hessian_products:,} Hessian products over {found.examples:,} training examples, "
        f"{found.parameters:,} parameters, {seconds(found.seconds)}."
    )


def _next(found: Geometry, words: str, command: str) -> str:
    point = found.critical_point
    if point.kind == "saddle" or (point.kind == "degenerate" and point.negative):
        return command.replace("batchwright curvature", "batchwright escape", 1)
    if point.kind == "not_critical":
        return f"batchwright curvature {words} --steps 2000"
    return f"batchwright surface {words}"
