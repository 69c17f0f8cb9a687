"""``optimisation-gap``: what is left of the large batch's worse accuracy once work and learning rate are fair.

The same dense net on digits is trained with batches of 8 to all 1437 examples: for equal epochs and for equal
updates, at learning rates that are shared by all sizes and at rates tuned for each size and each amount of work.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from batchwright.advice.lesson import Part, Verdict
from batchwright.core.chart import Panel, Series, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, below, difference, everywhere, mean, ratio, told
from batchwright.lessons.lab import Lab
from batchwright.lessons.tuning import RunResult, TunedRate, tuned_rates

EXAMPLES = 1437
SIZES = (8, 64, 512, EXAMPLES)
SMALL, LARGE = SIZES[0], SIZES[-1]
EPOCHS, UPDATES = 10, 400
FIXED_RATES = (0.05, 0.2)
"""Shared by all sizes, the smaller one half of the usual 0.1 and the larger one twice that."""
START = {
    "epochs": {8: 0.1, 64: 0.4, 512: 0.8, EXAMPLES: 1.6},
    "updates": {8: 0.2, 64: 0.4, 512: 0.8, EXAMPLES: 0.8},
}
WORSE = 0.01
"""Accuracies that differ by less than one point in a hundred count as equal."""


def experiment(lab: Lab) -> Found:
    """Train at every size, amount of work and rate, and judge the gap between the smallest and the largest."""
    tuning, seeds = lab.seeds(14)[:2], lab.seeds(14)[2 : 14 if lab.full else 6]
    tuned = {work: _tuned(lab, work, tuning) for work in ("epochs", "updates")}
    cells: dict[Cell, Mapping[int, float | None]] = {}
    for work, rates in tuned.items():
        cells |= {Cell(work, str(lr)): dict.fromkeys(SIZES, lr) for lr in FIXED_RATES}
        cells[Cell(work, "tuned_rate")] = {b: rate.lr for b, rate in rates.items()}
    ends = _ends(lab, cells, seeds)
    inside = all(rate.inside for rates in tuned.values() for rate in rates.values())
    return Found(parts=_parts(ends, inside), panels=[_panel(ends, work) for work in tuned])


@dataclass(frozen=True)
class Cell:
    """An amount of work, equal in ``epochs`` or in ``updates``, and the rates with which it was done."""

    work: str
    rates: str


@dataclass(frozen=True)
class End:
    """Where a run ended: accuracies and training loss."""

    train: float
    validation: float
    loss: float


Ends = Mapping[Cell, Mapping[int, Sequence[End]]]


def run_of_work(work: str, batch_size: int, lr: float, seed: int) -> dict[str, Any]:
    """A run of so much work, evaluated at its end."""
    steps = UPDATES if work == "updates" else round(EPOCHS * EXAMPLES / batch_size)
    return {
        "task": "digits", "batch_size": batch_size, "lr": lr, "steps": steps, "seed": seed,
        "last_batch": "run_on", "evaluate": str(steps), "train_metrics": True,
    }  # fmt: skip


def end_of(run: RunResult) -> End | None:
    """The end of a run; None where it diverged."""
    last = {row.split: row for row in run.evaluations if row.step == run.updates}
    train, validation = last.get("train"), last.get("validation")
    if run.status != "budget_exhausted" or train is None or validation is None or train.loss is None:
        return None
    return End(train.metrics["accuracy"] or 0.0, validation.metrics["accuracy"] or 0.0, train.loss)


def _tuned(lab: Lab, work: str, seeds: Sequence[int]) -> dict[int, TunedRate]:
    """For the lowest training loss at the end: what is judged is optimisation."""

    def cost(_: int, run: RunResult) -> float:
        end = end_of(run)
        return math.inf if end is None else end.loss

    return tuned_rates(lab, START[work], lambda b, lr, seed: run_of_work(work, b, lr, seed), cost, seeds)


def _ends(lab: Lab, cells: Mapping[Cell, Mapping[int, float | None]], seeds: Sequence[int]) -> Ends:
    asked = [
        (cell, b, run_of_work(cell.work, b, lr, seed))
        for cell, rates in cells.items()
        for b, lr in rates.items()
        if lr is not None
        for seed in seeds
    ]
    found: dict[Cell, dict[int, list[End]]] = {cell: {b: [] for b in SIZES} for cell in cells}
    for (cell, b, _), run in zip(asked, lab.runs([how for *_, how in asked]), strict=True):
        # A run that diverged has the accuracy of a guess, and a loss that is worse than one.
        found[cell][b].append(end_of(run) or End(0.1, 0.1, math.log(10)))
    return found


# --- what follows ---


def _parts(ends: Ends, inside: bool) -> list[Part]:
    fixed = [Cell("epochs", str(lr)) for lr in FIXED_RATES]
    updates = [Cell("updates", str(lr)) for lr in FIXED_RATES]
    tuned = Cell("epochs", "tuned_rate"), Cell("updates", "tuned_rate")
    return [
        gap("worse_training_fixed", ends, fixed, "train"),
        gap("worse_validation_fixed", ends, fixed, "validation"),
        gap("worse_training_tuned", ends, [tuned[0]], "train", inside=inside),
        gap("worse_validation_tuned", ends, [tuned[0]], "validation", inside=inside),
        gap("worse_updates_fixed", ends, updates, "train"),
        gap("worse_updates_tuned", ends, [tuned[1]], "train", inside=inside),
        noise_helps(ends, tuned[1], inside),
    ]


def gap(name: str, ends: Ends, cells: Sequence[Cell], split: str, *, inside: bool = True) -> Part:
    """Accuracy of the small batch minus that of the large one, over the rates of the cells."""
    gaps = [
        difference(
            name_of_gap(split), [getattr(end, split) for end in ends[cell][SMALL]],
            [getattr(end, split) for end in ends[cell][LARGE]], unit="1", rates=cell.rates,
        )
        for cell in cells
    ]  # fmt: skip
    verdict, by = everywhere({m.at["rates"]: above(m, WORSE) for m in gaps})
    verdict = told(verdict, inside)
    condition = remark("lesson.optimisation_gap.rates", **by) if verdict == "holds_when" else None
    between = [
        difference(
            name_of_gap(split), [getattr(end, split) for end in ends[cells[-1]][SMALL]],
            [getattr(end, split) for end in ends[cells[-1]][b]], unit="1", rates=cells[-1].rates, batch_size=b,
        )
        for b in SIZES[1:-1]
    ]  # fmt: skip
    return Part(name=name, verdict=verdict, condition=condition, measurements=(*gaps, *between))


def name_of_gap(split: str) -> str:
    """The name of the number."""
    return f"{split}_gap"


def noise_helps(ends: Ends, cell: Cell, inside: bool) -> Part:
    """At equal updates and tuned rates sizes differ in the noise alone: the training loss says whether it helps."""
    losses = {b: [max(end.loss, 1e-12) for end in rows] for b, rows in ends[cell].items()}
    found = [ratio("loss_ratio", losses[SMALL], losses[b], batch_size=b) for b in (LARGE, *SIZES[1:-1])]
    verdict: Verdict = below(found[0], 1.0) if inside else "cannot_tell"
    return Part(name="noise_helps", verdict=verdict, measurements=tuple(found))


# --- pictures ---


def _panel(ends: Ends, work: str) -> Panel:
    lines = [
        _line(cell, rows, split, look, colour)
        for colour, (cell, rows) in enumerate((c, r) for c, r in ends.items() if c.work == work)
        for split, look in (("train", "both"), ("validation", "dashed"))
    ]
    return Panel(
        name=work,
        title=remark(f"lesson.optimisation_gap.{work}.title"),
        takeaway=remark(f"lesson.optimisation_gap.{work}.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.axis.accuracy"),
        x_log=True,
        series=tuple(lines),
    )


def _line(cell: Cell, rows: Mapping[int, Sequence[End]], split: str, look: Any, colour: int) -> Series:
    means = [mean("accuracy", [getattr(end, split) for end in rows[b]]).value for b in SIZES]
    key = "tuned" if cell.rates == "tuned_rate" else "fixed"
    label = remark(f"lesson.optimisation_gap.line.{key}.{split}", rate=cell.rates)
    return series(SIZES, means, label, look=look, colour=colour)


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    for batch_size, lr in ((8, 0.1), (1437, 0.1), (1437, 1.6)):
        for steps in (400, 10 * 1437 // batch_size):
            run = bw.train(
                "digits", batch_size=batch_size, lr=lr, steps=steps, last_batch="run_on", train_metrics=True
            )
            train, validation = run.answer().result.evaluations[-2:]
            print(f"B={batch_size} lr={lr}, {steps} updates: accuracy {train.metrics['accuracy']:.3f} on training "
                  f"examples, {validation.metrics['accuracy']:.3f} on others")  # fmt: skip
