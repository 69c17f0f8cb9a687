"""Did large batches end in sharper minima? What the ends of a study's winners say, and what they do not.

Keskar et al. 2017 (arXiv 1609.04836) found that large batches end in sharp minima. The question is put as a
power law: the slope of log sharpness on log B over the batch sizes' geometric means, with Student's interval.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from batchwright.core.statistics import t_quantile
from batchwright.measure.estimate import Estimate, symmetric
from batchwright.study.ends import RunEnd

_FEWEST = 3

Verdict = Literal["sharper", "flatter", "cannot_tell"]


class SharpEnds(BaseModel):
    """Sharpness where the winners reached the target.

    Attributes:
        ends: the runs measured.
        eigenvalue_slope, keskar_slope: d log sharpness / d log B with its 90% interval.
        verdict: ``sharper`` if both intervals lie above zero, ``flatter`` if both lie below it.

    These are the points where the target was reached at tuned learning rates, not fully trained minima. A
    larger learning rate keeps the largest eigenvalue below 2/lr, which alone can order the batch sizes; and
    no sharpness is invariant to a change of the parameters' scale (Dinh et al. 2017, arXiv 1703.04933).
    """

    model_config = ConfigDict(frozen=True)
    ends: tuple[RunEnd, ...]
    eigenvalue_slope: Estimate | None
    keskar_slope: Estimate | None
    verdict: Verdict


def sharp_ends(ends: Sequence[RunEnd]) -> SharpEnds:
    """The verdict that the ends support."""
    eigenvalues = sharpness_slope(ends, lambda end: end.largest_eigenvalue)
    keskars = sharpness_slope(ends, lambda end: end.keskar)
    verdict: Verdict = "cannot_tell"
    if eigenvalues is not None and keskars is not None:
        if min(eigenvalues.interval[0], keskars.interval[0]) > 0:
            verdict = "sharper"
        elif max(eigenvalues.interval[1], keskars.interval[1]) < 0:
            verdict = "flatter"
    ordered = sorted(ends, key=lambda end: (end.batch_size, end.seed))
    return SharpEnds(ends=tuple(ordered), eigenvalue_slope=eigenvalues, keskar_slope=keskars, verdict=verdict)


def sharpness_slope(ends: Sequence[RunEnd], value: Callable[[RunEnd], float | None]) -> Estimate | None:
    """Slope of log ``value`` on log B; None below three batch sizes or where a value is not positive.

    The batch sizes are the independent units: their runs share seeds.
    """
    logs = defaultdict(list)
    for end in ends:
        measure = value(end)
        if measure is None or not measure > 0:
            return None
        logs[end.batch_size].append(math.log(measure))
    if len(logs) < _FEWEST:
        return None
    x = np.log(sorted(logs))
    y = np.array([np.mean(logs[size]) for size in sorted(logs)])
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    residuals = y - y.mean() - slope * centred
    error = math.sqrt(float(residuals @ residuals) / (len(x) - 2) / float(centred @ centred))
    return symmetric(slope, t_quantile(len(x) - 2) * error)
