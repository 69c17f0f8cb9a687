"""Seconds compared in pairs: what two batch sizes took in the same sweeps of a probe.

A sweep lasts a fraction of a second, so whatever else the machine does meets both sizes. The ratio is the median
over sweeps, and its interval is that of the sign test: between two of the sorted ratios, whatever their
distribution, so that a few sweeps that were disturbed move neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from scipy.stats import binom

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.core.errors import InputError
from batchwright.core.remark import Remark, remark
from batchwright.core.statistics import LEVEL
from batchwright.lessons.judge import untold
from batchwright.lessons.lab import Lab
from batchwright.measure.hardware.load import TOO_BUSY
from batchwright.measure.hardware.probe import Probe as Probe
from batchwright.measure.hardware.probe import ProbePoint as ProbePoint
from batchwright.measure.hardware.turns import in_same_sweeps as in_same_sweeps
from batchwright.training.threads import threads

SECONDS = 20.0
"""Timing ends as soon as sweeps agree; here at the latest."""


def repeated(task: bw.Task, examples: int) -> bw.Task:
    """The task's model on so many training rows, its own over and over; what they hold does not change a clock."""
    rows = task.train.gather(torch.arange(examples) % len(task.train))
    few = task.train.gather(torch.arange(min(10, len(task.train))))
    return bw.Task(model=task.model, train=rows, validation=few, loss=task.loss, name=task.name)


def clocked(lab: Lab, task: bw.Task, batch_sizes: Sequence[int], seconds: float = SECONDS) -> Probe:
    """A probe of these batch sizes, alone: nothing else of the lesson may run meanwhile."""
    with threads(lab.threads):
        found: Probe = bw.probe(task, batch_sizes=batch_sizes, seconds=seconds, progress=False).result
    return found


def unless_busy(
    parts: Sequence[Part], probes: Iterable[Probe], timed: Callable[[Part], bool] = lambda part: True
) -> tuple[list[Part], list[Remark]]:
    """The parts as they are; where others used too much of the machine meanwhile, untold, with a note that says so.

    Steps of small and large batches suffer from other work by different factors, so that not even ratios of
    turns taken side by side hold. ``timed`` says which parts rest on seconds at all.
    """
    load = max((found.others_load or 0.0 for found in probes), default=0.0)
    if load <= TOO_BUSY:
        return list(parts), []
    return [untold(part) if timed(part) else part for part in parts], [remark("lesson.busy", load=load)]


def point_at(found: Probe, batch_size: int) -> ProbePoint | None:
    """What a probe measured at a batch size; None where it could not time it."""
    return next((point for point in found.points if point.batch_size == batch_size), None)


def step_ratio(name: str, first: ProbePoint, second: ProbePoint, **at: Any) -> Measured:
    """Seconds of a step at the first size over those at the second."""
    return median_ratio(name, _sweep_by_sweep(first, second), **at)


def example_ratio(name: str, first: ProbePoint, second: ProbePoint, **at: Any) -> Measured:
    """Seconds of an example at the first size over those at the second."""
    ratios = _sweep_by_sweep(first, second)
    return median_ratio(name, ratios * second.batch_size / first.batch_size, **at)


def _sweep_by_sweep(first: ProbePoint, second: ProbePoint) -> np.ndarray:
    """Ratios of the turns of each sweep."""
    one, two = in_same_sweeps([first, second])
    return np.array(one) / np.array(two)


def median_ratio(name: str, ratios: Sequence[float] | np.ndarray, **at: Any) -> Measured:
    """The median with the interval of the sign test, between the k-th smallest and the k-th largest.

    k is the largest with 2 P(Binomial(n, 1/2) < k) at most a tenth; with fewer than five values the interval
    is all of them, and covers less.

    >>> median_ratio("r", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]).interval
    (2.0, 7.0)
    """
    ordered = np.sort(np.asarray(ratios, dtype=float))
    n = len(ordered)
    if n < 2 or not np.all(np.isfinite(ordered)):
        raise InputError(f"{name}: an interval needs two finite values or more, got {ordered.tolist()!r:.80}")
    k = max(1, int(binom.ppf((1 - LEVEL) / 2, n, 0.5)))
    return Measured(
        name=name, value=float(np.median(ordered)), interval=(float(ordered[k - 1]), float(ordered[n - k])), n=n,
        unit="1", at=at,
    )  # fmt: skip
