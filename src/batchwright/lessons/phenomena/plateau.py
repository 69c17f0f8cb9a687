"""``plateau``: saddles and plateaus, how common they are, and what leaves them.

The share of saddles is that of random smooth functions, by the Kac-Rice formula. The times are those of many
walkers at once, on a saddle whose noise is additive or vanishes there and on a plateau of a sigmoid.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch

import batchwright as bw
from batchwright.advice.lesson import Measured, Part, Verdict
from batchwright.core.chart import Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, below, everywhere, exact, mean, ratio
from batchwright.lessons.lab import Lab

DIMENSIONS = (1, 2, 3, 5, 8, 12, 20)
RATES = tuple(0.9 * 2.0 ** (k / 2) for k in range(-14, 20))
"""Factors of sqrt(2) apart, none of them on a stability limit."""
STEPS = 400
SOONER = 0.9
"""Leaving sooner means at least a tenth fewer updates."""
BETA = 0.9
OPTIMIZERS: Mapping[str, Callable[[list[torch.Tensor]], torch.optim.Optimizer]] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=1.0),
    "heavy_ball": lambda p: torch.optim.SGD(p, lr=1.0, momentum=BETA),
    "averaged": lambda p: torch.optim.SGD(p, lr=1.0 - BETA, momentum=BETA),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=1.0),
    "adam": lambda p: torch.optim.Adam(p, lr=1.0),
}
MIDDLE, SMALL, LARGE = 16, 1, 256
SIZES = (SMALL, MIDDLE, LARGE)
PUSHES = (1e-6, 1e-4, 1e-2)
PLATEAU_START, SHIFTS = -8.0, 64


@dataclass(frozen=True)
class FlatLandscape:
    """A task at whose flat place the walkers start.

    Attributes:
        task: one loss an example.
        start: weights.
        target: loss at which the place has been left.
    """

    task: Any
    start: tuple[float, ...]
    target: float

    def loss(self, weights: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Mean loss of the examples ``rows``, shape (walkers, B), of each walker; weights (..., walkers, d)."""
        inputs, targets = self.task.train.inputs[rows], self.task.train.targets[rows]
        if len(self.start) == 2:  # the saddle's loss is linear in its noise: that of the mean is the mean
            losses: torch.Tensor = self.task.loss(weights, targets.mean(dim=-2))
            return losses
        return torch.as_tensor(self.task.loss(weights + inputs, targets)).mean(dim=-1)

    def mean_loss(self, weights: torch.Tensor) -> torch.Tensor:
        """Mean loss of all examples."""
        if len(self.start) == 2:
            losses: torch.Tensor = self.task.loss(weights, torch.zeros(2))
            return losses
        return self.loss(weights, torch.arange(len(self.task.train)).expand(weights.shape[-2], -1))


@dataclass(frozen=True)
class Times:
    """``left``: update at which a walker first has the target loss, (rates, walkers); ``stays``: by rate, whether
    nine walkers in ten have it at the end."""

    left: np.ndarray
    stays: np.ndarray

    def best(self) -> int | None:
        """The rate that leaves soonest among those that stay; None where it is the first or last one tried."""
        medians = np.where(self.stays, np.median(self.left, axis=1), np.inf)
        found = int(np.argmin(medians))
        inside = 0 < found < len(medians) - 1 and np.isfinite(medians[found])
        return found if inside else None


def experiment(lab: Lab) -> Found:
    """How many saddles there are, and who leaves one."""
    walkers = 128 if lab.full else 32
    places = {name: landscape(name) for name in PLACES}
    by_optimizer = {
        (place, name): leave(places[place], name, MIDDLE, walkers, lab.random("optimizers", place))
        for place in places
        for name in OPTIMIZERS
    }
    by_size = {
        (place, size): leave(places[place], "sgd", size, walkers, lab.random("sizes", place))
        for place in places
        for size in SIZES
    }
    shares = saddle_shares(lab)
    return Found(
        parts=[
            _share_grows(shares), _push(lab),
            _over_places("summing_one_rate", by_optimizer, "heavy_ball", one_rate=True),
            _over_places("averaging_one_rate", by_optimizer, "averaged", one_rate=True),
            _over_places("summing_tuned", by_optimizer, "heavy_ball"),
            _over_places("averaging_tuned", by_optimizer, "averaged"),
            _over_places("rmsprop", by_optimizer, "rmsprop"), _over_places("adam", by_optimizer, "adam"),
            *(_small_batches(place, by_size) for place in places),
        ],
        panels=[_saddles(shares), _optimizers(by_optimizer), _sizes(by_size)],
    )  # fmt: skip


def landscape(name: str) -> FlatLandscape:
    """``additive`` or ``vanishing`` noise at a saddle, or the ``plateau`` of a saturated sigmoid."""
    if name == "plateau":
        return FlatLandscape(plateau_task(), (PLATEAU_START,), 0.125)
    start = (1.0, 0.0 if name == "additive" else 1e-6)
    task = bw.named_task("saddle", noise=name, sigma=0.1 if name == "additive" else 1.0)
    return FlatLandscape(task, start, float(task.target.value))


class Saturated(torch.nn.Module):
    """One weight, far on the flat side of a sigmoid, that every example shifts."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor(PLATEAU_START))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        return self.weight + inputs


def squared_to_half(outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """(sigmoid(output) - 1/2)^2."""
    return (torch.sigmoid(outputs) - targets).square()


@cache
def plateau_task() -> Any:
    """Half the plateau's loss is the target; the minimum at weight 0 has curvature 1/8."""
    data = (torch.linspace(-1.0, 1.0, SHIFTS), torch.full((SHIFTS,), 0.5))
    return bw.Task(name="sigmoid-plateau", model=Saturated, train=data, validation=data, loss=squared_to_half)


def leave(
    place: FlatLandscape, optimizer: str, batch_size: int, walkers: int, random: np.random.Generator
) -> Times:
    """Walk at every rate at once, all with the same batches.

    The optimizer moves u at learning rate 1 by the gradient in w = lr u, so that w makes its own update at lr.
    """
    lr = torch.tensor(RATES)[:, None, None]
    u = (torch.tensor(place.start) / lr).repeat(1, walkers, 1).requires_grad_(True)
    stepper = OPTIMIZERS[optimizer]([u])
    left = torch.full((len(RATES), walkers), torch.inf)
    below_target = torch.zeros(left.shape, dtype=torch.bool)
    examples = len(place.task.train)
    for step in range(1, STEPS + 1):
        rows = torch.from_numpy(random.integers(examples, size=(walkers, batch_size)))
        w = (lr * u.detach()).requires_grad_(True)
        (u.grad,) = torch.autograd.grad(place.loss(w, rows).sum(), w)
        stepper.step()
        if step % _EVERY == 0:
            with torch.no_grad():
                below_target = place.mean_loss(lr * u) <= place.target
            left[below_target & left.isinf()] = step
    return Times(left.numpy(), (below_target.float().mean(dim=1) >= 0.9).numpy())


_EVERY = 2
"""Updates between two looks at the mean loss."""


def saddle_shares(lab: Lab) -> dict[int, list[float]]:
    """Share of saddles among the critical points of random smooth functions, by dimension, in groups of draws."""
    draws = 20_000 if lab.full else 4_000
    return {
        n: [saddle_share(n, draws, lab.random("field", n, group)) for group in range(8)] for n in DIMENSIONS
    }


def saddle_share(dimension: int, draws: int, random: np.random.Generator) -> float:
    """Kac-Rice: the Hessian of an isotropic Gaussian field where its gradient is zero, weighted by |det H|.

    Entries have E H_ij H_kl = d_ij d_kl + d_ik d_jl + d_il d_jk (Adler and Taylor 2007, chapter 11): a matrix of
    the Gaussian orthogonal ensemble plus a common normal number on the diagonal.
    """
    square = random.normal(size=(draws, dimension, dimension))
    hessians = (square + square.transpose(0, 2, 1)) / math.sqrt(2)
    eigenvalues = np.linalg.eigvalsh(hessians) + random.normal(size=(draws, 1))
    logs = np.log(np.abs(eigenvalues)).sum(axis=1)
    weights = np.exp(logs - logs.max())
    mixed = (eigenvalues[:, 0] < 0) & (eigenvalues[:, -1] > 0)
    return float(weights[mixed].sum() / weights.sum())


# --- what follows ---

Walks = Mapping[tuple[str, Any], Times]


def _share_grows(shares: Mapping[int, list[float]]) -> Part:
    found = [mean("saddle_share", values, unit="1", parameters=n) for n, values in shares.items()]
    return Part(name="share_grows", verdict=above(found[-1], 0.99), measurements=(found[-1], *found[:-1]))


def _push(lab: Lab) -> Part:
    """Updates of gradient descent at rate 1 after a push off the saddle; without one it stays."""
    task = bw.named_task("saddle", noise="vanishing")
    found = []
    for push in (0.0, *PUSHES):
        w = torch.tensor([1.0, push])
        count: float = math.inf
        for step in range(STEPS):
            if task.loss(w, torch.zeros(2)) <= task.target.value:
                count = step
                break
            w = w.requires_grad_(True)
            (slope,) = torch.autograd.grad(task.loss(w, torch.zeros(2)), w)
            w = (w - slope).detach()
        found.append((push, count))
    stays = math.isinf(found[0][1])
    numbers = [exact("updates_after_push", count, unit="updates", push=push) for push, count in found[1:]]
    leaves = all(math.isfinite(count) for _, count in found[1:])
    return Part(
        name="push", verdict="holds" if stays and leaves else "does_not_hold", measurements=tuple(numbers)
    )


def _against(
    name: str, first: Times, second: Times, rates: tuple[int | None, int | None], **at: Any
) -> Measured:
    """Updates of the first over those of the second; who never left counts with all updates made."""
    if None in rates:
        return Measured(name=name, value=None, at=at)
    one, other = (
        np.minimum(times.left[rate], STEPS) for times, rate in zip((first, second), rates, strict=True)
    )
    return ratio(name, one, other, **at)


PLACES = ("additive", "vanishing", "plateau")


def _over_places(name: str, walks: Walks, optimizer: str, *, one_rate: bool = False) -> Part:
    """An optimizer against plain descent, place by place: both at their best rates, or both at ``one_rate``, a
    quarter of plain descent's best."""
    found = []
    for place in PLACES:
        plain, other = walks[place, "sgd"], walks[place, optimizer]
        best = plain.best()
        same = None if best is None else max(best - 4, 0)
        rates = (same, same) if one_rate else (other.best(), best)
        found.append(_against("updates_ratio", other, plain, rates, flat_place=place))
    verdict, by = everywhere({m.at["flat_place"]: _sooner(m) for m in found})
    condition = remark("lesson.plateau.settings", **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(found))


def _sooner(found: Measured) -> Verdict:
    return "cannot_tell" if found.value is None else below(found, SOONER)


def _small_batches(place: str, walks: Walks) -> Part:
    """Each smaller batch size at its own best rate, against the largest."""
    large = walks[place, LARGE]
    found = [
        _against("updates_ratio_of_sizes", walk, large, (walk.best(), large.best()), batch_size=b)
        for b, walk in ((b, walks[place, b]) for b in SIZES[:-1])
    ]
    verdict, by = everywhere({m.at["batch_size"]: _sooner(m) for m in found})
    condition = remark("lesson.plateau.sizes", **by) if verdict == "holds_when" else None
    return Part(name=f"small_batch_{place}", verdict=verdict, condition=condition, measurements=tuple(found))


# --- pictures ---


def _saddles(shares: Mapping[int, list[float]]) -> Panel:
    return Panel(
        name="saddles", title=remark("lesson.plateau.saddles.title"),
        takeaway=remark("lesson.plateau.saddles.takeaway"), x=remark("lesson.plateau.axis.parameters"),
        y=remark("lesson.plateau.axis.saddles"), x_log=True,
        series=(series(list(shares), [np.mean(v) for v in shares.values()]),),
    )  # fmt: skip


def _optimizers(walks: Walks) -> Panel:
    """Median updates against the rate, at the saddle with additive noise."""
    lines = []
    for name in OPTIMIZERS:
        medians = np.median(walks["additive", name].left, axis=1)
        kept = np.where(walks["additive", name].stays, medians, np.nan)
        lines.append(series(RATES, kept, remark("lesson.plateau.line.optimizer", name=name)))
    return Panel(
        name="optimizers", title=remark("lesson.plateau.optimizers.title"),
        takeaway=remark("lesson.plateau.optimizers.takeaway"), x=remark("lesson.axis.lr"),
        y=remark("lesson.axis.updates"), x_log=True, y_log=True, series=tuple(lines),
    )  # fmt: skip


def _sizes(walks: Walks) -> Panel:
    """Median updates against B, each at its best rate."""
    lines = []
    for place in PLACES:
        medians = []
        for b in SIZES:
            best = walks[place, b].best()
            medians.append(np.nan if best is None else np.median(walks[place, b].left[best]))
        lines.append(series(SIZES, medians, remark(f"lesson.plateau.line.{place}")))
    return Panel(
        name="sizes", title=remark("lesson.plateau.sizes.title"), takeaway=remark("lesson.plateau.sizes.takeaway"),
        x=remark("lesson.axis.batch_size"), y=remark("lesson.axis.updates"), x_log=True, y_log=True,
        series=tuple(lines),
    )  # fmt: skip


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    for noise in ("additive", "vanishing"):
        for batch_size in (1, 1024):
            training = bw.train(
                "saddle", batch_size=batch_size, lr=0.5, steps=400, evaluate="10", target="loss=0.0125",
                set={"noise": noise, "start": [1.0, 1e-6]}, progress=False,
            )  # fmt: skip
            training.answer()
            print(noise, batch_size, training.result.steps_to_target)
    print(bw.escape("saddle", at=[0, 0]))
