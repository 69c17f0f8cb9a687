"""``batch-guidelines``: the full batch under 2000 examples, 64 to 512 above, powers of two: what each costs.

Steps to a target are counted at learning rates tuned for each batch size, on data sets of 500 examples and more,
and multiplied by the seconds of a step, which are timed alone. A power of two is timed between its neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import batchwright as bw
from batchwright.advice.lesson import Measured, Part, Verdict
from batchwright.core.chart import Mark, Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import below, everywhere, exact, geometric_mean, ratio
from batchwright.lessons.lab import Lab
from batchwright.lessons.timing import Probe, clocked, in_same_sweeps, median_ratio, point_at, unless_busy
from batchwright.lessons.tuning import RunResult, tuned_one_by_one

FEW = 2000
"""Examples below which the guideline asks for the full batch."""
ADVISED = (64, 128, 256, 512)
POWERS = (16, 32, 64, 128, 256, 512)
AS_GOOD = 1.25
"""Up to this many times the seconds of the best size an advice counts as good."""
FASTER = 0.95
"""A power of two below this share of its neighbours' seconds counts as faster."""
LOSS = 0.3
MOST_EPOCHS, FEWEST_STEPS = 40, 150
"""Epochs that a run may take, or so many updates where these are more."""


@dataclass(frozen=True)
class DataSet:
    """A data set of so many examples, and the batch sizes that are tried on it."""

    task: bw.Task
    examples: int
    sizes: tuple[int, ...]
    loss: float = LOSS
    most_epochs: int = MOST_EPOCHS

    def setting(self, batch_size: int, lr: float, seed: int) -> dict[str, Any]:
        """A run to the target."""
        return {
            "task": self.task, "batch_size": batch_size, "lr": lr, "seed": seed, "last_batch": "run_on",
            "target": f"loss={self.loss}", "evaluate": "log",
            "steps": max(FEWEST_STEPS, math.ceil(self.most_epochs * self.examples / batch_size)),
        }  # fmt: skip


def experiment(lab: Lab) -> Found:
    """Count steps at every size of every data set, then time the steps."""
    drawn = lab.seeds(8 if lab.full else 6)
    tuning, seeds = drawn[: len(drawn) // 2], drawn[len(drawn) // 2 :]
    sets = data_sets(lab)
    steps = {s.examples: _steps(lab, s, tuning, seeds) for s in sets}
    wanted = sorted({*(b for s in sets for b in s.sizes), *(p + d for p in POWERS for d in (-1, 0, 1))})
    digits = max((s for s in sets if s.task.name == "digits"), key=lambda s: s.examples)
    clock = clocked(lab, digits.task, [b for b in wanted if b <= digits.examples])
    clocks = {s.examples: clock if s.task.name == "digits" else clocked(lab, s.task, s.sizes) for s in sets}
    seconds = {n: _seconds(of_size, clocks[n]) for n, of_size in steps.items()}
    parts, busy = unless_busy([full_batch(seconds), advised(seconds), powers(clock)], clocks.values())
    return Found(
        parts=parts,
        panels=[_costs(seconds), _neighbours(clock)],
        notes=[remark("lesson.batch_guidelines.data", examples=digits.examples), *busy],
    )


def data_sets(lab: Lab) -> list[DataSet]:
    """Two subsets of digits, digits with every image shifted, and in the long form Fashion-MNIST."""
    few, digits = bw.named_task("digits", examples=500), bw.named_task("digits")
    sets = [
        DataSet(few, 500, (32, 128, 500)),
        DataSet(digits, len(digits.train), (32, 128, 512, len(digits.train))),
    ]
    longer = with_shifts(digits)
    sets.append(DataSet(longer, len(longer.train), (16, *ADVISED, 2048)))
    if lab.full and lab.available("fashion-mnist", "digits") == "fashion-mnist":
        clothes = bw.named_task("fashion-mnist")
        sets.append(DataSet(clothes, len(clothes.train), (16, *ADVISED, 2048, 16_384), 0.45, 10))
    return sets


def with_shifts(task: bw.Task) -> bw.Task:
    """Every 8 x 8 image as it is and moved by a pixel to each side: five times the examples."""
    inputs, labels = task.train.gather(torch.arange(len(task.train)))
    images = inputs.reshape(-1, 8, 8)
    moved = [images] + [torch.roll(images, step, axis) for axis in (1, 2) for step in (-1, 1)]
    rows = torch.cat(moved).reshape(-1, 64), labels.repeat(len(moved))
    others = task.validation.gather(torch.arange(len(task.validation)))
    return bw.Task(model=task.model, train=rows, validation=others, loss=task.loss, name=task.name)


Values = Mapping[int, Sequence[float]]
"""One value a seed by batch size."""


def _steps(lab: Lab, data: DataSet, tuning: Sequence[int], seeds: Sequence[int]) -> Values:
    """Steps to the target at tuned rates.

    A size is left out whose best rate lies at the end of the range tried, or a run of which fell short of the target.
    """

    def cost(_: int, run: RunResult) -> float:
        return math.inf if run.steps_to_target is None else run.steps_to_target

    start = {b: min(0.05 * math.sqrt(b), 0.8) for b in data.sizes}
    rates = tuned_one_by_one(lab, start, data.setting, cost, tuning)
    asked = [
        (b, data.setting(b, rate.lr or start[b], seed))
        for b, tuned in rates.items()
        if all(rate.inside for rate in tuned)
        for rate, seed in zip(tuned, seeds, strict=True)
    ]
    found: dict[int, list[float | None]] = {}
    for (b, _), run in zip(asked, lab.runs([how for _, how in asked]), strict=True):
        found.setdefault(b, []).append(run.steps_to_target)
    return {b: [n for n in counts if n] for b, counts in found.items() if None not in counts}


def _seconds(steps: Values, clock: Probe) -> Values:
    timed = {b: point.seconds_per_step for b in steps if (point := point_at(clock, b))}
    return {b: [n * timed[b] for n in steps[b]] for b in timed}


def _best(seconds: Values) -> int:
    return min(seconds, key=lambda b: math.prod(seconds[b]))


# --- what follows ---


def full_batch(seconds: Mapping[int, Values]) -> Part:
    """Seconds to the target with all examples a step, over those of the best size."""
    ratios = [
        ratio(
            "full_batch_ratio", of_size[count], of_size[_best(of_size)], examples=count, beside=_best(of_size)
        )
        for count, of_size in seconds.items()
        if count < FEW and count in of_size
    ]
    return _over_counts("full_batch", ratios)


def advised(seconds: Mapping[int, Values]) -> Part:
    """What a size between 64 and 512, taken blindly, costs over the best: the geometric mean over the range."""
    ratios = []
    for count, of_size in seconds.items():
        if count >= FEW:
            best = np.log(of_size[_best(of_size)])
            logs = [np.log(of_size[b]) - best for b in ADVISED if b in of_size]
            values = np.exp(np.mean(logs, axis=0))
            ratios.append(
                geometric_mean("advised_ratio", values, unit="1", examples=count, beside=_best(of_size))
            )
    each = [
        ratio("size_ratio", of_size[b], of_size[_best(of_size)], examples=count, batch_size=b)
        for count, of_size in seconds.items()
        if count >= FEW
        for b in of_size
        if b != _best(of_size)
    ]
    part = _over_counts("advised", ratios)
    return part.model_copy(update={"measurements": (*part.measurements, *each)})


def _over_counts(name: str, ratios: Sequence[Measured]) -> Part:
    if not ratios:
        return Part(name=name, verdict="cannot_tell", measurements=(exact(f"{name}_ratio", None),))
    verdict, by = everywhere({m.at["examples"]: below(m, AS_GOOD) for m in ratios})
    condition = remark("lesson.batch_guidelines.counts", **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(ratios))


def powers(clock: Probe) -> Part:
    """Seconds of a step at 2^k over the geometric mean of those at 2^k - 1 and 2^k + 1, sweep by sweep."""
    ratios = {p: r for p in POWERS if (r := beside_neighbours(clock, p)) is not None}
    if not ratios:
        return Part(name="powers", verdict="cannot_tell", measurements=(exact("power_ratio", None),))
    pooled = median_ratio("power_ratio", np.concatenate(list(ratios.values())))
    each = [median_ratio("power_ratio", values, batch_size=p) for p, values in ratios.items()]
    verdict: Verdict = below(pooled, FASTER)
    return Part(name="powers", verdict=verdict, measurements=(pooled, *each))


def beside_neighbours(clock: Probe, power: int) -> np.ndarray | None:
    """One ratio a sweep; None where one of the three could not be timed."""
    below_it, at, above_it = (point_at(clock, power + d) for d in (-1, 0, 1))
    if below_it is None or at is None or above_it is None:
        return None
    small, turns, large = map(np.array, in_same_sweeps([below_it, at, above_it]))
    return np.asarray(turns / np.sqrt(small * large))


# --- pictures ---


def _costs(seconds: Mapping[int, Values]) -> Panel:
    lines = []
    for count, of_size in seconds.items():
        logs = {b: np.log(values) for b, values in sorted(of_size.items())}
        least = min(float(v.mean()) for v in logs.values())
        lines.append(
            series(
                list(logs),
                [math.exp(float(v.mean()) - least) for v in logs.values()],
                remark("lesson.batch_guidelines.line.examples", examples=count),
                low=[math.exp(float(v.min()) - least) for v in logs.values()],
                high=[math.exp(float(v.max()) - least) for v in logs.values()],
            )
        )
    return Panel(
        name="costs",
        title=remark("lesson.batch_guidelines.costs.title"),
        takeaway=remark("lesson.batch_guidelines.costs.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.batch_guidelines.axis.relative"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
        marks=tuple(Mark(value=b, upright=True) for b in (ADVISED[0], ADVISED[-1])),
    )


def _neighbours(clock: Probe) -> Panel:
    ratios = {p: r for p in POWERS if (r := beside_neighbours(clock, p)) is not None}
    found = [median_ratio("power_ratio", values) for values in ratios.values()]
    return Panel(
        name="neighbours",
        title=remark("lesson.batch_guidelines.neighbours.title"),
        takeaway=remark("lesson.batch_guidelines.neighbours.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.batch_guidelines.axis.neighbours"),
        x_log=True,
        series=(
            series(
                list(ratios),
                [m.value for m in found],
                low=[m.interval[0] for m in found if m.interval],
                high=[m.interval[1] for m in found if m.interval],
                look="dots",
            ),
        ),
        marks=(Mark(value=1.0),),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    for examples in (500, 1437):
        answer = bw.study(
            "digits", examples=examples, batch_sizes=[8, 32, 128, examples], budget="30trainings"
        )
        print(examples, "examples: batch", answer.best_guess)
    clock = bw.probe("digits", batch_sizes=[127, 128, 129], seconds=2).result
    print({point.batch_size: point.seconds_per_step for point in clock.points})
