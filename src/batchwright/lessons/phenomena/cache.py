"""``cache``: examples a second against the batch size, beside the working set and the processor's caches.

A dense net and LeNet are timed at powers of two, in turns, from one example to several times what the level 2
cache holds. Working sets are counted: parameters, gradients, inputs and all that the backward pass keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Mark, Panel, series
from batchwright.core.remark import Remark, remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, everywhere, exact
from batchwright.lessons.lab import Lab
from batchwright.lessons.timing import (
    Probe,
    ProbePoint,
    clocked,
    example_ratio,
    point_at,
    repeated,
    unless_busy,
)

NETS: Mapping[str, Mapping[str, Any]] = {"dense_net": {"hidden": 512}, "LeNet": {"model": "lenet"}}
LARGEST = {"dense_net": 16_384, "LeNet": 1024}
LARGEST_FULL = {"dense_net": 65_536, "LeNet": 8192}
LANES = 8.0
"""Single-precision numbers that one vector instruction of today's processors handles, at least."""
MATTERS = 1.15
"""Costs an example above this ratio are a difference."""
WELL_PAST, HALF_FILLED = 4.0, 0.5
"""Times the cache: a working set that leaves it well behind, one that leaves half of it empty."""
FEWEST = 4
"""Sizes timed below which a net is not judged: a machine that is busy enough leaves out the larger ones."""


def experiment(lab: Lab) -> Found:
    """Time both nets, and judge where an example costs least."""
    largest = LARGEST_FULL if lab.full else LARGEST
    probes = {net: clocked_at_powers(lab, net, largest[net]) for net in NETS}
    enough = {net: found for net, found in probes.items() if len(found.points) >= FEWEST}
    parts, notes = unless_busy([alone(enough), filling(enough), exceeding(enough)], probes.values())
    return Found(
        parts=[*parts, past_memory(probes)],
        panels=[_panel(net, found) for net, found in probes.items()],
        notes=notes,
    )


def clocked_at_powers(lab: Lab, net: str, largest: int) -> Probe:
    """One net, its steps timed at powers of two."""
    task = repeated(bw.named_task("digits", **NETS[net]), largest)
    sizes = [2**k for k in range(largest.bit_length())]
    return clocked(lab, task, sizes)


# --- what follows ---

Probes = Mapping[str, Probe]


def alone(probes: Probes) -> Part:
    """What an example costs at B = 1 over what it costs at the size where it costs least."""
    ratios = [
        example_ratio("alone_ratio", one, best, timed_net=net, batch_size=best.batch_size)
        for net, found in probes.items()
        if (one := point_at(found, 1)) and (best := cheapest(found))
    ]
    return _over_nets("alone", ratios, lambda m: above(m, LANES))


def cheapest(found: Probe) -> ProbePoint:
    """The size at which an example costs least."""
    return max(found.points, key=lambda point: point.examples_per_second)


def filling(probes: Probes) -> Part:
    """What an example costs where half of the level 2 cache is empty, over what it costs where it is filled."""
    return _compared("filling", probes, lambda share: share <= HALF_FILLED, max)


def exceeding(probes: Probes) -> Part:
    """What an example costs well past the level 2 cache, over what it costs where it is filled."""
    return _compared("exceeding", probes, lambda share: share >= WELL_PAST, min)


def _compared(
    name: str, probes: Probes, chosen: Callable[[float], bool], nearest: Callable[..., ProbePoint]
) -> Part:
    """The size that fills the cache against the nearest one on one side of it."""
    ratios = []
    for net, found in probes.items():
        shares = {point.batch_size: share_of_cache(found, point) for point in found.points}
        inside = [p for p in found.points if (share := shares[p.batch_size]) is not None and share <= 1]
        others = [p for p in found.points if (share := shares[p.batch_size]) is not None and chosen(share)]
        if inside and others:
            filled = max(inside, key=lambda point: point.batch_size)
            other = nearest(others, key=lambda point: point.batch_size)
            at = {"timed_net": net, "batch_size": other.batch_size, "beside": filled.batch_size}
            ratios.append(example_ratio(f"{name}_ratio", other, filled, **at))
    return _over_nets(name, ratios, lambda m: above(m, MATTERS))


def share_of_cache(found: Probe, point: ProbePoint, level: int = 2) -> float | None:
    """The working set over the size of a cache; None where either is not known."""
    size = next((cache.bytes for cache in found.caches if cache.level == level), None)
    return None if size is None or point.working_set_bytes is None else point.working_set_bytes / size


def _over_nets(name: str, ratios: list[Measured], judge: Callable[[Measured], Any]) -> Part:
    if not ratios:
        return Part(name=name, verdict="cannot_tell", measurements=(exact(f"{name}_ratio", None),))
    verdict, by = everywhere({m.at["timed_net"]: judge(m) for m in ratios})
    condition = remark("lesson.cache.nets", **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(ratios))


def past_memory(probes: Probes) -> Part:
    """How near the largest batch tried came to the memory: past it a machine cannot be taken on purpose."""
    tried = [(found.points[-1], net, found) for net, found in probes.items()]
    shares = [
        exact(
            "memory_share",
            None if point.working_set_bytes is None else point.working_set_bytes / found.memory_budget_bytes,
            unit="1", timed_net=net, batch_size=point.batch_size,
        )
        for point, net, found in tried
    ]  # fmt: skip
    return Part(name="past_memory", verdict="cannot_tell", measurements=tuple(shares))


# --- pictures ---


def _panel(net: str, found: Probe) -> Panel:
    sizes = [point.batch_size for point in found.points]
    marks = [
        Mark(value=cache.passed_at, label=_passed(cache.level, cache.bytes), upright=True)
        for cache in found.caches
        if cache.passed_at and sizes[0] < cache.passed_at < sizes[-1]
    ]
    return Panel(
        name=net.lower(),
        title=remark(f"lesson.cache.{net}.title"),
        takeaway=remark("lesson.cache.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.cache.axis.throughput"),
        x_log=True,
        y_log=True,
        series=(
            series(
                sizes,
                [point.examples_per_second for point in found.points],
                low=[point.batch_size / point.high for point in found.points],
                high=[point.batch_size / point.low for point in found.points],
            ),
        ),
        marks=tuple(marks),
    )


def _passed(level: int, size: int) -> Remark:
    return remark("lesson.cache.passed", level=level, size=size)


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    found = bw.probe("digits", set={"hidden": 512}, batch_sizes=[1, 8, 64, 512], seconds=4).result
    for cache in found.caches:
        print(f"level {cache.level}: {cache.bytes} bytes, passed at a batch of {cache.passed_at:.0f}")
    for point in found.points:
        print(
            point.batch_size,
            f"{point.working_set_bytes:.0f} bytes, {point.examples_per_second:.0f} examples/s",
        )
