"""The page of a probe: what a step costs on this machine, and the largest batch that fits."""

from __future__ import annotations

from collections.abc import Sequence

from batchwright.core.action import Action
from batchwright.core.numbers import MISSING, count, measured, size
from batchwright.measure.hardware.load import CALM_LOAD
from batchwright.measure.hardware.probe import Collapse, Probe, ProbePoint
from batchwright.report.draw.probe import draw_probe
from batchwright.report.page import Block, Facts, Figure, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.parts import about, column, readings
from batchwright.report.pages.steps import OPTIMIZER, RUN, TASK, again, following
from batchwright.report.text.catalogue import say, text
from batchwright.report.text.estimates import with_interval

_READINGS = ("probe.reading.step", "probe.reading.memory", "probe.reading.not_the_answer")


def probe_page(found: Probe, *, task: str, action: Action | None = None) -> Page:
    """What a step costs, as a page.

    Args:
        found: the probe.
        task: the task's name.
        action: what made it.
    """
    blocks: list[Block] = [
        Sentence(text=_headline(found), role="answer"),
        Sentence(text=_memory(found)),
        Facts(items=_facts(found)),
        *(Note(text=words, role="caveat") for words in _caveats(found)),
    ]
    if found.points:
        figure = Figure(
            name="probe",
            title=text("probe.figure.title"),
            takeaway=text("probe.figure.takeaway"),
            draw=lambda: draw_probe(found),
        )
        blocks += [_table(found.points), figure]
    blocks += [Note(text=words) for words in _remarks(found)]
    return Page(
        title=text("probe.title", task=task),
        eyebrow=text("probe.eyebrow", task=task),
        blocks=[*blocks, *readings(_READINGS), *_next(found, task, action)],
        action=action,
        about=about(found),
    )


def _headline(found: Probe) -> str:
    """The knee, or why there is none."""
    if found.knee is not None:
        knee = with_interval(found.knee.value, found.knee.interval, "batch_size")
        return text("probe.knee", knee=knee)
    if not found.points or found.knee_reason is None:
        return text("probe.nothing_timed")
    return text("probe.no_knee", reason=say(found.knee_reason))


def _memory(found: Probe) -> str:
    """The largest batch that fits."""
    budget, largest = found.memory_budget_bytes, found.largest_that_fits
    why = "" if found.memory_note is None else text("probe.memory.why", reason=say(found.memory_note))
    if found.largest_search is None:
        return text("probe.memory.unknown", why=why)
    if largest is None:
        return text("probe.memory.none_fits", budget=budget, why=why)
    slope = found.memory_bytes_per_example
    each = "" if slope is None else text("probe.memory.each", slope=slope)
    if found.largest_is_all:
        return text("probe.memory.all_fit", count=largest, budget=budget, each=each)
    return text("probe.memory.largest", largest=largest, budget=budget, each=each)


def _facts(found: Probe) -> list[tuple[str, str]]:
    best = max(found.points, key=lambda p: p.examples_per_second, default=None)
    return [
        (text("probe.fact.knee"), size(found.knee.value) if found.knee else MISSING),
        (text("probe.fact.largest"), count(found.largest_that_fits)),
        (text("probe.fact.fastest"), count(best.batch_size) if best else MISSING),
        (text("probe.fact.throughput"), measured(best.examples_per_second) if best else MISSING),
    ]


def _caveats(found: Probe) -> list[str]:
    caveats = []
    if _busy(found):
        caveats.append(text("probe.busy", load=found.others_load))
    if found.collapse is not None:
        caveats.append(_collapsed(found.collapse))
    if suspects := [point.batch_size for point in found.points if point.suspect]:
        caveats.append(text("probe.suspect", count=len(suspects), sizes=suspects))
    if not found.state_unchanged:
        caveats.append(text("probe.state_changed"))
    return caveats


def _busy(found: Probe) -> bool:
    return (found.others_load or 0.0) > CALM_LOAD


def _collapsed(found: Collapse) -> str:
    """Where throughput falls, and why."""
    values = {"share": found.share, "batch_size": found.batch_size}
    if found.allocator_retries:
        return text("probe.collapse.allocator", **values)
    if found.cache_level is not None:
        return text("probe.collapse.cache", level=found.cache_level, **values)
    return text("probe.collapse", **values)


def _remarks(found: Probe) -> list[str]:
    """Caches that are passed, and the sizes that were not timed, those of one reason together."""
    remarks = [
        text("probe.cache", level=cache.level, size=cache.bytes, passed_at=cache.passed_at)
        for cache in found.caches
        if cache.passed_at
    ]
    by_reason: dict[str, list[int]] = {}
    for row in found.left_out:
        by_reason.setdefault(say(row.reason), []).append(row.batch_size)
    for reason, sizes in by_reason.items():
        remarks.append(text("probe.left_out", count=len(sizes), sizes=sizes, reason=reason))
    return remarks


def _table(points: Sequence[ProbePoint]) -> Table:
    return Table(
        caption=text("probe.table.caption"),
        columns=[
            column(text("probe.column.batch_size"), [p.batch_size for p in points], "batch_size"),
            column(text("probe.column.step"), [p.seconds_per_step for p in points], "seconds"),
            column(
                text("probe.column.quartiles"),
                [(p.low, p.high) for p in points],
                "seconds",
                like=text("probe.column.step"),
                optional=2,
            ),
            column(text("probe.column.throughput"), [p.examples_per_second for p in points], "number"),
            column(text("probe.column.memory"), [p.peak_memory_bytes for p in points], "bytes", optional=1),
        ],
    )


def _next(found: Probe, task: str, action: Action | None) -> list[NextStep]:
    """Measured beside other work it must be repeated; else steps are what is missing."""
    steps = []
    if _busy(found):
        steps.append(NextStep(action=again(action, "probe", task), why=text("probe.next.again")))
    kept = (*TASK, "examples", *OPTIMIZER, *RUN)
    advise = following(action, "advise", task, kept)
    return [*steps, NextStep(action=advise, why=text("probe.next.advise"))]
