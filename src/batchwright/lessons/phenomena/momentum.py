"""``momentum``: faster, calmer, over local minima, at smaller rates? By form, by condition, by batch size.

Quadratics 1/2 sum lambda x^2 with eigenvalues from 1 down to 1/condition, where theory says what to expect
(Polyak 1964): at their best constant rates plain descent contracts by (c - 1)/(c + 1) an update, heavy ball by
(sqrt c - 1)/(sqrt c + 1) with beta equal to that number's square. A double well x^4/4 - x^2/2 + tilt x for the local
minimum, and a net on digits with small and full batches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from batchwright.advice.lesson import Measured, Part, Verdict
from batchwright.core.chart import Field, Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import above, below, everywhere, exact, ratio, share
from batchwright.lessons.lab import Lab

Move = Callable[[np.ndarray, Any], np.ndarray]
"""(gradient, learning rate) -> what is added to the parameters; keeps its velocity between calls."""

BETA = 0.9
BETAS = (0.8, 0.9, 0.95, 0.99)
CONDITIONS = (10, 100, 1000)
DIMENSIONS = 10
TARGET = 1e-4
"""Share of the first loss at which a quadratic counts as minimised."""
MOST = 3000
SAME = 1e-10
"""Relative deviation up to which two computations are one trajectory."""
DIGITS: dict[str, tuple[int, dict[str, tuple[int, ...]]]] = {
    "digits_small": (4, {"plain_descent": (-4, -3, -2, -1), "heavy_ball": (-8, -7, -6, -5, -4)}),
    "digits_full": (300, {"plain_descent": (-2, -1, 0, 1), "heavy_ball": (-3, -2, -1, 0)}),
}
"""Batch size on 300 digits, and the powers of two that are tried as learning rates."""
CROSSING_RATE, TILT, PASSED = 0.03, 0.15, 0.02
"""Of the double well; from which share of the starts on the local minimum counts as passed."""
OSCILLATING = (0.5, 1.0, 1.5, 1.8, 1.95)
"""Learning rates in units of 1 / lambda at which the swing across a valley is looked at."""


def experiment(lab: Lab) -> Found:
    """Compare the forms with one another, with plain descent and with theory."""
    starts = lab.random("momentum").standard_normal((60 if lab.full else 20, DIMENSIONS))
    bowls = {condition: minimised(condition, starts) for condition in CONDITIONS}
    digits = _on_digits(lab, 8 if lab.full else 3)
    crossings = _crossings(lab.random("momentum", "wells").uniform(1.2, 2.2, 400))
    return Found(
        parts=[
            *_forms_agree(starts), _sums_past(starts), _faster(bowls, digits), _damps(),
            *_rolls_over(crossings), _smaller_for_stability(), _smaller_at_best(digits),
        ],
        panels=[_valley(), _condition_panel(bowls)],
    )  # fmt: skip


def _judged(name: str, words: str, verdicts: Mapping[Any, Verdict], numbers: Sequence[Measured]) -> Part:
    """A part over several settings; ``words`` say at which of them it holds."""
    verdict, by = everywhere(verdicts)
    condition = remark(f"lesson.momentum.{words}", **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(numbers))


def moving(form: str, beta: float = 0.0) -> Move:
    """The update rule of one form of momentum, its velocity at zero.

    plain_descent: -lr g; heavy_ball: v = beta v + g, -lr v; averaged (the article's): v = beta v + (1 - beta) g,
    -lr v; velocity: v = beta v - lr g, +v; nesterov: v = beta v + g, -lr (g + beta v).
    """
    v: Any = 0.0

    def move(gradient: np.ndarray, lr: Any) -> np.ndarray:
        nonlocal v
        if form == "plain_descent":
            return -lr * gradient
        if form == "velocity":
            v = beta * v - lr * gradient
            return np.asarray(v)
        v = beta * v + (1 - beta if form == "averaged" else 1.0) * gradient
        return np.asarray(-lr * (gradient + beta * v) if form == "nesterov" else -lr * v)

    return move


# --- quadratics ---


def eigenvalues_of(condition: float) -> np.ndarray:
    """From 1 down to 1 / condition, evenly in logarithm."""
    return np.asarray(condition ** -np.linspace(0.0, 1.0, DIMENSIONS))


def bowl_updates(move: Move, lr: np.ndarray, eigenvalues: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Updates until the loss is TARGET of the first, by rate and start; infinite where it was not reached.

    Ends a while after the first rate with which every start arrived: others are no better.
    """
    x = np.broadcast_to(starts, (len(lr), *starts.shape)).copy()
    first = (eigenvalues * x**2).sum(axis=-1)
    needed = np.full(first.shape, np.inf)
    end = MOST
    for step in range(1, MOST + 1):
        x += move(eigenvalues * x, lr[:, None, None])
        loss = (eigenvalues * x**2).sum(axis=-1)
        needed[(loss <= TARGET * first) & np.isinf(needed)] = step
        x[loss > 1e6 * first] = np.nan  # diverged; comparisons with it are false
        if end == MOST and np.isfinite(needed).all(axis=-1).any():
            end = min(MOST, 2 * step)
        if step >= end:
            break
    return needed


def minimised(condition: float, starts: np.ndarray) -> dict[str, Any]:
    """Updates to the target of plain descent and of heavy ball, each at its best rate (and beta) by the median."""
    rates, found = 2.0 ** np.arange(-5.0, 2.1, 0.25), {}
    for form, betas in (("plain_descent", (0.0,)), ("heavy_ball", BETAS)):
        tried = [
            (float(np.median(row)), beta, row)
            for beta in betas
            for row in bowl_updates(moving(form, beta), rates, eigenvalues_of(condition), starts)
            if np.isfinite(row).all()
        ]
        median, beta, row = min(tried, key=lambda one: one[0])
        found[form] = {"updates": row, "beta": beta, "median": median}
    return found


def contraction(form: str, condition: float, lr: float, beta: float) -> float:
    """Factor an update by which the slower of the two extreme directions shrinks, measured late in a run."""
    eigenvalues, x, move = np.array([1.0, 1 / condition]), np.ones(2), moving(form, beta)
    sizes = []
    for _ in range(2):
        for _ in range(300):
            x = x + move(eigenvalues * x, lr)
        sizes.append(np.abs(x).max())
    return float((sizes[1] / sizes[0]) ** (1 / 300))


def polyak_rates(condition: float) -> dict[str, tuple[float, float]]:
    """Polyak's best constant rate and beta of plain descent and of heavy ball, for eigenvalues 1/condition to 1."""
    low, root = 1 / condition, condition**0.5
    heavy = (4 / (1 + low**0.5) ** 2, ((root - 1) / (root + 1)) ** 2)
    return {"plain_descent": (2 / (1 + low), 0.0), "heavy_ball": heavy}


def largest_stable_rate(form: str, beta: float) -> float:
    """Rate times eigenvalue up to which the distance to the minimum shrinks, of a grid with steps of 0.1%."""
    rates = np.geomspace(0.5, 100.0, 5300)
    x, move = np.ones_like(rates), moving(form, beta)
    for _ in range(3000):
        x = np.clip(x + move(x, rates), -1e30, 1e30)
    return float(rates[np.abs(x) < 1.0].max())


# --- the forms ---


def trajectory(form: str, starts: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """Points after each update of a form with beta = 0.9 in a bowl of condition 100."""
    x, eigenvalues, move, path = starts.copy(), eigenvalues_of(100), moving(form, BETA), []
    for lr in rates:
        x = x + move(eigenvalues * x, lr)
        path.append(x)
    return np.array(path)


def by_torch(starts: np.ndarray, rates: np.ndarray) -> np.ndarray:
    """The same by ``torch.optim.SGD(momentum=0.9)`` in double precision."""
    point, eigenvalues = torch.nn.Parameter(torch.tensor(starts)), torch.tensor(eigenvalues_of(100))
    optimizer, path = torch.optim.SGD([point], lr=1.0, momentum=BETA), []
    for lr in rates:
        optimizer.param_groups[0]["lr"] = float(lr)
        point.grad = eigenvalues * point.detach()
        optimizer.step()
        path.append(point.detach().numpy().copy())
    return np.array(path)


def _forms_agree(starts: np.ndarray) -> list[Part]:
    """Every form against torch's, at a constant rate and at one that falls to a tenth after 20 updates."""
    changing = np.where(np.arange(200) < 20, 0.5, 0.05)
    parts = []
    for kind, rates in (("constant", np.full(200, 0.5)), ("changing", changing)):
        reference, numbers = by_torch(starts, rates), []
        for form, factor in (("heavy_ball", 1.0), ("averaged", 1 / (1 - BETA)), ("velocity", 1.0)):
            gap = float(np.abs(trajectory(form, starts, factor * rates) - reference).max())
            numbers.append(exact("deviation", gap, unit="1", form=form))
        verdicts = {m.at["form"]: below(m, SAME) for m in numbers}
        parts.append(_judged(f"forms_{kind}", "forms", verdicts, numbers))
    return parts


def _sums_past(starts: np.ndarray) -> Part:
    """v against the sum of all past gradients with weights beta^k; how much of it the last 1/(1 - beta) hold."""
    gradients = eigenvalues_of(100) * starts
    move = moving("heavy_ball", BETA)
    for gradient in gradients:
        last = -move(gradient, 1.0)
    weights = BETA ** np.arange(len(gradients) - 1, -1, -1.0)
    deviation = exact("sum_deviation", float(np.abs(last - weights @ gradients).max()), unit="1")
    recent = exact("recent_share", 1 - BETA ** (1 / (1 - BETA)), unit="1", beta=BETA)
    return Part(name="sums_past", verdict=below(deviation, SAME), measurements=(deviation, recent))


def _smaller_for_stability() -> Part:
    """The largest stable rate of each form over plain descent's."""
    plain = largest_stable_rate("plain_descent", 0.0)
    forms = ("averaged", "heavy_ball", "velocity", "nesterov")
    numbers = [
        exact("stable_ratio", largest_stable_rate(form, BETA) / plain, unit="1", form=form, beta=BETA)
        for form in forms
    ]
    verdicts = {m.at["form"]: below(m, 1.0) for m in numbers}
    return _judged("smaller_for_stability", "forms", verdicts, numbers)


# --- speed ---


def _on_digits(lab: Lab, count: int) -> dict[str, dict[str, np.ndarray]]:
    """Updates to a training loss of 0.1 at every rate, shape (rates, seeds), plain and with momentum."""
    asked = [
        (problem, form, {"batch_size": size, "lr": 2.0**power, "seed": seed})
        for problem, (size, sides) in DIGITS.items()
        for form, powers in sides.items() for power in powers for seed in lab.seeds(count)
    ]  # fmt: skip
    shared = {"task": "digits", "examples": 300, "steps": 400, "target": "train.loss=0.1", "evaluate": "5"}
    runs = lab.runs(
        shared | how | ({} if form == "plain_descent" else {"momentum": BETA}) for _, form, how in asked
    )
    found: dict[str, dict[str, list[float]]] = {problem: {} for problem in DIGITS}
    for (problem, form, _), run in zip(asked, runs, strict=True):
        found[problem].setdefault(form, []).append(run.steps_to_target or np.inf)
    return {
        problem: {form: np.reshape(needed, (-1, count)) for form, needed in sides.items()}
        for problem, sides in found.items()
    }


def _best(rows: np.ndarray) -> np.ndarray:
    """The row of the rate with the least mean; one with a seed that did not arrive is infinite."""
    return np.asarray(rows[int(rows.mean(axis=1).argmin())])


def _faster(bowls: Mapping[int, Any], digits: Mapping[str, Any]) -> Part:
    """Updates with momentum over updates without, each side at its own best rate."""
    numbers = []
    for condition, bowl in bowls.items():
        problem = f"bowl_{condition}"
        sides = (bowl["heavy_ball"]["updates"], bowl["plain_descent"]["updates"])
        numbers.append(ratio("updates_ratio", *sides, problem=problem))
    for problem, sides in digits.items():
        numbers.append(
            ratio("updates_ratio", _best(sides["heavy_ball"]), _best(sides["plain_descent"]), problem=problem)
        )
    verdicts = {m.at["problem"]: below(m, 1.0) for m in numbers}
    theory = [
        exact("contraction", contraction(form, c, *setting), unit="1", form=form, condition_number=c)
        for c in CONDITIONS
        for form, setting in polyak_rates(c).items()
    ]
    return _judged("faster", "problems", verdicts, [*numbers, *theory])


def _smaller_at_best(digits: Mapping[str, Any]) -> Part:
    """Each seed's best rate with momentum over its best without, small batches of digits, by form."""
    powers, sides = DIGITS["digits_small"][1], digits["digits_small"]
    plain, heavy = (
        2.0 ** np.array(powers[f])[sides[f].argmin(axis=0)] for f in ("plain_descent", "heavy_ball")
    )
    # One trajectory, whose rate is only named otherwise: see the part on the forms.
    in_form = {"heavy_ball": heavy, "velocity": heavy, "averaged": heavy / (1 - BETA)}
    numbers = [ratio("best_ratio", rates, plain, form=form) for form, rates in in_form.items()]
    return _judged("smaller_at_best", "forms", {m.at["form"]: below(m, 0.25) for m in numbers}, numbers)


# --- swinging and rolling ---


def travelled(form: str, beta: float, lr: float) -> float:
    """Way up and down along one axis of curvature 1, in units of the distance to the minimum; 1 is no swing."""
    x, way, move = 1.0, 0.0, moving(form, beta)
    for _ in range(1000):
        step = float(move(np.asarray(x), lr))
        x, way = x + step, way + abs(step)
    return way


def _damps() -> Part:
    """The way across the valley with the average form over that of plain descent, at equal rates."""
    numbers = []
    for form in ("averaged", "heavy_ball"):
        for lr in OSCILLATING:
            way = travelled(form, BETA, lr) / travelled("plain_descent", 0.0, lr)
            numbers.append(exact("way_ratio", way, unit="1", lr=lr, form=form))
    verdicts = {m.at["lr"]: below(m, 1.0) for m in numbers if m.at["form"] == "averaged"}
    return _judged("damps", "rates", verdicts, numbers)


def _well(x: np.ndarray) -> np.ndarray:
    return np.asarray(x**4 / 4 - x**2 / 2 + TILT * x)


def _crossings(starts: np.ndarray) -> dict[tuple[str, float], np.ndarray]:
    """Which starts above the barrier end beyond it: right of it is the worse well, left the better one."""
    ends = {}
    barrier = float(np.sort(np.roots([1.0, 0.0, -1.0, TILT]).real)[1])
    right = starts[_well(starts) > _well(np.asarray(barrier))]
    settings = [
        ("plain_descent", 0.0),
        *((form, beta) for form in ("averaged", "heavy_ball") for beta in BETAS),
    ]
    for form, beta in settings:
        x, move = right.copy(), moving(form, beta)
        for _ in range(3000):
            x = x + move(x**3 - x + TILT, CROSSING_RATE)
        ends[form, beta] = x < barrier
    return ends


def _rolls_over(crossings: Mapping[tuple[str, float], np.ndarray]) -> list[Part]:
    """Share of the starts from which the local minimum is passed, by beta; one part for each of two forms."""
    numbers = [
        share("passed", int(ends.sum()), len(ends), form=form, beta=beta)
        for (form, beta), ends in crossings.items()
    ]
    parts = []
    for form in ("averaged", "heavy_ball"):
        own = [m for m in numbers if m.at["form"] == form]
        verdicts = {m.at["beta"]: above(m, PASSED) for m in own}
        parts.append(_judged(f"rolls_over_{form}", "betas", verdicts, [*own, numbers[0]]))
    return parts


# --- pictures ---


def _valley() -> Panel:
    """Paths down a bowl of condition 20: plain descent near its limit, momentum at the same rate."""
    eigenvalues, lr = np.array([0.05, 1.0]), 1.85
    across, along = np.linspace(-1.8, 2.2, 41), np.linspace(-1.1, 1.1, 41)
    loss = 0.5 * (0.05 * across[None, :] ** 2 + along[:, None] ** 2)
    lines = []
    for form in ("plain_descent", "averaged", "heavy_ball"):
        x, move, path = np.array([2.0, 1.0]), moving(form, BETA), [np.array([2.0, 1.0])]
        for _ in range(40):
            x = x + move(eigenvalues * x, lr)
            path.append(x)
        across_path, along_path = np.transpose(path)
        lines.append(series(across_path, along_path, remark(f"lesson.choice.{form}")))
    return Panel(
        name="valley",
        title=remark("lesson.momentum.valley.title"),
        takeaway=remark("lesson.momentum.valley.takeaway", lr=lr),
        x=remark("lesson.momentum.axis.flat"),
        y=remark("lesson.momentum.axis.steep"),
        series=tuple(lines),
        field=Field(x=tuple(across), y=tuple(along), values=tuple(map(tuple, loss))),
    )


def _condition_panel(bowls: Mapping[int, Any]) -> Panel:
    grid = np.geomspace(5, 2000, 20)
    lines = []
    for colour, (form, root) in enumerate({"plain_descent": grid, "heavy_ball": np.sqrt(grid)}.items()):
        middle = [bowl[form]["median"] for bowl in bowls.values()]
        theory = np.log(TARGET) / 2 / np.log((root - 1) / (root + 1))
        lines.append(series(list(bowls), middle, remark(f"lesson.choice.{form}"), colour=colour))
        label = remark(f"lesson.momentum.theory.{form}")
        lines.append(series(grid, theory, label, look="dashed", colour=colour))
    return Panel(
        name="condition",
        title=remark("lesson.momentum.condition.title"),
        takeaway=remark("lesson.momentum.condition.takeaway"),
        x=remark("lesson.momentum.axis.condition"),
        y=remark("lesson.axis.updates"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    bowl = bw.named_task("quadratic", condition=100)
    averaged = {"lr": 19, "momentum": 0.9, "momentum_form": "averaged"}
    for how in ({"lr": 1.9}, {"lr": 1.9, "momentum": 0.8}, averaged):
        run = bw.train(bowl, batch_size=256, steps=2000, target="loss=0.001", evaluate="1", **how)
        list(run)
        print(how, run.result.status, run.result.steps_to_target)
