"""``weight-decay``: against overfitting, and neither for accuracy nor for speed? L2 shrinks, L1 selects?

Nets: 300 digits of which a fifth have a wrong label, other wrong labels for every seed; strength and rate tuned on
seeds of their own. Lines: 60 rows of 20 features of which 4 matter, solved exactly at every strength (``ridge_path``,
``lasso_path``) and held against scikit-learn; then the lasso by proximal and by subgradient steps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

import batchwright as bw
from batchwright.advice.lesson import Measured, Part
from batchwright.core.chart import Panel, series
from batchwright.core.remark import remark
from batchwright.lessons.catalogue import Found
from batchwright.lessons.judge import (
    above,
    below,
    difference,
    everywhere,
    exact,
    mean,
    opposite,
    ratio,
    share,
    within,
)
from batchwright.lessons.lab import Lab

EXAMPLES, NOISE, BATCH, EPOCHS = 300, 0.2, 32, 40
STRENGTHS = (0.0, 0.001, 0.01, 0.03, 0.1)
RATES = (0.05, 0.1, 0.2, 0.4)
"""Where the tuning of SGD begins; the range grows while a best rate lies at its end."""
LEAST_RATE, MOST_RATE = 0.003, 3.2
ADAM_RATE, ADAM_STRENGTHS = 0.003, {"l2": (0.001, 0.01, 0.1), "decoupled": (0.3, 3.0, 30.0)}
"""Where the two forms are tuned; the ranges grow threefold while the best lies at an end."""
COMMON = {"sgd": (0.2, 0.03), "adam": (ADAM_RATE, 0.1)}
"""Rate and strength at which the two forms are compared as they stand."""
ROWS, FEATURES, MATTER, SPREAD = 60, 20, 4, 1.0
PATH = tuple(float(s) for s in np.geomspace(1e-2, 10, 19))
DIGITS = {"ridge_gap": 1e-10, "lasso_gap": 1e-8}
"""Largest difference from scikit-learn's coefficients that counts as agreement."""
STEPS, MATTERS, POINT = 2000, 0.95, 0.01
"""Of the lasso; a ratio of losses, and a gain in accuracy, that make a difference between tuned sides."""


def experiment(lab: Lab) -> Found:
    """Nets over strengths, forms of decay, and the exact paths."""
    seeds = lab.seeds(12 if lab.full else 8)
    nets = _Nets(lab, search=seeds[:2], confirm=seeds[2:])
    table = nets.table()
    lines = lab.map(regression, lab.seeds(30 if lab.full else 8))
    return Found(
        parts=[
            *_overfitting(nets, table), _speed(nets, table), _forms(nets), _adam_tuned(nets),
            _agree(lines), *_paths(lines), *_zeros(lines),
        ],
        panels=[_over_strength(table), _path_panel(lines[0], "ridge"), _path_panel(lines[0], "lasso")],
    )  # fmt: skip


# --- nets ---

Rated = tuple[float, float]
"""A learning rate and a strength."""
Table = Mapping[Rated, Mapping[str, float]]


def decayed_run(name: str, lr: float, wd: float, seed: int, form: str = "l2") -> dict[str, Any]:
    """One run on few, partly wrong labels."""
    return {
        "task": "digits", "set": {"label_noise": NOISE, "data_seed": seed}, "examples": EXAMPLES,
        "batch_size": BATCH, "last_batch": "run_on", "epochs": EPOCHS, "optimizer": name, "lr": lr,
        "weight_decay": wd, "decay_form": form, "evaluate": "50", "train_metrics": True, "seed": seed,
    }  # fmt: skip


def final(run: Any) -> dict[str, float]:
    """Losses (infinite where it diverged) and validation accuracy at the end of a run."""
    last = {e.split: e for e in run.evaluations}
    loss = {
        split: float(e.loss) if run.status == "budget_exhausted" and e.loss is not None else math.inf
        for split, e in last.items()
    }
    accuracy = float(last["validation"].metrics["accuracy"] or 0.0)
    return {"loss": loss["validation"], "train": loss["train"], "accuracy": accuracy}


class _Nets:
    """Nets by optimizer, rate, strength and form of decay, on the seeds of the search or on the others."""

    def __init__(self, lab: Lab, *, search: Sequence[int], confirm: Sequence[int]) -> None:
        self._lab, self._search, self._confirm = lab, search, confirm

    def confirmed(self, of: str, name: str, rated: Rated, form: str = "l2") -> list[float]:
        """One value a confirmation seed: ``loss``, ``train`` or ``accuracy``."""
        runs = self._lab.runs([decayed_run(name, *rated, seed, form) for seed in self._confirm])
        return [final(run)[of] for run in runs]

    def searched(self, name: str, rated: Rated, form: str = "l2") -> dict[str, float]:
        """Means over the seeds of the search."""
        ends = [
            final(r) for r in self._lab.runs([decayed_run(name, *rated, seed, form) for seed in self._search])
        ]
        return {of: float(np.mean([end[of] for end in ends])) for of in ends[0]}

    def table(self) -> dict[Rated, dict[str, float]]:
        """SGD over rates and strengths; no best rate of either side and either metric lies at an end."""
        table: dict[Rated, dict[str, float]] = {}
        wanted = list(RATES)
        while wanted:
            self._lab.runs(
                [decayed_run("sgd", lr, wd, s) for lr in wanted for wd in STRENGTHS for s in self._search]
            )
            table |= {(lr, wd): self.searched("sgd", (lr, wd)) for lr in wanted for wd in STRENGTHS}
            rates = {lr for lr, _ in table}
            best = {
                lowest_of(table, of, decayed)[0] for of in ("loss", "accuracy") for decayed in (False, True)
            }
            wanted = [min(rates) / 2] if min(rates) in best and min(rates) > LEAST_RATE else []
            wanted += [max(rates) * 2] if max(rates) in best and max(rates) < MOST_RATE else []
        return table


def lowest_of(table: Table, of: str, decayed: bool, lr: float | None = None) -> Rated:
    """The rate (or the given one) and strength with the least loss or highest accuracy, with decay or without."""
    keys = [key for key in sorted(table) if (key[1] > 0) == decayed and lr in (None, key[0])]
    return min(keys, key=lambda key: table[key]["loss"] if of == "loss" else -table[key]["accuracy"])


def _overfitting(nets: _Nets, table: Table) -> list[Part]:
    """Each side at its own best rate; then both at one rate, slow to fast."""

    def compared(name: str, decayed: Rated, plain: Rated, of: str = "loss") -> Measured:
        sides = [nets.confirmed(of, "sgd", rated) for rated in (decayed, plain)]
        compare = difference if of == "accuracy" else ratio
        return compare(name, *sides, lr=decayed[0], strength=decayed[1])

    best, plain = (lowest_of(table, "loss", decayed) for decayed in (True, False))
    tuned = compared("validation_loss_ratio", best, plain)
    train = compared("train_loss_ratio", best, plain, "train")
    at_rates = [
        compared("loss_ratio_same_rate", lowest_of(table, "loss", True, lr), (lr, 0.0)) for lr in RATES
    ]
    verdict, by = everywhere({m.at["lr"]: below(m, 1.0) for m in at_rates})
    condition = remark("lesson.weight_decay.rates", **by) if verdict == "holds_when" else None
    best, plain = (lowest_of(table, "accuracy", decayed) for decayed in (True, False))
    gained = compared("accuracy_gained", best, plain, "accuracy")
    decayed = lowest_of(table, "accuracy", True, RATES[-1])
    fast = compared("accuracy_gained_same_rate", decayed, (RATES[-1], 0.0), "accuracy")
    return [
        Part(name="against_overfitting", verdict=below(tuned, MATTERS), measurements=(tuned, train)),
        Part(name="at_every_rate", verdict=verdict, condition=condition, measurements=tuple(at_rates)),
        Part(name="not_for_accuracy", verdict=opposite(above(gained, POINT)), measurements=(gained, fast)),
    ]


def _speed(nets: _Nets, table: Table) -> Part:
    """Training loss at equal updates and the same rate."""
    lr, wd = lowest_of(table, "loss", True)
    sides = [nets.confirmed("train", "sgd", (lr, strength)) for strength in (wd, 0.0)]
    found = ratio("train_loss_same_rate", *sides, lr=lr, strength=wd)
    return Part(name="not_for_speed", verdict=above(found, 1.0), measurements=(found,))


def _forms(nets: _Nets) -> Part:
    """L2 in the gradient and decoupled decay at the same strength."""
    numbers = [
        ratio(
            "decoupled_over_l2", *(nets.confirmed("train", name, rated, form) for form in ("decoupled", "l2")),
            optimizer=name,
        )
        for name, rated in COMMON.items()
    ]  # fmt: skip
    verdict, by = everywhere({m.at["optimizer"]: within(m, 0.98, 1.02) for m in numbers})
    condition = remark("lesson.weight_decay.optimizers", **by) if verdict == "holds_when" else None
    return Part(name="forms_are_the_same", verdict=verdict, condition=condition, measurements=tuple(numbers))


def _adam_tuned(nets: _Nets) -> Part:
    """Under Adam, each form at its own best strength."""
    best = {form: tuned_strength(nets, form) for form in ("decoupled", "l2")}
    sides = [nets.confirmed("loss", "adam", (ADAM_RATE, wd), form) for form, wd in best.items()]
    found = ratio("tuned_decoupled_over_l2", *sides, strength=best["decoupled"])
    l2 = exact("best_l2", best["l2"])
    return Part(
        name="decoupled_is_better_under_adam", verdict=below(found, MATTERS), measurements=(found, l2)
    )


def tuned_strength(nets: _Nets, form: str) -> float:
    """The strength with the least validation loss, not at an end of those tried."""
    found: dict[float, float] = {}
    wanted = list(ADAM_STRENGTHS[form])
    while wanted and len(found) < 9:
        found |= {wd: nets.searched("adam", (ADAM_RATE, wd), form)["loss"] for wd in wanted}
        best = min(found, key=lambda wd: found[wd])
        wanted = [best / 3] if best == min(found) else [best * 3] if best == max(found) else []
    return best


# --- lines ---


@dataclass(frozen=True)
class Regression:
    """Exact paths of one noisy regression, and the lasso by two kinds of steps.

    Attributes:
        ridge, lasso: coefficients, one row a strength of ``PATH``.
        gaps: largest differences from scikit-learn's ridge and lasso, and whether all of the lasso's zeros agree.
        chosen: index of the strength with the least error on new rows, by penalty.
        zeros: exact zeros at the lasso's chosen strength: of the solution, of proximal and of subgradient steps.
        matches: whether the proximal steps' zeros are the solution's.
    """

    ridge: np.ndarray
    lasso: np.ndarray
    gaps: tuple[float, float, bool]
    chosen: Mapping[str, int]
    zeros: Mapping[str, int]
    matches: bool


def regression(seed: int) -> Regression:
    """One noisy regression in which 4 of 20 features matter."""
    random = np.random.default_rng(seed)
    truth = np.zeros(FEATURES)
    truth[:MATTER] = [1.5, -1.0, 0.7, -0.5]
    X, new = random.normal(size=(ROWS, FEATURES)), random.normal(size=(1000, FEATURES))
    y = X @ truth + SPREAD * random.normal(size=ROWS)
    ridge, lasso = bw.ridge_path(X, y, PATH), bw.lasso_path(X, y, PATH)
    chosen = {
        name: int(((new @ (w - truth).T) ** 2).mean(axis=0).argmin())
        for name, w in (("ridge", ridge), ("lasso", lasso))
    }
    strength, exact_weights = PATH[chosen["lasso"]], lasso[chosen["lasso"]]
    proximal = proximal_steps(X, y, strength)
    zeros = {
        "solution": exact_weights, "proximal": proximal, "subgradient": subgradient_steps(X, y, strength),
    }  # fmt: skip
    return Regression(
        ridge=ridge, lasso=lasso, gaps=scikit_learn_gaps(X, y, ridge, lasso), chosen=chosen,
        zeros={name: int((w == 0).sum()) for name, w in zeros.items()},
        matches=bool(np.array_equal(proximal == 0, exact_weights == 0)),
    )  # fmt: skip


def scikit_learn_gaps(
    X: np.ndarray, y: np.ndarray, ridge: np.ndarray, lasso: np.ndarray
) -> tuple[float, float, bool]:
    """Largest differences from scikit-learn's ridge and lasso along the path, and whether all zeros agree."""
    from sklearn.linear_model import Lasso, Ridge

    theirs = [Ridge(alpha=len(y) * s / 2, fit_intercept=False).fit(X, y).coef_ for s in PATH]
    sparse = [
        Lasso(alpha=s / 2, fit_intercept=False, tol=1e-14, max_iter=10**6).fit(X, y).coef_ for s in PATH
    ]
    return (
        float(np.abs(ridge - theirs).max()),
        float(np.abs(lasso - sparse).max()),
        bool(np.array_equal(lasso == 0, np.array(sparse) == 0)),
    )


def proximal_steps(X: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
    """Full-batch descent of the front door with ``l1``: a gradient step, then the soft threshold."""
    data = (torch.from_numpy(X), torch.from_numpy(y))
    line = nn.Linear(FEATURES, 1, bias=False)
    task = bw.Task(model=line, train=data, validation=data, loss="mse", name="sparse")
    *_, run = bw.train(
        task, batch_size=len(y), lr=0.1, l1=strength, steps=STEPS // 4, dtype="float64",
        evaluate=str(10**6), progress=False,
    )  # fmt: skip
    return np.asarray(next(run.model.parameters()).detach().numpy()[0])


def subgradient_steps(X: np.ndarray, y: np.ndarray, strength: float) -> np.ndarray:
    """The same with s sign(w) added to the gradient, the rate falling as 1 / sqrt(t)."""
    weights = np.random.default_rng(0).normal(size=FEATURES)
    for step in range(STEPS):
        gradient = 2 / len(y) * X.T @ (X @ weights - y) + strength * np.sign(weights)
        weights = weights - 0.1 / math.sqrt(1 + step) * gradient
    return np.asarray(weights)


def _agree(lines: Sequence[Regression]) -> Part:
    """Both paths are scikit-learn's to the digits of double precision, the zeros exactly."""
    numbers = (
        *(exact(name, max(found.gaps[i] for found in lines), n=len(lines)) for i, name in enumerate(DIGITS)),
        exact("zeros_agree", float(np.mean([found.gaps[2] for found in lines])), n=len(lines), unit="1"),
    )
    verdict, _ = everywhere({m.name: below(m, DIGITS[m.name]) for m in numbers[:2]})
    verdict = verdict if numbers[2].value == 1.0 else "does_not_hold"
    return Part(name="paths_agree", verdict=verdict, measurements=numbers)


def _paths(lines: Sequence[Regression]) -> list[Part]:
    """Each at the strength that predicts best: what is shrunk, and how many idle features are left out."""
    ridge = [found.ridge[found.chosen["ridge"]] for found in lines]
    lasso = [found.lasso[found.chosen["lasso"]] for found in lines]
    least = np.linalg.norm([found.ridge[0] for found in lines], axis=1)
    shrunk = mean("ridge_norm", np.linalg.norm(ridge, axis=1) / least, unit="1")
    none = exact("ridge_zeros", max((found.ridge == 0).mean() for found in lines), n=len(lines), unit="1")
    idle = mean("idle_left_out", [float((w[MATTER:] == 0).mean()) for w in lasso], unit="1")
    right = share(
        "support_found", sum(np.array_equal(w != 0, np.arange(FEATURES) < MATTER) for w in lasso), len(lasso)
    )
    kept = mean("true_kept", [float((w[:MATTER] != 0).mean()) for w in lasso], unit="1")
    return [
        Part(name="l2_shrinks", verdict=below(shrunk, 1.0), measurements=(shrunk, none)),
        Part(name="l1_selects", verdict=above(idle, 0.25), measurements=(idle, kept)),
        Part(name="l1_finds_them", verdict=above(right, 0.5), measurements=(right,)),
    ]


def _zeros(lines: Sequence[Regression]) -> list[Part]:
    """Exact zeros of the two kinds of steps, at the lasso's best strength."""
    counts = {n: mean("exact_zeros", [found.zeros[n] for found in lines], steps=n) for n in lines[0].zeros}
    none = counts["subgradient"]
    matching = exact(
        "zeros_match", float(np.mean([found.matches for found in lines])), n=len(lines), unit="1"
    )
    return [
        Part(
            name="proximal_zeros",
            verdict="holds" if matching.value == 1.0 else "does_not_hold",
            measurements=(matching, counts["proximal"], counts["solution"]),
        ),
        Part(name="subgradient_zeros", verdict=above(none, 0.0), measurements=(none,)),
    ]


# --- pictures ---


def _over_strength(table: Table) -> Panel:
    """At the largest common rate, where the net fits its labels: both losses over the strength."""
    lr = max(RATES)
    rows = [(wd, table[lr, wd]["loss"], table[lr, wd]["train"]) for wd in STRENGTHS if wd > 0]
    return Panel(
        name="strength",
        title=remark("lesson.weight_decay.strength.title", lr=lr),
        takeaway=remark("lesson.weight_decay.strength.takeaway"),
        x=remark("lesson.weight_decay.axis.strength"),
        y=remark("lesson.axis.loss"),
        x_log=True,
        series=(
            series([r[0] for r in rows], [r[1] for r in rows], remark("lesson.axis.validation_loss")),
            series([r[0] for r in rows], [r[2] for r in rows], remark("lesson.axis.train_loss")),
        ),
    )


def _path_panel(found: Regression, penalty: str) -> Panel:
    path = found.ridge if penalty == "ridge" else found.lasso
    lines = []
    for j in range(FEATURES):
        matters = j < MATTER
        name = remark(f"lesson.weight_decay.line.{'matters' if matters else 'idle'}")
        label = name if j in (0, MATTER) else None
        lines.append(series(PATH, path[:, j], label, look="line", colour=0 if matters else 1))
    return Panel(
        name=penalty,
        title=remark(f"lesson.weight_decay.{penalty}.title"),
        takeaway=remark(f"lesson.weight_decay.{penalty}.takeaway"),
        x=remark("lesson.weight_decay.axis.strength"),
        y=remark("lesson.weight_decay.axis.coefficient"),
        x_log=True,
        series=tuple(lines),
    )


def example() -> None:
    """Code to copy."""
    import numpy as np

    import batchwright as bw

    few = {"task": "digits", "set": {"label_noise": 0.2}, "examples": 300, "batch_size": 32, "epochs": 40}
    strengths = (0.0, 0.01, 0.03, 0.1)
    runs = bw.train_many([few | {"lr": 0.2, "weight_decay": s} for s in strengths])
    for strength, run in zip(strengths, runs, strict=True):
        print(strength, run.evaluations[-1].loss, run.evaluations[-1].metrics)

    X = np.random.default_rng(0).normal(size=(60, 20))
    y = X[:, 0] - X[:, 1] + np.random.default_rng(1).normal(size=60)
    print(bw.ridge_path(X, y, [0.1, 1.0]).round(2))
    print(bw.lasso_path(X, y, [0.1, 1.0]).round(2))  # exact zeros
