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
from batchwright.lessons.judge import above, difference, ratio, slope, told
from batchwright.lessons.lab import Lab
from batchwright.lessons.tuning import tuned_rates

WORSE = 0.02
"""Validation losses that differ by less count as equal."""
SHARPER = 1.1
LINE = np.linspace(-1.0, 2.0, 25)
STEP = 0.25
"""Distance from an end of the line, in its length, at which the rise of the loss is taken."""
KINDS = ("same_rate", "tuned_rate")
STEMS = ("worse", "eigenvalue", "keskar", "steeper")


@dataclass(frozen=True)
class SizePlan:
    """What is trained: a small batch and a large one, a tenth of the data or so."""

    task: str
    fields: Mapping[str, Any]
    small: int
    large: int
    starts: Mapping[int, float]
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


Ends = Mapping[str, Sequence[SharpEnd]]


def experiment(lab: Lab) -> Found:
    """Tune, train to one training loss, measure there, and look along the line."""
    plan = planned_sizes(lab)
    tuning, seeds = lab.seeds(10)[:1], lab.seeds(10)[1 : 10 if lab.full else 7]
    rates = tuned_rates(
        lab, plan.starts, plan.setting, lambda _, run: _validation_at_end(run), tuning
    )  # the rate with the lowest validation loss at the level
    # Where every rate failed the start stands in, and the part cannot be told.
    lr = {b: plan.starts[b] if rate.lr is None else rate.lr for b, rate in rates.items()}
    sides = {"small": (plan.small, lr[plan.small]), "same_rate": (plan.large, lr[plan.small]),
             "tuned_rate": (plan.large, lr[plan.large])}  # fmt: skip
    asked = [(plan, b, rate, seed) for b, rate in sides.values() for seed in seeds]
    found = iter(lab.map(sharp_end_of, asked))
    ends = {side: [next(found) for _ in seeds] for side in sides}
    lines = {kind: [between_ends(plan, one, two) for one, two in zip(ends["small"], ends[kind], strict=True)]
             for kind in KINDS}  # fmt: skip
    inside = all(rate.inside for rate in rates.values())
    parts = [
        part for kind in KINDS for part in _judged(kind, ends, lines[kind], inside or kind == "same_rate")
    ]
    parts.append(_because(ends))
    return Found(parts=parts, panels=[_line(kind, lines[kind]) for kind in KINDS], notes=_notes(parts, plan))


def planned_sizes(lab: Lab) -> SizePlan:
    """Fashion-MNIST with the article's sizes in the long form, where it is installed; digits otherwise."""
    task = lab.available("fashion-mnist", "digits") if lab.full else "digits"
    if task == "fashion-mnist":
        return SizePlan(task, {"hidden": 64}, 256, 6000, {256: 0.2, 6000: 0.3}, level=0.3)
    return SizePlan(task, {"hidden": 64}, 16, 144, {16: 0.2, 144: 0.8}, level=0.05)


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
        train_loss=last["train"].loss or math.nan, loss=last["validation"].loss or math.nan,
        accuracy=last["validation"].metrics["accuracy"] or 0.0, eigenvalue=eigenvalue, keskar=keskar,
    )  # fmt: skip


def sharpness(task: Any, model: torch.nn.Module) -> tuple[float, float]:
    """Largest eigenvalue of the Hessian of the training loss, and Keskar's sharpness in the whole space."""
    whole = len(task.train)  # one chunk: few passes, and the Hessian's own size decides how it is taken
    found = bw.curvature(
        task, at=model, top=1, bottom=0, trace_error=1.0, chunk=whole, progress=False
    ).result.sharpness
    box = min((b for b in found.keskar if b.subspace == "full_space"), key=lambda b: b.epsilon)
    return float(found.largest_eigenvalue), float(box.value)


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


def _judged(
    kind: str, ends: Ends, lines: Sequence[tuple[np.ndarray, np.ndarray]], inside: bool
) -> list[Part]:
    small, large = ends["small"], ends[kind]
    gap = difference("loss_gap", [e.loss for e in large], [e.loss for e in small])
    accuracy = difference("accuracy_gap", [e.accuracy for e in large], [e.accuracy for e in small], unit="1")
    training = difference("train_gap", [e.train_loss for e in large], [e.train_loss for e in small])
    eigenvalue = ratio("eigenvalue_ratio", [e.eigenvalue for e in large], [e.eigenvalue for e in small])
    keskar = ratio("keskar_ratio", [e.keskar for e in large], [e.keskar for e in small])
    rises = np.array([[_rise(train, 0.0), _rise(train, 1.0)] for train, _ in lines])
    rise = difference("rise_gap", rises[:, 1], rises[:, 0])
    shift = difference("shift", [_lowest(v) for _, v in lines], [_lowest(t) for t, _ in lines])
    return [
        Part(name=f"worse_{kind}", verdict=told(above(gap, WORSE), inside), measurements=(gap, accuracy, training)),
        Part(name=f"eigenvalue_{kind}", verdict=told(above(eigenvalue, SHARPER), inside),
             measurements=(eigenvalue,)),
        Part(name=f"keskar_{kind}", verdict=told(above(keskar, SHARPER), inside), measurements=(keskar,)),
        Part(name=f"steeper_{kind}", verdict=told(above(rise, 0.0), inside), measurements=(rise, shift)),
    ]  # fmt: skip


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
    every = [end for side in ends.values() for end in side]
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
