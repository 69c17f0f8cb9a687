"""Learning rates tuned for every side of a comparison, so that no side is compared at another's rate.

Rates lie on a grid of one factor. The range is extended as long as the best rate of a side lies on its edge: a
best rate there is no result. Seeds that tune are not those that a lesson reports.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from batchwright.lessons.lab import Lab
from batchwright.training.record import RunResult as RunResult

Side = TypeVar("Side", bound=Hashable)
MOST_RATES = 10
_FACTOR = 2.0


@dataclass(frozen=True)
class TunedRate:
    """The best learning rate of a side.

    Attributes:
        lr: the lowest of the best; None where every rate failed.
        inside: whether worse rates were tried below and above it.
        costs: the cost over the tuning seeds by rate, infinite where runs failed.
    """

    lr: float | None
    inside: bool
    costs: Mapping[float, float]


def tuned_rates(
    lab: Lab,
    sides: Mapping[Side, float],
    setting: Callable[[Side, float, int], Mapping[str, Any]],
    cost: Callable[[Side, RunResult], float],
    seeds: Sequence[int],
    *,
    factor: float = _FACTOR,
    statistic: Callable[[Sequence[float]], float] = statistics.median,
) -> dict[Side, TunedRate]:
    """The learning rate of each side with the lowest cost.

    Args:
        lab: makes the runs, of all sides side by side.
        sides: what is compared, each with the rate to start from.
        setting: arguments of ``bw.train`` for a side, a rate and a seed.
        cost: of a run, the less the better, infinite for a failure.
        seeds: that tune.
        factor: between neighbouring rates.
        statistic: of the costs over the seeds.
    """
    costs: dict[Side, dict[float, float]] = {side: {} for side in sides}
    wanted = {side: [start / factor, start, start * factor] for side, start in sides.items()}
    while any(wanted.values()):
        asked = [(side, lr, seed) for side, rates in wanted.items() for lr in rates for seed in seeds]
        runs = lab.runs([setting(*which) for which in asked])
        found: dict[tuple[Side, float], list[float]] = {}
        for (side, lr, _), run in zip(asked, runs, strict=True):
            found.setdefault((side, lr), []).append(cost(side, run))
        for (side, lr), values in found.items():
            costs[side][lr] = statistic(values)
        wanted = {side: _beyond(tried, factor) for side, tried in costs.items()}
    return {side: _best(tried) for side, tried in costs.items()}


def tuned_one_by_one(
    lab: Lab,
    sides: Mapping[Side, float],
    setting: Callable[[Side, float, int], Mapping[str, Any]],
    cost: Callable[[Side, RunResult], float],
    seeds: Sequence[int],
) -> dict[Side, list[TunedRate]]:
    """The best rate of each side on each seed alone, in their order.

    One best rate for all the seeds that are measured afterwards keeps from their scatter how little it was
    determined: intervals are then too narrow, and another root seed says the opposite. Where every measured
    seed takes a rate that was tuned on a seed of its own, the scatter is that of the whole procedure.

    Args:
        lab, sides, setting, cost: as of :func:`tuned_rates`.
        seeds: that tune, one for each that is measured.
    """
    each = {(side, seed): start for side, start in sides.items() for seed in seeds}
    found = tuned_rates(
        lab, each, lambda at, lr, _: setting(at[0], lr, at[1]), lambda at, run: cost(at[0], run), [0]
    )
    return {side: [found[side, seed] for seed in seeds] for side in sides}


def _beyond(costs: Mapping[float, float], factor: float) -> list[float]:
    """The rates to try next: past the edge on which the best one lies, past both where all failed."""
    if len(costs) >= MOST_RATES:
        return []
    low, high, best = min(costs), max(costs), _best(costs).lr
    if best is None:
        return [low / factor, high * factor]
    return ([low / factor] if best == low else []) + ([high * factor] if best == high else [])


def _best(costs: Mapping[float, float]) -> TunedRate:
    lr = min(costs, key=lambda rate: (costs[rate], rate))
    if costs[lr] == math.inf:
        return TunedRate(None, False, costs)
    return TunedRate(lr, min(costs) < lr < max(costs), costs)
