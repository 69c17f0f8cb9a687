"""``batchwright surface TASK``: the loss along lines, over planes, and between two trainings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from batchwright.cli import options as o
from batchwright.cli import point, surface_runs

if TYPE_CHECKING:
    from torch import nn

    from batchwright.report.text.surface import Found
    from batchwright.task.task import Task
    from batchwright.training.loop import Run

_WHAT, _HOW = "What", "How"
_SMALL = 32
"""The small batch of the interpolation that is suggested; the large one is a quarter of the examples."""


def surface(
    context: typer.Context,
    task: o.TaskName,
    plane: Annotated[
        bool, typer.Option("--plane/--line", rich_help_panel=_WHAT, help="Over a plane, or along a line.")
    ] = False,
    direction: Annotated[
        str, typer.Option(rich_help_panel=_WHAT, help="random (filter-normalised), gradient or eigenvector.")
    ] = "random",
    between: Annotated[
        str | None,
        typer.Option(
            metavar="SMALL,LARGE", rich_help_panel=_WHAT,
            help="Train with both batch sizes and interpolate; three sizes span a plane.",
        ),
    ] = None,
    between_checkpoints: Annotated[
        tuple[Path, Path] | None,
        typer.Option(metavar="DIR DIR", rich_help_panel=_WHAT, help="Interpolate between two checkpoints."),
    ] = None,
    trajectory: Annotated[
        bool,
        typer.Option("--trajectory", rich_help_panel=_WHAT, help="The plane that the --steps move in most."),
    ] = False,
    checkpoint: point.Checkpoint = None,
    steps: Annotated[
        int, typer.Option(rich_help_panel=point.PANEL, help="Train so many updates first (each --between).")
    ] = 0,
    epochs: Annotated[
        float | None,
        typer.Option(rich_help_panel=point.PANEL, help="With --between: epochs of each; default the task's."),
    ] = None,
    batch_size: point.BatchSize = 32,
    lr: Annotated[
        str | None,
        typer.Option(
            metavar="LR", rich_help_panel=point.PANEL,
            help="... and this learning rate; with --between one for all, or one each, as 0.1,0.4.",
        ),
    ] = None,
    at: point.At = None,
    points: Annotated[int, typer.Option(rich_help_panel=_HOW, help="Points a side.")] = 25,
    reach: Annotated[
        float | None,
        typer.Option(
            "--range", rich_help_panel=_HOW,
            help="Largest alpha, 1 by default: as far as the weights are long, or a distance of 1.",
        ),
    ] = None,
    examples: Annotated[
        int | None,
        typer.Option(rich_help_panel=_HOW, help="Measure over so many training examples, stratified."),
    ] = None,
    recalibrate: Annotated[
        bool, typer.Option(rich_help_panel=_HOW, help="Recompute batch norm's statistics at every point.")
    ] = True,
    optimizer: o.OptimizerName = None,
    momentum: o.Momentum = None,
    settings: o.Settings = None,
    data: o.Data = None,
    seed: o.Seed = 0,
    device: o.Device = "cpu",
    dtype: o.DType = "float32",
    figure: o.Figure = None,
    report: o.Report = None,
    as_json: o.Json = False,
) -> int:  # fmt: skip
    """Measure loss and accuracy along a line or over a plane through a model, or between two of them.

    surface digits --steps 300 --plane --figure plane.svg
    surface digits --between 32,512 --figure between.svg
    """
    from batchwright.cli.output import ProgressLine, emit_json, say

    if figure is not None:
        o.check_figure(figure)
    if report is not None:
        o.check_report(report)
    sizes = None if between is None else o.whole_numbers(between, "--between")
    rates = [None] if lr is None else list(o.numbers(lr, "--lr"))
    given = {
        "--between": sizes is not None, "--between-checkpoints": between_checkpoints is not None,
        "--trajectory": trajectory, "--plane": plane, "--direction": direction != "random",
        "--checkpoint": checkpoint is not None, "--at": at is not None, "--steps": steps != 0,
        "--epochs": epochs is not None, "--range": reach is not None,
        "--lr with several values": len(rates) > 1,
    }  # fmt: skip
    surface_runs.check_together(given)
    reference = o.reference(task, settings, data, None)
    training: dict[str, Any] = {
        "optimizer": optimizer, "momentum": momentum, "seed": seed, "device": device, "dtype": dtype,
    }  # fmt: skip
    progress = ProgressLine("steps")
    how: dict[str, Any] = {
        "points": points, "examples": examples, "recalibrated": recalibrate, "seed": seed,
        "progress": ProgressLine("points"),
    }  # fmt: skip
    try:
        if sizes is not None:
            runs = surface_runs.train_each(reference, sizes, rates, steps, epochs, progress, training)
            found = _through(runs, [f"batch size {size}" for size in sizes], how)
        elif between_checkpoints is not None:
            runs = [
                point.at_point(reference, checkpoint=where, device=device)[0] for where in between_checkpoints
            ]
            found = _through(runs, [path.name for path in between_checkpoints], how)
        elif trajectory:
            runs, snapshots, at_steps = surface_runs.followed(
                reference, steps, progress, {**training, "batch_size": batch_size, "lr": rates[0]}
            )
            from batchwright.measure.surface.planes import plane_of_trajectory

            found = plane_of_trajectory(runs[0].model, runs[0].task, snapshots, steps=at_steps, **how)
        else:
            run, live = point.at_point(
                reference, checkpoint=checkpoint, steps=steps, at=at, progress=progress,
                batch_size=batch_size, lr=rates[0], **training,
            )  # fmt: skip
            runs = [run]
            found = _about(run.model, live, direction, plane, 1.0 if reach is None else reach, how)
    finally:
        progress.close()
        how["progress"].close()
    following = _next(found, runs, context.obj)
    if figure is not None:
        _draw(found, figure)
    if report is not None:
        from batchwright.report.old_page import write_page
        from batchwright.report.surface_page import surface_page

        page = surface_page(found, task=runs[0].task.name, command=context.obj, next_step=following)
        write_page(page, report)
    if as_json:
        document = found.model_dump(mode="json") | {
            "task": runs[0].task.name, "steps": [run.step for run in runs], "figure": o.named(figure),
            "report": o.named(report),
        }  # fmt: skip
        emit_json(document)
        return 0
    _print(found, figure)
    if report is not None:
        say(f"Report: {report}")
    say(f"Next: {following}")
    return 0


def _through(runs: list[Run], names: list[str], how: dict[str, Any]) -> Found:
    from batchwright.measure.surface.interpolation import interpolate
    from batchwright.measure.surface.planes import plane_through

    models, task = [run.model for run in runs], runs[0].task
    if len(models) == 3:
        return plane_through(models, task, names=names, **how)
    names = names if names[0] != names[1] else ["first", "second"]
    return interpolate(models[0], models[1], task, names=(names[0], names[1]), **how)


def _about(
    model: nn.Module, task: Task, direction: str, plane: bool, reach: float, how: dict[str, Any]
) -> Found:
    """A line or a plane about a point."""
    from batchwright.measure.surface.choice import chosen_directions
    from batchwright.measure.surface.lines import surface_line, surface_plane

    found = chosen_directions(model, task, direction, plane=plane, examples=how["examples"], seed=how["seed"])
    if not plane:
        return surface_line(model, task, found[0], reach=reach, **how)
    return surface_plane(model, task, (found[0], found[1]), reach=reach, **how)


def _draw(found: Found, figure: Path) -> None:
    from batchwright.cli.output import writing
    from batchwright.measure.surface.lines import SurfacePlane
    from batchwright.report.draw.study import save_figure
    from batchwright.report.draw.surface import draw_line, draw_plane

    drawn = draw_plane(found) if isinstance(found, SurfacePlane) else draw_line(found)
    with writing(figure):
        save_figure(drawn, figure)


def _print(found: Found, figure: Path | None) -> None:
    from batchwright.cli.output import say, seconds, show_table
    from batchwright.report.text import surface as surface_words

    say(surface_words.sentence(found), style="bold")
    say()
    show_table(*surface_words.columns(found), left=["point"])
    say()
    for line in surface_words.lines(found):
        say(line)
    train, validation = found.examples["train"], found.examples["validation"]
    say(f"Over {train:,} training and {validation:,} validation examples, {seconds(found.seconds)}.")
    if figure is not None:
        say(f"Figure: {figure}")


def _next(found: Found, runs: list[Run], typed: str) -> str:
    """After a line its plane, after a plane an interpolation, after that the study of both sizes."""
    from batchwright.advice.answer import command_words
    from batchwright.measure.surface.interpolation import Interpolation
    from batchwright.measure.surface.lines import SurfaceLine

    words = command_words(runs[0].spec.task)
    if isinstance(found, SurfaceLine):
        kept = re.sub(r" --(line|json)\b| --(figure|report)[ =]\S+", "", typed)
        return f"{kept} --plane --figure plane.svg"
    sizes = sorted({run.spec.batch_size for run in runs})
    if isinstance(found, Interpolation):
        return f"batchwright study {words} --batch-sizes {','.join(map(str, sizes))}"
    quarter = len(runs[0].task.train) // 4
    if quarter <= _SMALL:
        return f"batchwright curvature {words}"
    return f"batchwright surface {words} --between {_SMALL},{quarter}"
