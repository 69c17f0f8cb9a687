"""Which batch sizes cannot be told apart: costs on a log scale, their spread, and one-sided t tests."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from batchwright.advice.decide.timing import timing_variances
from batchwright.advice.result import Objective
from batchwright.core.statistics import median_variance_factor, pooled_log_variance, t_quantile
from batchwright.study.result import BatchSizeResult

LEVEL = 0.90
TIE = 1.05
"""Costs within this factor count as equal even where many seeds would tell them apart."""
NEAR_MINIMUM = 1.20
"""`examples` and `steps` have no inner optimum; what stays within this factor of the least is near it."""
SELECTION_SD = 0.05
"""Noise that the choice of the learning rate leaves on log steps, where no curve's misfit measures it."""
LEAST_SELECTION_SD = 0.025
"""A misfit estimated from few residuals can come out at nothing; a grid of rates always leaves this."""
UNREPEATED_SEED_SD = 0.10
"""Spread of log steps between seeds where no batch size was run twice: typical of small networks."""


@dataclass(frozen=True)
class Cost:
    """What one batch size costs: log of seconds, examples or steps to target, with its variance."""

    batch_size: int
    log: float
    variance: float


@dataclass(frozen=True)
class Comparison:
    """Costs at the batch sizes that have an answer, ascending, and the dof of their common seed variance."""

    costs: tuple[Cost, ...]
    dof: int

    def clearly_above(self, a: Cost, b: Cost, factor: float = 1.0) -> bool:
        """Whether ``a`` costs more than ``factor`` times ``b``: no tie, and a one-sided t test at 90%."""
        return self._beyond(a.log - b.log - math.log(factor), a, b)

    def clearly_below(self, a: Cost, b: Cost, factor: float = 1.0) -> bool:
        """Whether ``a`` costs less than ``factor`` times ``b``, in the same sense."""
        return self._beyond(b.log + math.log(factor) - a.log, a, b)

    def _beyond(self, difference: float, a: Cost, b: Cost) -> bool:
        error = 0.0 if a is b else math.sqrt(a.variance + b.variance)
        t = t_quantile(self.dof or math.inf, LEVEL)
        return difference > max(math.log(TIE), t * error)


def seed_variance(rows: Sequence[BatchSizeResult]) -> tuple[float, int]:
    """Variance of log steps between seeds, pooled over batch sizes, and its degrees of freedom.

    (UNREPEATED_SEED_SD^2, 0) where no batch size was run twice.
    """
    reached = [[v for v in row.steps_to_target.values if v is not None] for row in rows]
    variance, dof = pooled_log_variance(reached)
    return (UNREPEATED_SEED_SD**2, 0) if variance is None else (variance, dof)


def compare_costs(
    rows: Sequence[BatchSizeResult], objective: Objective, selection_sd: float | None = None
) -> Comparison:
    """Log costs, median steps times what a step costs: the numbers that the reader sees.

    Their variance is that of a median of n seeds, s^2 f(n), + selection_sd^2 + for `time` that of the timing.
    """
    variance, dof = seed_variance(rows)
    selection = SELECTION_SD if selection_sd is None else max(selection_sd, LEAST_SELECTION_SD)
    timing = timing_variances(rows) if objective == "time" else {}
    costs = []
    for row in sorted(rows, key=lambda r: r.batch_size):
        steps, factor = row.steps_to_target.median, _per_step(row, objective)
        if steps is None or factor is None:
            continue
        own = variance * median_variance_factor(max(row.seeds_reached, 1)) + selection**2
        own += timing.get(row.batch_size, 0.0)
        costs.append(Cost(row.batch_size, math.log(steps * factor), own))
    return Comparison(tuple(costs), dof)


def _per_step(row: BatchSizeResult, objective: Objective) -> float | None:
    """What one step costs: seconds, examples, or one step."""
    return {"time": row.seconds_per_step, "examples": float(row.batch_size), "steps": 1.0}[objective]


def best_of(comparison: Comparison, objective: Objective) -> Cost:
    """The least cost; for `examples` the largest, for `steps` the smallest batch size within 20% of it."""
    least = min(comparison.costs, key=lambda c: c.log)
    if objective == "time":
        return least
    near = [c for c in comparison.costs if c.log <= least.log + math.log(NEAR_MINIMUM)]
    return near[-1] if objective == "examples" else near[0]


def as_good(comparison: Comparison, objective: Objective) -> tuple[int, ...]:
    """Batch sizes that may be the answer, ascending; the best is always among them.

    `time`: those that are not clearly dearer than the least cost. `examples`, `steps`: the answer is where
    the cost passes 1.2 times its minimum, so a batch size is out when it is clearly beyond that, and also
    when a larger (for `steps`: smaller) one is clearly within it.
    """
    costs = comparison.costs
    least = min(costs, key=lambda c: c.log)
    if objective == "time":
        return tuple(c.batch_size for c in costs if not comparison.clearly_above(c, least))
    outward = costs if objective == "examples" else costs[::-1]
    chosen = []
    for i, cost in enumerate(outward):
        beyond = comparison.clearly_above(cost, least, NEAR_MINIMUM)
        passed = any(comparison.clearly_below(c, least, NEAR_MINIMUM) for c in outward[i + 1 :])
        if not beyond and not passed:
            chosen.append(cost.batch_size)
    return tuple(sorted(chosen))
