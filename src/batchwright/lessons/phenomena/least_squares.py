"""``least-squares``: mini-batch gradient descent on linear regression, and what a short last batch does to it.

The article's function starts at zeros, takes the rate 0.01 and 100 epochs of batches of 32, shuffled anew every
epoch, and divides the short last batch by the full batch size. Of r examples left over it can also divide by r,
or leave them out. With noise s in the targets each example's gradient at the solution is random, and what an
epoch leaves of their sum, in units of lr s |x|, has the variance

    own size:   (1/r - 1/B)^2 r = (B - r)^2 / (r B^2)       full size:  0       dropped:  r / B^2

so that own size and dropping cross at r = B/2. In a fixed order the same weights act on the same examples every
epoch: then it is another problem that is solved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import nn

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Panel, Series, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import below, everywhere, exact, geometric_mean, ratio
from batchwright.lessons.lab import Lab

Order = Literal["kept_order", "shuffled_order"]
Short = Literal["own_size", "full_size", "dropped"]

BATCH, RATE, EPOCHS = 32, 0.01, 100
"""The article's."""
FEATURES, WHOLE_BATCHES, NOISE = 10, 7, 0.5
REMAINDERS = (1, 2, 4, 8, 24, 28)
SHORTS: tuple[Short, ...] = ("own_size", "full_size", "dropped")
ORDERS: tuple[Order, ...] = ("kept_order", "shuffled_order")
RATES = (0.02, 0.01, 0.005, 0.0025)
AVERAGED = 20
"""Epochs at whose ends the distance is taken, the last ones."""
NEAR = 0.01
"""Relative distance from which on the solution counts as found."""
ROUNDING = 1e-10


def experiment(lab: Lab) -> Found:
    """Compare where each way with the remainder ends, over many problems at once."""
    count = 80 if lab.full else 30
    at = {
        (order, r, short): distances(
            lab, count, remainder=r, noise=NOISE, order=order, short=short, rate=RATE, epochs=EPOCHS
        )
        for order in ORDERS
        for r in REMAINDERS
        for short in SHORTS
    }
    by_rate = {
        (order, short, rate): distances(
            lab, count, remainder=4, noise=NOISE, order=order, short=short, rate=rate,
            epochs=round(EPOCHS * 2 * RATE / rate),
        )
        for order in ORDERS for short in SHORTS for rate in RATES
    }  # fmt: skip
    return Found(
        parts=[
            _solves(lab),
            *(_nearer(at, order, "full_size", f"full_size_{order}") for order in ORDERS),
            *(_nearer(at, order, "dropped", f"dropped_{order}") for order in ORDERS),
            _without_noise(lab, count),
            _smaller_rate(by_rate),
        ],
        panels=[*(_by_remainder(at, order) for order in reversed(ORDERS)), _by_rate(by_rate)],
    )


Distances = np.ndarray
AtRemainder = dict[tuple[Order, int, Short], Distances]
AtRate = dict[tuple[Order, Short, float], Distances]


# --- the experiment ---


def distances(
    lab: Lab,
    count: int,
    *,
    remainder: int,
    noise: float,
    order: Order,
    short: Short,
    rate: float,
    epochs: int,
) -> Distances:
    """Root mean square distance to each problem's solution at the ends of the last epochs, relative to it.

    Problems and orders are those of the remainder: every way with it sees the same ones.
    """
    random = lab.random("least-squares", remainder)
    X, y, solution = problems(random, count, WHOLE_BATCHES * BATCH + remainder, noise)
    seen = descend_by_batches(X, y, random, order=order, short=short, rate=rate, epochs=epochs)[-AVERAGED:]
    squares = ((seen - solution) ** 2).sum(axis=2).mean(axis=0)
    return np.asarray(np.sqrt(squares) / np.linalg.norm(solution, axis=1))


def problems(
    random: np.random.Generator, count: int, examples: int, noise: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs (count, N, features), targets (count, N) and least-squares solutions (count, features)."""
    X = random.normal(size=(count, examples, FEATURES))
    truth = random.normal(size=(count, FEATURES))
    y = np.einsum("snp,sp->sn", X, truth) + noise * random.normal(size=(count, examples))
    return X, y, np.stack([np.linalg.lstsq(a, b, rcond=None)[0] for a, b in zip(X, y, strict=True)])


def descend_by_batches(
    X: np.ndarray, y: np.ndarray, random: np.random.Generator, *, order: Order, short: Short, rate: float,
    epochs: int,
) -> np.ndarray:  # fmt: skip
    """The article's function on many problems at once: weights after every epoch, shape (epochs, count, features)."""
    count, examples, features = X.shape
    whole, ends = examples // BATCH * BATCH, []
    weights = np.zeros((count, features))
    for _ in range(epochs):
        if order == "shuffled_order":
            places = random.permuted(np.tile(np.arange(examples), (count, 1)), axis=1)
            X, y = np.take_along_axis(X, places[:, :, None], axis=1), np.take_along_axis(y, places, axis=1)
        for start in range(0, whole if short == "dropped" else examples, BATCH):
            batch, targets = X[:, start : start + BATCH], y[:, start : start + BATCH]
            divisor = batch.shape[1] if short == "own_size" else BATCH
            errors = (batch @ weights[:, :, None])[:, :, 0] - targets
            weights = weights - rate * 2 / divisor * (errors[:, None, :] @ batch)[:, 0, :]
        ends.append(weights)
    return np.stack(ends)


def article_run(asked: tuple[int, float]) -> tuple[float, float]:
    """The article's function on the front door: distance to the solution, relative and in sampling errors."""
    seed, noise = asked
    random = np.random.default_rng(seed)
    X, y, solution = (a[0] for a in problems(random, 1, WHOLE_BATCHES * BATCH + 4, noise))
    data = (torch.from_numpy(X), torch.from_numpy(y))
    task = bw.Task(model=zeros, train=data, validation=data, loss="mse", name="the-articles-line")
    *_, run = bw.train(
        task, batch_size=BATCH, lr=RATE, epochs=EPOCHS, full_divisor=True, dtype="float64", seed=seed,
        evaluate=str(10**6), progress=False,
    )  # fmt: skip
    gap = next(run.model.parameters()).detach().numpy()[0] - solution
    sampling = noise * np.sqrt(np.trace(np.linalg.inv(X.T @ X)))
    distance = float(np.linalg.norm(gap))
    return distance / float(np.linalg.norm(solution)), distance / sampling if noise else 0.0


def zeros() -> nn.Linear:
    """A line without intercept that starts at zero."""
    line = nn.Linear(FEATURES, 1, bias=False)
    nn.init.zeros_(line.weight)
    return line


# --- what follows ---


def _solves(lab: Lab) -> Part:
    numbers: list[Measured] = []
    sampling: list[Measured] = []
    for noise in (0.0, NOISE):
        found = lab.map(article_run, [(seed, noise) for seed in lab.seeds(8 if lab.full else 4)])
        numbers.append(geometric_mean("distance", [f[0] for f in found], unit="1", target_noise=noise))
        if noise:
            sampling.append(geometric_mean("in_sampling_errors", [f[1] for f in found], target_noise=noise))
    verdict, by = everywhere({m.at["target_noise"]: below(m, NEAR) for m in numbers})
    condition = remark("lesson.least_squares.noises", **by) if verdict == "holds_when" else None
    return Part(name="solves", verdict=verdict, condition=condition, measurements=(*numbers, *sampling))


def _nearer(at: AtRemainder, order: Order, short: Short, name: str) -> Part:
    """Whether a way with the remainder ends nearer to the solution than dividing by the batch's own size."""
    numbers = [
        ratio("distance_ratio", at[order, r, short], at[order, r, "own_size"], remainder=r)
        for r in REMAINDERS
    ]
    verdict, by = everywhere({m.at["remainder"]: below(m, 1.0) for m in numbers})
    condition = remark("lesson.least_squares.remainders", **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(numbers))


def _without_noise(lab: Lab, count: int) -> Part:
    """All end at the solution itself, at a rate at which a hundred epochs take them there."""
    numbers = [
        exact(
            "largest_distance",
            distances(
                lab, count, remainder=4, noise=0.0, order=order, short=short, rate=0.1, epochs=EPOCHS
            ).max(),
            n=count, unit="1", epoch_order=order, short_batch=short,
        )
        for order in ORDERS for short in SHORTS
    ]  # fmt: skip
    verdict, _ = everywhere({str(m.at): below(m, ROUNDING) for m in numbers})
    return Part(
        name="without_noise", verdict="does_not_hold" if verdict == "holds_when" else verdict,
        measurements=tuple(numbers),
    )  # fmt: skip


def _smaller_rate(by_rate: AtRate) -> Part:
    """Whether an eighth of the rate takes away more than half of the distance."""
    numbers, verdicts = [], {}
    for order in ORDERS:
        for short in SHORTS:
            fast, slow = by_rate[order, short, RATES[0]], by_rate[order, short, RATES[-1]]
            found = ratio("distance_at_an_eighth", slow, fast, epoch_order=order, short_batch=short)
            numbers.append(found)
            verdicts[f"{order}_{short}"] = below(found, 0.5)
    verdict, by = everywhere(verdicts)
    condition = remark("lesson.least_squares.ways", **by) if verdict == "holds_when" else None
    return Part(name="smaller_rate", verdict=verdict, condition=condition, measurements=tuple(numbers))


# --- pictures ---


def _by_remainder(at: AtRemainder, order: Order) -> Panel:
    lines = []
    for short in SHORTS:
        values = [at[order, r, short] for r in REMAINDERS]
        lines.append(_line(REMAINDERS, values, short))
    return Panel(
        name=order,
        title=remark(f"lesson.least_squares.{order}.title"),
        takeaway=remark(f"lesson.least_squares.{order}.takeaway"),
        x=remark("lesson.least_squares.axis.remainder"),
        y=remark("lesson.least_squares.axis.distance"),
        y_log=True,
        series=tuple(lines),
    )


def _by_rate(by_rate: AtRate) -> Panel:
    lines = []
    for order, look in zip(ORDERS, ("dashed", "both"), strict=True):
        for colour, short in enumerate(SHORTS):
            values = [np.exp(np.log(by_rate[order, short, rate]).mean()) for rate in RATES]
            label = remark(f"lesson.choice.{order}_{short}")
            lines.append(series(RATES, values, label, look=look, colour=colour))
    return Panel(
        name="rates",
        title=remark("lesson.least_squares.rates.title"),
        takeaway=remark("lesson.least_squares.rates.takeaway"),
        x=remark("lesson.axis.lr"),
        y=remark("lesson.least_squares.axis.distance"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
    )


def _line(x: Sequence[float], values: Sequence[Distances], short: Short) -> Series:
    low, middle, high = np.quantile(np.array(values), [0.05, 0.5, 0.95], axis=1)
    return series(x, middle, remark(f"lesson.choice.{short}"), low=low, high=high)


def example() -> None:
    """Code to copy."""
    import torch

    import batchwright as bw

    x = torch.randn(228, 10, dtype=torch.float64)
    y = x @ torch.randn(10, dtype=torch.float64) + 0.5 * torch.randn(228, dtype=torch.float64)
    line = torch.nn.Linear(10, 1, bias=False)
    task = bw.Task(model=line, train=(x, y), validation=(x, y), loss="mse", name="line")
    solution = torch.linalg.lstsq(x, y[:, None]).solution[:, 0]
    for how in ({}, {"full_divisor": True}, {"last_batch": "drop"}):  # 228 = 7 x 32 + 4
        *_, run = bw.train(task, batch_size=32, lr=0.01, epochs=100, dtype="float64", **how)
        print(how, float((next(run.model.parameters())[0] - solution).norm()))
