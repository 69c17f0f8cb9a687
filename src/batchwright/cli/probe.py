"""``batchwright probe TASK``: what a step costs on this machine, and the largest batch that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from batchwright.cli import options as o

if TYPE_CHECKING:
    from batchwright.measure.hardware.probe import Probe

_PROBE = "Probe"


def probe(
    context: typer.Context,
    task: o.TaskName,
    batch_sizes: Annotated[
        str | None,
        typer.Option(metavar="B,B,...", rich_help_panel=_PROBE, help="To time. Default: powers of two, all."),
    ] = None,
    memory_budget: Annotated[
        str | None,
        typer.Option(metavar="SIZE", rich_help_panel=_PROBE, help="As 2GiB. Default: 90% of what is free."),
    ] = None,
    seconds: Annotated[float, typer.Option(rich_help_panel=_PROBE, help="Timing ends about here.")] = 8.0,
    optimizer: o.OptimizerName = None,
    lr: Annotated[float | None, typer.Option(rich_help_panel="Optimizer", help="Learning rate.")] = None,
    momentum: o.Momentum = None,
    settings: o.Settings = None,
    data: o.Data = None,
    examples: o.Examples = None,
    seed: o.Seed = 0,
    device: o.Device = "cpu",
    dtype: o.DType = "float32",
    autocast: o.Autocast = None,
    figure: o.Figure = None,
    report: o.Report = None,
    as_json: o.Json = False,
) -> int:
    """Measure seconds and memory of a step at every batch size, and the largest batch that fits."""
    from batchwright.advice.answer import command_words
    from batchwright.cli.output import emit_json, note, writing
    from batchwright.core.errors import InputError
    from batchwright.measure.hardware.probe import probe as measure
    from batchwright.task.load import load_task
    from batchwright.training.spec import RunSpec

    if figure is not None:
        o.check_figure(figure)
    if report is not None:
        o.check_report(report)
    if not 0 < seconds < float("inf"):
        raise InputError(f"--seconds must be greater than 0, got {seconds:g}")
    budget = None if memory_budget is None else o.memory_bytes(memory_budget, "--memory-budget")
    sizes = None if batch_sizes is None else o.whole_numbers(batch_sizes, "--batch-sizes")
    reference = o.reference(task, settings, data, examples)
    live = load_task(reference)
    spec = RunSpec.model_validate(
        {
            "task": reference, "batch_size": 1, "seed": seed, "device": device, "dtype": dtype,
            "autocast": autocast,
            "optimizer": o.optimizer(live, name=optimizer, lr=lr, momentum=momentum),
            "sampling": {"last_batch": "run_on"},
        }
    )  # fmt: skip
    note(f"{live.name}: {len(live.train)} training examples; memory in a process of its own, then timing")
    found = measure(spec, live, batch_sizes=sizes, memory_budget_bytes=budget, limit_seconds=seconds)
    if figure is not None:
        from batchwright.report.draw.probe import draw_probe
        from batchwright.report.draw.study import save_figure

        if not found.points:
            raise InputError(f"--figure needs a batch size that fits, got none: {found.memory_note}")
        with writing(figure):
            save_figure(draw_probe(found), figure)
    words = command_words(live.reference or reference)
    if report is not None:
        from batchwright.report.old_page import write_page
        from batchwright.report.old_pages import probe_page

        write_page(probe_page(found, task=words, command=context.obj), report)
    if as_json:
        emit_json(found.model_dump(mode="json") | {"figure": o.named(figure), "report": o.named(report)})
    else:
        _print(found, words)
        if figure is not None:
            note(f"Figure: {figure}")
        if report is not None:
            note(f"Report: {report}")
    return 0


def _print(found: Probe, task: str) -> None:
    from batchwright.cli.output import measured, say, seconds, show_table
    from batchwright.report.text import probe as probe_words

    say(probe_words.sentence(found), style="bold")
    say()
    rows = [
        [
            str(p.batch_size), seconds(p.seconds_per_step), f"{seconds(p.low)} to {seconds(p.high)}",
            measured(p.examples_per_second), probe_words.size(p.peak_memory_bytes),
        ]
        for p in found.points
    ]  # fmt: skip
    if rows:
        show_table(["batch", "a step", "quartiles", "examples/s", "memory"], rows, optional=["quartiles"])
        say()
    say(probe_words.memory(found))
    for cache in found.caches:
        if cache.passed_at is not None:
            say(
                f"Level {cache.level} cache, {probe_words.size(cache.bytes)}: passed from batch size "
                f"{measured(cache.passed_at)} on."
            )
    if found.collapse is not None:
        say(probe_words.collapse(found.collapse))
    for row in found.left_out:
        say(f"Batch size {row.batch_size:,} was not timed: {row.reason}.")
    if found.others_load is not None and found.others_load > 0.15:
        say(f"Note: others used {found.others_load:.0%} of the machine meanwhile, so seconds may be far off.")
    if not found.state_unchanged:
        say("Note: something that the task holds (a data set, a generator) changed while it was probed.")
    say(
        "Neither the largest that fits nor the highest throughput is the answer: what counts is time to "
        "target, which needs steps too."
    )
    say(f"Next: batchwright advise {task}")
