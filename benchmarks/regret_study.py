"""The truth that advice is scored against: a full study of each problem, and fresh seeds wherever asked.

Steps to target are no matter of the machine and take hours to make: they are kept in ``benchmarks/truth``, a folder a
problem. Seconds and the advice itself, which are, lie in ``benchmarks/cache`` (not in the repository).
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from problems import PROBLEMS, Problem

from batchwright.core.streams import derive_seed
from batchwright.measure.hardware.alone import seconds_per_step
from batchwright.study.driver import Driver, StudyRuns
from batchwright.study.executors.workers import WorkerProcesses
from batchwright.study.key import RunKey
from batchwright.study.run import StoredRuns
from batchwright.study.spec import StudySpec
from batchwright.study.stores.sqlite import SQLiteStore
from batchwright.study.summary import batch_size_results
from batchwright.task.task import Task
from batchwright.training.loop import Run, run
from batchwright.training.replicas import replicas_at_once

CACHE, TRUTH = Path(__file__).parent / "cache", Path(__file__).parent / "truth"
MISSED_AFTER, MISSED_AFTER_FEW = 8.0, 4.0
"""A fresh run misses the target after this multiple of the study's median steps at its batch size."""


def cached(name: str, make: Any, folder: Path = CACHE) -> Any:
    """The JSON document called ``name``, made once."""
    path = folder / f"{name}.json"
    if path.exists():
        return json.loads(path.read_text())
    value = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".part{os.getpid()}")
    part.write_text(json.dumps(value) + "\n")
    part.replace(path)
    return value


def slug(problem: Problem) -> str:
    return "".join(c if c.isalnum() else "-" for c in problem.name.lower())


def has_truth(problem: Problem) -> bool:
    """Whether its study is in the repository."""
    return (TRUTH / slug(problem) / "study.json").exists()


def study_runs(problem: Problem, task: Task, workers: int = 2) -> tuple[StudySpec, StudyRuns]:
    """All runs of a problem's study, of which those in the cache are not made again."""
    spec = problem.spec(task)
    executor = WorkerProcesses(workers)
    CACHE.mkdir(exist_ok=True)
    with SQLiteStore(CACHE / f"{slug(problem)}.sqlite") as store:
        study_id = slug(problem)  # the runs stay known when a file of the benchmark changes
        store.begin_study(
            study_id, name=None, task=task.name, spec_json=spec.model_dump_json(), fingerprint=None, request={},
            action=None,
        )  # fmt: skip
        higher = task.higher_is_better(spec.target.metric)
        book = StoredRuns(store, study_id, None)
        runs = Driver(
            spec, examples=len(task.train), higher_is_better=higher, book=book, executor=executor,
            at_once=lambda run: replicas_at_once(run, task),
        ).run()  # fmt: skip
        executor.close()
    return spec, runs


def study(problem: Problem, task: Task, workers: int = 2) -> dict[str, Any]:
    """The tuned rate and steps at every batch size, and the updates and evaluations that finding them took."""

    def make() -> dict[str, Any]:
        spec, runs = study_runs(problem, task, workers)
        rows = batch_size_results(spec, runs, {})
        return {
            "rows": [
                {"batch_size": r.batch_size, "lr": r.lr, "steps": r.steps_to_target.median} for r in rows
            ],
            "updates": {
                str(size): sum(r.updates for key, r in runs.results.items() if key.batch_size == size)
                for size in spec.batch_sizes
            },
            "evaluations": sum(len(r.evaluations) for r in runs.results.values()),
            "runs": len(runs.results),
        }

    result: dict[str, Any] = cached(f"{slug(problem)}/study", make, TRUTH)
    return result


def step_seconds(problem: Problem, task: Task) -> dict[int, float]:
    """Seconds a step at every batch size of the study, alone on the machine."""

    def make() -> dict[str, float]:
        spec = problem.spec(task)
        specs = [spec.run(RunKey(b, 0, "search", 0), 1) for b in spec.batch_sizes]
        timings = seconds_per_step(specs, task)
        return {str(b): t.median for b, t in zip(spec.batch_sizes, timings, strict=True)}

    return {int(b): s for b, s in cached(f"seconds-{slug(problem)}", make).items()}


def study_seconds(problem: Problem, task: Task, seconds: dict[int, float]) -> float:
    """What the study takes on two processors: its updates and evaluations at their undisturbed seconds, halved.

    Reading the data, starting processes and timing the steps are left out, in the study's favour.
    """
    done = study(problem, task)
    spec = problem.spec(task)

    def make() -> float:
        state = Run(spec.run(RunKey(spec.batch_sizes[0], 0, "search", 0), 1), task)
        took = []
        for _ in range(5):
            began = time.perf_counter()
            state.evaluate()
            took.append(time.perf_counter() - began)
        return sorted(took)[2]

    evaluation = cached(f"evaluation-{slug(problem)}", make)
    training = sum(count * seconds[int(size)] for size, count in done["updates"].items())
    return (training + done["evaluations"] * evaluation) / 2


def interpolated(table: dict[int, float], batch_size: float, *, flat: bool = False) -> float:
    """Between known batch sizes linear in the logs; beyond the largest in proportion, or ``flat``."""
    sizes = sorted(table)
    if batch_size >= sizes[-1]:
        return table[sizes[-1]] * (1.0 if flat else batch_size / sizes[-1])
    if batch_size <= sizes[0]:
        return table[sizes[0]] * (sizes[0] / batch_size if flat else 1.0)
    i = next(i for i, b in enumerate(sizes) if b >= batch_size)
    a, b = sizes[i - 1], sizes[i]
    share = math.log(batch_size / a) / math.log(b / a)
    return math.exp((1 - share) * math.log(table[a]) + share * math.log(table[b]))


def true_steps(
    problem: Problem, task: Task, batch_size: int, lr: float, plausible: float, seeds: int
) -> dict[str, Any]:
    """Expected steps to target over fresh seeds, a missed run repeated until one succeeds.

    Args:
        plausible: steps of a good run at this batch size; a run misses after ``MISSED_AFTER`` times as many.
    """
    lr = float(f"{lr:.4g}")

    def make() -> dict[str, Any]:
        spec = problem.spec(task)
        budget = max(2, math.ceil((MISSED_AFTER if seeds > 2 else MISSED_AFTER_FEW) * plausible))
        spent, reached = 0.0, []
        for i in range(seeds):
            fresh = spec.run(RunKey(batch_size, 0, "search", 0), budget).model_copy(
                update={
                    "optimizer": spec.optimizer.model_copy(update={"lr": lr}),
                    "seed": derive_seed(0, "fresh", i) % 2**31,
                }
            )
            result = run(fresh, task)
            spent += result.steps_to_target or result.updates
            if result.steps_to_target is not None:
                reached.append(result.steps_to_target)
        mean = spent / len(reached) if reached else None
        return {"batch_size": batch_size, "lr": lr, "steps": mean, "reached": len(reached), "seeds": seeds,
                "each": reached, "budget": budget}  # fmt: skip

    result: dict[str, Any] = cached(f"{slug(problem)}/{batch_size}-{lr:g}-{seeds}", make, TRUTH)
    return result


@lru_cache(maxsize=4)
def loaded(name: str) -> tuple[Problem, Task]:
    """A problem and its live task."""
    problem = next(p for p in PROBLEMS if p.name == name)
    return problem, problem.load()


def true_in_worker(name: str, batch_size: int, lr: float, plausible: float, seeds: int) -> dict[str, Any]:
    """The same in a worker process, on one thread."""
    torch.set_num_threads(1)
    problem, task = loaded(name)
    return true_steps(problem, task, batch_size, lr, plausible, seeds)


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
