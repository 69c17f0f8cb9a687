"""What does an update cost where runs of one batch size share a program?

Microseconds a replica and update at batch sizes 1 to 128, plain SGD on the dense net 784-128-10 and on LeNet, one torch
thread: K = 1 and 8 replicas that share a program, one run by itself in our loop, and the loop that people write over
tensors in memory (zero_grad, backward, step). They take turns, round after round, each turn at least 20 ms; the median
over the rounds. The ratio is the plain loop over K = 8, its median over the dense net's batch sizes. Where JAX is
installed, a jitted scan over the same updates of 8 replicas on the dense net stands beside them.

    python benchmarks/replicas.py [--quick]
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from record import markdown, record

from batchwright.task.models import dense, lenet
from batchwright.task.task import Task, TaskReference
from batchwright.training.loop import start
from batchwright.training.replicas import Replicas, replicas_at_once
from batchwright.training.spec import RunSpec

BATCH_SIZES = (1, 8, 32, 128)
REPLICAS = 8
LR = 0.01
EXAMPLES = 4096
TURN_SECONDS = 0.02
Updates = Callable[[int], object]
"""Makes so many updates."""


def task_of(model: str) -> Task:
    random = torch.Generator().manual_seed(0)
    shape = (784,) if model == "dense" else (1, 28, 28)
    x = torch.randn(EXAMPLES, *shape, generator=random)
    y = torch.randint(0, 10, (EXAMPLES,), generator=random)
    factory = partial(dense, 784, [128], 10) if model == "dense" else lenet
    return Task(
        name=model, model=factory, train=(x, y), validation=(x[:64], y[:64]), loss="cross_entropy",
        reference=TaskReference(name=model),
    )  # fmt: skip


def specs_of(task: Task, batch_size: int, count: int) -> list[RunSpec]:
    spec = RunSpec.model_validate(
        {"task": task.reference, "batch_size": batch_size, "optimizer": {"lr": LR}, "budget": {"steps": 10**9},
         "sampling": {"last_batch": "run_on"}, "evaluation": {"at": "log"}}
    )  # fmt: skip
    return [spec.model_copy(update={"seed": seed}) for seed in range(count)]


def together(task: Task, batch_size: int, count: int) -> Updates:
    return Replicas([start(spec, task) for spec in specs_of(task, batch_size, count)]).update


def by_itself(task: Task, batch_size: int) -> Updates:
    run = start(specs_of(task, batch_size, 1)[0], task)

    def updates(count: int) -> None:
        for _ in range(count):
            run.update()

    return updates


def plain(task: Task, batch_size: int) -> Updates:
    """What a person writes over tensors in memory."""
    model = task.build_model(0)
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)
    inputs, targets = task.train.inputs, task.train.targets

    def updates(count: int) -> None:
        order = torch.randperm(EXAMPLES)
        for i in range(count):
            at = i * batch_size % (EXAMPLES - batch_size + 1)
            index = order[at : at + batch_size]
            optimizer.zero_grad()
            F.cross_entropy(model(inputs[index]), targets[index]).backward()
            optimizer.step()

    return updates


def scanned(task: Task, batch_size: int, count: int) -> Updates:
    """JAX: the updates of ``count`` dense nets as one compiled scan of 64 updates, whatever the number asked for."""
    import jax
    import jax.numpy as jnp

    x, y = jnp.asarray(task.train.inputs.numpy()), jnp.asarray(task.train.targets.numpy())
    models = [task.build_model(seed) for seed in range(count)]
    names = [name for name, _ in models[0].named_parameters()]
    params = [
        jnp.stack([jnp.asarray(dict(m.named_parameters())[n].detach().numpy()) for m in models])
        for n in names
    ]

    def loss(p: list[Any], inputs: Any, targets: Any) -> Any:
        hidden = jax.nn.relu(inputs @ p[0].T + p[1])
        logs = jax.nn.log_softmax(hidden @ p[2].T + p[3])
        return -jnp.take_along_axis(logs, targets[:, None], 1).mean()

    def update(p: list[Any], index: Any) -> tuple[list[Any], None]:
        gradients = jax.vmap(jax.grad(loss))(p, x[index], y[index])
        return [a - LR * g for a, g in zip(p, gradients, strict=True)], None

    scan = jax.jit(lambda p, order: jax.lax.scan(update, p, order)[0])
    order = jax.random.randint(jax.random.PRNGKey(0), (64, count, batch_size), 0, EXAMPLES)
    return lambda updates: jax.block_until_ready(scan(params, order))


def microseconds(contenders: dict[str, tuple[Updates, int]], rounds: int) -> dict[str, list[float]]:
    """Of one replica's update, a value a round and contender, in turns."""
    counts: dict[str, int] = {}
    for name, (updates, _) in contenders.items():
        updates(8)
        began = time.perf_counter()
        updates(8)
        each = (time.perf_counter() - began) / 8
        counts[name] = 64 if name == "JAX" else max(2, min(256, round(TURN_SECONDS / each)))
    found: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders)
    for number in range(rounds):
        turn = number % len(order)
        for name in order[turn:] + order[:turn]:
            updates, replicas = contenders[name]
            began = time.perf_counter()
            updates(counts[name])
            found[name].append((time.perf_counter() - began) / counts[name] / replicas * 1e6)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="few rounds; nothing is recorded")
    quick = parser.parse_args().quick
    torch.set_num_threads(1)
    jax = importlib.util.find_spec("jax") is not None
    rows, measurements, ratios = [], [], []
    for model in ("dense", "lenet"):
        task = task_of(model)
        for batch_size in BATCH_SIZES:
            contenders: dict[str, tuple[Updates, int]] = {
                "plain": (plain(task, batch_size), 1),
                "run": (by_itself(task, batch_size), 1),
                "K=1": (together(task, batch_size, 1), 1),
                f"K={REPLICAS}": (together(task, batch_size, REPLICAS), REPLICAS),
            }
            if jax and model == "dense":
                contenders["JAX"] = (scanned(task, batch_size, REPLICAS), REPLICAS)
            found = microseconds(contenders, rounds=5 if quick else 25)
            medians = {name: statistics.median(values) for name, values in found.items()}
            shared = replicas_at_once(specs_of(task, batch_size, 1)[0], task)
            measurements.append({"model": model, "batch_size": batch_size, "at_once": shared, "us": found})
            if model == "dense":
                ratios.append(medians["plain"] / medians[f"K={REPLICAS}"])
            cells = [f"{medians[name]:.0f}" for name in medians] + (
                [] if len(medians) > 4 else ["not installed" if not jax else ""]
            )
            rows.append([model, batch_size, *cells, shared])
    columns = [
        "model",
        "batch",
        "plain loop",
        "run",
        "K = 1",
        f"K = {REPLICAS}",
        "JAX, K = 8",
        "at once in a study",
    ]
    text = markdown(columns, rows)
    text += f"\n\nMedian microseconds a replica and update over {len(next(iter(found.values())))} turns each."
    if quick:
        print(text)
        return
    record(
        "replicas", question=(__doc__ or "").splitlines()[0], ratio=statistics.median(ratios),
        measurements=measurements, table=text,
    )  # fmt: skip


if __name__ == "__main__":
    main()
