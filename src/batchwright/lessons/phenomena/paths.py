"""``paths``: which way gradient descent, mini-batch and SGD take, round a bowl and along a valley.

Two weights of linear regression on scikit-learn's diabetes data: body mass index and a blood value against the
progress of the disease. The loss 1/2 mean (x.w - y)^2 is a bowl; whitened inputs make it round, the second one
shrunk to a fifth makes it long (condition 25). Paths end where the excess loss is first 1% of the start's, since
at a fixed number of updates a noisy path grows with its length for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.datasets import load_diabetes

import batchwright as bw
from batchwright.advice.lesson import Measured, Part, Verdict
from batchwright.core.chart import Field, Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import (
    above,
    below,
    everywhere,
    exact,
    geometric_mean,
    mean,
    ratio,
    slope,
    within,
)
from batchwright.lessons.lab import Lab

SHRUNK = {"round": 1.0, "long": 0.2}
SIZES = {"gd": 0, "minibatch": 8, "sgd_one": 1}
"""Examples an update; 0 for all."""
RATES = 2.0 ** np.arange(-9.0, 1.0, 0.5)
CAREFUL = 0.02
"""A rate at which gradient descent follows the slope and does not jump."""
STOP, MOST = 0.01, 3000
START = 4.5
"""Excess loss of every start, 1/2 * 3^2."""
SPREAD = tuple((lr, size) for lr in (0.01, 0.03, 0.1) for size in (1, 4, 16))
RADII = (0.01, 0.1, 0.3, 1.0)
"""Distances from a net's weights at which its quadratic expansion is tried; one of them decides."""
NEARBY = 0.1


@dataclass(frozen=True)
class Bowl:
    """Linear regression on two inputs: x of shape (N, 2), y of shape (N,)."""

    x: np.ndarray
    y: np.ndarray

    @property
    def hessian(self) -> np.ndarray:
        return np.asarray(self.x.T @ self.x / len(self.x))

    @property
    def minimum(self) -> np.ndarray:
        return np.asarray(np.linalg.solve(self.hessian, self.x.T @ self.y / len(self.x)))

    def excess(self, w: np.ndarray) -> np.ndarray:
        """Loss above the least, for w of shape (..., 2)."""
        gap = w - self.minimum
        return np.asarray(0.5 * np.einsum("...i,ij,...j->...", gap, self.hessian, gap))


def experiment(lab: Lab) -> Found:
    """Paths in both bowls at every rate, their spread at the end, and the bowl that a net is nearby."""
    bowls = {name: diabetes(shrunk) for name, shrunk in SHRUNK.items()}
    count = 60 if lab.full else 20
    tried = {name: _paths(bowl, lab, count) for name, bowl in bowls.items()}
    nets = [_net(seed) for seed in lab.seeds(8 if lab.full else 4)]
    return Found(
        parts=[
            _straight(bowls, lab, tried), _more_detour("sgd_zigzags", "sgd_one", "gd", tried),
            _more_detour("minibatch_less", "sgd_one", "minibatch", tried), _oscillates(bowls["long"], lab),
            _own_way(bowls["long"], lab), _noisy_cost(bowls["long"], lab), *_paraboloid(nets),
            _twenty(bowls, lab),
        ],
        panels=[_contours("round", bowls, lab), _contours("long", bowls, lab), _curves(bowls["long"], lab)],
    )  # fmt: skip


# --- the two-weight bowl ---


def diabetes(shrunk: float) -> Bowl:
    """Body mass index and log triglycerides, whitened, the second one times ``shrunk``; the target standardised."""
    data = load_diabetes()
    x = data.data[:, [2, 8]] - data.data[:, [2, 8]].mean(axis=0)
    eigenvalues, axes = np.linalg.eigh(x.T @ x / len(x))
    x = x @ axes / np.sqrt(eigenvalues) * np.array([1.0, shrunk])
    return Bowl(x, (data.target - data.target.mean()) / data.target.std())


def starts_of(bowl: Bowl, random: np.random.Generator, count: int) -> np.ndarray:
    """Points of equal excess loss in random directions, shape (count, 2)."""
    angle = random.uniform(0, 2 * np.pi, count)
    along = np.sqrt(2 * START) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.asarray(bowl.minimum + along / np.sqrt(np.diag(bowl.hessian)))


def walk_down(
    bowl: Bowl, starts: np.ndarray, lr: float, size: int, updates: int, random: np.random.Generator
) -> np.ndarray:
    """Points of all paths, shape (updates + 1, starts, 2); batches drawn with replacement, size 0 for all."""
    w, path = starts.copy(), [starts]
    for _ in range(updates):
        if size == 0:
            gradient = (w - bowl.minimum) @ bowl.hessian
        else:
            chosen = random.integers(len(bowl.x), size=(len(w), size))
            x = bowl.x[chosen]
            error = np.einsum("sbi,si->sb", x, w) - bowl.y[chosen]
            gradient = np.einsum("sbi,sb->si", x, error) / size
        w = np.clip(w - lr * gradient, -1e6, 1e6)
        path.append(w)
    return np.array(path)


def until_stop(bowl: Bowl, path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Updates to STOP of the first excess loss, and way travelled until then over the straight line, by start."""
    excess = bowl.excess(path)
    there = excess <= STOP * excess[0]
    updates = np.where(there.any(axis=0), there.argmax(axis=0), np.inf)
    lengths = np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=-1), axis=0)
    detour = np.full(len(updates), np.inf)
    for i, end in enumerate(updates):
        if np.isfinite(end) and end > 0:
            straight = np.linalg.norm(path[int(end), i] - path[0, i])
            detour[i] = lengths[int(end) - 1, i] / straight
    return updates, detour


def _paths(bowl: Bowl, lab: Lab, count: int) -> dict[str, np.ndarray]:
    """Detours of each method at the rate that stops after the fewest updates, one a start."""
    starts = starts_of(bowl, lab.random("paths", "starts"), count)
    found = {}
    for method, size in SIZES.items():
        fewest = np.inf
        for lr in RATES:
            most = min(MOST, int(np.ceil(60 / lr)))
            path = walk_down(bowl, starts, float(lr), size, most, lab.random("paths", method))
            updates, detour = until_stop(bowl, path)
            if np.mean(updates) < fewest:
                fewest, found[method] = float(np.mean(updates)), detour
    return found


# --- the parts ---


def _judged(name: str, words: str, verdicts: Mapping[Any, Verdict], numbers: Sequence[Measured]) -> Part:
    """A part over several settings; ``words`` say at which of them it holds."""
    verdict, by = everywhere(verdicts)
    condition = remark(f"lesson.paths.{words}", **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(numbers))


def _straight(bowls: Mapping[str, Bowl], lab: Lab, tried: Mapping[str, Any]) -> Part:
    """Gradient descent's way over the straight line: round, long at a careful rate, long at the best rate."""
    detours = {"round": tried["round"]["gd"], "long_best_rate": tried["long"]["gd"]}
    starts = starts_of(bowls["long"], lab.random("paths", "starts"), len(detours["round"]))
    careful = walk_down(bowls["long"], starts, CAREFUL, 0, 8000, lab.random("paths"))
    detours["long_careful"] = until_stop(bowls["long"], careful)[1]
    numbers = [geometric_mean("detour", detour, unit="1", bowl_of=name) for name, detour in detours.items()]
    verdicts = {m.at["bowl_of"]: within(m, 0.99, 1.05) for m in numbers}
    return _judged("gd_straight", "bowls", verdicts, numbers)


def _more_detour(name: str, method: str, other: str, tried: Mapping[str, Any]) -> Part:
    """The detour of one method over another's, each at its best rate."""
    numbers = [
        ratio("detour_ratio", found[method], found[other], bowl_of=bowl) for bowl, found in tried.items()
    ]
    each = [
        geometric_mean("detour", found[m], unit="1", bowl_of=bowl, method=m)
        for bowl, found in tried.items()
        for m in (method, other)
    ]
    return _judged(name, "bowls", {m.at["bowl_of"]: above(m, 1.0) for m in numbers}, [*numbers, *each])


def settled_excess(bowl: Bowl, lr: float, size: int, random: np.random.Generator, count: int) -> np.ndarray:
    """Mean excess loss around the minimum once the start is forgotten, one a path."""
    updates = int(40 / lr)
    path = walk_down(bowl, np.tile(bowl.minimum, (count, 1)), lr, size, updates, random)
    return np.asarray(bowl.excess(path[updates // 4 :]).mean(axis=0))


def _oscillates(bowl: Bowl, lab: Lab) -> Part:
    """Whether SGD keeps a distance that gradient descent does not, and how it depends on lr / B."""
    settled = {
        setting: settled_excess(diabetes(1.0), *setting, lab.random("spread", *map(str, setting)), 8)
        for setting in SPREAD
    }
    ratios = np.log([lr / size for lr, size in SPREAD])
    exponent = slope("spread_exponent", ratios, [float(np.log(v.mean())) for v in settled.values()])
    kept = mean("settled", settled[0.1, 1] / START, unit="1", lr=0.1, batch_size=1)
    starts = starts_of(bowl, lab.random("paths", "starts"), 20)
    settled_path = walk_down(bowl, starts, 0.5, 0, 3000, lab.random("paths"))
    gd = exact("settled_gd", float(bowl.excess(settled_path[-1]).max() / START), unit="1", lr=0.5)
    path = walk_down(bowl, starts, 0.1, 1, 2000, lab.random("paths", "fixed"))
    way = np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=-1), axis=0)
    fixed = [
        geometric_mean(
            "detour_fixed", way[step - 1] / np.linalg.norm(path[step] - path[0], axis=-1), unit="1", step=step
        )
        for step in (200, 2000)
    ]
    verdict = above(kept, 10 * float(gd.value or 0))
    return Part(name="oscillates", verdict=verdict, measurements=(kept, gd, exponent, *fixed))


def _own_way(bowl: Bowl, lab: Lab) -> Part:
    """Share of single examples whose step climbs the whole loss: at the start and on the way about the minimum."""
    starts = starts_of(bowl, lab.random("paths", "starts"), 20)
    late = walk_down(bowl, starts, 0.1, 1, 2000, lab.random("paths", "late"))[-1]
    numbers = []
    for name, points in (("at_start", starts), ("about_minimum", late)):
        error = points @ bowl.x.T - bowl.y
        along = np.einsum("sn,ni,si->sn", error, bowl.x, (points - bowl.minimum) @ bowl.hessian)
        numbers.append(mean("climbing", (along < 0).mean(axis=1), unit="1", place=name))
    return _judged("own_way", "places", {m.at["place"]: above(m, 1 / 3) for m in numbers}, numbers)


def _noisy_cost(bowl: Bowl, lab: Lab) -> Part:
    """Share of updates after which the whole loss is higher."""
    starts, numbers = starts_of(bowl, lab.random("paths", "starts"), 20), []
    for method, size in SIZES.items():
        rising = (
            np.diff(bowl.excess(walk_down(bowl, starts, 0.1, size, 400, lab.random("cost", method))), axis=0)
            > 0
        )
        numbers.append(mean("rising", rising.mean(axis=0), unit="1", method=method))
    verdict = above(numbers[2], 0.1) if (numbers[0].value or 0) == 0 else "does_not_hold"
    return Part(name="noisy_cost", verdict=verdict, measurements=tuple(reversed(numbers)))


def _twenty(bowls: Mapping[str, Bowl], lab: Lab) -> Part:
    """One pass over 20 examples: 20 updates of one against one update of all, loss on all data, best rates."""
    numbers = []
    for name, bowl in bowls.items():
        by_rate = {
            m: np.array([_one_pass(bowl, lab, m, float(lr)) for lr in RATES]) for m in ("sgd_one", "gd")
        }
        best = {method: losses[losses.mean(axis=1).argmin()] for method, losses in by_rate.items()}
        numbers.append(ratio("pass_ratio", best["sgd_one"], best["gd"], bowl_of=name))
    return _judged("twenty", "bowls", {m.at["bowl_of"]: below(m, 1.0) for m in numbers}, numbers)


def _one_pass(bowl: Bowl, lab: Lab, method: str, lr: float) -> np.ndarray:
    """Excess loss on the twenty examples themselves after one pass over them, one a draw."""
    random, ends = lab.random("twenty"), []
    for start in starts_of(bowl, lab.random("paths", "starts"), 20):
        chosen = random.permutation(len(bowl.x))[:20]
        few, w = Bowl(bowl.x[chosen], bowl.y[chosen]), start.copy()
        for part in [slice(0, 20)] if method == "gd" else [slice(i, i + 1) for i in range(20)]:
            w = w - lr * few.x[part].T @ (few.x[part] @ w - few.y[part]) / len(few.x[part])
        ends.append(float(few.excess(np.clip(w, -1e6, 1e6))))
    return np.array(ends)


# --- a net nearby ---


def _net(seed: int) -> dict[str, dict[str, Any]]:
    """At the start and after training: error of the quadratic expansion by distance, and the eigenvalues."""
    task = bw.named_task("digits", hidden=8, examples=300)
    training = bw.train(task, batch_size=16, lr=0.1, steps=400, seed=seed, progress=False)
    found = {"initial_net": expansion(task, training.model, seed)}
    for _ in training:
        pass
    found["trained_net"] = expansion(task, training.model, seed)
    return found


def expansion(task: Any, model: torch.nn.Module, seed: int) -> dict[str, Any]:
    """|loss - its quadratic expansion| by distance, median over random directions, in float64; and eigenvalues."""
    names = {name: p.detach().double() for name, p in model.named_parameters()}
    flat = torch.cat([p.reshape(-1) for p in names.values()])
    inputs, targets = task.train.inputs.double(), task.train.targets

    def loss(vector: torch.Tensor) -> torch.Tensor:
        parts = torch.split(vector, [p.numel() for p in names.values()])
        shaped = {n: part.view_as(p) for (n, p), part in zip(names.items(), parts, strict=True)}
        return torch.nn.functional.cross_entropy(
            torch.func.functional_call(model, shaped, (inputs,)), targets
        )

    gradient, hessian = torch.func.grad(loss)(flat), torch.func.hessian(loss)(flat)
    directions = torch.randn(
        12, len(flat), dtype=torch.float64, generator=torch.Generator().manual_seed(seed)
    )
    here, errors, changes = loss(flat), [], []
    for u in directions / directions.norm(dim=1, keepdim=True):
        values = torch.stack([loss(flat + r * u) - here for r in RADII])
        r = torch.tensor(RADII, dtype=torch.float64)
        quadratic = r * (gradient @ u) + 0.5 * r**2 * (u @ hessian @ u)
        errors.append((values - quadratic).abs().numpy())
        changes.append((0.5 * r**2 * (u @ hessian @ u)).abs().numpy())
    return {
        "error": np.median(errors, axis=0), "bend": np.median(changes, axis=0),
        "eigenvalues": torch.linalg.eigvalsh(hessian).numpy(),
    }  # fmt: skip


def _paraboloid(nets: Sequence[Mapping[str, Mapping[str, Any]]]) -> list[Part]:
    """The expansion's error over its quadratic term by distance; and whether the paraboloid opens upward."""
    points = ("initial_net", "trained_net")
    numbers = [
        geometric_mean(
            "expansion_error", [net[p]["error"][i] / net[p]["bend"][i] for net in nets], unit="1",
            distance=r, point_of=p,
        )
        for i, r in enumerate(RADII) for p in points
    ]  # fmt: skip
    near = {m.at["point_of"]: below(m, 0.2) for m in numbers if m.at["distance"] == NEARBY}
    lowest = []
    for point in points:
        ends = [net[point]["eigenvalues"] for net in nets]
        lowest.append(mean("lowest_share", [e[0] / e[-1] for e in ends], unit="1", point_of=point))
    opens = {m.at["point_of"]: above(m, -0.001) for m in lowest}
    return [
        _judged(
            "locally_quadratic", "points", near, sorted(numbers, key=lambda m: m.at["distance"] != NEARBY)
        ),
        _judged("opens_upward", "points", opens, lowest),
    ]


# --- pictures ---


def _contours(name: str, bowls: Mapping[str, Bowl], lab: Lab) -> Panel:
    """The bowl with one path of each method at the same rate."""
    bowl, lines = bowls[name], []
    start = (bowl.minimum + np.array([2.5, 2.0]) / np.sqrt(np.diag(bowl.hessian)))[None]
    rate, updates = (0.1, 40) if name == "round" else (1.5, 60)
    for method, size in SIZES.items():
        lr = rate if method == "gd" else 0.1
        path = walk_down(bowl, start, lr, size, updates, lab.random("picture", method))[:, 0]
        lines.append(series(path[:, 0], path[:, 1], remark(f"lesson.paths.line.{method}"), look="line"))
    width = 3.2 / np.sqrt(np.diag(bowl.hessian))
    grid = [np.linspace(c - w, c + w, 41) for c, w in zip(bowl.minimum, width, strict=True)]
    values = bowl.excess(np.stack(np.meshgrid(*grid), axis=-1))
    return Panel(
        name=f"contours_{name}",
        title=remark(f"lesson.paths.{name}.title"),
        takeaway=remark(f"lesson.paths.{name}.takeaway"),
        x=remark("lesson.paths.axis.first"),
        y=remark("lesson.paths.axis.second"),
        series=tuple(lines),
        field=Field(x=tuple(grid[0]), y=tuple(grid[1]), values=tuple(map(tuple, values))),
    )


def _curves(bowl: Bowl, lab: Lab) -> Panel:
    start = starts_of(bowl, lab.random("paths", "starts"), 1)
    lines = []
    for method, size in SIZES.items():
        path = walk_down(bowl, start, 0.1, size, 200, lab.random("curve", method))
        lines.append(
            series(range(201), bowl.excess(path)[:, 0], remark(f"lesson.paths.line.{method}"), look="line")
        )
    return Panel(
        name="curves",
        title=remark("lesson.paths.curves.title"),
        takeaway=remark("lesson.paths.curves.takeaway"),
        x=remark("lesson.axis.updates"),
        y=remark("lesson.paths.axis.excess"),
        y_log=True,
        series=tuple(lines),
    )


def example() -> None:
    """Code to copy."""
    import numpy as np
    from sklearn.datasets import load_diabetes
    from torch import nn

    import batchwright as bw

    data = load_diabetes()
    x, y = data.data[:, [2, 8]].astype("float32") * 21, ((data.target - 152) / 77).astype("float32")
    task = bw.Task(model=lambda: nn.Linear(2, 1), train=(x, y), validation=0.2, loss="mse")
    for size in (1, 8, 353):
        training = bw.train(task, batch_size=size, lr=0.05, epochs=20)
        path = np.array([next(run.model.parameters()).detach().numpy()[0].copy() for run in training])
        way = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
        print(f"B = {size}: way over straight line {way / np.linalg.norm(path[-1] - path[0]):.1f}")
