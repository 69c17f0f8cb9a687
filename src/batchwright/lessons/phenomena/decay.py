"""``decay``: what a falling learning rate does to the late oscillation, and to the validation loss and accuracy.

Digits with a fifth of the training labels wrong, so that the noise of the batches does not die out as the net
fits. Every schedule is tuned over its starting rate, on seeds of its own, once for the loss and once for the
accuracy. The oscillation is the standard deviation of the change of the whole training loss from one epoch's end
to the next, late in the run.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, below, difference, everywhere, exact, ratio, told, within
from batchwright.lessons.lab import Lab
from batchwright.lessons.tuning import TunedRate, tuned_rates

EPOCHS, BATCH, NOISE = 16, 32, 0.2
QUARTER = EPOCHS / 4
SCHEDULES: dict[str, dict[str, Any]] = {
    "constant_rate": {},
    "per_epoch": {"schedule": "exponential", "decay": 0.95},
    "per_step": {"schedule": "exponential", "decay": 0.95, "horizon": "1steps"},
    "halved": {"schedule": "step", "decay": 0.5, "horizon": f"{QUARTER}epochs"},
    "inverse_time": {"schedule": "inverse_time", "decay": 0.5, "horizon": "1epochs"},
    "cosine": {"schedule": "cosine", "horizon": f"{EPOCHS}epochs"},
}
DECAYS = tuple(name for name in SCHEDULES if name != "constant_rate")
GROWING = {"grow_factor": 2.0, "grow_every": QUARTER}
"""The batch doubles where ``halved`` halves the rate: lr / B falls alike."""
START, SMALL, LARGE = 0.2, 0.05, 0.4
"""Starting rate from which tuning sets out, and two at which schedules are compared as they are."""
LATE = 6
"""Ends of epochs over which the oscillation is taken."""
CALMER = 2 / 3
"""Share of the oscillation that may be left; it falls with the rate, which 0.95 an epoch takes to 0.44."""
ROUNDING = 1e-6
"""Of a mean loss in single precision: no oscillation is told below it."""


def experiment(lab: Lab) -> Found:
    """Tune every schedule, then compare them on other seeds."""
    seeds = lab.seeds(14 if lab.full else 8)
    search, confirm = seeds[:2], seeds[2:]
    tuned = tuned_starts(lab, search)
    best = {metric: {name: tuned[name, metric] for name in SCHEDULES} for metric in COSTS}
    runs = _Runs(lab, confirm)
    return Found(
        parts=[
            _oscillation(runs), _better_loss(runs, best["loss"]), _better_accuracy(runs, best["accuracy"]),
            _per_step(runs, best["loss"]), _from_small_rates(runs), _growing(runs),
        ],
        panels=[_late(runs), _tuning(best["loss"]), _grown(runs)],
    )  # fmt: skip


# --- runs ---


def scheduled_run(name: str, lr: float, seed: int) -> dict[str, Any]:
    """One training; ``growing`` is a schedule of the batch."""
    how = GROWING if name == "growing" else SCHEDULES[name]
    return {
        "task": "digits", "set": {"label_noise": NOISE}, "batch_size": BATCH, "lr": lr, "epochs": EPOCHS,
        "train_metrics": True, "seed": seed, **how,
    }  # fmt: skip


Tuned = Mapping[str, TunedRate]
"""Schedule -> its best starting rate for one of the costs."""


class _Runs:
    """Runs of the confirmation seeds, by schedule and starting rate."""

    def __init__(self, lab: Lab, seeds: Sequence[int]) -> None:
        self._lab, self._seeds = lab, seeds

    def __call__(self, name: str, lr: float) -> list[Any]:
        return self._lab.runs([scheduled_run(name, lr, seed) for seed in self._seeds])

    def values(self, name: str, lr: float, of: Callable[[Any], float]) -> list[float]:
        return [of(run) for run in self(name, lr)]

    def tuned(self, name: str, rates: Tuned, of: Callable[[Any], float]) -> list[float]:
        return self.values(name, rate_of(rates[name]), of)


def losses(run: Any, split: str) -> list[float]:
    """Loss at the start and at the end of every epoch; infinite where it is not finite."""
    found = [e.loss for e in run.evaluations if e.split == split]
    return [math.inf if loss is None else loss for loss in found]


def end_loss(run: Any) -> float:
    """Validation loss at the end; that of a run that diverged is infinite."""
    return losses(run, "validation")[-1] if run.status == "budget_exhausted" else math.inf


def final_accuracy(run: Any) -> float:
    """Validation accuracy at the end."""
    return float([e for e in run.evaluations if e.split == "validation"][-1].metrics["accuracy"] or 0.0)


def oscillation(run: Any) -> float:
    """Standard deviation of the changes of the training loss between the ends of the last epochs."""
    return max(float(np.std(np.diff(losses(run, "train")[-LATE:]))), ROUNDING)


COSTS: Mapping[str, Callable[[Any], float]] = {"loss": end_loss, "accuracy": lambda run: -final_accuracy(run)}
"""What a starting rate is tuned for, as something to make small."""


def tuned_starts(lab: Lab, seeds: Sequence[int]) -> dict[tuple[str, str], TunedRate]:
    """The starting rate of each schedule, for the loss and for the accuracy; the runs are the same."""
    return tuned_rates(
        lab,
        {(name, metric): START for metric in COSTS for name in SCHEDULES},
        lambda side, lr, seed: scheduled_run(side[0], lr, seed),
        lambda side, run: COSTS[side[1]](run),
        seeds,
        statistic=statistics.mean,
    )


def rate_of(found: TunedRate) -> float:
    """The best starting rate; where every one failed, the one that tuning set out from."""
    return START if found.lr is None else found.lr


# --- what follows ---


def _oscillation(runs: _Runs) -> Part:
    """Late changes of the training loss, over those at the constant rate that both start from."""
    numbers = [
        ratio(
            "oscillation_ratio",
            runs.values(name, lr, oscillation), runs.values("constant_rate", lr, oscillation), schedule=name, lr=lr,
        )
        for lr in (SMALL, LARGE) for name in DECAYS
    ]  # fmt: skip
    # Of the two starting rates the one with the larger ratio comes last, and decides for its schedule.
    verdict, by = everywhere({m.at["schedule"]: below(m, CALMER) for m in sorted(numbers, key=_value)})
    return _part("less_oscillation", verdict, by, numbers)


def _value(number: Measured) -> float:
    return number.value or 0.0


def _better_loss(runs: _Runs, tuned: Tuned) -> Part:
    constant = runs.tuned("constant_rate", tuned, end_loss)
    numbers = [
        ratio(
            "loss_ratio", runs.tuned(name, tuned, end_loss), constant, schedule=name, lr=rate_of(tuned[name])
        )
        for name in DECAYS
    ]
    verdict, by = everywhere({m.at["schedule"]: told(below(m, 1.0), _inside(tuned, m)) for m in numbers})
    return _part("better_loss", verdict, by, numbers)


def _better_accuracy(runs: _Runs, tuned: Tuned) -> Part:
    constant = runs.tuned("constant_rate", tuned, final_accuracy)
    numbers = [
        difference(
            "accuracy_gained", runs.tuned(name, tuned, final_accuracy), constant,
            unit="1", schedule=name, lr=rate_of(tuned[name]),
        )
        for name in DECAYS
    ]  # fmt: skip
    verdict, by = everywhere({m.at["schedule"]: told(above(m, 0.0), _inside(tuned, m)) for m in numbers})
    return _part("better_accuracy", verdict, by, numbers)


def _inside(tuned: Tuned, found: Measured) -> bool:
    """Whether the rates of a schedule and of the constant rate lie inside the ranges tried."""
    return tuned[str(found.at["schedule"])].inside and tuned["constant_rate"].inside


def _per_step(runs: _Runs, tuned: Tuned) -> Part:
    names = ("per_step", "per_epoch")
    sides = [runs.tuned(name, tuned, end_loss) for name in names]
    inside = all(tuned[name].inside for name in names)
    found = ratio("step_over_epoch", *sides, lr=rate_of(tuned["per_step"]))
    return Part(name="per_step_as_good", verdict=told(below(found, 1.05), inside), measurements=(found,))


def _from_small_rates(runs: _Runs) -> Part:
    """The article's 0.95 an epoch against a constant rate, from a small and from a large start."""
    numbers = [
        ratio(
            "loss_ratio_same_start",
            runs.values("per_epoch", lr, end_loss), runs.values("constant_rate", lr, end_loss), lr=lr,
        )
        for lr in (SMALL, LARGE)
    ]  # fmt: skip
    verdict, by = everywhere({m.at["lr"]: below(m, 1.0) for m in numbers})
    condition = remark("lesson.decay.rates", **by) if verdict == "holds_when" else None
    return Part(name="from_any_start", verdict=verdict, condition=condition, measurements=tuple(numbers))


def _growing(runs: _Runs) -> Part:
    """A batch that doubles where the rate would halve: the same loss, with fewer updates."""
    grown, halved = runs("growing", LARGE), runs("halved", LARGE)
    found = ratio("grown_over_halved", [end_loss(r) for r in grown], [end_loss(r) for r in halved], lr=LARGE)
    updates = exact("updates_ratio", grown[0].updates / halved[0].updates, unit="1")
    verdict = within(found, 0.9, 1.1)
    return Part(name="growing_is_the_same", verdict=verdict, measurements=(found, updates))


def _part(name: str, verdict: Any, by: Mapping[str, list[Any]], numbers: Sequence[Measured]) -> Part:
    key = "lesson.decay.schedules" if by["cannot_tell"] else "lesson.decay.schedules.all_told"
    condition = remark(key, **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(numbers))


# --- pictures ---


def _late(runs: _Runs) -> Panel:
    lines = []
    for name in ("constant_rate", "per_epoch", "halved", "cosine"):
        found = losses(runs(name, LARGE)[0], "train")[1:]
        lines.append(series(range(1, len(found) + 1), found, remark(f"lesson.choice.{name}"), look="line"))
    return Panel(
        name="late",
        title=remark("lesson.decay.late.title", lr=LARGE),
        takeaway=remark("lesson.decay.late.takeaway"),
        x=remark("lesson.axis.epochs"),
        y=remark("lesson.axis.train_loss"),
        series=tuple(lines),
    )


def _tuning(tuned: Tuned) -> Panel:
    lines = [
        series(
            sorted(found.costs),
            [found.costs[lr] for lr in sorted(found.costs)],
            remark(f"lesson.choice.{name}"),
        )
        for name, found in tuned.items()
    ]
    return Panel(
        name="tuning",
        title=remark("lesson.decay.tuning.title"),
        takeaway=remark("lesson.decay.tuning.takeaway"),
        x=remark("lesson.decay.axis.start"),
        y=remark("lesson.axis.validation_loss"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
    )


def _grown(runs: _Runs) -> Panel:
    lines = []
    for name in ("constant_rate", "halved", "growing"):
        rows = [e for e in runs(name, LARGE)[0].evaluations if e.split == "validation"][1:]
        label = remark(f"lesson.choice.{name}")
        lines.append(series([e.step for e in rows], [e.loss for e in rows], label, look="both"))
    return Panel(
        name="grown",
        title=remark("lesson.decay.grown.title"),
        takeaway=remark("lesson.decay.grown.takeaway"),
        x=remark("lesson.axis.updates"),
        y=remark("lesson.axis.validation_loss"),
        series=tuple(lines),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    noisy = {"task": "digits", "set": {"label_noise": 0.2}, "batch_size": 32, "lr": 0.4, "epochs": 16}
    ways: dict[str, dict[str, object]] = {
        "constant": {},
        "0.95 an epoch": {"schedule": "exponential", "decay": 0.95},
        "0.95 a step": {"schedule": "exponential", "decay": 0.95, "horizon": "1steps"},
        "cosine": {"schedule": "cosine", "horizon": "16epochs"},
        "growing batch": {"grow_factor": 2.0, "grow_every": 4.0},
    }
    runs = bw.train_many([noisy | how for how in ways.values()])
    for name, run in zip(ways, runs, strict=True):
        print(name, run.updates, run.evaluations[-1].loss, run.evaluations[-1].metrics)
