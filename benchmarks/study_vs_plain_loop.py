"""Is `batchwright study digits` faster than the nested loop a person writes today, with the same answer?

The plain loop: for each of the same 12 batch sizes, for each of 10 learning rates, for 3 seeds: TensorDataset,
shuffling DataLoader, torch.optim.SGD, validation at the same log-spaced steps, the same smoothed target, stop at
the target, at a loss that is not finite, or at the study's own first budget: 3 times the steps expected from the
neighbouring batch size, from the middle outwards, where it is the task's 30 epochs. torch's default threads, one
process. Its answer is the batch size with the least median seconds a step x median steps to target at its best
rate.

The study's search also drops a run at a multiple of the fewest steps seen so far. A person may do so too, hence a
second plain loop whose budget is never more than 3 times the fewest steps to target that this batch size has shown;
its ratio stands beside the headline.

The study runs as a command of its own, process start and report included, in a fresh store, before, between and
after the two plain loops. The ratios are plain seconds over the median of the study's.

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
BUDGET = 3.0
"""Multiple of the expected steps, and of the fewest seen where the plain loop prunes."""


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


def plain_loop(
    task: Task, batch_sizes: tuple[int, ...], *, prune: bool
) -> tuple[float, dict[int, dict[str, Any]]]:
    """Wall seconds, and what each batch size showed; ``prune`` drops runs against the fewest steps so far."""
    began = time.perf_counter()
    sizes = sorted(batch_sizes)
    middle = (len(sizes) - 1) // 2
    rows: dict[int, dict[str, Any]] = {}
    for i in [*range(middle, len(sizes)), *range(middle - 1, -1, -1)]:
        batch_size = sizes[i]
        neighbour = None if i == middle else rows[sizes[i - 1] if i > middle else sizes[i + 1]]
        budget = first_budget(task, batch_size, neighbour)
        runs: list[dict[str, Any]] = []
        for lr in RATES:
            for seed in range(SEEDS):
                fewest = min((r["steps"] for r in runs if r["steps"] is not None), default=math.inf)
                allowed = min(budget, math.ceil(BUDGET * fewest)) if prune and fewest < math.inf else budget
                runs.append({"lr": lr, "seed": seed, **train(task, batch_size, lr, seed, allowed)})
        rows[batch_size] = {**best_rate(batch_size, runs), "budget_steps": budget}
        name = "pruning plain loop" if prune else "plain loop"
        print(f"{name}: batch size {batch_size} done, {time.perf_counter() - began:.0f} s", flush=True)
    return time.perf_counter() - began, rows


def first_budget(task: Task, batch_size: int, neighbour: dict[str, Any] | None) -> int:
    """The study's rule: 30 epochs in the middle (60 next to a size that failed), else from the neighbour's steps."""
    if neighbour is None or neighbour["steps"] == math.inf:
        epochs = task.max_epochs * (1 if neighbour is None else 2)
        return math.ceil(epochs * len(task.train) / batch_size)
    return math.ceil(BUDGET * neighbour["steps"] * max(1.0, neighbour["batch_size"] / batch_size))


def best_rate(batch_size: int, runs: list[dict[str, Any]]) -> dict[str, Any]:
    medians = {
        lr: statistics.median(math.inf if r["steps"] is None else r["steps"] for r in runs if r["lr"] == lr)
        for lr in RATES
    }
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
    plain_seconds, rows = plain_loop(task, sizes, prune=False)
    second, _ = study(sizes)
    pruning_seconds, pruning_rows = plain_loop(task, sizes, prune=True)
    third, _ = study(sizes)
    study_seconds = statistics.median([first, second, third])
    ratio, pruning_ratio = plain_seconds / study_seconds, pruning_seconds / study_seconds
    best, pruning_best = (
        min(r.values(), key=lambda row: row["seconds_to_target"]) for r in (rows, pruning_rows)
    )
    advice = answer["recommendation"]
    inside, pruning_inside = (r["batch_size"] in advice["batch_sizes"] for r in (best, pruning_best))
    text = table(rows, answer)
    text += (
        f"\n\nPlain loop {plain_seconds:.0f} s, study {first:.1f}, {second:.1f} and {third:.1f} s: {ratio:.1f} times "
        f"faster. The plain loop's best batch size is {best['batch_size']}, the study's {advice['batch_size']} ({advice['verdict']}) with "
        f"{', '.join(map(str, advice['batch_sizes']))} as good: {'inside' if inside else 'NOT inside'} the set.\n\n"
        f"A plain loop that prunes against the fewest steps so far: {pruning_seconds:.0f} s, {pruning_ratio:.1f} times; "
        f"its best batch size is {pruning_best['batch_size']}, {'inside' if pruning_inside else 'NOT inside'} the set."
    )
    if quick:
        print(text)
        return
    record(
        "study_vs_plain_loop", question=(__doc__ or "").splitlines()[0], ratio=ratio,
        measurements={
            "plain_seconds": plain_seconds, "study_seconds": [first, second, third], "plain_best": best["batch_size"],
            "study_set": advice["batch_sizes"], "inside": inside, "pruning_ratio": pruning_ratio,
            "pruning_seconds": pruning_seconds, "pruning_best": pruning_best["batch_size"],
            "pruning_inside": pruning_inside, "plain": list(rows.values()),
            "pruning": list(pruning_rows.values()), "study": answer,
        },
        table=text,
    )  # fmt: skip


def table(rows: dict[int, dict[str, Any]], answer: dict[str, Any]) -> str:
    by_size = {row["batch_size"]: row for row in answer["batch_sizes"]}
    return markdown(
        ["batch", "plain: lr", "steps", "µs a step", "ms to target", "study: lr", "steps", "µs a step", "ms to target"],
        [
            [
                size, row["lr"], f"{row['steps']:.0f}", f"{row['seconds_per_step'] * 1e6:.0f}",
                f"{row['seconds_to_target'] * 1e3:.1f}", *ours(by_size[size]),
            ]
            for size, row in sorted(rows.items())
        ],
    )  # fmt: skip


def ours(row: dict[str, Any]) -> list[str]:
    steps = row["steps_to_target"]["median"]
    return [
        row["lr"], f"{steps:.0f}", f"{row['seconds_per_step'] * 1e6:.0f}", f"{row['seconds_to_target'] * 1e3:.1f}",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
