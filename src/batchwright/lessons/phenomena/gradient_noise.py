"""``gradient-noise``: a mini-batch gradient is the full one plus noise that falls as 1/sqrt(B).

At three points of a run on digits the gradient of every training example is taken, so that the full gradient G
and the covariance of one example's gradient are known exactly. Batches are then drawn with and without
replacement, and their gradients g_B compared with G: the mean, the standard deviation against B, and the cosine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import batchwright as bw
from batchwright.advice.lesson import Measured, Part, Verdict
from batchwright.core.chart import Mark, Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, everywhere, mean, within
from batchwright.lessons.lab import Lab

POINTS = {"early": 0, "middle": 60, "late": 3000}
"""Updates of SGD with batches of 32 before each point; at the last one the net fits its training examples."""
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
DRAWS = 100
"""Batches of each size; more of small ones, whose few large gradients carry the variance."""
EXAMPLES = 6000
"""Drawn at every size at least."""
ALMOST = 0.95
"""Cosine from which on a direction counts as almost the same: an angle below 18 degrees."""
LITTLE = 64
_SPARSE = 64
"""A batch of less than this part of the examples is gathered; a matrix of weights would be nearly all zeros."""


def experiment(lab: Lab) -> Found:
    """Draw batches at every point of several runs, and judge what their gradients have in common."""
    seeds = lab.seeds(10 if lab.full else 5)
    drawn = lab.map(at_points, [(seed, tuple(POINTS.items())) for seed in seeds])
    by_point = {point: [run[point] for run in drawn] for point in POINTS}
    return Found(
        parts=[
            _same_mean(by_point), *_square_root(by_point),
            _enough("half_is_enough", "cosine_half", by_point, lambda d: d.cosine_half),
            _enough("little_is_enough", "cosine_little", by_point, lambda d: d.cosines[SIZES.index(LITTLE)]),
            _enough("direction_settles", "cosine_doubled", by_point, lambda d: d.cosine_doubled),
        ],
        panels=[_law(by_point), _directions(by_point)],
    )  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """Batches at one point of one run.

    Attributes:
        excess: |mean of batch gradients - G|^2 over what chance alone leaves of it, mean over batch sizes; 1 if
            the means agree.
        with_, without: standard deviation of g_B by batch size, with and without replacement.
        cosines: mean cosine of g_B (without replacement) with G by batch size.
        cosine_half: the same at half the examples; cosine_doubled: of a quarter with the half that contains it.
    """

    excess: float
    with_: list[float] = field(default_factory=list)
    without: list[float] = field(default_factory=list)
    cosines: list[float] = field(default_factory=list)
    cosine_half: float = 0.0
    cosine_doubled: float = 0.0


def at_points(asked: tuple[int, tuple[tuple[str, int], ...]]) -> Mapping[str, Drawn]:
    """One run, with batches drawn at each of its points."""
    seed, points = asked
    task = bw.named_task("digits", hidden=16)
    random = np.random.default_rng(seed)
    training = bw.train(
        task, batch_size=32, lr=0.2, steps=max(steps for _, steps in points) or 1, seed=seed, progress=False
    )
    found = {}
    for name, steps in points:
        if steps == 0:
            found[name] = draw(bw.per_example_gradients(task, training.model).numpy(), random)
            continue
        for run in training:
            if run.step == steps:
                gradients = bw.per_example_gradients(task, run.model)
                found[name] = draw(gradients.numpy(), random)
                break
    return found


def draw(gradients: np.ndarray, random: np.random.Generator, draws: int = DRAWS) -> Drawn:
    """Batches from the gradients of all examples, shape (N, P)."""
    count = len(gradients)
    full = gradients.mean(axis=0)
    trace = float(((gradients - full) ** 2).sum(axis=1).mean())
    sizes = [size for size in SIZES if size <= count]
    count_of = {b: max(draws, EXAMPLES // b) for b in sizes}
    replaced = {b: gradients_of(gradients, random, b, count_of[b], replace=True) for b in sizes}
    kept = {b: gradients_of(gradients, random, b, count_of[b], replace=False) for b in sizes}
    half = gradients_of(gradients, random, count // 2, draws, replace=False)
    gaps = {b: replaced[b].mean(axis=0) - full for b in sizes}
    pairs = [_nested(gradients, random, count // 4) for _ in range(draws // 4)]
    return Drawn(
        excess=float(np.mean([gap @ gap * b * count_of[b] / trace for b, gap in gaps.items()])),
        with_=[_deviation(replaced[b], full) for b in sizes],
        without=[_deviation(kept[b], full) for b in sizes],
        cosines=[float(np.mean(_cosines(kept[b], full))) for b in sizes],
        cosine_half=float(np.mean(_cosines(half, full))),
        cosine_doubled=float(np.mean([_cosines(one[None], two)[0] for one, two in pairs])),
    )


def gradients_of(
    gradients: np.ndarray, random: np.random.Generator, size: int, draws: int, *, replace: bool
) -> np.ndarray:
    """Mini-batch gradients, shape (draws, P): averages over batches of this size."""
    count = len(gradients)
    rows = (random.choice(count, size, replace=replace, shuffle=False) for _ in range(draws))
    if size <= count // _SPARSE:
        return np.asarray(gradients[np.stack(list(rows))].mean(axis=1))
    weights = np.zeros((draws, count), dtype=gradients.dtype)
    for weight, row in zip(weights, rows, strict=True):
        weight += np.bincount(row, minlength=count) / size
    return np.asarray(weights @ gradients)


def _nested(gradients: np.ndarray, random: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """The gradient of a batch, and of the batch twice as large that contains it."""
    order = random.permutation(len(gradients))
    return gradients[order[:size]].mean(axis=0), gradients[order[: 2 * size]].mean(axis=0)


def _deviation(batches: np.ndarray, full: np.ndarray) -> float:
    return float(np.sqrt(((batches - full) ** 2).sum(axis=1).mean()))


def _cosines(batches: np.ndarray, full: np.ndarray) -> np.ndarray:
    return np.asarray(batches @ full / np.linalg.norm(batches, axis=1) / np.linalg.norm(full))


# --- what follows ---

ByPoint = Mapping[str, list[Drawn]]


def _same_mean(by_point: ByPoint) -> Part:
    """The squared gap of the means, in units of what chance leaves of it."""
    found = mean("mean_gap", [d.excess for drawn in by_point.values() for d in drawn], unit="1")
    return Part(name="same_mean", verdict=within(found, 0.7, 1.4), measurements=(found,))


def _square_root(by_point: ByPoint) -> list[Part]:
    """Slopes of log std on log B: -1/2 with replacement; steeper without, where the last batch has no noise."""
    parts = []
    for kind, name in (("with_", "with_replacement"), ("without", "without_replacement")):
        slopes = [
            mean("slope", [_exponent(getattr(d, kind)) for d in drawn], point=point)
            for point, drawn in by_point.items()
        ]
        verdict, _ = everywhere({s.at["point"]: within(s, -0.52, -0.48) for s in slopes})
        parts.append(Part(name=name, verdict=_told(verdict), measurements=tuple(slopes)))
    return parts


def _exponent(deviations: Sequence[float]) -> float:
    return float(np.polyfit(np.log2(SIZES[: len(deviations)]), np.log2(deviations), 1)[0])


def _told(verdict: Verdict) -> Verdict:
    """The exponent is one number: where it differs from point to point there is no condition to name."""
    return "cannot_tell" if verdict == "holds_when" else verdict


def _enough(name: str, number: str, by_point: ByPoint, value: Any) -> Part:
    """Whether a cosine is almost 1 at every point of the run, and if not, at which."""
    numbers: list[Measured] = [
        mean(number, [value(d) for d in drawn], unit="1", point=point) for point, drawn in by_point.items()
    ]
    verdict, by = everywhere({m.at["point"]: above(m, ALMOST) for m in numbers})
    condition = remark("lesson.gradient_noise.points", **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(numbers))


# --- pictures ---


def _law(by_point: ByPoint) -> Panel:
    lines = []
    for colour, (point, drawn) in enumerate(by_point.items()):
        for kind, look in (("with_", "dots"), ("without", "line")):
            label = remark(f"lesson.gradient_noise.line.{kind.strip('_')}", point=POINTS[point])
            middle = np.median([getattr(d, kind) for d in drawn], axis=0)
            lines.append(series(SIZES, middle, label, look=look, colour=colour))
    return Panel(
        name="law",
        title=remark("lesson.gradient_noise.law.title"),
        takeaway=remark("lesson.gradient_noise.law.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.gradient_noise.axis.std"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
    )


def _directions(by_point: ByPoint) -> Panel:
    lines = []
    for point, drawn in by_point.items():
        values = np.array([d.cosines for d in drawn])
        lines.append(
            series(
                SIZES,
                values.mean(axis=0),
                remark("lesson.gradient_noise.line.point", point=POINTS[point]),
                low=values.min(axis=0),
                high=values.max(axis=0),
            )
        )
    return Panel(
        name="directions",
        title=remark("lesson.gradient_noise.directions.title"),
        takeaway=remark("lesson.gradient_noise.directions.takeaway"),
        x=remark("lesson.axis.batch_size"),
        y=remark("lesson.gradient_noise.axis.cosine"),
        x_log=True,
        series=tuple(lines),
        marks=(Mark(value=ALMOST, label=remark("lesson.gradient_noise.almost")),),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    task = bw.named_task("digits", hidden=16)
    training = bw.train(task, batch_size=32, lr=0.2, steps=60)
    print(training.answer())
    gradients = bw.per_example_gradients(task, training.model)  # one row an example
    full = gradients.mean(dim=0)
    batch = gradients[:64].mean(dim=0)
    print(
        "cosine of 64 examples' gradient with the full one:", float(batch @ full / batch.norm() / full.norm())
    )
    print(bw.noise(task, steps=60, batch_size=32, lr=0.2))  # the 1/sqrt(B) law, with its slopes
