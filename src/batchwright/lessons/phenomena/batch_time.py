"""``batch-time``: seconds of a step and of an epoch against the batch size, on this machine.

The article's sizes, 1 to 60,000, are timed in turns with the loop that trains: a small dense net, and LeNet up to
where a step takes a second or so. All comparisons are within sweeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Panel, Series, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, below, everywhere, exact
from batchwright.lessons.lab import Lab
from batchwright.lessons.timing import (
    Probe,
    clocked,
    example_ratio,
    point_at,
    repeated,
    step_ratio,
    unless_busy,
)

NETS: Mapping[str, Mapping[str, Any]] = {"dense_net": {}, "LeNet": {"model": "lenet"}}
SIZES = (1, 10, 100, 1000, 10_000, 60_000)
FEW, MANY = 1, 1000
"""Between them the article's GPU takes the same time."""
SAME = 1.5
"""Up to this ratio two steps count as equally long."""
HARDLY = 2.5
"""Up to this ratio a step of ten times the batch counts as hardly longer: a quarter of what the examples are."""
SHORTER = 0.5
"""An epoch below this share of another is the shorter one, whatever else the machine does."""


def experiment(lab: Lab) -> Found:
    """Time the steps of both nets, and judge ratios of sizes."""
    examples = {"dense_net": SIZES[-1], "LeNet": 10_000 if lab.full else MANY}
    probes = {net: clocked_net(lab, net, examples[net]) for net in NETS}
    parts = [same_step(probes), hardly_longer(probes), longer_beyond(probes), shorter_epoch(probes)]
    parts, notes = unless_busy(parts, probes.values())
    return Found(parts=parts, panels=[_steps(probes), _epochs(probes)], notes=notes)


def clocked_net(lab: Lab, net: str, examples: int) -> Probe:
    """One net, its steps timed at the article's sizes."""
    task = repeated(bw.named_task("digits", **NETS[net]), examples)
    sizes = [size for size in SIZES if size <= examples]
    return clocked(lab, task, sizes)


# --- what follows ---

Probes = Mapping[str, Probe]


def same_step(probes: Probes) -> Part:
    """Whether a step of 1000 examples takes as long as one of a single example."""
    ratios = _ratios("step_ratio", probes, [(MANY, FEW)])
    verdict, by = everywhere({m.at.get("timed_net"): below(m, SAME) for m in ratios})
    condition = remark("lesson.batch_time.nets", **by) if verdict == "holds_when" else None
    longest = [exact("same_up_to", _same_up_to(found), timed_net=net) for net, found in probes.items()]
    return Part(name="same_step", verdict=verdict, condition=condition, measurements=(*ratios, *longest))


def _same_up_to(found: Probe) -> int:
    """The largest size timed whose step takes as long as that of one example."""
    one = point_at(found, FEW)
    same = [p.batch_size for p in found.points if one and p.seconds_per_step <= SAME * one.seconds_per_step]
    return max(same, default=FEW)


def hardly_longer(probes: Probes) -> Part:
    """Whether ten times the batch takes hardly longer a step, and from which sizes on it does."""
    pairs = [(10 * size, size) for size in SIZES[:-2]]
    ratios = _ratios("tenfold_ratio", probes, pairs)
    dense = {m.at["batch_size"]: below(m, HARDLY) for m in ratios if m.at.get("timed_net") == "dense_net"}
    verdict, by = everywhere(dense) if dense else ("cannot_tell", {})
    condition = remark("lesson.batch_time.sizes", **by) if verdict == "holds_when" else None
    return Part(name="hardly_longer", verdict=verdict, condition=condition, measurements=tuple(ratios))


def longer_beyond(probes: Probes) -> Part:
    """Whether 10,000 and 60,000 take longer than 1000."""
    ratios = _ratios("beyond_ratio", probes, [(10_000, MANY), (60_000, MANY)])
    verdict, _ = everywhere({tuple(m.at.values()): above(m, SAME) for m in ratios})
    told = "cannot_tell" if verdict == "holds_when" else verdict
    return Part(name="longer_beyond", verdict=told, measurements=tuple(ratios))


def shorter_epoch(probes: Probes) -> Part:
    """Whether an epoch at 1000 takes less time than one at 1, and than one at 100."""
    numbers = [
        example_ratio("epoch_ratio", many, few, timed_net=net, batch_size=size)
        for net, found in probes.items()
        for size in (FEW, 100)
        if (many := point_at(found, MANY)) and (few := point_at(found, size))
    ]
    if not numbers:
        return Part(name="shorter_epoch", verdict="cannot_tell", measurements=(exact("epoch_ratio", None),))
    first = {m.at["timed_net"]: below(m, SHORTER) for m in numbers if m.at["batch_size"] == FEW}
    verdict, by = everywhere(first)
    condition = remark("lesson.batch_time.nets", **by) if verdict == "holds_when" else None
    return Part(name="shorter_epoch", verdict=verdict, condition=condition, measurements=tuple(numbers))


def _ratios(name: str, probes: Probes, pairs: list[tuple[int, int]]) -> list[Measured]:
    """Ratios of steps at every pair of sizes that was timed; ``batch_size`` names the smaller of a tenfold pair.

    A number without a value where none was: a machine that is too slow for these sizes cannot tell.
    """
    found = [
        step_ratio(
            name, larger, smaller, timed_net=net, batch_size=small if name == "tenfold_ratio" else large
        )
        for net, found in probes.items()
        for large, small in pairs
        if (larger := point_at(found, large)) and (smaller := point_at(found, small))
    ]
    return found or [exact(name, None)]


# --- pictures ---


def _steps(probes: Probes) -> Panel:
    return Panel(
        name="steps",
        title=remark("lesson.batch_time.steps.title"),
        takeaway=remark("lesson.batch_time.steps.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.batch_time.axis.step"),
        x_log=True,
        y_log=True,
        series=tuple(_line(net, found, 1.0) for net, found in probes.items()),
    )


def _epochs(probes: Probes) -> Panel:
    return Panel(
        name="epochs",
        title=remark("lesson.batch_time.epochs.title"),
        takeaway=remark("lesson.batch_time.epochs.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.batch_time.axis.epoch"),
        x_log=True,
        y_log=True,
        series=tuple(_line(net, found, SIZES[-1]) for net, found in probes.items()),
    )


def _line(net: str, found: Probe, examples: float) -> Series:
    """Seconds of a step (``examples`` 1), or of an epoch of so many."""
    factor = [1.0 if examples == 1 else examples / p.batch_size for p in found.points]
    return series(
        [p.batch_size for p in found.points],
        [f * p.seconds_per_step for f, p in zip(factor, found.points, strict=True)],
        remark(f"lesson.batch_time.line.{net}"),
        low=[f * p.low for f, p in zip(factor, found.points, strict=True)],
        high=[f * p.high for f, p in zip(factor, found.points, strict=True)],
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    answer = bw.probe("digits", batch_sizes=[1, 10, 100, 1000], seconds=4)
    print(answer)
    for point in answer.result.points:
        epoch = 1437 / point.batch_size * point.seconds_per_step
        print(f"B={point.batch_size}: {point.seconds_per_step:.2g} s a step, {epoch:.2g} s an epoch")
