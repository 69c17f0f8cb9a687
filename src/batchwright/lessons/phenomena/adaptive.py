"""``adaptive``: AdaGrad, RMSprop and Adam where they are said to help, and Adam's corrections.

Bowls 1/2 sum lambda x^2, badly scaled along the parameters' own axes (straight) or along others (turned by an
orthogonal matrix), a bowl whose minimum walks, logistic regression on features of very different frequency, and
digits. Every side runs at its own best learning rate; bowls are computed for all rates and starts at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from batchwright.advice.lesson import Measured, Part, Verdict
from batchwright.core.chart import Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import below, everywhere, exact, mean, ratio
from batchwright.lessons.lab import Lab

Step = Callable[[np.ndarray], np.ndarray]
"""gradient -> step for a learning rate of 1; keeps its averages between calls."""

DIMENSIONS, CONDITIONS = 10, (100, 1000)
TARGET, MOST = 1e-4, 6000
HORIZONS = (100, 3000, 10000)
RATES = 2.0 ** np.arange(-12.0, 3.1, 0.5)
DRIFT, NOISE = 0.05, 0.5
"""Of the bowl whose minimum walks: standard deviations of its step and of a gradient's entry."""
ON_TASKS: dict[str, tuple[dict[str, Any], dict[str, tuple[int, ...]]]] = {
    "sparse": (
        {"task": "sparse-logistic", "batch_size": 32, "steps": 600, "target": "loss=0.43"},
        {"sgd": (0, 1, 2, 3), "rmsprop": (-8, -7, -6, -5, -4, -3), "adam": (-6, -5, -4, -3, -2)},
    ),
    "digits": (
        {"task": "digits", "examples": 300, "batch_size": 4, "steps": 400, "target": "train.loss=0.1"},
        {"sgd": (-4, -3, -2, -1), "rmsprop": (-11, -10, -9, -8, -7), "adam": (-10, -9, -8, -7, -6)},
    ),
}  # fmt: skip
"""Runs, and the powers of two that are tried as learning rates by optimizer."""
CLEARLY = 0.75
"""Ratio of updates below which an optimizer is ahead of SGD on a task by more than its tuning may owe to chance."""
CORRECTIONS = {"both": (True, True), "first": (True, False), "second": (False, True), "none": (False, False)}
"""Which of Adam's averages is divided by 1 - beta^t."""


def experiment(lab: Lab) -> Found:
    """Bowls, a walking bowl, two tasks, and Adam with and without its corrections."""
    bowls = {
        f"{kind}_{condition}": _on_bowl(lab, condition, kind == "turned")
        for condition in CONDITIONS
        for kind in ("straight", "turned")
    }
    walks = {horizon: _tracking(lab, horizon) for horizon in HORIZONS}
    return Found(
        parts=[
            _dies(lab), *_repairs(walks), *_scaled(bowls), _beyond_momentum(bowls),
            *_on_tasks(lab, 8 if lab.full else 4), *_corrections(lab), _printed(lab, bowls),
        ],
        panels=[_rates_panel(lab), _bowls_panel(bowls)],
    )  # fmt: skip


# --- the rules ---


def stepping(rule: str, *, first: bool = True, second: bool = True, beta: float = 0.9) -> Step:
    """The step of a rule at learning rate 1.

    plain: -g; momentum: v = .9 v + g, -v; adagrad: s += g^2, -g / sqrt(s); rmsprop: the same of
    s = .99 s + .01 g^2; adam: m and v with betas .9, .999, each divided by 1 - beta^t where
    ``first`` and ``second`` say so; printed: the article's RMSprop, whose cache is zero again at every call.
    """
    m, s, t = np.zeros(1), np.zeros(1), 0

    def step(g: np.ndarray) -> np.ndarray:
        nonlocal m, s, t
        t += 1
        if rule == "plain":
            return -g
        if rule == "momentum":
            m = 0.9 * m + g
            return np.asarray(-m)
        if rule == "printed":
            cache = np.zeros_like(g)
            cache = beta * cache + (1 - beta) * g**2
            return np.asarray(-g / (np.sqrt(cache) + 1e-8))
        if rule == "adam":
            m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
            mean_g, mean_s = m / (1 - 0.9**t) if first else m, s / (1 - 0.999**t) if second else s
            return np.asarray(-mean_g / (np.sqrt(mean_s) + 1e-8))
        s = s + g**2 if rule == "adagrad" else 0.99 * s + 0.01 * g**2
        return np.asarray(-g / (np.sqrt(s) + 1e-8))

    return step


def torch_steps(name: str, gradients: np.ndarray, lr: float) -> np.ndarray:
    """The point after every update of ``torch.optim``'s rule on given gradients, in double precision."""
    point = torch.nn.Parameter(torch.zeros(gradients.shape[1], dtype=torch.float64))
    classes = {"rmsprop": torch.optim.RMSprop, "adam": torch.optim.Adam, "adagrad": torch.optim.Adagrad}
    optimizer, path = classes[name]([point], lr=lr, eps=1e-8), []
    for gradient in gradients:
        point.grad = torch.tensor(gradient)
        optimizer.step()
        path.append(point.detach().numpy().copy())
    return np.array(path)


# --- bowls ---


def orthogonal(random: np.random.Generator, count: int) -> np.ndarray:
    """Orthogonal matrices, uniformly drawn, shape (count, d, d)."""
    q, r = np.linalg.qr(random.standard_normal((count, DIMENSIONS, DIMENSIONS)))
    return np.asarray(q * np.sign(np.diagonal(r, axis1=1, axis2=2))[:, None, :])


def updates_needed(
    step: Step,
    rates: np.ndarray,
    eigenvalues: np.ndarray,
    axes: np.ndarray,
    starts: np.ndarray,
    target: float,
) -> np.ndarray:
    """Updates to a share ``target`` of the first loss, shape (rates, starts); infinite where not reached.

    Every start has its own axes, shape (starts, d, d). Ends a while after the first rate with which all arrived.
    """
    x = np.repeat(np.einsum("sij,sj->si", axes, starts)[None], len(rates), axis=0)
    first = (eigenvalues * starts**2).sum(axis=-1)
    needed, end = np.full(x.shape[:2], np.inf), MOST
    for update in range(1, MOST + 1):
        along = np.einsum("sij,rsi->rsj", axes, x)
        loss = (eigenvalues * along**2).sum(axis=-1)
        needed[(loss <= target * first) & np.isinf(needed)] = update - 1
        x[loss > 1e6 * first] = np.nan
        if end == MOST and np.isfinite(needed).all(axis=1).any():
            end = min(MOST, 2 * update)
        if update >= end:
            break
        x = x + rates[:, None, None] * step(np.einsum("sij,rsj->rsi", axes, eigenvalues * along))
    return needed


def _best(rows: np.ndarray) -> np.ndarray:
    """The row of the rate with the least median of those with which every start arrived."""
    medians = np.where(np.isfinite(rows).all(axis=1), np.median(rows, axis=1), np.inf)
    return np.asarray(rows[int(medians.argmin())])


def _on_bowl(lab: Lab, condition: int, turned: bool) -> dict[str, np.ndarray]:
    """Updates of every rule at its best rate, one a start; starts and rotations are the same for all."""
    count = 40 if lab.full else 12
    starts = lab.random("adaptive").standard_normal((count, DIMENSIONS))
    axes = np.repeat(np.eye(DIMENSIONS)[None], count, axis=0)
    if turned:
        axes = orthogonal(lab.random("adaptive", "axes"), count)
    eigenvalues = condition ** -np.linspace(0, 1, DIMENSIONS)
    found = {}
    for rule in ("plain", "momentum", "rmsprop", "adam", *(() if turned else ("printed",))):
        with np.errstate(all="ignore"):
            rows = updates_needed(stepping(rule), RATES, eigenvalues, axes, starts, TARGET)
        found[rule] = _best(rows)
    return found


# --- the bowl that walks ---


def walk_losses(
    step: Step, rates: np.ndarray, horizon: int, random: np.random.Generator, count: int
) -> np.ndarray:
    """Loss averaged over a run after a minimum that walks, shape (rates, starts); noisy gradients, lambda = 1."""
    x, minimum = np.zeros((len(rates), count, 4)), random.standard_normal((count, 4))
    total = np.zeros(x.shape[:2])
    for _ in range(horizon):
        gap = x - minimum
        total += 0.5 * (gap**2).sum(axis=-1)
        x = x + rates[:, None, None] * step(gap + NOISE * random.standard_normal((count, 4)))
        minimum = minimum + DRIFT * random.standard_normal((count, 4))
    return np.asarray(total / horizon)


def _tracking(lab: Lab, horizon: int) -> dict[str, np.ndarray]:
    rates = 2.0 ** np.arange(-8.0, 3.0)
    return {
        rule: walk_losses(stepping(rule), rates, horizon, lab.random("walk"), 48)
        for rule in ("adagrad", "rmsprop")
    }


def effective_rates(rule: str, horizon: int, random: np.random.Generator, count: int) -> np.ndarray:
    """|step| over |g| on noise of unit size, by update and start: how far a gradient still moves."""
    step, found = stepping(rule), []
    for _ in range(horizon):
        g = random.standard_normal((count, 1))
        found.append(np.abs(step(g) / g)[:, 0])
    return np.array(found)


# --- the parts ---


def _judged(name: str, words: str, verdicts: Mapping[Any, Verdict], numbers: Sequence[Measured]) -> Part:
    """A part over several settings; ``words`` say at which of them it holds."""
    verdict, by = everywhere(verdicts)
    condition = remark(f"lesson.adaptive.{words}", **by) if verdict == "holds_when" else None
    return Part(name=name, verdict=verdict, condition=condition, measurements=tuple(numbers))


def _dies(lab: Lab) -> Part:
    """Exponent of AdaGrad's effective rate in the update count, on gradients that stay as large as they are."""
    numbers = []
    for rule in ("adagrad", "rmsprop"):
        rates = effective_rates(rule, 3000, lab.random("rates"), 12)[300:]
        exponents = np.polyfit(np.log(np.arange(300, 3000)), np.log(rates), 1)[0]
        numbers.append(mean("rate_exponent", exponents, optimizer=rule))
    return Part(name="adagrad_dies", verdict=below(numbers[0], -0.4), measurements=tuple(numbers))


def _repairs(walks: Mapping[int, Mapping[str, np.ndarray]]) -> list[Part]:
    """RMSprop's loss over AdaGrad's by horizon: rates tuned at that horizon, and at the shortest one."""
    parts = []
    for name in ("repairs_tuned", "repairs_kept"):
        numbers = []
        for horizon, by_rule in walks.items():
            tuned_on = horizon if name == "repairs_tuned" else HORIZONS[0]
            best = {rule: walks[tuned_on][rule].mean(axis=1).argmin() for rule in by_rule}
            sides = [by_rule[rule][best[rule]] for rule in ("rmsprop", "adagrad")]
            numbers.append(ratio("walk_ratio", *sides, horizon=horizon))
        parts.append(_judged(name, "horizons", {m.at["horizon"]: below(m, 0.95) for m in numbers}, numbers))
    return parts


def _scaled(bowls: Mapping[str, Mapping[str, np.ndarray]]) -> list[Part]:
    """Updates over those of plain descent, by bowl; one part a rule."""
    parts = []
    for rule in ("rmsprop", "adam"):
        numbers = [
            ratio("updates_ratio", bowl[rule], bowl["plain"], bowl=name) for name, bowl in bowls.items()
        ]
        verdicts = {m.at["bowl"]: below(m, 1.0) for m in numbers}
        parts.append(_judged(f"{rule}_scaled", "bowls", verdicts, numbers))
    return parts


def _beyond_momentum(bowls: Mapping[str, Mapping[str, np.ndarray]]) -> Part:
    """Adam has momentum in it: what is left beside momentum alone."""
    numbers = [
        ratio("momentum_ratio", bowl["adam"], bowl["momentum"], bowl=name) for name, bowl in bowls.items()
    ]
    return _judged("beyond_momentum", "bowls", {m.at["bowl"]: below(m, 0.8) for m in numbers}, numbers)


def _on_tasks(lab: Lab, count: int) -> list[Part]:
    """Updates to the target over SGD's, on sparse features and on digits."""
    parts = []
    for name, (shared, powers) in ON_TASKS.items():
        best = {}
        for optimizer, tried in powers.items():
            how = shared | {"evaluate": "5"} | ({} if optimizer == "sgd" else {"optimizer": optimizer})
            runs = lab.runs(
                how | {"lr": 2.0**power, "seed": seed} for power in tried for seed in lab.seeds(count)
            )
            best[optimizer] = _best(np.reshape([r.steps_to_target or np.inf for r in runs], (-1, count)))
        numbers = [
            ratio("task_ratio", best[optimizer], best["sgd"], optimizer=optimizer, task=name)
            for optimizer in ("rmsprop", "adam")
        ]
        verdicts = {m.at["optimizer"]: below(m, CLEARLY) for m in numbers}
        parts.append(_judged(f"{name}_faster", "optimizers", verdicts, numbers))
    return parts


def _corrections(lab: Lab) -> list[Part]:
    """Adam with both corrections against one or none on a straight bowl: to half the loss, and to the end."""
    starts = lab.random("adaptive").standard_normal((12, DIMENSIONS))
    axes = np.repeat(np.eye(DIMENSIONS)[None], 12, axis=0)
    eigenvalues = 100 ** -np.linspace(0, 1, DIMENSIONS)
    parts = []
    for name, target in (("corrections_start", 0.5), ("corrections_end", TARGET)):
        needed = {}
        for kind, (first, second) in CORRECTIONS.items():
            step = stepping("adam", first=first, second=second)
            with np.errstate(all="ignore"):
                needed[kind] = _best(updates_needed(step, RATES, eigenvalues, axes, starts, target))
        numbers = [
            ratio("correction_ratio", needed["both"], needed[kind], dropped=dropped)
            for kind, dropped in (
                ("none", "both_averages"),
                ("first", "of_squares"),
                ("second", "of_gradients"),
            )
        ]
        verdicts = {m.at["dropped"]: below(m, 1.0) for m in numbers}
        parts.append(_judged(name, "dropped", verdicts, numbers))
    return parts


def _printed(lab: Lab, bowls: Mapping[str, Mapping[str, np.ndarray]]) -> Part:
    """The article's RMSprop against torch's and against a step of the sign alone, on the same gradients."""
    gradients = lab.random("printed").standard_normal((200, DIMENSIONS))
    step, rmsprop = stepping("printed"), stepping("rmsprop")
    path = np.cumsum([step(g) for g in gradients], axis=0)
    ours = np.cumsum([rmsprop(g) for g in gradients], axis=0)
    signs = np.cumsum(-np.sign(gradients) / np.sqrt(1 - 0.9), axis=0)
    theirs = torch_steps("rmsprop", gradients, 1.0)
    gaps = {
        "printed_gap": np.abs(path - theirs).max(), "sign_gap": np.abs(path - signs).max(),
        "torch_gap": np.abs(ours - theirs).max(),
    }  # fmt: skip
    numbers = [exact(name, float(gap)) for name, gap in gaps.items()]
    compared = [
        ratio("printed_ratio", bowl["printed"], bowl["rmsprop"], bowl=name)
        for name, bowl in bowls.items()
        if "printed" in bowl
    ]
    return Part(name="printed", verdict=below(numbers[0], 1e-3), measurements=(*numbers, *compared))


# --- pictures ---


def _rates_panel(lab: Lab) -> Panel:
    updates = np.unique(np.geomspace(1, 3000, 60).astype(int))
    lines = []
    for rule in ("adagrad", "rmsprop"):
        rates = np.median(effective_rates(rule, 3000, lab.random("rates"), 12), axis=1)
        lines.append(series(updates, rates[updates - 1], remark(f"lesson.adaptive.line.{rule}"), look="line"))
    return Panel(
        name="rates",
        title=remark("lesson.adaptive.rates.title"),
        takeaway=remark("lesson.adaptive.rates.takeaway"),
        x=remark("lesson.axis.updates"),
        y=remark("lesson.adaptive.axis.rate"),
        x_log=True,
        y_log=True,
        series=tuple(lines),
    )


def _bowls_panel(bowls: Mapping[str, Mapping[str, np.ndarray]]) -> Panel:
    lines = [
        series(
            range(len(bowls)), [np.median(bowl[rule]) for bowl in bowls.values()],
            remark(f"lesson.adaptive.line.{rule}"), look="dots",
        )
        for rule in ("plain", "momentum", "rmsprop", "adam")
    ]  # fmt: skip
    return Panel(
        name="bowls",
        title=remark("lesson.adaptive.bowls.title"),
        takeaway=remark("lesson.adaptive.bowls.takeaway"),
        x=remark("lesson.setting.bowl"),
        y=remark("lesson.axis.updates"),
        y_log=True,
        x_names=tuple(remark(f"lesson.choice.{name}") for name in bowls),
        series=tuple(lines),
    )


def example() -> None:
    """Code to copy."""
    import batchwright as bw

    for turned in (False, True):
        bowl = bw.named_task("quadratic", condition=1000, rotated=turned)
        for optimizer, lr in (("sgd", 1.7), ("rmsprop", 0.03), ("adam", 0.35)):
            run = bw.train(
                bowl,
                batch_size=256,
                steps=1000,
                optimizer=optimizer,
                lr=lr,
                target="loss=0.0005",
                evaluate="5",
            )
            list(run)
            print("turned" if turned else "straight", optimizer, run.result.steps_to_target)
