"""``generalisation``: whether large batches validate worse at equal training loss, and end in sharper points.

Runs of a small and a large batch end where their training loss crosses one value. There validation, the largest
eigenvalue of the Hessian and Keskar's sharpness are measured, and the loss along the line between their ends.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, difference, everywhere, ratio, slope, untold
from batchwright.lessons.lab import Lab
from batchwright.lessons.tuning import tuned_one_by_one

WORSE = 0.02
"""Validation losses that differ by less count as equal."""
SHARPER = 1.1
EPSILON = 5e-4
"""Of Keskar's box."""
LINE = np.linspace(-1.0, 2.0, 25)
STEP = 0.25
"""Distance from an end of the line, in its length, at which the rise of the loss is taken."""
OWN = "own"
"""The pair in which each size has a rate of its own."""
SEEDS, FEW_SEEDS, FEWEST_PAIRS = 5, 4, 3
STEMS = ("worse", "eigenvalue", "keskar", "steeper")


@dataclass(frozen=True)
class SizePlan:
    """What is trained: a small batch and a large one, a tenth of the data or so."""

    task: str
    fields: Mapping[str, Any]
    small: int
    large: int
    starts: Mapping[int, float]
    shared: tuple[float, ...]
    """Rates at which both are trained."""
    level: float
    """Training loss at which runs end and are compared."""
    epochs: int = 200

    def setting(self, batch_size: int, lr: float, seed: int) -> dict[str, Any]:
        """A run to the level of training loss, looked at every epoch."""
        return {
            "task": self.task, "set": dict(self.fields), "batch_size": batch_size, "lr": lr, "seed": seed,
            "epochs": self.epochs, "target": f"train.loss={self.level}", "train_metrics": True,
        }  # fmt: skip


@dataclass(frozen=True)
class SharpEnd:
    """Where one run came to the level.

    Attributes:
        weights: flat, in the order of the model's parameters.
        train_loss, loss, accuracy: training loss, and what the validation examples say.
        eigenvalue, keskar: sharpness of the training loss.
    """

    weights: np.ndarray
    train_loss: float
    loss: float
    accuracy: float
    eigenvalue: float
    keskar: float


Ends = Sequence[SharpEnd]
"""One a seed."""
Pair = tuple[Ends, Ends]
"""Of the small batch and of the large one."""


def experiment(lab: Lab) -> Found:
    """Train to one training loss at shared rates and at tuned ones, measure there, and look along the line."""
    plan = planned_sizes(lab)
    count = FEW_SEEDS if lab.full else SEEDS
    drawn = lab.seeds(2 * count)
    half = len(drawn) // 2
    tuning, seeds = drawn[:half], drawn[half:]
    # Validation hardly depends on the rate, sharpness much.
    rates = tuned_one_by_one(lab, plan.starts, plan.setting, lambda _, run: _validation_at_end(run), tuning)
    shared = {lr: ((plan.small, [lr] * half), (plan.large, [lr] * half)) for lr in plan.shared}
    own = tuple((b, [rate.lr or plan.starts[b] for rate in rates[b]]) for b in (plan.small, plan.large))
    pairs = _ends(lab, plan, {**shared, OWN: own}, seeds)
    inside = all(rate.inside for tuned in rates.values() for rate in tuned)
    judged = {lr: _judged("same_rate", plan, *pair, lr=lr) for lr, pair in pairs.items() if lr != OWN}
    parts = [_over_rates([of_rate[i] for of_rate in judged.values()]) for i in range(len(STEMS))]
    parts += [p if inside else untold(p) for p in _judged("tuned_rate", plan, *pairs[OWN])]
    parts.append(
        _because([e for pair in pairs.values() for side in pair for e in side if e.train_loss <= plan.level])
    )
    lines = {"same_rate": pairs[plan.shared[0]], "tuned_rate": pairs[OWN]}
    panels = [_line(kind, _between(plan, *pair)) for kind, pair in lines.items()]
    return Found(parts=parts, panels=panels, notes=_notes(parts, plan))


def _ends(lab: Lab, plan: SizePlan, asked: Mapping[Any, Any], seeds: Sequence[int]) -> dict[Any, Pair]:
    """The ends of the small and of the large batch for every pair of (size, one rate a seed); runs are made once."""
    wanted = {
        name: [[(b, lr, seed) for lr, seed in zip(rates, seeds, strict=True)] for b, rates in sides]
        for name, sides in asked.items()
    }
    once = list(dict.fromkeys(run for pair in wanted.values() for side in pair for run in side))
    found = dict(zip(once, lab.map(sharp_end_of, [(plan, *run) for run in once]), strict=True))
    return {name: ([found[r] for r in one], [found[r] for r in two]) for name, (one, two) in wanted.items()}


def planned_sizes(lab: Lab) -> SizePlan:
    """Fashion-MNIST with the article's sizes in the long form, where it is installed; digits otherwise."""
    task = lab.available("fashion-mnist", "digits") if lab.full else "digits"
    if task == "fashion-mnist":
        return SizePlan(task, {"hidden": 64}, 256, 6000, {256: 0.2, 6000: 0.3}, (0.2, 0.4), level=0.3)
    return SizePlan(task, {"hidden": 64}, 16, 144, {16: 0.4, 144: 0.8}, (0.2, 0.8), level=0.05)


def _validation_at_end(run: Any) -> float:
    if str(run.status) != "target_reached":
        return math.inf
    return float(next(e.loss for e in reversed(run.evaluations) if e.split == "validation"))


def sharp_end_of(asked: tuple[SizePlan, int, float, int]) -> SharpEnd:
    """One run to the level, and what is true there."""
    plan, batch_size, lr, seed = asked
    training = bw.train(**plan.setting(batch_size, lr, seed), progress=False)
    for _ in training:
        pass
    last = {e.split: e for e in training.result.evaluations}
    task, model = training.task, training.model
    eigenvalue, keskar = sharpness(task, model)
    return SharpEnd(
        weights=torch.nn.utils.parameters_to_vector(model.parameters()).detach().numpy().copy(),
        train_loss=_number(last["train"].loss), loss=_number(last["validation"].loss),
        accuracy=_number(last["validation"].metrics["accuracy"]), eigenvalue=eigenvalue, keskar=keskar,
    )  # fmt: skip


def sharpness(task: Any, model: torch.nn.Module) -> tuple[float, float]:
    """Largest eigenvalue of the Hessian of the training loss, and Keskar's sharpness in the whole space."""
    whole = len(task.train)  # one chunk: few passes
    found = bw.measure_sharpness(model, task, epsilons=[EPSILON], subspace=None, chunk=whole)
    return _number(found.largest_eigenvalue), _number(found.keskar[0].value)


def _number(value: float | None) -> float:
    """NaN for a value that was none."""
    return math.nan if value is None else value


def between_ends(plan: SizePlan, small: SharpEnd, large: SharpEnd) -> tuple[np.ndarray, np.ndarray]:
    """Training and validation loss on the line from the small batch's end (0) to the large one's (1)."""
    task = bw.named_task(plan.task, **plan.fields)
    model = task.build_model(0)
    one, two = (torch.from_numpy(end.weights) for end in (small, large))
    losses = []
    for alpha in LINE:
        torch.nn.utils.vector_to_parameters((1 - alpha) * one + alpha * two, model.parameters())
        with torch.no_grad():
            losses.append([
                float(task.loss(model(data.inputs), data.targets).mean()) for data in (task.train, task.validation)
            ])  # fmt: skip
    train, validation = np.array(losses).T
    return train, validation


# --- what follows ---


def _judged(kind: str, plan: SizePlan, small: Ends, large: Ends, **at: Any) -> list[Part]:
    """The four claims of one kind, in the order of the stems, on the pairs of which both came to the level."""
    arrived = [
        (a, b) for a, b in zip(small, large, strict=True) if max(a.train_loss, b.train_loss) <= plan.level
    ]
    told = len(arrived) >= FEWEST_PAIRS
    small, large = zip(*(arrived if told else zip(small, large, strict=True)), strict=True)
    gap = difference("loss_gap", [e.loss for e in large], [e.loss for e in small], **at)
    accuracy = difference(
        "accuracy_gap", [e.accuracy for e in large], [e.accuracy for e in small], unit="1", **at
    )
    training = difference("train_gap", [e.train_loss for e in large], [e.train_loss for e in small], **at)
    eigenvalue = ratio("eigenvalue_ratio", [e.eigenvalue for e in large], [e.eigenvalue for e in small], **at)
    keskar = ratio("keskar_ratio", [e.keskar for e in large], [e.keskar for e in small], **at)
    lines = _between(plan, small, large)
    rises = np.array([[_rise(train, 0.0), _rise(train, 1.0)] for train, _ in lines])
    rise = difference("rise_gap", rises[:, 1], rises[:, 0], **at)
    shift = difference("shift", [_lowest(v) for _, v in lines], [_lowest(t) for t, _ in lines], **at)
    parts = [
        Part(name=f"worse_{kind}", verdict=above(gap, WORSE), measurements=(gap, accuracy, training)),
        Part(name=f"eigenvalue_{kind}", verdict=above(eigenvalue, SHARPER), measurements=(eigenvalue,)),
        Part(name=f"keskar_{kind}", verdict=above(keskar, SHARPER), measurements=(keskar,)),
        Part(name=f"steeper_{kind}", verdict=above(rise, 0.0), measurements=(rise, shift)),
    ]
    return parts if told else [untold(part) for part in parts]


def _over_rates(parts: Sequence[Part]) -> Part:
    """One claim at every shared rate; the numbers of a rate that decides the verdict stand first."""
    verdict, by = everywhere({part.measurements[0].at["lr"]: part.verdict for part in parts})
    condition = remark("lesson.generalisation.rates", **by) if verdict == "holds_when" else None
    deciding_first = sorted(parts, key=lambda part: part.verdict != verdict)
    measured = tuple(number for part in deciding_first for number in part.measurements)
    return Part(name=parts[0].name, verdict=verdict, condition=condition, measurements=measured)


def _between(plan: SizePlan, small: Ends, large: Ends) -> list[tuple[np.ndarray, np.ndarray]]:
    return [between_ends(plan, one, two) for one, two in zip(small, large, strict=True)]


def _at(values: np.ndarray, alpha: float) -> float:
    return float(np.interp(alpha, LINE, values))


def _rise(train: np.ndarray, end: float) -> float:
    """How far the training loss rises about an end of the line, outwards and inwards, in the mean."""
    return 0.5 * (_at(train, end - STEP) + _at(train, end + STEP)) - _at(train, end)


def _lowest(values: np.ndarray) -> float:
    """Where the loss is least on the line."""
    return float(LINE[int(np.argmin(values))])


def _because(ends: Ends) -> Part:
    """Validation loss over log sharpness among all ends, all at one training loss."""
    every = list({id(end): end for end in ends}.values())  # pairs share runs
    found: Measured = slope(
        "loss_over_sharpness", [math.log2(end.eigenvalue) for end in every], [end.loss for end in every]
    )
    return Part(name="because_sharp", verdict=above(found, 0.0), measurements=(found,))


def _notes(parts: Sequence[Part], plan: SizePlan) -> list[Any]:
    """Whether tuning changes a verdict, and which data were there."""
    verdicts = {part.name: part.verdict for part in parts}
    changed = [stem for stem in STEMS if verdicts[f"{stem}_same_rate"] != verdicts[f"{stem}_tuned_rate"]]
    notes = [remark(f"lesson.generalisation.changes.{stem}") for stem in changed]
    notes = notes or [remark("lesson.generalisation.keeps")]
    if plan.task == "digits":
        notes.append(remark("lesson.generalisation.sizes", small=plan.small, large=plan.large))
    return notes


# --- pictures ---


def _line(kind: str, lines: Sequence[tuple[np.ndarray, np.ndarray]]) -> Panel:
    drawn = []
    for index, name in enumerate(("train", "validation")):
        values = np.array([line[index] for line in lines])
        drawn.append(
            series(
                LINE, np.median(values, axis=0), remark(f"lesson.generalisation.line.{name}"),
                low=values.min(axis=0), high=values.max(axis=0), look="line",
            )
        )  # fmt: skip
    return Panel(
        name=kind, title=remark(f"lesson.generalisation.{kind}.title"),
        takeaway=remark("lesson.generalisation.line.takeaway"), x=remark("lesson.generalisation.axis.alpha"),
        y=remark("lesson.axis.loss"), y_log=True, series=tuple(drawn),
    )  # fmt: skip


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    for batch_size, lr in ((16, 0.2), (144, 0.8)):
        training = bw.train(
            "digits", batch_size=batch_size, lr=lr, target="train.loss=0.05", train_metrics=True, epochs=200
        )
        print(training.answer())
        print(bw.curvature("digits", at=training.model, top=1, bottom=1))
    print(bw.surface("digits", between=[16, 144], lr=[0.2, 0.8], epochs=20))
