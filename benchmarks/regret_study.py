"""The truth that advice is scored against: a full study of each problem, and fresh seeds wherever asked.

Kept in ``benchmarks/cache`` (not in the repository), since it takes the better part of an hour to make.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any

from problems import PROBLEMS, Problem

from batchwright.core.streams import derive_seed
from batchwright.measure.hardware import seconds_per_step
from batchwright.study.driver import Driver
from batchwright.study.execute import WorkerProcesses
from batchwright.study.store import Store
from batchwright.study.summary import batch_size_results
from batchwright.task.task import Task
from batchwright.training.loop import run

CACHE = Path(__file__).parent / "cache"
FRESH_SEEDS = 10
MISSED_AFTER = 4.0
"""A fresh run misses the target after this multiple of the study's median steps at its batch size."""


def cached(name: str, make: Any) -> Any:
    """The JSON document called ``name``, made once."""
    CACHE.mkdir(exist_ok=True)
    path = CACHE / f"{name}.json"
    if path.exists():
        return json.loads(path.read_text())
    value = make()
    part = path.with_suffix(f".part{os.getpid()}")
    part.write_text(json.dumps(value))
    part.replace(path)
    return value


def slug(problem: Problem) -> str:
    return "".join(c if c.isalnum() else "-" for c in problem.name.lower())


def study(problem: Problem, task: Task, workers: int = 2) -> dict[str, Any]:
    """The tuned rate and steps at every batch size, and what the study took.

    ``seconds`` is the sum over its runs of their own seconds (training and evaluation, one thread each): what
    the study takes on one processor, however many it ran on.
    """

    def make() -> dict[str, Any]:
        spec = problem.spec(task)
        executor = WorkerProcesses(workers)
        with Store(CACHE / f"{slug(problem)}.sqlite") as store:
            study_id = spec.identity(task.fingerprint)
            store.begin_study(study_id, name=None, task=task.name, spec=spec.model_dump_json(), command="")
            runs = Driver(spec, study_id, len(task.train), store, executor).run()
            executor.close()
            rows = batch_size_results(spec, runs, {})
        return {
            "rows": [{"batch_size": r.batch_size, "lr": r.lr, "steps": r.steps_to_target.median} for r in rows],
            "seconds": sum(r.seconds + r.evaluation_seconds for r in runs.results.values()),
            "runs": len(runs.results),
        }

    result: dict[str, Any] = cached(f"study-{slug(problem)}", make)
    return result


def step_seconds(problem: Problem, task: Task) -> dict[int, float]:
    """Seconds a step at every batch size of the study, alone on the machine."""

    def make() -> dict[str, float]:
        spec = problem.spec(task)
        timings = seconds_per_step([spec.run(b, spec.optimizer.lr, 0, 1) for b in spec.batch_sizes], task)
        return {str(b): t.median for b, t in zip(spec.batch_sizes, timings, strict=True)}

    return {int(b): s for b, s in cached(f"seconds-{slug(problem)}", make).items()}


def interpolated(table: dict[int, float], batch_size: float) -> float:
    """Between measured batch sizes linear in the logs; beyond them as at the nearer end, or in proportion."""
    sizes = sorted(table)
    if batch_size >= sizes[-1]:
        return table[sizes[-1]] * batch_size / sizes[-1]
    if batch_size <= sizes[0]:
        return table[sizes[0]]
    i = next(i for i, b in enumerate(sizes) if b >= batch_size)
    a, b = sizes[i - 1], sizes[i]
    share = math.log(batch_size / a) / math.log(b / a)
    return math.exp((1 - share) * math.log(table[a]) + share * math.log(table[b]))


def true_steps(problem: Problem, task: Task, batch_size: int, lr: float, plausible: float) -> dict[str, Any]:
    """Expected steps to target over fresh seeds, a missed run repeated until one succeeds.

    Args:
        plausible: steps of a good run at this batch size; a run misses after ``MISSED_AFTER`` times as many.
    """
    lr = float(f"{lr:.4g}")

    def make() -> dict[str, Any]:
        spec = problem.spec(task)
        budget = max(2, math.ceil(MISSED_AFTER * plausible))
        spent, reached = 0.0, []
        for i in range(FRESH_SEEDS):
            result = run(spec.run(batch_size, lr, derive_seed(0, "fresh", i) % 2**31, budget), task)
            spent += result.steps_to_target or result.updates
            if result.steps_to_target is not None:
                reached.append(result.steps_to_target)
        mean = spent / len(reached) if reached else None
        return {"batch_size": batch_size, "lr": lr, "steps": mean, "reached": len(reached), "seeds": FRESH_SEEDS,
                "each": reached, "budget": budget}  # fmt: skip

    result: dict[str, Any] = cached(f"true-{slug(problem)}-{batch_size}-{lr:g}", make)
    return result


def main() -> None:
    for problem in PROBLEMS:
        if len(sys.argv) > 1 and not any(word in problem.name for word in sys.argv[1:]):
            continue
        began = time.perf_counter()
        task = problem.load()
        result = study(problem, task)
        print(problem.name, f"{time.perf_counter() - began:.0f} s", result["runs"], "runs", flush=True)
        for row in result["rows"]:
            print("  ", row, flush=True)


if __name__ == "__main__":
    main()
