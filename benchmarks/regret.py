"""How much time does following the advice cost, against the best of a full study, and what does the advice cost?

Sixteen problems (see ``problems.py``): eight for development, eight scored once the method was frozen. On each a full
study is run once and kept; ``advise`` with its defaults runs on several seeds. What a choice of batch size and
learning rate is worth is measured on ten fresh seeds: expected steps to target, a run that misses the target
repeated until one succeeds, times seconds a step, measured alone on the machine. Regret is that over the best of the
study. Beside it, what people do today: B=32 with the default learning rate; the largest that fits (all examples, at
most 8192) with linear and with square-root scaling from there; the throughput knee, and the gradient noise
scale, both with linear scaling. "Inconclusive" is an abstention, not a hit.

    python benchmarks/regret.py [--seeds 3] [--only WORD] [--prepare]

``--prepare`` only runs the studies, which take hours and need no quiet machine; their results are in the repository.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from typing import Any

from loky import get_reusable_executor
from problems import PROBLEMS, Problem
from record import markdown, record
from regret_study import (
    cached,
    has_truth,
    interpolated,
    loaded,
    slug,
    step_seconds,
    study,
    study_seconds,
    true_in_worker,
)

from batchwright.advice.quick.advise import quick_advice
from batchwright.study.executors.in_process import InProcess
from batchwright.study.spec import default_batch_sizes
from batchwright.study.stores.memory import MemoryStore
from batchwright.task.task import Task

LARGEST_THAT_FITS = 8192
KNEE_SHARE = 0.5
METHOD = 3
"""Raised with every change of the method, so that no advice of an older one is scored."""


def advice(problem: Problem, task: Task, seed: int) -> dict[str, Any]:
    """One run of ``advise`` with its defaults, on a machine that does nothing else."""

    def make() -> dict[str, Any]:
        sizes = default_batch_sizes(len(task.train), 64)
        spec = problem.spec(task, seed=seed + 1).model_copy(update={"batch_sizes": sizes})
        began = time.perf_counter()
        result = quick_advice(spec, task, MemoryStore(), InProcess(task))
        seconds = time.perf_counter() - began
        answer = result.recommendation
        return {
            "seed": seed, "verdict": answer.verdict, "batch_size": answer.batch_size, "lr": answer.lr,
            "interval": answer.interval, "seconds": seconds, "counted_trainings": result.cost.trainings,
            "runs": result.runs_executed, "noise_scale": (result.evidence.noise_scale or {}).get("value"),
        }  # fmt: skip

    found: dict[str, Any] = cached(f"advice{METHOD}-{slug(problem)}-{seed}", make)
    return found


def rivals(
    problem: Problem, task: Task, seconds: dict[int, float], noise: float | None
) -> dict[str, tuple[int, float]]:
    """What people do today: (batch size, learning rate) each."""
    n, lr = len(task.train), problem.default_lr
    largest = min(n, LARGEST_THAT_FITS)
    rate = {b: b / s for b, s in seconds.items()}
    knee = next(b for b in sorted(rate) if rate[b] >= KNEE_SHARE * max(rate.values()))
    choices = {
        "B=32, default rate": (32, lr),
        "largest, linear": (largest, lr * largest / 32),
        "largest, square root": (largest, lr * math.sqrt(largest / 32)),
        "throughput knee, linear": (knee, lr * knee / 32),
    }
    if noise is not None:
        b = min(max(1, round(noise)), n)
        choices["noise scale, linear"] = (b, lr * b / 32)
    return choices


def score(problem: Problem, task: Task, seeds: int) -> dict[str, Any]:
    seconds = step_seconds(problem, task)
    advised = [advice(problem, task, seed) for seed in range(seeds)]
    rows = {r["batch_size"]: r for r in study(problem, task)["rows"] if r["steps"] is not None}
    steps = {b: r["steps"] for b, r in rows.items()}
    costs = {b: steps[b] * seconds[b] for b in rows}
    near = [b for b in rows if costs[b] <= 1.2 * min(costs.values())]
    noise = [a["noise_scale"] for a in advised if a["noise_scale"]]
    today = rivals(problem, task, seconds, statistics.median(noise) if noise else None)
    asked = {(b, rows[b]["lr"]): 10 for b in near}
    asked |= {(a["batch_size"], a["lr"]): 10 for a in advised if a["batch_size"] is not None}
    # The largest batches take minutes a run, and are hopeless.
    asked |= {choice: 5 if choice[0] <= 2048 else 2 for choice in today.values() if choice not in asked}
    pool = get_reusable_executor(max_workers=2)
    futures = {
        (b, lr): pool.submit(true_in_worker, problem.name, b, lr, interpolated(steps, b, flat=True), count)
        for (b, lr), count in asked.items()
    }
    truth = {choice: future.result() for choice, future in futures.items()}

    def cost(choice: tuple[int, float]) -> float:
        mean = truth[choice]["steps"]
        return math.inf if mean is None else mean * interpolated(seconds, choice[0])

    best = min(((b, rows[b]["lr"]) for b in near), key=cost)
    training = cost(best)
    whole = study_seconds(problem, task, seconds)
    for a in advised:
        choice = (a["batch_size"], a["lr"])
        a["regret"] = cost(choice) / training if a["batch_size"] is not None else None
        a["trainings"] = a["seconds"] / training
        a["of_study"] = a["seconds"] / whole
        a["width"] = a["interval"][1] / a["interval"][0] if a["interval"] else None
        a["covers"] = bool(a["interval"]) and a["interval"][0] <= best[0] <= a["interval"][1]
    return {
        "problem": problem.name, "scored": problem.scored, "best": best, "training_seconds": training,
        "study_seconds": whole, "advised": advised, "rivals": {n: cost(c) / training for n, c in today.items()},
        "rival_choices": today, "truth": list(truth.values()), "seconds_per_step": seconds,
    }  # fmt: skip


def table(results: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(n for r in results for n in r["rivals"]))
    columns = ["problem", "best B, lr", "training", "study", "advised B", "regret", "cost, trainings", "of the study",
               "set", "best inside", *names]  # fmt: skip
    lines = []
    for r in results:
        told = [a for a in r["advised"] if a["verdict"] == "recommended"]
        lines.append(
            [
                r["problem"], f"{r['best'][0]}, {r['best'][1]:.3g}", f"{r['training_seconds']:.2g} s",
                f"{r['study_seconds']:.0f} s",
                ", ".join(str(a["batch_size"]) if a in told else "abstains" for a in r["advised"]),
                ", ".join(f"{a['regret']:.2f}" for a in told), f"{median(r['advised'], 'trainings'):.1f}",
                f"{median(r['advised'], 'of_study'):.0%}", ", ".join(f"{a['width']:.0f}x" for a in told),
                f"{sum(a['covers'] for a in told)}/{len(told)}",
                *(f"{r['rivals'][n]:.2f}" if n in r["rivals"] else "" for n in names),
            ]
        )  # fmt: skip
    return markdown(columns, lines)


def median(rows: list[dict[str, Any]], key: str) -> float:
    return statistics.median(r[key] for r in rows if r[key] is not None)


def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    everything = [a for r in results for a in r["advised"]]
    told = [a for a in everything if a["verdict"] == "recommended"]
    return {
        "answers": len(told), "of": len(everything), "median_regret": median(told, "regret"),
        "worst_regret": max(a["regret"] for a in told), "median_trainings": median(everything, "trainings"),
        "median_of_study": median(everything, "of_study"), "covered": sum(a["covers"] for a in told) / len(told),
        "median_width": median(told, "width"),
        "rivals_median": {
            n: statistics.median(r["rivals"].get(n, math.inf) for r in results)
            for n in dict.fromkeys(n for r in results for n in r["rivals"])
        },
    }  # fmt: skip


def in_words(name: str, facts: dict[str, Any]) -> str:
    today = ", ".join(f"{n} {v:.2f}" for n, v in facts["rivals_median"].items())
    return (
        f"{name}: {facts['answers']} of {facts['of']} answers; regret median {facts['median_regret']:.2f}, worst "
        f"{facts['worst_regret']:.2f}; cost median {facts['median_trainings']:.1f} trainings and "
        f"{facts['median_of_study']:.0%} of the study; the best inside the set {facts['covered']:.0%}, median width "
        f"{facts['median_width']:.0f} times. Median regret today: {today}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--prepare", action="store_true")
    arguments = parser.parse_args()
    wanted = [p for p in PROBLEMS if arguments.only in p.name]
    if arguments.prepare:
        for problem in wanted:
            print(problem.name, study(problem, problem.load())["runs"], "runs", flush=True)
        return
    left_out = [p.name for p in wanted if not has_truth(p)]
    wanted = [p for p in wanted if has_truth(p)]
    print(f"without a study yet (--prepare makes it): {', '.join(left_out) or 'none'}", flush=True)
    # All that needs a quiet machine first, one process: seconds a step and the advice itself.
    for problem in wanted:
        _, task = loaded(problem.name)
        study(problem, task)
        step_seconds(problem, task)
        for seed in range(arguments.seeds):
            a = advice(problem, task, seed)
            print(
                problem.name,
                seed,
                a["batch_size"],
                a["lr"],
                a["interval"],
                f"{a['seconds']:.1f} s",
                flush=True,
            )
    results = []
    for problem in wanted:
        results.append(score(problem, loaded(problem.name)[1], arguments.seeds))
        print(table(results[-1:]), flush=True)
    parts = {
        "developed on": [r for r in results if not r["scored"]],
        "scored": [r for r in results if r["scored"]],
    }
    facts = {name: summary(rows) for name, rows in parts.items() if rows}
    told = f"\n\nWithout a study yet: {', '.join(left_out)}." if left_out else ""
    text = (
        "\n\n".join(
            f"{table(parts[name])}\n\n{in_words(name.capitalize(), fact)}" for name, fact in facts.items()
        )
        + told
    )
    if arguments.only:
        print(text)
        return
    record(
        "regret", question=(__doc__ or "").splitlines()[0], ratio=facts["scored"]["median_regret"],
        measurements={"summary": facts, "problems": results, "without_a_study": left_out}, table=text,
    )  # fmt: skip


if __name__ == "__main__":
    main()
