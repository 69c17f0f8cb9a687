"""``minimum-ratio``: which share of a trained net's directions still leads down?

Nets small enough for all eigenvalues of their Hessian are trained by gradient descent on digits, with and without
L2 and label noise, and others are driven to critical points of every loss by minimising the squared gradient. An
eigenvalue is positive, negative or flat by a tolerance relative to the largest; the tolerance is swept over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.func import hessian, vmap
from torch.nn.functional import cross_entropy

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Mark, Panel, series
from batchwright.core.remark import Remark, remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import Verdict, above, below, everywhere, mean, share, slope
from batchwright.lessons.lab import Lab

TOLERANCES = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2)
CONDITIONS = {
    "unpenalised": (0.0, 0.0),
    "L2": (1e-3, 0.0),
    "label_noise": (0.0, 0.3),
    "L2_label_noise": (1e-3, 0.3),
}
"""Name -> L2 penalty, share of labels drawn at random."""
CLAIMED = 0.6
INPUTS, WIDTH, CLASSES, EXAMPLES = 4, 4, 10, 100
SEARCHED_WIDTH, SEARCHED_L2 = 3, 0.01
"""A penalty keeps the search from running away to infinity, where every gradient vanishes."""
BEFORE_SEARCH = (0, 5, 15, 40, 100, 300)
"""Updates of gradient descent before the search for a critical point begins: they decide at which loss it ends."""
SHORT, LONG = (8, 2000), (24, 20_000)
"""Starts, and updates of gradient descent until training stops."""
CRITICAL = 1e-7
"""Gradient norm up to which a point is critical."""
_GIVEN_UP = 1e3
"""Damping at which no step of any length lowers |g|: a minimum of |g| that is no critical point."""
FLAT = 1e-3
"""Relative to the largest eigenvalue: the tolerance for the directions that are walked along."""


class TanhNets:
    """Nets of one hidden layer, one a row of ``points``, shape (nets, P): their mean loss and its derivatives.

    Cross-entropy plus ``l2``/2 |w|^2, in float64.
    """

    def __init__(self, inputs: Tensor, labels: Tensor, *, width: int = WIDTH, l2: float = 0.0) -> None:
        self.inputs, self.labels, self.width, self.l2 = inputs, labels, width, l2
        self.sizes = [inputs.shape[1] * width, width, width * CLASSES, CLASSES]
        self.count = sum(self.sizes)

    def start(self, nets: int, random: np.random.Generator) -> Tensor:
        """Normal weights, divided by the root of a unit's inputs; biases a tenth of that."""
        points = torch.from_numpy(random.normal(size=(nets, self.count)))
        first, bias, second, last = points.split(self.sizes, dim=1)
        first /= self.inputs.shape[1] ** 0.5
        second /= self.width**0.5
        bias *= 0.1
        last *= 0.1
        return points

    def losses(self, points: Tensor) -> Tensor:
        """Shape (nets,)."""
        first, bias, second, last = points.split(self.sizes, dim=1)
        hidden = torch.tanh(self.inputs @ first.view(-1, self.inputs.shape[1], self.width) + bias[:, None])
        outputs = hidden @ second.view(-1, self.width, CLASSES) + last[:, None]
        each = cross_entropy(outputs.flatten(0, 1), self.labels.repeat(len(points)), reduction="none")
        return each.view(len(points), -1).mean(dim=1) + self.l2 / 2 * points.square().sum(dim=1)

    def gradients(self, points: Tensor) -> Tensor:
        """Shape (nets, P)."""
        points = points.detach().requires_grad_()
        return torch.autograd.grad(self.losses(points).sum(), points)[0]

    def hessians(self, points: Tensor) -> Tensor:
        """Shape (nets, P, P)."""

        def one(point: Tensor) -> Tensor:
            return self.losses(point[None])[0]

        return vmap(hessian(one), chunk_size=8)(points)


def descend(nets: TanhNets, points: Tensor, updates: int, *, lr: float = 0.1) -> Tensor:
    """Gradient descent with momentum 0.9 on all examples."""
    velocity = torch.zeros_like(points)
    for _ in range(updates):
        velocity = 0.9 * velocity + nets.gradients(points)
        points = points - lr * velocity
    return points


def to_critical_points(nets: TanhNets, points: Tensor, *, iterations: int = 40) -> Tensor:
    """Minimise |g|^2/2, whose gradient is H g, by Levenberg and Marquardt's damping, each net by itself."""
    points, damping = points.clone(), torch.full((len(points), 1), 1e-2, dtype=points.dtype)
    gradients = nets.gradients(points)
    for _ in range(iterations):
        going = (gradients.norm(dim=1) > CRITICAL / 100) & (damping[:, 0] < _GIVEN_UP)
        open_ = going.nonzero().flatten()
        if not len(open_):
            break
        values, vectors = torch.linalg.eigh(nets.hessians(points[open_]))
        inside = (vectors.mT @ gradients[open_, :, None])[..., 0]
        steps = -(vectors @ (values / (values**2 + damping[open_]) * inside)[..., None])[..., 0]
        moved = nets.gradients(points[open_] + steps)
        better = moved.norm(dim=1) < gradients[open_].norm(dim=1)
        points[open_[better]] += steps[better]
        gradients[open_[better]] = moved[better]
        damping[open_] *= torch.where(better, 0.2, 6.0)[:, None]
    return points


@dataclass(frozen=True)
class Spectra:
    """Some points: losses and gradient norms, shape (points,), all eigenvalues, shape (points, P)."""

    losses: np.ndarray
    norms: np.ndarray
    eigenvalues: np.ndarray

    def positive(self, tolerance: float) -> np.ndarray:
        """The share of each point's eigenvalues above so much of its largest."""
        return np.asarray((self._relative() > tolerance).mean(axis=1))

    def negative(self, tolerance: float) -> np.ndarray:
        """The share below minus that."""
        return np.asarray((self._relative() < -tolerance).mean(axis=1))

    def _relative(self) -> np.ndarray:
        return np.asarray(self.eigenvalues / np.abs(self.eigenvalues).max(axis=1, keepdims=True))


def experiment(lab: Lab) -> Found:
    """Train, search, take all eigenvalues, count."""
    starts, updates = LONG if lab.full else SHORT
    ends = dict(
        zip(
            CONDITIONS,
            lab.map(trained_ends, [(lab.seed, name, starts, updates) for name in CONDITIONS]),
            strict=True,
        )
    )
    asked = [(lab.seed, stage, starts) for stage in BEFORE_SEARCH]
    points = [point for spectra in lab.map(critical_points, asked) for point in _critical(spectra)]
    lines = [line for pieces in lab.map(walks, [(lab.seed, starts, updates)]) for line in pieces]
    tried = len(asked) * starts
    return Found(
        parts=[
            _at_most_60(ends),
            _forty_down(ends),
            _one_number(ends),
            _falls_with_loss(points),
            _flat(lines),
        ],
        panels=[_by_tolerance(ends), _by_loss(points)],
        notes=[remark("lesson.minimum_ratio.converged", found=len(points), tried=tried)],
    )


def trained_ends(asked: tuple[int, str, int, int]) -> Spectra:
    """Where gradient descent stands after so many updates, under one of the conditions."""
    seed, condition, starts, updates = asked
    nets, points = trained_nets(seed, condition, starts, updates)
    return spectra_at(nets, points)


def walks(asked: tuple[int, int, int]) -> list[tuple[str, float]]:
    """What the directions of no positive curvature lead to where plain training stops."""
    seed, starts, updates = asked
    nets, points = trained_nets(seed, "unpenalised", starts, updates)
    return [line for point in points for line in along(nets, point)]


def trained_nets(seed: int, condition: str, starts: int, updates: int) -> tuple[TanhNets, Tensor]:
    """Nets after so many updates."""
    l2, noise = CONDITIONS[condition]
    nets = TanhNets(*examples(seed, noise), l2=l2)
    return nets, descend(nets, nets.start(starts, np.random.default_rng([seed, 1])), updates)


def critical_points(asked: tuple[int, int, int]) -> Spectra:
    """Where searches end that begin after so many updates of a descent; not all of them at a critical point."""
    seed, stage, starts = asked
    nets = TanhNets(*examples(seed, 0.0), width=SEARCHED_WIDTH, l2=SEARCHED_L2)
    begun = descend(nets, nets.start(starts, np.random.default_rng([seed, 2, stage])), stage)
    return spectra_at(nets, to_critical_points(nets, begun))


def examples(seed: int, noise: float) -> tuple[Tensor, Tensor]:
    """A sample of digits by their first principal components, scaled to 1; some labels drawn at random."""
    data = bw.named_task("digits").train
    centred = data.inputs.double() - data.inputs.double().mean(dim=0)
    axes = torch.linalg.svd(centred, full_matrices=False)[2][:INPUTS]
    scores = centred @ axes.T
    random = np.random.default_rng([seed, 0])
    rows = torch.from_numpy(random.permutation(len(scores))[:EXAMPLES])
    labels = data.targets[rows].clone()
    wrong = torch.from_numpy(random.random(EXAMPLES) < noise)
    labels[wrong] = torch.from_numpy(random.integers(CLASSES, size=int(wrong.sum())))
    return (scores / scores.std(dim=0))[rows], labels


def spectra_at(nets: TanhNets, points: Tensor) -> Spectra:
    """All eigenvalues at each point."""
    return Spectra(
        losses=nets.losses(points).numpy(),
        norms=nets.gradients(points).norm(dim=1).numpy(),
        eigenvalues=torch.linalg.eigvalsh(nets.hessians(points)).numpy(),
    )


def along(nets: TanhNets, point: Tensor) -> list[tuple[str, float]]:
    """By how much of itself the loss falls along every flat and every negative eigenvector.

    The mean of both sides, so that the slope of a gradient that is not quite zero does not count, at the best of
    the distances up to 1.
    """
    values, vectors = torch.linalg.eigh(nets.hessians(point[None])[0])
    relative = values / values.abs().max()
    distances = torch.linspace(0.05, 1.0, 20, dtype=point.dtype)[:, None]
    here = float(nets.losses(point[None]))
    found = []
    for value, direction in zip(relative.tolist(), vectors.T, strict=True):
        if value <= FLAT:
            sides = [nets.losses(point + sign * distances * direction) for sign in (1, -1)]
            best = float(((sides[0] + sides[1]) / 2).min())
            found.append(("flat_direction" if value >= -FLAT else "negative_direction", (here - best) / here))
    return found


def _critical(spectra: Spectra) -> list[Spectra]:
    """Those that are critical, one by one."""
    keep = np.flatnonzero(spectra.norms < CRITICAL)
    return [
        Spectra(spectra.losses[i : i + 1], spectra.norms[i : i + 1], spectra.eigenvalues[i : i + 1])
        for i in keep
    ]


# --- what follows ---

Ends = Mapping[str, Spectra]


def _at(ends: Ends, name: str, count: Any) -> list[Measured]:
    """A share at every condition and tolerance."""
    return [
        mean(name, count(spectra, tolerance), unit="1", tolerance=tolerance, trained_with=condition)
        for condition, spectra in ends.items()
        for tolerance in TOLERANCES
    ]


def _at_most_60(ends: Ends) -> Part:
    """Tolerances at which it is so, condition by condition."""
    numbers = _at(ends, "minimum_ratio", Spectra.positive)
    verdict, condition = _over_settings(numbers, lambda m: below(m, CLAIMED))
    norms = [mean("gradient_norm", s.norms, trained_with=c) for c, s in ends.items()]
    return Part(
        name="at_most_60", verdict=verdict, condition=condition, measurements=(*_last_first(numbers), *norms)
    )


def _forty_down(ends: Ends) -> Part:
    numbers = _at(ends, "negative_share", Spectra.negative)
    verdict, condition = _over_settings(numbers, lambda m: above(m, 1 - CLAIMED))
    return Part(name="forty_down", verdict=verdict, condition=condition, measurements=tuple(numbers))


def _over_settings(
    numbers: Sequence[Measured], judged: Callable[[Measured], Verdict]
) -> tuple[Verdict, Remark | None]:
    """Over all tolerances and conditions; the condition says at which tolerances it holds, kind by kind."""
    verdict, _ = everywhere({(m.at["trained_with"], m.at["tolerance"]): judged(m) for m in numbers})
    if verdict != "holds_when":
        return verdict, None
    holds = {
        key: [m.at["tolerance"] for m in numbers if m.at["trained_with"] == name and judged(m) == "holds"]
        for name, key in zip(CONDITIONS, ("plain", "penalty", "noise", "both"), strict=True)
    }
    return verdict, remark("lesson.minimum_ratio.tolerances", **{k: t or ["-"] for k, t in holds.items()})


def _last_first(numbers: list[Measured]) -> list[Measured]:
    """The coarsest tolerance of the plain nets decides first."""
    first = len(TOLERANCES) - 1
    return [numbers[first], *numbers[:first], *numbers[first + 1 :]]


def _one_number(ends: Ends) -> Part:
    """How far the share moves between the ends of the range of tolerances, at the same points."""
    moved = [
        mean(
            "moves_with_tolerance",
            s.positive(TOLERANCES[0]) - s.positive(TOLERANCES[-1]),
            unit="1",
            trained_with=c,
        )
        for c, s in ends.items()
    ]
    verdict, _ = everywhere({m.at["trained_with"]: below(m, 0.05) for m in moved})
    return Part(name="one_number", verdict=verdict, measurements=tuple(moved))


def _falls_with_loss(points: Sequence[Spectra]) -> Part:
    """The slope of the negative share over the loss at critical points; the penalty leaves none of them flat."""
    losses = [float(p.losses[0]) for p in points]
    numbers = [
        slope("negative_over_loss", losses, [float(p.negative(t)[0]) for p in points], tolerance=t)
        for t in (TOLERANCES[0], TOLERANCES[-2])
    ]
    verdict, _ = everywhere({m.at["tolerance"]: above(m, 0.0) for m in numbers})
    told = "cannot_tell" if verdict == "holds_when" else verdict
    return Part(name="higher_is_steeper", verdict=told, measurements=tuple(numbers))


def _flat(lines: Sequence[tuple[str, float]]) -> Part:
    """Shares of directions along which the loss falls by a hundredth or more."""
    by_kind = {
        kind: [fall for k, fall in lines if k == kind] for kind in ("flat_direction", "negative_direction")
    }
    flat, negative = (
        share("leads_down", sum(fall > 0.01 for fall in falls), len(falls), direction=kind)
        for kind, falls in by_kind.items()
    )
    return Part(name="flat_is_down", verdict=above(flat, 0.5), measurements=(flat, negative))


# --- pictures ---


def _by_tolerance(ends: Ends) -> Panel:
    kinds = ((Spectra.positive, "both"), (Spectra.negative, "dashed"))
    lines = [
        series(
            TOLERANCES,
            [count(spectra, t).mean() for t in TOLERANCES],
            remark(f"lesson.choice.{condition}") if look == "both" else None,
            look=look,
            colour=colour,
        )
        for colour, (condition, spectra) in enumerate(ends.items())
        for count, look in kinds
    ]
    return Panel(
        name="by_tolerance",
        title=remark("lesson.minimum_ratio.by_tolerance.title"),
        takeaway=remark("lesson.minimum_ratio.by_tolerance.takeaway"),
        x=remark("lesson.minimum_ratio.axis.tolerance"),
        y=remark("lesson.minimum_ratio.axis.share"),
        x_log=True,
        series=tuple(lines),
        marks=(Mark(value=CLAIMED, label=remark("lesson.minimum_ratio.claimed")),),
    )


def _by_loss(points: Sequence[Spectra]) -> Panel:
    losses = [float(p.losses[0]) for p in points]
    dots = partial(series, losses, look="dots")
    return Panel(
        name="by_loss",
        title=remark("lesson.minimum_ratio.by_loss.title"),
        takeaway=remark("lesson.minimum_ratio.by_loss.takeaway"),
        x=remark("lesson.axis.train_loss"),
        y=remark("lesson.minimum_ratio.axis.share"),
        series=tuple(
            dots([float(count(p, 1e-5)[0]) for p in points], remark(f"lesson.minimum_ratio.dots.{kind}"))
            for kind, count in (("positive", Spectra.positive), ("negative", Spectra.negative))
        ),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    task = bw.named_task("digits", hidden=2)
    found = bw.curvature(
        task, steps=3000, batch_size=32, lr=0.1, top=160, bottom=0, sharpness=False, dtype="float64"
    )
    values = [e.value for e in found.result.eigenvalues]  # all of them
    for tolerance in (1e-6, 1e-4, 1e-2):
        limit = tolerance * max(map(abs, values))
        positive = sum(v > limit for v in values) / len(values)
        negative = sum(v < -limit for v in values) / len(values)
        print(f"tolerance {tolerance:g}: {positive:.0%} positive, {negative:.0%} negative, the rest flat")
