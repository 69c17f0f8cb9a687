"""``batchwright probe TASK``: what a step costs on this machine, and the largest batch that fits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from batchwright.cli import options as o

if TYPE_CHECKING:
    from batchwright.measure.probe import Collapse, Probe

_PROBE = "Probe"


def probe(
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
    figure: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw into this .svg, .png or .pdf.")
    ] = None,
    as_json: o.Json = False,
) -> int:
    """Measure seconds and memory of a step at every batch size, and the largest batch that fits."""
    from batchwright.advice.answer import command_words
    from batchwright.cli.output import emit_json, note, writing
    from batchwright.core.errors import InputError
    from batchwright.measure.probe import probe as measure
    from batchwright.task.load import load_task
    from batchwright.training.spec import RunSpec

    if figure is not None:
        o.check_figure(figure)
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
        from batchwright.report.figures import save_figure
        from batchwright.report.probe_figure import draw_probe

        if not found.points:
            raise InputError(f"--figure needs a batch size that fits, got none: {found.memory_note}")
        with writing(figure):
            save_figure(draw_probe(found), figure)
    if as_json:
        emit_json(found.model_dump(mode="json") | {"figure": None if figure is None else str(figure)})
    else:
        _print(found, command_words(live.reference or reference))
        if figure is not None:
            note(f"Figure: {figure}")
    return 0


def _print(found: Probe, task: str) -> None:
    from batchwright.cli.output import measured, say, seconds, show_table

    say(_sentence(found), style="bold")
    say()
    rows = [
        [
            str(p.batch_size), seconds(p.seconds_per_step), f"{seconds(p.low)} to {seconds(p.high)}",
            measured(p.examples_per_second), _size(p.peak_memory_bytes),
        ]
        for p in found.points
    ]  # fmt: skip
    if rows:
        show_table(["batch", "a step", "quartiles", "examples/s", "memory"], rows, optional=["quartiles"])
        say()
    say(_memory(found))
    for cache in found.caches:
        if cache.passed_at is not None:
            say(
                f"Level {cache.level} cache, {_size(cache.bytes)}: passed from batch size "
                f"{measured(cache.passed_at)} on."
            )
    if found.collapse is not None:
        say(_collapse(found.collapse))
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


def _sentence(found: Probe) -> str:
    from batchwright.cli.output import measured

    if found.knee is None:
        return f"No knee among the batch sizes timed: {found.knee_reason}."
    low, high = found.knee.interval
    return (
        f"The knee is at a batch of about {measured(found.knee.value, 2)} (90%: {measured(low, 2)} to "
        f"{measured(high, 2)}): well below it a larger batch costs hardly more a step, well above it a step "
        "costs in proportion to the batch."
    )


def _collapse(collapse: Collapse) -> str:
    text = f"Throughput falls to {collapse.share:.0%} of the best at batch size {collapse.batch_size:,}"
    if collapse.allocator_retries:
        return f"{text}: the allocator starts over, memory is about to run out."
    if collapse.cache_level is not None:
        return f"{text}, where the working set no longer fits the level {collapse.cache_level} cache."
    return f"{text}."


def _memory(found: Probe) -> str:
    budget = _size(found.memory_budget_bytes)
    if found.largest_search is None:
        return f"Memory is not known: {found.memory_note}."
    if found.largest_that_fits is None:
        return f"Largest batch that fits {budget}: none ({found.memory_note})."
    slope = found.memory_bytes_per_example
    each = "" if slope is None else f", {_size(round(slope))} an example"
    if found.largest_is_all:
        return f"All {found.largest_that_fits:,} examples fit in one batch within {budget}{each}."
    return f"Largest batch that fits {budget}: {found.largest_that_fits:,}{each}."


def _size(amount: int | None) -> str:
    """An amount of memory.

    >>> _size(512), _size(3 << 20), _size(None)
    ('512 B', '3.0 MiB', '-')
    """
    if amount is None:
        return "-"
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if amount >= size:
            return f"{amount / size:.1f} {unit}"
    return f"{amount} B"
