"""``data-size``: the critical batch size against the number of training examples, at two kinds of target.

A dense net is trained on subsets of digits at tuned learning rates. The equal target is one that the smallest
subset reaches; the other target asks of every subset as much as it allows: a loss near the best that its own runs
reached. The critical batch size B_crit is that of S(B) = S_min (1 + B_crit / B), fitted for every seed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Panel, Series, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, exact, geometric_mean, slope, within
from batchwright.lessons.lab import Lab
from batchwright.lessons.tuning import RunResult, TunedRate, tuned_rates

COUNTS = (150, 460, 1437)
COUNTS_FULL = (100, 200, 400, 800, 1437)
SIZES = (8, 32, 128)
START = {8: 0.2, 32: 0.5, 128: 1.0}
EPOCHS = 16
"""Of the smallest batch; larger ones get more examples, since they need more."""
EQUAL_LOSS = 0.42
NEAR_BEST = 1.3
"""The target that a data set allows is this many times the lowest validation loss that its runs reached."""
BEYOND = 4.0
"""A critical batch so many times beyond the sizes tried is no measurement of it."""
GROWS = 0.2
"""An exponent above which the critical batch grows: twice the data, a seventh more. One of exactly 0 has no proof."""
ARTICLE = 0.45
NEAR_ARTICLE = (0.3, 0.6)

Side = tuple[int, int]
"""Number of examples, batch size."""
Critical = Mapping[int, Mapping[int, float]]
"""B_crit by number of examples and seed."""


def experiment(lab: Lab) -> Found:
    """Train on every subset, and judge how the critical batch grows with it."""
    counts = COUNTS_FULL if lab.full else COUNTS
    sides = {(n, b): START[b] for n in counts for b in SIZES}
    tuning, seeds = lab.seeds(14)[:2], lab.seeds(14)[2 : 14 if lab.full else 8]
    equal = dict.fromkeys(counts, EQUAL_LOSS)
    tuned_equal = _tuned(lab, sides, equal, tuning)
    allowed = {n: NEAR_BEST * loss for n, loss in _lowest(lab, sides, tuned_equal, tuning).items()}
    found = {
        "equal": _critical(lab, tuned_equal, equal, seeds),
        "allowed": _critical(lab, _tuned(lab, sides, allowed, tuning), allowed, seeds),
    }
    parts = [part for kind, of_count in found.items() for part in growth_parts(kind, of_count)]
    asked = tuple(exact("target", loss, examples=n) for n, loss in allowed.items())
    parts[-1] = parts[-1].model_copy(update={"measurements": (*parts[-1].measurements, *asked)})
    return Found(parts=parts, panels=[_panel(found)])


def subset_run(side: Side, lr: float, seed: int) -> dict[str, Any]:
    """A run of the planned length, evaluated evenly in log-steps."""
    count, b = side
    epochs = EPOCHS * math.sqrt(b / SIZES[0])
    return {
        "task": "digits", "examples": count, "batch_size": b, "lr": lr, "seed": seed, "last_batch": "run_on",
        "steps": math.ceil(epochs * count / b), "evaluate": "log",
    }  # fmt: skip


def updates_to_loss(run: RunResult, loss: float) -> float | None:
    """Updates to a validation loss, interpolated in log-loss between evaluations; None if it was not reached."""
    rows = [(e.step, e.loss) for e in run.evaluations if e.loss is not None]
    for (before, high), (after, low) in itertools.pairwise(rows):
        if low <= loss:
            way = math.log(high / loss) / math.log(high / low) if high > loss else 0.0
            return max(1.0, before + way * (after - before))
    return None


def _tuned(
    lab: Lab, sides: Mapping[Side, float], targets: Mapping[int, float], seeds: Sequence[int]
) -> dict[Side, TunedRate]:
    return tuned_rates(
        lab, sides, subset_run, lambda side, run: updates_to_loss(run, targets[side[0]]) or math.inf, seeds
    )


def _lowest(
    lab: Lab, sides: Mapping[Side, float], tuned: Mapping[Side, TunedRate], seeds: Sequence[int]
) -> dict[int, float]:
    """The lowest validation loss of every subset that all batch sizes reach at their own rates, on every seed."""
    lowest: dict[int, list[float]] = {}
    asked = [(side, seed) for side in sides if tuned[side].lr is not None for seed in seeds]
    runs = lab.runs([subset_run(side, tuned[side].lr or 0.0, seed) for side, seed in asked])
    for (side, _), run in zip(asked, runs, strict=True):
        lowest.setdefault(side[0], []).append(min(e.loss for e in run.evaluations if e.loss is not None))
    return {count: max(losses) for count, losses in lowest.items()}


def _critical(
    lab: Lab, tuned: Mapping[Side, TunedRate], targets: Mapping[int, float], seeds: Sequence[int]
) -> Critical:
    """B_crit of every seed by number of examples; without those where a rate was not found or a run fell short."""
    usable = [side for side, rate in tuned.items() if rate.inside and rate.lr is not None]
    asked = [(side, seed) for side in usable for seed in seeds]
    runs = lab.runs([subset_run(side, tuned[side].lr or 0.0, seed) for side, seed in asked])
    steps: dict[tuple[int, int], dict[int, float]] = {}
    for ((count, b), seed), run in zip(asked, runs, strict=True):
        if (reached := updates_to_loss(run, targets[count])) is not None:
            steps.setdefault((count, seed), {})[b] = reached
    found: dict[int, dict[int, float]] = {count: {} for count in targets}
    for (count, seed), of_size in steps.items():
        if len(of_size) == len(SIZES) and (critical := fitted_critical_batch(of_size)) is not None:
            found[count][seed] = critical
    return found


def fitted_critical_batch(steps: Mapping[int, float]) -> float | None:
    """B_crit of the curve that ``bw.fit`` lays through steps to target by batch size; None where it cannot tell."""
    rows = [{"batch_size": b, "steps_to_target": s} for b, s in steps.items()]
    found = bw.fit(rows, progress=False).result.workloads[0].critical_batch
    value: float | None = found.value
    inside = value is not None and SIZES[0] / BEYOND <= value <= SIZES[-1] * BEYOND
    return value if inside else None


# --- what follows ---


def growth_parts(kind: str, critical: Critical) -> list[Part]:
    """Whether B_crit grows with the examples, and whether with the article's exponent."""
    levels = [
        geometric_mean("critical_batch", list(values.values()), unit="examples", examples=n)
        for n, values in critical.items()
        if len(values) >= 2
    ]
    found = exponent(critical)
    return [
        Part(name=f"grows_{kind}", verdict=above(found, GROWS), measurements=(found, *levels)),
        Part(name=f"exponent_{kind}", verdict=within(found, *NEAR_ARTICLE), measurements=(found,)),
    ]


def exponent(critical: Critical) -> Measured:
    """The slope of log B_crit over log N through every seed's value; none where a subset has none."""
    if not all(critical.values()):
        return exact("exponent", None)
    counts = [math.log(n) for n, of_seed in critical.items() for _ in of_seed]
    values = [math.log(value) for of_seed in critical.values() for value in of_seed.values()]
    return slope("exponent", counts, values)


# --- pictures ---


def _panel(found: Mapping[str, Critical]) -> Panel:
    lines = [_line(kind, critical) for kind, critical in found.items()]
    first = next((line for line in lines if line.y and line.y[0] is not None), None)
    if first is not None and first.y[0] is not None:
        counts = [float(n) for n in first.x if n is not None]
        line = [first.y[0] * (n / counts[0]) ** ARTICLE for n in counts]
        lines.append(
            series(counts, line, remark("lesson.data_size.line.article", exponent=ARTICLE), look="dashed")
        )
    return Panel(
        name="critical",
        title=remark("lesson.data_size.critical.title"),
        takeaway=remark("lesson.data_size.critical.takeaway"),
        x=remark("lesson.axis.examples"),
        y=remark("lesson.data_size.axis.critical"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
    )


def _line(kind: str, critical: Critical) -> Series:
    some = {n: list(of_seed.values()) for n, of_seed in critical.items() if of_seed}
    return series(
        list(some),
        [float(np.exp(np.mean(np.log(values)))) for values in some.values()],
        remark(f"lesson.data_size.line.{kind}"),
        low=[min(values) for values in some.values()],
        high=[max(values) for values in some.values()],
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    rows = []
    for examples in (460, 1437):
        for batch_size, lr in ((8, 0.2), (32, 0.5), (128, 1.0)):
            run = bw.train("digits", examples=examples, batch_size=batch_size, lr=lr, epochs=60, target="loss=0.4",
                           evaluate="log", last_batch="run_on").answer().result  # fmt: skip
            rows.append(
                {"workload": examples, "batch_size": batch_size, "steps_to_target": run.steps_to_target}
            )
    print(bw.fit(rows))
