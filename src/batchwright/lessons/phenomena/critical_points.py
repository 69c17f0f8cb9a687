"""``critical-points``: what the eigenvalues of the Hessian say where the gradient is zero.

Three problems: a surface of waves, cos w1 + cos w2, whose minima, maxima and saddles are known; the smallest net
with a saddle, (1 - w1 w2)^2; and small nets on digits, driven to critical points by minimising |g|^2.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

import batchwright as bw
from batchwright.advice.lesson import Part
from batchwright.core.chart import Panel, over_grid, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, everywhere, exact, geometric_mean, mean, share, slope, within
from batchwright.lessons.lab import Lab

LR, UPDATES = 0.05, 300
OFFSETS = (0.0, 1e-6, 1e-4, 1e-2)
"""Of the start (1, -1 + offset) from the line that leads to the saddle."""
EXPANDED = {"(0, 0)": (0.0, 0.0), "(1, 1)": (1.0, 1.0), "(0.5, -0.3)": (0.5, -0.3)}
DISTANCES = tuple(np.geomspace(0.01, 0.1, 6))
BEFORE_SEARCH = (0, 3)
"""Updates: searches that reach a critical point do so within a dozen steps, from near the first weights."""
TIMES = 15


def experiment(lab: Lab) -> Found:
    """Time first, with nothing else running; then the surfaces, then the nets."""
    costs = [product_cost(seed) for seed in lab.seeds(3)]
    asked = [(seed, updates) for updates in BEFORE_SEARCH for seed in lab.seeds(30 if lab.full else 10)]
    nets = lab.map(searched, asked)
    paths = {offset: descent(offset) for offset in OFFSETS}
    return Found(
        parts=[
            *_classes(lab.random("neighbours")), _valley(), _expansion(lab.random("expansion")), _rest(paths),
            *_escape(nets), *_cost(costs),
        ],
        panels=[_surface(paths), _leaving(paths)],
    )  # fmt: skip


# --- surfaces whose critical points are known ---


class Waves(torch.nn.Module):
    """cos w1 + cos w2, whatever the input."""

    def __init__(self) -> None:
        super().__init__()
        self.w = torch.nn.Parameter(torch.zeros(2))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Shape (batch,)."""
        return self.w.cos().sum().expand(len(inputs))


def waves() -> Any:
    """The surface as a task: its loss is its output."""
    nothing = torch.zeros(1, 1)
    return bw.Task(
        model=Waves, train=(nothing, nothing), validation=(nothing, nothing), name="waves",
        loss=lambda outputs, targets: outputs,
    )  # fmt: skip


def kind_at(task: Any, point: Sequence[float]) -> str:
    """The class that the eigenvalues give."""
    found = bw.curvature(
        task, at=list(point), top=1, bottom=1, sharpness=False, dtype="float64", progress=False
    )
    return str(found.result.critical_point.kind)


def seen_kind(at: bw.Curvature, random: np.random.Generator) -> str:
    """The class that the losses in the neighbourhood give: do they lie above, below, or both?"""
    here = at.point()
    around = torch.from_numpy(random.normal(size=(200, len(here))))
    around *= 1e-2 / around.norm(dim=1, keepdim=True)
    changes = np.array([at.loss_at(here + step) for step in around]) - at.loss()
    if changes.min() < 0 < changes.max():
        return "saddle"
    return "minimum" if changes.min() >= 0 else "maximum"


def descent(offset: float) -> np.ndarray:
    """The path of gradient descent on (1 - w1 w2)^2 from (1, -1 + offset), shape (updates + 1, 2)."""
    start = [1.0, -1.0 + offset]
    training = bw.train(
        "two-weights", set={"start": start}, batch_size=1, lr=LR, steps=UPDATES, dtype="float64",
        evaluate="1000000", progress=False,
    )  # fmt: skip
    path = [start]
    for run in training:
        path.append([float(p.detach()) for p in run.model.parameters()])
    return np.array(path)


def error_surface(grid: np.ndarray) -> np.ndarray:
    """The loss of the smallest net at every pair of weights, shape (w2, w1)."""
    task = bw.named_task("two-weights")
    at = bw.Curvature(task.build_model(0).double(), task)
    points = [[torch.tensor([w1, w2], dtype=torch.float64) for w1 in grid] for w2 in grid]
    return np.array([[at.loss_at(point) for point in row] for row in points])


def expansion_errors(point: Sequence[float], random: np.random.Generator) -> np.ndarray:
    """|L(w + r u) - its quadratic expansion|, mean over unit vectors u, for each distance r."""
    task = bw.named_task("two-weights", start=list(point))
    at = bw.Curvature(task.build_model(0).double(), task)
    here, gradient = at.point(), at.gradient()
    directions = torch.from_numpy(random.normal(size=(50, len(here))))
    directions /= directions.norm(dim=1, keepdim=True)
    products = at.hessian_products(directions)
    errors = []
    for distance in DISTANCES:
        expected = (
            at.loss() + distance * (directions @ gradient) + distance**2 / 2 * (directions * products).sum(1)
        )
        losses = torch.tensor([at.loss_at(here + distance * u) for u in directions], dtype=torch.float64)
        errors.append(float((losses - expected).abs().mean()))
    return np.array(errors)


# --- small nets on digits ---


@dataclass(frozen=True)
class SearchedNet:
    """A critical point of a net: whether it is one, its class, the loss there and after the step out of it."""

    found: bool
    kind: str
    before: float
    after: float


def searched(asked: tuple[int, int]) -> SearchedNet:
    """Train a little, search for a critical point, and step out along the most negative curvature."""
    seed, updates = asked
    task = small_net(seed)
    model = task.build_model(seed).double()
    if updates:
        *_, run = bw.train(
            task, batch_size=len(task.train), lr=0.5, steps=updates, seed=seed, dtype="float64",
            evaluate="1000000", progress=False,
        )  # fmt: skip
        model = run.model
    search = bw.find_critical_point(model, task, max_iterations=25, tolerance=1e-8)
    if search.status != "converged":
        return SearchedNet(found=False, kind="", before=search.loss, after=search.loss)
    out = bw.escape(task, at=search.parameters, dtype="float64", progress=False).result
    return SearchedNet(found=True, kind=out.kind, before=out.loss_before, after=out.loss_after)


def small_net(seed: int) -> Any:
    """100 digits by six principal components, three hidden units: 61 parameters, smooth."""
    data = bw.named_task("digits").train
    centred = data.inputs.double() - data.inputs.double().mean(dim=0)
    scores = centred @ torch.linalg.svd(centred, full_matrices=False)[2][:6].T
    rows = torch.from_numpy(np.random.default_rng(seed).permutation(len(scores))[:100])
    split = ((scores / scores.std(dim=0))[rows], data.targets[rows])
    return bw.Task(
        model=lambda: torch.nn.Sequential(torch.nn.Linear(6, 3), torch.nn.Tanh(), torch.nn.Linear(3, 10)),
        train=split, validation=split, loss="cross_entropy", name="small-digits",
    )  # fmt: skip


@dataclass(frozen=True)
class ProductCost:
    """Seconds of a Hessian product over those of a gradient, and the products to the lowest eigenvalue over P."""

    ratio: float
    share: float


def product_cost(seed: int) -> ProductCost:
    """Of a net of 4810 parameters on all of digits; products and gradients take turns on the clock."""
    task = bw.named_task("digits", hidden=64)
    at = bw.Curvature(task.build_model(seed), task)
    random = torch.Generator().manual_seed(seed)
    vector, here = torch.randn(1, at.count, generator=random), at.point()
    at.hessian_products(vector)
    seconds: dict[str, list[float]] = {"product": [], "gradient": []}
    for _ in range(TIMES):
        for name, work in (
            ("product", lambda: at.hessian_products(vector)),
            ("gradient", lambda: at.move(here)),
        ):
            if name == "product":
                work()  # its graph is made anew after a move; the first product pays for it
            began = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - began)
    lowest = bw.curvature(task, top=0, bottom=1, sharpness=False, trace_error=1.0, seed=seed, progress=False)
    trace = lowest.result.trace
    used = lowest.result.hessian_products - (trace.products if trace is not None else 0)
    return ProductCost(np.median(seconds["product"]) / np.median(seconds["gradient"]), used / at.count)


# --- what follows ---


def _classes(random: np.random.Generator) -> list[Part]:
    """The rule of signs at nine points, and the same rule with minimum and maximum exchanged."""
    task = waves()
    at = bw.Curvature(task.build_model(0).double(), task)
    told, seen = [], []
    for point in itertools.product((0.0, math.pi, 2 * math.pi), repeat=2):
        at.move(torch.tensor(point, dtype=torch.float64))
        told.append(kind_at(task, point))
        seen.append(seen_kind(at, random))
    exchanged = {"minimum": "maximum", "maximum": "minimum"}
    agree = share("signs_agree", sum(a == b for a, b in zip(told, seen, strict=True)), len(told))
    ends = [(a, b) for a, b in zip(told, seen, strict=True) if a in exchanged]
    slip = share("exchanged_agree", sum(exchanged[a] == b for a, b in ends), len(ends))
    return [
        Part(name="signs", verdict=above(agree, 0.5), measurements=(agree,)),
        Part(name="slip", verdict=above(slip, 0.5), measurements=(slip,)),
    ]


def _valley() -> Part:
    """Global minima of (1 - w1 w2)^2, along which the loss does not change."""
    kinds = [kind_at("two-weights", (w, 1 / w)) for w in np.geomspace(0.5, 2.0, 7)]
    decided = share("decided", sum(kind != "degenerate" for kind in kinds), len(kinds))
    return Part(name="always_decides", verdict=above(decided, 0.5), measurements=(decided,))


def _expansion(random: np.random.Generator) -> Part:
    orders = [
        slope("error_order", np.log(DISTANCES), np.log(expansion_errors(point, random)), point=name)
        for name, point in EXPANDED.items()
    ]
    verdict, by = everywhere({m.at["point"]: within(m, 2.7, 3.3) for m in orders})
    condition = remark("lesson.critical_points.at", **by) if verdict == "holds_when" else None
    return Part(name="third_order", verdict=verdict, condition=condition, measurements=tuple(orders))


def _rest(paths: dict[float, np.ndarray]) -> Part:
    """The distance from the saddle at the end, by the start's offset."""
    ends = [exact("end_from_saddle", float(np.linalg.norm(p[-1])), start_offset=o) for o, p in paths.items()]
    verdict, by = everywhere({m.at["start_offset"]: above(m, 0.5) for m in ends})
    condition = remark("lesson.critical_points.offsets", **by) if verdict == "holds_when" else None
    moves = [_updates_to_leave(path) for path in paths.values()]
    left = [(o, n) for o, n in zip(paths, moves, strict=True) if n is not None]
    numbers = [exact("updates_to_leave", n, unit="updates", start_offset=o) for o, n in left]
    return Part(name="no_rest", verdict=verdict, condition=condition, measurements=(*ends, *numbers))


def _updates_to_leave(path: np.ndarray) -> int | None:
    """Updates until the loss is below half of the saddle's; None where it stays."""
    below = np.flatnonzero((1 - path[:, 0] * path[:, 1]) ** 2 < 0.5)
    return int(below[0]) if len(below) else None


def _escape(nets: Sequence[SearchedNet]) -> list[Part]:
    found = [net for net in nets if net.found]
    saddles = [net for net in found if net.kind == "saddle"]
    critical = share("search_converged", len(found), len(nets))
    kinds = share("saddles", len(saddles), max(len(found), 1))
    lower = share("escaped", sum(net.after < net.before for net in saddles), max(len(saddles), 1))
    falls = [1 - net.after / net.before for net in saddles]
    fall = (mean("fall_by_escape", falls, unit="1"),) if len(falls) > 1 else ()
    toy = bw.escape("two-weights", at=[0.0, 0.0], dtype="float64", progress=False).result
    length = exact("toy_distance", toy.distance)
    return [
        Part(name="stuck_at_saddles", verdict=above(kinds, 0.5), measurements=(kinds, critical)),
        Part(
            name="way_down",
            verdict=above(lower, 0.5),
            measurements=(lower, *fall, exact("toy_loss_after", toy.loss_after), length),
        ),
    ]


def _cost(costs: Sequence[ProductCost]) -> list[Part]:
    dear = geometric_mean("product_over_gradient", [c.ratio for c in costs], unit="1")
    products = mean("products_over_parameters", [c.share for c in costs], unit="1")
    return [
        Part(name="product_dear", verdict=above(dear, 10.0), measurements=(dear,)),
        Part(name="needs_all", verdict=above(products, 0.5), measurements=(products,)),
    ]


# --- pictures ---


def _surface(paths: dict[float, np.ndarray]) -> Panel:
    grid = np.linspace(-2.0, 2.0, 41)
    heights = error_surface(grid)
    return Panel(
        name="surface",
        title=remark("lesson.critical_points.surface.title"),
        takeaway=remark("lesson.critical_points.surface.takeaway"),
        x=remark("lesson.critical_points.axis.w1"),
        y=remark("lesson.critical_points.axis.w2"),
        equal=True,
        field=over_grid(
            grid, grid, np.sqrt(heights).tolist(), label=remark("lesson.critical_points.axis.root")
        ),
        series=tuple(
            series(path[::5, 0], path[::5, 1], remark("lesson.critical_points.line.offset", offset=offset))
            for offset, path in paths.items()
            if offset in (OFFSETS[0], OFFSETS[-1])
        ),
    )


def _leaving(paths: dict[float, np.ndarray]) -> Panel:
    steps = range(0, UPDATES + 1, 5)
    return Panel(
        name="leaving",
        title=remark("lesson.critical_points.leaving.title"),
        takeaway=remark("lesson.critical_points.leaving.takeaway"),
        x=remark("lesson.axis.updates"),
        y=remark("lesson.axis.loss"),
        series=tuple(
            series(
                steps,
                ((1 - path[::5, 0] * path[::5, 1]) ** 2),
                remark("lesson.critical_points.line.offset", offset=offset),
                look="line",
            )
            for offset, path in paths.items()
        ),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    print(bw.curvature("two-weights", at=[0.0, 0.0], dtype="float64"))  # a saddle, eigenvalues -2 and 2
    print(bw.escape("two-weights", at=[0.0, 0.0], dtype="float64"))  # the way down, to loss 0

    task = bw.named_task("digits", hidden=4, examples=200)
    model = task.build_model(0).double()
    found = bw.find_critical_point(model, task)
    print(found.status, "gradient norm", found.gradient_norm, "loss", found.loss)
    print(bw.curvature(task, at=found.parameters, sharpness=False, dtype="float64").result.critical_point)
