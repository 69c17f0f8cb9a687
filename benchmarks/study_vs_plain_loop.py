"""Is `batchwright study digits` faster than the nested loop a person writes today, with the same answer?

The plain loop: for each of the same 12 batch sizes, for each of 10 learning rates, for 3 seeds: TensorDataset,
shuffling DataLoader, torch.optim.SGD, validation at the same log-spaced steps, the same smoothed target, stop at
the target, at a loss that is not finite, or at the budget: 3 times the fewest steps to target seen so far at this
batch size, and before any was seen the task's 30 epochs or 3 times the steps of the batch size before, whichever
is less (the study's own first budget). torch's default threads, one process. Its answer is the batch size with the least
median seconds a step x median steps to target at its best rate.

The study runs as a command of its own, process start and report included, in a fresh store, before and after the
plain loop. The ratio is plain seconds over the study's (mean of the two).

    python benchmarks/study_vs_plain_loop.py [--quick]
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

import torch
import torch.nn.functional as F
from record import markdown, record
from torch.utils.data import DataLoader, TensorDataset

from batchwright.study.spec import default_batch_sizes
from batchwright.task.load import load_task
from batchwright.task.task import Task, TaskReference
from batchwright.training.target import first_crossing

RATES = tuple(2.0**k for k in range(-6, 4))
"""0.016 to 8: ten rates a person would try who does not know where the best one lies."""
SEEDS = 3
EVALUATION_RATIO = 1.05


def train(task: Task, batch_size: int, lr: float, seed: int, budget_steps: int) -> dict[str, Any]:
    """One run of the plain loop; None as steps where the target was not reached."""
    torch.manual_seed(seed)
    model = task.model()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    loader = DataLoader(
        TensorDataset(task.train.inputs, task.train.targets), batch_size=batch_size, shuffle=True
    )
    steps, values, step, due = [], [], 0, 1
    training_seconds = 0.0
    while True:
        began = time.perf_counter()
        for inputs, targets in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs), targets)
            loss.backward()
            optimizer.step()
            step += 1
            if step >= due or step >= budget_steps:
                training_seconds += time.perf_counter() - began
                with torch.no_grad():
                    value = F.cross_entropy(model(task.validation.inputs), task.validation.targets).item()
                if not math.isfinite(value):
                    return {"steps": None, "updates": step, "seconds": training_seconds}
                steps.append(step)
                values.append(value)
                assert task.target is not None
                crossing = first_crossing(steps, values, task.target.value, higher_is_better=False)
                if crossing is not None or step >= budget_steps:
                    return {"steps": crossing, "updates": step, "seconds": training_seconds}
                due = max(step + 1, math.ceil(step * EVALUATION_RATIO))
                began = time.perf_counter()
        training_seconds += time.perf_counter() - began


def plain_loop(task: Task, batch_sizes: tuple[int, ...]) -> tuple[float, list[dict[str, Any]]]:
    began = time.perf_counter()
    rows = []
    before = math.inf
    for batch_size in sorted(batch_sizes, reverse=True):
        ratio = 1.0 if before == math.inf else rows[-1]["batch_size"] / batch_size
        epochs = math.ceil(task.max_epochs * len(task.train) / batch_size)
        first = min(epochs, math.ceil(3 * before * ratio)) if before < math.inf else epochs
        runs = []
        for lr in RATES:
            for seed in range(SEEDS):
                fewest = min((r["steps"] for r in runs if r["steps"]), default=math.inf)
                budget = first if fewest == math.inf else math.ceil(3 * fewest)
                runs.append({"lr": lr, "seed": seed, **train(task, batch_size, lr, seed, budget)})
        rows.append(best_rate(batch_size, runs))
        before = rows[-1]["steps"]
        print(f"plain loop: batch size {batch_size} done, {time.perf_counter() - began:.0f} s", flush=True)
    return time.perf_counter() - began, rows


def best_rate(batch_size: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    medians = {lr: statistics.median(r["steps"] or math.inf for r in runs if r["lr"] == lr) for lr in RATES}
    lr = min(medians, key=lambda rate: medians[rate])
    per_step = statistics.median(r["seconds"] / r["updates"] for r in runs)
    return {
        "batch_size": batch_size, "lr": lr, "steps": medians[lr], "seconds_per_step": per_step,
        "seconds_to_target": per_step * medians[lr], "updates": sum(r["updates"] for r in runs), "runs": runs,
    }  # fmt: skip


def study(batch_sizes: tuple[int, ...]) -> tuple[float, dict[str, Any]]:
    """Wall seconds of the command in a fresh store, and its JSON."""
    sizes = ",".join(map(str, batch_sizes))
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "batchwright.cli.main", "study", "digits", "--json", "--store", folder,
                   "--batch-sizes", sizes]  # fmt: skip
        began = time.perf_counter()
        out = subprocess.run(command, capture_output=True, text=True, check=True)
        return time.perf_counter() - began, json.loads(out.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="three batch sizes; nothing is recorded")
    quick = parser.parse_args().quick
    task = load_task(TaskReference(name="digits"))
    sizes = (64, 256, 1024) if quick else default_batch_sizes(len(task.train))
    first, answer = study(sizes)
    plain_seconds, rows = plain_loop(task, sizes)
    second, _ = study(sizes)
    study_seconds = (first + second) / 2
    ratio = plain_seconds / study_seconds
    best = min(rows, key=lambda r: r["seconds_to_target"])
    advice = answer["recommendation"]
    inside = best["batch_size"] in advice["batch_sizes"]
    by_size = {row["batch_size"]: row for row in answer["batch_sizes"]}
    table = markdown(
        ["batch", "plain: lr", "steps", "µs a step", "ms to target", "study: lr", "steps", "µs a step", "ms to target"],
        [
            [
                r["batch_size"], r["lr"], f"{r['steps']:.0f}", f"{r['seconds_per_step'] * 1e6:.0f}",
                f"{r['seconds_to_target'] * 1e3:.1f}", *ours(by_size[r["batch_size"]]),
            ]
            for r in sorted(rows, key=lambda r: r["batch_size"])
        ],
    )  # fmt: skip
    table += (
        f"\n\nPlain loop {plain_seconds:.0f} s, study {first:.1f} s and {second:.1f} s: {ratio:.1f} times faster. The plain "
        f"loop's best batch size is {best['batch_size']}, the study's {advice['batch_size']} with "
        f"{', '.join(map(str, advice['batch_sizes']))} as good: {'inside' if inside else 'NOT inside'} the set."
    )
    if quick:
        print(table)
        return
    record(
        "study_vs_plain_loop", question=(__doc__ or "").splitlines()[0], ratio=ratio,
        measurements={
            "plain_seconds": plain_seconds, "study_seconds": [first, second], "plain_best": best["batch_size"],
            "study_set": advice["batch_sizes"], "inside": inside, "plain": rows, "study": answer,
        },
        table=table,
    )  # fmt: skip


def ours(row: dict[str, Any]) -> list[str]:
    steps = row["steps_to_target"]["median"]
    return [
        row["lr"], f"{steps:.0f}", f"{row['seconds_per_step'] * 1e6:.0f}", f"{row['seconds_to_target'] * 1e3:.1f}",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
