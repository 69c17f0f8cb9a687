"""``bands``: with a fixed order of the batches the printed loss runs in parallel lines; why?

The article's net and data: x of 1000 x 10 normal numbers to x^2 through two sigmoid layers, batches of 100 in a
fixed order, the loss printed as its mean over every five updates, so two lines an epoch. The article explains the
gap between the lines by each batch's own update one epoch earlier. That is tested by freezing the weights, by
attributing every batch's fall to each of the epoch's updates, and by leaving out its own update, or all others.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import batchwright as bw
from batchwright.advice.lesson import Part
from batchwright.core.chart import Panel, over_grid, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, below, exact, mean, opposite, ratio, share, slope, within
from batchwright.lessons.lab import Lab

BATCH_SIZE, LR, EVERY = 100, 1e-3, 5
EPOCHS = 10
RATES = (1e-3, 1e-2, 1e-1)
TURNS = [0, 3, 6, 9]
"""Batches whose own update is left out, or made alone."""
MAINLY = 0.5
"""More than half of a fall is most of it."""


@dataclass(frozen=True)
class SeedBands:
    """One seed: data, weights, and what was found.

    Attributes:
        lines, shuffled: printed losses, shape (epochs, lines an epoch).
        frozen: the gap at the initial weights.
        matrix: change of batch i's loss over the update on batch j, shape (10, 10).
        own, cosine: share of the fall by own updates; mean cosine between two batches' gradients.
        without_own, own_only: fall of an epoch without the own update, and with it alone, in units of the whole.
        floor: least loss that outputs below 1 can have.
    """

    lines: np.ndarray
    shuffled: np.ndarray
    frozen: float
    matrix: np.ndarray
    own: float
    cosine: float
    without_own: float
    own_only: float
    floor: float

    @property
    def gap(self) -> float:
        """Mean distance of the two lines."""
        return abs(_gaps(self.lines).mean())


def experiment(lab: Lab) -> Found:
    """Print the losses, then look for what holds the lines apart."""
    found = lab.map(one_seed, [(seed, 100 if lab.full else EPOCHS) for seed in lab.seeds(20)])
    several = lab.seeds(20 if lab.full else 3)
    by_rate = {lr: lab.map(at_rate, [(seed, lr) for seed in several]) for lr in RATES}
    longer = lab.map(twice_the_data, several)
    return Found(
        parts=[*_existence(found, longer), *_explanation(found, by_rate), _not_wasted(found), _floor(found)],
        panels=[_printed(found[0]), _matrix(found), _errors(by_rate)],
    )


def one_seed(asked: tuple[int, int]) -> SeedBands:
    """Everything about one seed."""
    seed, epochs = asked
    task = bw.named_task("squares", data_seed=seed)
    start = _batch_losses(task, task.build_model(seed))
    *_, run = _training(task, seed, steps=len(start))
    spread = bw.attribution(run)
    whole = (start - _batch_losses(task, run.model))[TURNS].sum()
    assert spread.own_share is not None
    assert spread.cosine_mean is not None
    return SeedBands(
        lines=printed(seed, epochs).reshape(epochs, -1),
        shuffled=printed(seed, epochs, order="shuffled").reshape(epochs, -1),
        frozen=float(start[:EVERY].mean() - start[EVERY:].mean()),
        matrix=np.array(spread.changes),
        own=spread.own_share,
        cosine=spread.cosine_mean,
        without_own=_fall(task, seed, start, lambda own: ~own) / whole,
        own_only=_fall(task, seed, start, lambda own: own) / whole,
        floor=float((task.train.targets - 1).clamp(min=0).square().mean()),
    )


def at_rate(asked: tuple[int, float]) -> tuple[float, float]:
    """The first-order error and the own share after one epoch at a learning rate."""
    seed, lr = asked
    *_, run = _training(bw.named_task("squares", data_seed=seed), seed, lr=lr, steps=10, dtype="float64")
    spread = bw.attribution(run)
    assert spread.first_order_error is not None
    assert spread.own_share is not None
    return spread.first_order_error, spread.own_share


def twice_the_data(seed: int) -> np.ndarray:
    """The printed losses with 2000 examples, so twenty updates an epoch."""
    return printed(seed, 6, examples=2000)


def printed(
    seed: int, epochs: int, *, examples: int = 1000, order: str = "fixed", every: int = EVERY
) -> np.ndarray:
    """The loss as a training loop prints it: its mean over every so many updates."""
    problem = {"data_seed": seed, "examples": examples}
    training = _training("squares", seed, set=problem, order=order, epochs=epochs)
    losses = np.array([run.loss for run in training])
    return np.asarray(losses.reshape(-1, every).mean(axis=1))


def log_text(seed: int = 0, *, examples: int = 1000, epochs: int = 100, every: int = EVERY) -> str:
    """The same as lines of text, in the article's format."""
    losses = printed(seed, epochs, examples=examples, every=every)
    updates = examples // BATCH_SIZE
    lines = []
    for place, loss in enumerate(losses):
        epoch, rest = divmod(place * every, updates)
        lines.append(
            f"| epoch {epoch + 1} |  iter {rest + every} / {updates} | time {place // 10}[s] "
            f"| loss {loss:.4f} | lr {LR:.4f}"
        )
    return "\n".join(lines)


def period(losses: Sequence[float] | np.ndarray) -> int:
    """After how many prints the lines come again: the shortest at which nearly nothing but the trend is left.

    >>> period([3.0, 1.0, 2.9, 0.9, 2.8, 0.8])
    2
    """
    values = np.asarray(losses)
    spread = values.std()
    for lag in range(1, len(values) // 2 + 1):
        if np.abs(values[lag:] - values[:-lag]).mean() < 0.2 * spread:
            return lag
    return 0


def _training(task: Any, seed: int, **options: Any) -> Any:
    given = {"lr": LR, "order": "fixed", "evaluate": "1000000", "progress": False, **options}
    return bw.train(task, batch_size=BATCH_SIZE, seed=seed, **given)


def _batch_losses(task: Any, model: torch.nn.Module) -> np.ndarray:
    """The mean loss of every batch."""
    return np.array(
        [_mean_loss(task, model, rows) for rows in torch.arange(len(task.train)).split(BATCH_SIZE)]
    )


def _mean_loss(task: Any, model: torch.nn.Module, rows: torch.Tensor) -> float:
    """In float64: an epoch changes the fourth digit."""
    model = copy.deepcopy(model).double()
    inputs, targets = task.train.gather(rows)
    with torch.no_grad():
        return float(task.loss(model(inputs.double()), targets.double()).mean())


def _fall(task: Any, seed: int, start: np.ndarray, kept: Callable[[torch.Tensor], torch.Tensor]) -> float:
    """How much the losses of some batches fall, each over an epoch of those examples that are kept for it."""
    inputs, targets = task.train.inputs, task.train.targets
    turns, total = torch.arange(len(task.train)) // BATCH_SIZE, 0.0
    for turn in TURNS:
        own = turns == turn
        rows = kept(own)
        changed = bw.Task(
            model=lambda: task.build_model(seed), train=(inputs[rows], targets[rows]),
            validation=(inputs[own], targets[own]), loss=task.loss, name="turn",
        )  # fmt: skip
        *_, run = _training(changed, seed, epochs=1)
        total += start[turn] - _mean_loss(task, run.model, own.nonzero().flatten())
    return total


def _gaps(lines: np.ndarray) -> np.ndarray:
    return np.asarray(lines[:, 0] - lines[:, 1])


def _never_cross(lines: np.ndarray) -> bool:
    """Whether the same line is the higher one in every epoch."""
    return abs(np.sign(_gaps(lines)).sum()) == len(lines)


# --- what follows ---


def _existence(found: Sequence[SeedBands], longer: Sequence[np.ndarray]) -> list[Part]:
    count = len(found)
    apart = share("never_cross", sum(_never_cross(s.lines) for s in found), count, batch_order="fixed_order")
    mixed = share(
        "never_cross", sum(_never_cross(s.shuffled) for s in found), count, batch_order="shuffled_anew"
    )
    gap = mean("gap", [s.gap for s in found])
    fall = mean("fall_an_epoch", [float(-np.diff(s.lines.mean(axis=1)).mean()) for s in found])
    four = share("as_many_lines", sum(period(losses) == 4 for losses in longer), len(longer), examples=2000)
    two = share("as_many_lines", sum(period(s.lines.ravel()) == 2 for s in found), count, examples=1000)
    coarse = ratio(
        "band_every_20",
        [_width(losses.reshape(-1, 4).mean(axis=1)) for losses in longer],
        [_width(losses) for losses in longer],
    )
    return [
        Part(name="bands", verdict=above(apart, MAINLY), measurements=(apart, gap, fall)),
        Part(name="lines", verdict=above(four, MAINLY), measurements=(four, two)),
        Part(name="coarse", verdict=below(coarse, 0.1), measurements=(coarse,)),
        Part(name="shuffling", verdict=below(mixed, MAINLY), measurements=(mixed,)),
    ]


def _width(losses: np.ndarray) -> float:
    """Standard deviation about the straight line through a printed series."""
    steps = np.arange(len(losses))
    return float((losses - np.polyval(np.polyfit(steps, losses, 1), steps)).std())


def _explanation(found: Sequence[SeedBands], by_rate: dict[float, list[tuple[float, float]]]) -> list[Part]:
    frozen = [abs(s.frozen) for s in found]
    left = ratio("gap_frozen_over_gap", frozen, [s.gap for s in found])
    still = mean("gap_frozen_weights", frozen)
    own = mean("own_share", [s.own for s in found], unit="1", lr=LR)
    others = [
        mean("own_share", [o for _, o in pairs], unit="1", lr=lr) for lr, pairs in by_rate.items() if lr != LR
    ]
    without = mean("fall_without_own_turn", [s.without_own for s in found], unit="1")
    alone = mean("fall_with_own_turn_only", [s.own_only for s in found], unit="1")
    cosine = mean("cosine_mean", [s.cosine for s in found], unit="1")
    errors = [
        mean("first_order_error", [e for e, _ in pairs], unit="1", lr=lr) for lr, pairs in by_rate.items()
    ]
    logs = [(np.log(lr), np.log(e)) for lr, pairs in by_rate.items() for e, _ in pairs]
    order = slope("error_order", *zip(*logs, strict=True))
    return [
        Part(name="made_by_training", verdict=below(left, MAINLY), measurements=(left, still)),
        Part(
            name="own_turn_mainly",
            verdict=above(own, MAINLY),
            measurements=(own, exact("equal_share", 1 / len(found[0].matrix), unit="1"), *others),
        ),
        Part(name="little_without", verdict=below(without, MAINLY), measurements=(without,)),
        Part(name="most_alone", verdict=above(alone, MAINLY), measurements=(alone,)),
        Part(name="others_random", verdict=within(cosine, -0.05, 0.05), measurements=(cosine,)),
        Part(name="first_order", verdict=within(order, 0.9, 1.1), measurements=(order, *errors)),
    ]


def _not_wasted(found: Sequence[SeedBands]) -> Part:
    """Updates that raise another batch's loss would be work undone."""
    others = ~np.eye(len(found[0].matrix), dtype=bool)
    lowered = mean("lowered_by_others", [float((s.matrix[others] < 0).mean()) for s in found], unit="1")
    return Part(name="wasted", verdict=opposite(above(lowered, MAINLY)), measurements=(lowered,))


def _floor(found: Sequence[SeedBands]) -> Part:
    """Targets are squares, often above 1; a sigmoid is below."""
    floor = mean("floor", [s.floor for s in found])
    return Part(name="floor", verdict=within(floor, 1.5, 1.7), measurements=(floor,))


# --- pictures ---


def _printed(one: SeedBands) -> Panel:
    epochs = np.arange(1, len(one.lines) + 1)
    lines = [
        series(
            epochs,
            values[:, line],
            remark(f"lesson.bands.line.{order}", line=line + 1),
            look=look,
            colour=line,
        )
        for order, values, look in (("fixed", one.lines, "both"), ("shuffled", one.shuffled, "dots"))
        for line in (0, 1)
    ]
    return Panel(
        name="printed",
        title=remark("lesson.bands.printed.title"),
        takeaway=remark("lesson.bands.printed.takeaway"),
        x=remark("lesson.axis.epochs"),
        y=remark("lesson.axis.loss"),
        series=tuple(lines),
    )


def _matrix(found: Sequence[SeedBands]) -> Panel:
    """Shares in percent, of the falls summed over seeds."""
    total = sum(s.matrix for s in found)
    assert isinstance(total, np.ndarray)
    shares = 100 * total / total.sum(axis=1, keepdims=True)
    places = range(1, len(total) + 1)
    return Panel(
        name="matrix",
        title=remark("lesson.bands.matrix.title"),
        takeaway=remark("lesson.bands.matrix.takeaway"),
        x=remark("lesson.bands.axis.update"),
        y=remark("lesson.bands.axis.batch"),
        field=over_grid(
            places, places, shares.tolist(), look="cells", label=remark("lesson.bands.axis.share")
        ),
    )


def _errors(by_rate: dict[float, list[tuple[float, float]]]) -> Panel:
    values = np.array([[error for error, _ in pairs] for pairs in by_rate.values()])
    return Panel(
        name="first_order",
        title=remark("lesson.bands.first_order.title"),
        takeaway=remark("lesson.bands.first_order.takeaway"),
        x=remark("lesson.axis.lr"),
        y=remark("lesson.bands.axis.error"),
        x_log=True,
        y_log=True,
        series=(series(list(by_rate), values.mean(axis=1), low=values.min(axis=1), high=values.max(axis=1)),),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    training = bw.train("squares", batch_size=100, lr=0.001, order="fixed", steps=10, dtype="float64")
    for run in training:
        print(run.step, run.loss)
    found = bw.attribution(run)  # every batch's loss over every update of the coming epoch
    frozen = found.losses[0]
    print("gap with frozen weights:", sum(frozen[:5]) / 5 - sum(frozen[5:]) / 5)
    print("own updates made", found.own_share, "of the fall; if all counted alike", found.equal_share)
    print("mean cosine between two batches' gradients:", found.cosine_mean)
