"""Would priors fitted to finished studies serve advice better than those that it has?

A library of studies of small problems, none of which is scored by ``regret.py`` (see ``LIBRARY``): each with all its
runs gives the posterior of the constants of ``advice.quick.posterior`` under a prior so wide that the runs decide.
Priors made of their medians then stand beside those of advice on studies that had no part in them: from the runs that
advice would have (a reference and one or two at other batch sizes) steps at every batch size are predicted, and
scored by the log density of the study's medians and by the error of the prediction's median on log steps.

    python benchmarks/prior_library.py [--draws 8]

Runs are kept in ``benchmarks/cache``; a study that is there takes no time, one that is not up to half an hour.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from problems import MOMENTUM, PROBLEMS, SGD, Problem
from record import markdown, record
from regret_study import has_truth, study, study_runs

from batchwright.advice.quick.inference import CRITICAL_GUESS, CRITICAL_GUESS_SD
from batchwright.advice.quick.posterior import NAMES, Observation, Prior, prior, sample
from batchwright.core.streams import generator
from batchwright.optim.catalogue import CATALOGUE
from batchwright.training.record import RunResult, Status

MIDDLE, RATE_WITHIN = 64.0, 1.1
ADAM, RMSPROP, NESTEROV = (
    {"name": "adam"},
    {"name": "rmsprop"},
    {"name": "sgd", "momentum": 0.9, "nesterov": True},
)
LOSS, EASY, ACCURACY = (
    {"metric": "loss", "value": 0.2}, {"metric": "loss", "value": 0.5}, {"metric": "accuracy", "value": 0.94},
)  # fmt: skip
WIDE, LINEAR, NORMALISED = {"hidden": "256"}, {"hidden": ""}, {"batch_norm": True}


def _digits(name: str, target: dict[str, Any], optimizer: dict[str, Any], **fields: Any) -> Problem:
    adaptive = CATALOGUE[optimizer["name"]].adaptive
    return Problem(
        f"library {name}", "digits", target, optimizer, default_lr=1e-3 if adaptive else 0.05, **fields
    )


DEVELOPMENT = (
    "digits, loss 0.20", "digits, accuracy 0.95, momentum", "squares", "regression, loss 0.5, AdamW",
    "Fashion dense, loss 0.46, Adam",
)  # fmt: skip
"""Of the problems of ``regret.py``: none that is scored, and none whose study takes half an hour."""
LIBRARY = (
    *(p for p in PROBLEMS if p.name in DEVELOPMENT),
    _digits("digits, loss 0.20, Adam", LOSS, ADAM),
    _digits("digits, loss 0.20, momentum", LOSS, MOMENTUM),
    _digits("digits, loss 0.50, SGD", EASY, SGD),
    _digits("digits, loss 0.50, RMSprop", EASY, RMSPROP),
    _digits("digits, accuracy 0.94, Adam", ACCURACY, ADAM),
    _digits("digits wide, loss 0.20, SGD", LOSS, SGD, options=WIDE),
    _digits("digits wide, accuracy 0.94, Nesterov", ACCURACY, NESTEROV, options=WIDE),
    _digits("digits wide, loss 0.20, Adam", LOSS, ADAM, options=WIDE),
    _digits("digits batch norm, loss 0.20, SGD", LOSS, SGD, options=NORMALISED, smallest=8),
    _digits("digits batch norm, loss 0.20, Adam", LOSS, ADAM, options=NORMALISED, smallest=8),
)
WIDE_SD = {"log_critical": 3.0, "log_lr": 3.0, "log_kappa": 1.0, "log_lambda": 0.7, "log_lr_batch_over_critical": 2.0,
           "alpha": 0.5, "log_sigma": 0.7}  # fmt: skip


def observations(results: Iterable[RunResult]) -> list[Observation]:
    """Every run that reached the target, and as a bound each that ended short of it."""
    seen = []
    for result in results:
        at = math.log(result.spec.batch_size), math.log(result.spec.optimizer.lr)
        if result.steps_to_target is not None:
            seen.append(Observation(*at, math.log(result.steps_to_target)))
        elif result.status is Status.BUDGET_EXHAUSTED:
            seen.append(Observation(*at, math.log(result.updates), 0.1, is_bound=True))
    return seen


def constants(problem: Problem) -> dict[str, Any]:
    """One row of the library."""
    task = problem.load()
    spec, runs = study_runs(problem, task)
    seen = observations(runs.results.values())
    finished = [o for o in seen if not o.is_bound]
    nearest = min(finished, key=lambda o: (abs(o.log_batch - math.log(MIDDLE)), o.log_steps))
    adaptive = CATALOGUE[spec.optimizer.name].adaptive
    mean = dict.fromkeys(NAMES, 0.0) | {
        "log_steps": nearest.log_steps, "log_critical": math.log(200.0), "log_lr": nearest.log_lr,
        "log_kappa": math.log(1.8), "log_lambda": math.log(0.8), "alpha": 0.5 if adaptive else 0.9,
        "log_sigma": math.log(0.11),
    }  # fmt: skip
    sds = {"log_steps": 2.0} | WIDE_SD
    wide = Prior(np.array([mean[n] for n in NAMES]), np.array([sds[n] for n in NAMES]))
    found = sample(seen, wide, math.log(MIDDLE), seed=0).samples
    values, scatter = np.median(found, axis=0), found.std(axis=0)
    return {
        "study": problem.name.removeprefix("library "), "optimizer": spec.optimizer.name, "adaptive": int(adaptive),
        "examples": len(task.train), "runs": len(seen),
        **{n: round(float(v), 3) for n, v in zip(NAMES, values, strict=True) if n in WIDE_SD and n != "log_lr"},
        **{f"sd_{n}": round(float(v), 3) for n, v in zip(NAMES, scatter, strict=True) if n in WIDE_SD and n != "log_lr"},
    }  # fmt: skip


Row = dict[str, Any]


def fitted(library: list[Row], hand: Prior, adaptive: bool, names: tuple[str, ...]) -> Prior:
    """The prior of advice with these constants taken from the library: mean and scatter over its studies.

    What depends on the kind of optimizer is taken from studies of that kind alone.
    """
    mean, sd = hand.mean.copy(), hand.sd.copy()
    for name in names:
        i, kind = NAMES.index(name), name in ("alpha", "log_lambda")
        values = np.array([row[name] for row in library if not kind or row["adaptive"] == int(adaptive)])
        mean[i], sd[i] = values.mean(), values.std(ddof=1) * math.sqrt(1 + 1 / len(values))
    return Prior(mean, sd)


ALL = tuple(name for name in NAMES if name not in ("log_steps", "log_lr"))
PRIORS = {
    "as it is": (), "all fitted": ALL, "all but the spread": tuple(n for n in ALL if n != "log_sigma"),
    "rates alone": ("log_lambda", "alpha", "log_lr_batch_over_critical"),
}  # fmt: skip


def predictions(problem: Problem, library: list[Row], draws: int) -> dict[str, list[tuple[float, float]]]:
    """Log score and error of each prior, one pair a draw of the runs that are known."""
    task = problem.load()
    spec, runs = study_runs(problem, task)
    rows = [r for r in study(problem, task)["rows"] if r["steps"] is not None]
    best = {r["batch_size"]: r["lr"] for r in rows}
    reached = [r for r in runs.results.values() if r.steps_to_target is not None]
    middle = min(best, key=lambda size: abs(math.log(size / MIDDLE)))
    adaptive = CATALOGUE[spec.optimizer.name].adaptive
    places = np.log(np.array(list(best), dtype=float)), np.log(np.array(list(best.values())))
    truth = np.log([r["steps"] for r in rows])
    random, scores = generator(0, "draws", problem.name), {}
    for draw in range(draws):
        known = []
        for size in (middle, 4 * middle, *([middle // 4] if draw % 2 else [])):
            near = [r for r in reached if r.spec.batch_size == size
                    and abs(math.log(r.spec.optimizer.lr / best[size])) < RATE_WITHIN]  # fmt: skip
            if near:
                known.append(near[int(torch.randint(len(near), (1,), generator=random))])
        reference = known[0]
        hand = prior(
            math.log(reference.steps_to_target or 1.0), math.log(reference.spec.optimizer.lr),
            math.log(CRITICAL_GUESS), CRITICAL_GUESS_SD, adaptive,
        )  # fmt: skip
        for name, constants_ in PRIORS.items():
            before = fitted(library, hand, adaptive, constants_)
            found = sample(observations(known), before, math.log(middle), seed=draw)
            expected = found.log_steps(*places)
            # A study's medians of five seeds scatter by half of what a run does, and lie off the law besides.
            sd = np.sqrt(np.exp(2 * found.samples[:, NAMES.index("log_sigma"), None]) / 4 + 0.06**2)
            density = (np.exp(-0.5 * ((truth - expected) / sd) ** 2) / sd / math.sqrt(2 * math.pi)).mean(
                axis=0
            )
            error = np.abs(np.median(expected, axis=0) - truth).mean()
            scores.setdefault(name, []).append((float(np.log(density + 1e-12).mean()), float(error)))
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=8)
    given = parser.parse_args()
    library = [constants(problem) for problem in LIBRARY]
    short = [c for c in library[0] if not c.startswith("sd_")]
    told = [[str(row[c]) for c in short] for row in library]
    held_out = [p for p in PROBLEMS if p.scored and has_truth(p)]
    scores = {p.name: predictions(p, library, given.draws) for p in held_out}
    lines, means = [], {}
    for name in PRIORS:
        each = [np.mean(by_prior[name], axis=0) for by_prior in scores.values()]
        means[name] = [float(v) for v in np.mean(each, axis=0)]
        lines.append([name, *(f"{s:.2f}, {e:.2f}" for s, e in each), "{:.3f}, {:.3f}".format(*means[name])])
    table = f"{markdown(short, told)}\n\nLog score (more is better) and error on log steps, {given.draws} draws each:\n\n"
    table += markdown(["prior", *scores, "mean"], lines)
    record(
        "prior_library", question=(__doc__ or "").splitlines()[0], table=table,
        ratio=means["all fitted"][1] / means["as it is"][1],
        measurements={"library": library, "held_out": scores, "means": means},
    )  # fmt: skip


if __name__ == "__main__":
    main()
