"""Is our training loop faster than two that people write, at every batch size and for two models?

Fashion-MNIST, plain SGD, torch's default thread count. `plain` reads a shuffling DataLoader, `eager` indexes tensors that
are in memory. The loops make the same number of updates in turn, round after round, each round at least 0.2 s of the plain
loop (or one update); the order rotates. A ratio is their seconds over ours, its median over the rounds with a 90%
bootstrap interval. On the dense net
scikit-learn's MLPClassifier (one epoch over as many examples, no thread limit) stands beside it.

    python benchmarks/epoch_throughput.py [--quick] [--device cuda]
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
import warnings
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from record import markdown, record
from torch.utils.data import DataLoader, TensorDataset

from batchwright.task.load import load_task
from batchwright.task.task import Task, TaskReference
from batchwright.training.graph import EAGER_UPDATES
from batchwright.training.loop import Run
from batchwright.training.spec import RunSpec

BATCH_SIZES = (1, 8, 32, 128, 512, 2048, 8192)
LR = 0.01


class PlainLoop:
    """What a person writes: TensorDataset, shuffling DataLoader, zero_grad, backward, step."""

    def __init__(self, task: Task, batch_size: int, device: str) -> None:
        self.device = torch.device(device)
        self.model = task.build_model(0).to(self.device)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=LR)
        data = TensorDataset(task.train.inputs, task.train.targets)
        self.loader = DataLoader(data, batch_size=batch_size, shuffle=True)
        self.batches = self._endless()

    def _endless(self) -> Iterator[list[torch.Tensor]]:
        while True:
            yield from self.loader

    def run(self, updates: int) -> None:
        for _ in range(updates):
            inputs, targets = next(self.batches)
            inputs, targets = inputs.to(self.device), targets.to(self.device)
            self.optimizer.zero_grad()
            loss = F.cross_entropy(self.model(inputs), targets)
            loss.backward()
            self.optimizer.step()


class EagerLoop:
    """What a person writes who keeps the data in memory: a permutation, indexing, zero_grad, backward, step."""

    def __init__(self, task: Task, batch_size: int, device: str) -> None:
        self.model = task.build_model(0).to(device)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=LR)
        self.inputs, self.targets = task.train.inputs.to(device), task.train.targets.to(device)
        self.batch_size, self.position = batch_size, len(self.inputs)

    def run(self, updates: int) -> None:
        for _ in range(updates):
            if self.position + self.batch_size > len(self.inputs):
                self.order, self.position = torch.randperm(len(self.inputs), device=self.inputs.device), 0
            chosen = self.order[self.position : self.position + self.batch_size]
            self.position += self.batch_size
            self.optimizer.zero_grad()
            F.cross_entropy(self.model(self.inputs[chosen]), self.targets[chosen]).backward()
            self.optimizer.step()


class OurLoop:
    def __init__(self, task: Task, reference: TaskReference, batch_size: int, device: str) -> None:
        spec = RunSpec.model_validate(
            {"task": reference, "batch_size": batch_size, "optimizer": {"lr": LR}, "device": device}
        )
        self.state = Run(
            spec, task, graphs=True
        )  # as `train` and `study` make it; on a CPU there are no graphs

    def run(self, updates: int) -> None:
        for _ in range(updates):
            self.state.update()


def seconds(loop: PlainLoop | EagerLoop | OurLoop, updates: int, device: str) -> float:
    if device != "cpu":
        torch.cuda.synchronize()
    began = time.perf_counter()
    loop.run(updates)
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - began


def compare(
    task: Task, reference: TaskReference, batch_size: int, device: str, rounds: int
) -> dict[str, object]:
    plain = PlainLoop(task, batch_size, device)
    loops = {
        "plain": plain, "eager": EagerLoop(task, batch_size, device),
        "ours": OurLoop(task, reference, batch_size, device),
    }  # fmt: skip
    for loop in loops.values():
        loop.run(2 + EAGER_UPDATES)
    once = seconds(plain, 2, device) / 2
    updates = max(1, round(0.2 / once))
    names = list(loops)
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            times[name].append(seconds(loops[name], updates, device) / updates)
    ratios, eager = (np.array(times[name]) / np.array(times["ours"]) for name in ("plain", "eager"))
    low, high = bootstrap_median(ratios)
    eager_low, eager_high = bootstrap_median(eager)
    return {
        "batch_size": batch_size, "updates_a_round": updates, "rounds": rounds,
        "plain_seconds_a_step": statistics.median(times["plain"]),
        "our_seconds_a_step": statistics.median(times["ours"]),
        "eager_seconds_a_step": statistics.median(times["eager"]),
        "ratio": float(np.median(ratios)), "low": low, "high": high, "all": times,
        "eager_ratio": float(np.median(eager)), "eager_low": eager_low, "eager_high": eager_high,
    }  # fmt: skip


def bootstrap_median(values: np.ndarray) -> tuple[float, float]:
    draws = np.random.default_rng(0).choice(values, size=(2000, len(values)))
    low, high = np.quantile(np.median(draws, axis=1), [0.05, 0.95])
    return float(low), float(high)


def scikit_learn(task: Task, batch_size: int) -> float:
    """Examples a second of MLPClassifier on the same net, over one pass through part of the data."""
    from sklearn.neural_network import MLPClassifier

    count = int(min(len(task.train), max(2000, 8 * batch_size) if batch_size > 1 else 1000))
    x, y = task.train.inputs[:count].reshape(count, -1).numpy(), task.train.targets[:count].numpy()
    net = MLPClassifier((128,), solver="sgd", batch_size=min(batch_size, count), learning_rate_init=LR, momentum=0.0,
                        alpha=0.0, max_iter=1, n_iter_no_change=10)  # fmt: skip
    best = math.inf
    for _ in range(3):
        began = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            net.fit(x, y)
        best = min(best, time.perf_counter() - began)
    return count / best


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="three rounds; nothing is recorded")
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    measured: dict[str, list[dict[str, object]]] = {}
    table = []
    for model in ("mlp", "lenet"):
        reference = TaskReference(name="fashion-mnist", options={"model": model})
        task = load_task(reference)
        measured[model] = []
        for batch_size in BATCH_SIZES:
            heavy = model == "lenet" and batch_size >= 2048
            rounds = 3 if arguments.quick else 15 if heavy else 21
            row = compare(task, reference, batch_size, arguments.device, rounds)
            if model == "mlp" and arguments.device == "cpu" and not arguments.quick:
                row["scikit_learn_examples_per_second"] = scikit_learn(task, batch_size)
            measured[model].append(row)
            table.append(line(model, row))
            print("  ".join(map(str, table[-1])), flush=True)
    means = {
        m: math.exp(statistics.fmean(math.log(r["ratio"]) for r in rows)) for m, rows in measured.items()
    }  # type: ignore[arg-type]
    lowest = min(float(r["low"]) for rows in measured.values() for r in rows)  # type: ignore[arg-type]
    least_eager = min(float(r["eager_ratio"]) for rows in measured.values() for r in rows)  # type: ignore[arg-type]
    text = markdown(
        [
            "model",
            "batch",
            "plain",
            "eager",
            "ours",
            "examples/s",
            "plain / ours",
            "90%",
            "eager / ours",
            "90%",
            "scikit-learn examples/s",
        ],
        table,
    )
    text += (
        f"\n\nGeometric mean: dense net {means['mlp']:.2f}, LeNet {means['lenet']:.2f}. "
        f"Lowest 90% bound of a ratio: {lowest:.2f}. Lowest ratio to the eager loop: {least_eager:.2f}."
    )
    if arguments.quick:
        print(text)
        return
    record(
        "epoch_throughput", question=(__doc__ or "").splitlines()[0], ratio=means["mlp"],
        measurements={"geometric_mean": means, "lowest_bound": lowest, "least_eager_ratio": least_eager, "cells": measured}, table=text,
        device=arguments.device,
    )  # fmt: skip


def line(model: str, row: dict[str, object]) -> list[str]:
    def micro(key: str) -> str:
        return f"{float(row[key]) * 1e6:,.0f} µs"  # type: ignore[arg-type]

    rate = int(row["batch_size"]) / float(row["our_seconds_a_step"])  # type: ignore[call-overload,arg-type]
    sklearn = row.get("scikit_learn_examples_per_second")
    return [
        model, str(row["batch_size"]), micro("plain_seconds_a_step"), micro("eager_seconds_a_step"),
        micro("our_seconds_a_step"), f"{rate:,.0f}", f"{row['ratio']:.2f}", f"{row['low']:.2f} to {row['high']:.2f}",
        f"{row['eager_ratio']:.2f}", f"{row['eager_low']:.2f} to {row['eager_high']:.2f}",
        f"{sklearn:,.0f}" if sklearn else "",
    ]  # fmt: skip


if __name__ == "__main__":
    main()
