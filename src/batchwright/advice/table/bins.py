"""Very many batch sizes, made few: neighbours on log B are brought to one batch size along the curve."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from batchwright.advice.curve.fit import fit_curve
from batchwright.advice.curve.profile import log_curve
from batchwright.advice.curve.runs import Point, Vector
from batchwright.advice.table.read import WorkloadRuns
from batchwright.core.remark import Remark, remark

MOST_BATCH_SIZES = 200
"""More distinct batch sizes than this are brought together, to so many at most."""


def grouped_points(runs: WorkloadRuns, most: int = MOST_BATCH_SIZES) -> tuple[list[Point], Remark | None]:
    """The runs by batch size, and a remark where neighbouring batch sizes were brought together.

    Bins are even in log B. A run at B in a bin that stands for B' counts as one of S f(B')/f(B) steps, with
    f(B) = 1 + B_crit/B from a first fit: the curve is the same, and its slope within a bin does not pass for
    noise between seeds.
    """
    log_batch = np.log(runs.batch_size)
    distinct = len(np.unique(log_batch))
    if distinct <= most:
        return _grouped(runs.batch_size, runs.steps, runs.censored), None
    edges = np.linspace(log_batch.min(), log_batch.max(), most + 1)
    place = np.clip(np.searchsorted(edges, log_batch, side="right") - 1, 0, most - 1)
    center = (edges[:-1] + edges[1:]) / 2
    # The ends stay where they are: they bound what may be predicted.
    center[0], center[-1] = edges[0], edges[-1]
    rough = _grouped(np.exp(center[place]), runs.steps, runs.censored)
    log_critical = math.log(fit_curve(rough).critical_batch)
    shift = log_curve(log_critical, center[place]) - log_curve(log_critical, log_batch)
    points = _grouped(np.exp(center[place]), runs.steps * np.exp(shift), runs.censored)
    within = float(edges[1] - edges[0]) / 2
    return points, remark("fit_table.grouped", batch_sizes=distinct, kept=len(points), within=within)


def _grouped(batch_size: Vector, steps: Vector, censored: Iterable[bool]) -> list[Point]:
    order = np.argsort(batch_size, kind="stable")
    sizes, starts = np.unique(batch_size[order], return_index=True)
    parts = zip(
        sizes,
        np.split(steps[order], starts[1:]),
        np.split(np.asarray(censored)[order], starts[1:]),
        strict=True,
    )
    return [Point(float(b), _floats(s[~cut]), _floats(s[cut])) for b, s, cut in parts]


def _floats(values: Vector) -> tuple[float, ...]:
    return tuple(values.tolist())
