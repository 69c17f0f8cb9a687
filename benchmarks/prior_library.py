"""What do finished studies say about the constants that ``advise`` has to guess?

Studies of small problems, none of which is scored by ``regret.py`` (see ``LIBRARY``); each with all its runs gives the posterior of the
eight constants of ``advice.quick.posterior`` under a prior so wide that the runs decide. Their medians are the rows of
``src/batchwright/advice/quick/library.csv``, from which the prior of advice is taken: the mean over the studies, and
their scatter, widened for the few that there are.

    python benchmarks/prior_library.py [--only WORD]

Runs are kept in ``benchmarks/cache``; a study that is there takes no time.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from problems import MOMENTUM, PROBLEMS, SGD, Problem
from record import markdown
from regret_study import study_runs

from batchwright.advice.quick import posterior
from batchwright.advice.quick.posterior import NAMES, Observation, Prior, sample
from batchwright.core.version import __version__
from batchwright.optim.catalogue import CATALOGUE
from batchwright.training.record import RunResult, Status

TABLE = Path(posterior.__file__).with_name("library.csv")
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
    middle = 64.0
    finished = [o for o in seen if not o.is_bound]
    nearest = min(finished, key=lambda o: (abs(o.log_batch - math.log(middle)), o.log_steps))
    adaptive = CATALOGUE[spec.optimizer.name].adaptive
    mean = dict.fromkeys(NAMES, 0.0) | {
        "log_steps": nearest.log_steps, "log_critical": math.log(200.0), "log_lr": nearest.log_lr,
        "log_kappa": math.log(1.8), "log_lambda": math.log(0.8), "alpha": 0.5 if adaptive else 0.9,
        "log_sigma": math.log(0.11),
    }  # fmt: skip
    sds = {"log_steps": 2.0} | WIDE_SD
    wide = Prior(np.array([mean[n] for n in NAMES]), np.array([sds[n] for n in NAMES]))
    found = sample(seen, wide, math.log(middle), seed=0).samples
    values, scatter = np.median(found, axis=0), found.std(axis=0)
    return {
        "study": problem.name.removeprefix("library "), "optimizer": spec.optimizer.name, "adaptive": int(adaptive),
        "examples": len(task.train), "runs": len(seen),
        **{n: round(float(v), 3) for n, v in zip(NAMES, values, strict=True) if n in WIDE_SD and n != "log_lr"},
        **{f"sd_{n}": round(float(v), 3) for n, v in zip(NAMES, scatter, strict=True) if n in WIDE_SD and n != "log_lr"},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    wanted = [p for p in LIBRARY if given.only in p.name]
    rows = []
    for problem in wanted:
        rows.append(constants(problem))
        print(rows[-1], flush=True)
    print(markdown(list(rows[0]), [[str(v) for v in row.values()] for row in rows]))
    if given.only:
        return
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        file.write(
            f"# benchmarks/prior_library.py, batchwright {__version__}, {datetime.now(UTC):%Y-%m-%d}: medians of wide posteriors\n"
        )
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
