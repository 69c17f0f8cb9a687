"""Do the noise intervals hold the truth as often as they say, and are they no wider than they need be?

``noise least-squares`` at its initial weights, 1000 random samples of 512 of the 1000 rows, each with its 90%
intervals of |G|^2, tr Sigma, B_simple and three fixed projections of G, against the closed form over the stored
rows. The oracle's interval is 1.645 standard deviations of the estimates themselves to either side. On digits the
slope of std against B, from batches drawn with 50 seeds: how often its 90% interval holds -1/2. And ten cases in which
samples mislead: linear regression with heavy-tailed features or noise and logistic regression with rare positives (20,000
rows, ten features, samples that find out themselves how many rows they need, up to all), a small data set, and squared
norms along a run with autocorrelation .95 (1000 steps).

    python benchmarks/noise_coverage.py [--samples 1000] [--slopes 50] [--tails 200]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from record import markdown, record
from scipy.signal import lfilter

from batchwright.core.statistics import LEVEL
from batchwright.core.streams import generator
from batchwright.measure.estimate import NoiseScale
from batchwright.measure.gradients.noise import measure_noise
from batchwright.measure.gradients.norms import noise_scale_over_steps
from batchwright.measure.gradients.per_example import PerExampleGradients
from batchwright.measure.gradients.scatter import SAMPLINGS, scatter_by_batch, scatter_slope
from batchwright.task.load import load_task
from batchwright.task.task import Task, TaskReference

NAMES = ("squared norm of G", "tr Sigma", "B_simple", "u1.G", "u2.G", "u3.G")
NORMAL_90 = 1.645
ROWS, FEATURES = 20_000, 10


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--slopes", type=int, default=50)
    parser.add_argument("--tails", type=int, default=200)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    task = load_task(TaskReference(name="least-squares"))
    model = task.build_model(0)
    x, y = task.train.inputs.double(), task.train.targets.double().reshape(-1)
    rows = 2 * (x @ model.weight.detach().double()[0] - y)[:, None] * x  # d/dw (x.w - y)^2
    mean = rows.mean(0)
    trace = float(((rows - mean) ** 2).sum(1).mean())
    directions = torch.randn(3, rows.shape[1], generator=generator(0, "probe", "directions"))
    directions = (directions / directions.norm(dim=1, keepdim=True)).double()
    square = float(mean @ mean)
    truth = np.array([square, trace, trace / square, *(directions @ mean).tolist()])
    values, ends = [], []
    began = time.perf_counter()
    for seed in range(arguments.samples):
        found = measure_noise(model, task, sample=512, seed=seed)
        estimates = [found.grad_sq_norm, found.trace_sigma, found.noise_scale, *found.projections]
        values.append([e.value for e in estimates])
        ends.append([e.interval for e in estimates])
    seconds = time.perf_counter() - began
    value, end = np.array(values), np.array(ends)
    held = ((end[..., 0] <= truth) & (truth <= end[..., 1])).mean(axis=0)
    width = np.median(end[..., 1] - end[..., 0], axis=0) / (2 * NORMAL_90 * value.std(axis=0))
    bias = value.mean(axis=0) - truth
    table = markdown(
        ["quantity", "truth", "mean estimate", "inside the 90% interval", "width / oracle's"],
        [
            [n, f"{t:.5g}", f"{t + b:.5g}", f"{h:.3f}", f"{w:.2f}"]
            for n, t, b, h, w in zip(NAMES, truth, bias, held, width, strict=True)
        ],
    )
    table += f"\n\n{arguments.samples} samples of 512 of 1000 rows, {seconds / arguments.samples * 1e3:.1f} ms each."
    slopes = slope_coverage(arguments.slopes)
    table += "\n\n" + markdown(
        ["slope on digits", "mean", "-1/2 inside", "median width", "std at B = N"],
        [
            [
                n.replace("_", " "),
                f"{s['mean']:.4f}",
                f"{s['held']:.2f}",
                f"{s['width']:.4f}",
                f"{s['at_all']:.3g}",
            ]
            for n, s in slopes.items()
        ],
    )
    tails = {name: tail_coverage(case, arguments.tails) for name, case in CASES.items()}
    tails["norms AR(.95)"] = norms_coverage(arguments.tails)
    table += "\n\n" + markdown(
        [
            "B_simple",
            "inside, of the resolved",
            "unresolved",
            "of all rows: exact",
            "inside, of samples",
            "median rows",
        ],
        [
            [
                n,
                share(t["held"]),
                share(t["unresolved"]),
                share(t["exact"]),
                share(t["held_sampled"]),
                f"{t['rows']:.0f}",
            ]
            for n, t in tails.items()
        ],
    )
    record(
        "noise_coverage", question=(__doc__ or "").splitlines()[0], ratio=float(held.min()) / LEVEL,
        measurements={
            "names": NAMES, "truth": truth.tolist(), "coverage": held.tolist(), "width_over_oracle": width.tolist(),
            "bias": bias.tolist(), "samples": arguments.samples, "slopes": slopes, "tails": tails,
        },
        table=table,
    )  # fmt: skip


def slope_coverage(seeds: int) -> dict[str, dict[str, float]]:
    """By kind of sampling: the mean slope, how often -1/2 is inside, the median width, std at B = N (the largest)."""
    task = load_task(TaskReference(name="digits"))
    model, total = task.build_model(0), len(task.train)
    trace = measure_noise(model, task, sample=None).trace_sigma.value
    drawn = [scatter_by_batch(model, task, trace, seed=seed) for seed in range(seeds)]
    found = {}
    for sampling in SAMPLINGS:
        slopes = [scatter_slope(rows, total, sampling) for rows in drawn]
        ends = np.array([s.interval for s in slopes])
        whole = [r.std for rows in drawn for r in rows if r.batch_size == total and r.sampling == sampling]
        found[sampling] = {
            "mean": float(np.mean([s.value for s in slopes])),
            "held": float(((ends[:, 0] <= -0.5) & (ends[:, 1] >= -0.5)).mean()),
            "width": float(np.median(ends[:, 1] - ends[:, 0])),
            "at_all": max(whole),
        }
    return found


def student(features: float, noise: float) -> Callable[[np.random.Generator], Task]:
    """Linear regression at zero weights; infinitely many degrees of freedom are Gaussian."""

    def draw(random: np.random.Generator) -> Task:
        x = (
            random.standard_t(features, (ROWS, FEATURES))
            if features < np.inf
            else random.standard_normal((ROWS, FEATURES))
        )
        e = random.standard_t(noise, ROWS) if noise < np.inf else random.standard_normal(ROWS)
        return task_of(x, (x.sum(axis=1) / FEATURES**0.5 + e)[:, None], "mse", FEATURES)

    return draw


def positives(share_of_all: float) -> Callable[[np.random.Generator], Task]:
    """Two classes, one of them rare; the weights predict its share."""

    def draw(random: np.random.Generator) -> Task:
        y = (random.random(ROWS) < share_of_all).astype(int)
        x = random.standard_normal((ROWS, FEATURES)) + y[:, None]
        return task_of(np.column_stack([x, np.ones(ROWS)]), y, "cross_entropy", FEATURES + 1, share_of_all)

    return draw


def small(random: np.random.Generator) -> Task:
    """All of 60 rows."""
    x = random.standard_normal((60, FEATURES))
    return task_of(x, (x.sum(axis=1) + random.standard_normal(60))[:, None], "mse", FEATURES)


def task_of(x: np.ndarray, y: np.ndarray, loss: str, inputs: int, rare: float | None = None) -> Task:
    """A linear model at zero weights, or at those that predict a rare class's share from the last, constant input."""

    def model() -> torch.nn.Linear:
        layer = torch.nn.Linear(inputs, 1 if rare is None else 2, bias=False)
        torch.nn.init.zeros_(layer.weight)
        if rare is not None:
            layer.weight.data[1, -1] = float(np.log(rare / (1 - rare)))
        return layer

    targets = torch.as_tensor(y) if loss == "cross_entropy" else torch.as_tensor(y, dtype=torch.float32)
    data = (torch.as_tensor(x, dtype=torch.float32), targets)
    return Task(
        model=model, train=data, validation=tuple(part[:10] for part in data), loss=loss, name="tails"
    )


CASES = {
    "Gaussian": student(np.inf, np.inf),
    **{f"features t{v:g}": student(v, np.inf) for v in (5, 3.5, 2.5)},
    **{f"noise t{v:g}": student(np.inf, v) for v in (5, 3.5, 2.5)},
    "1% positives": positives(0.01),
    "0.2% positives": positives(0.002),
    "60 rows": small,
}


def tail_coverage(case: Callable[[np.random.Generator], Task], samples: int) -> dict[str, float]:
    """One data set, many samples of it."""
    task = case(np.random.default_rng(0))
    model = task.build_model(0)
    gradients = PerExampleGradients(model, task)
    rows = torch.cat([chunk.double() for chunk in gradients.chunks(torch.arange(len(task.train)))])
    mean = rows.mean(0)
    truth = float(((rows - mean) ** 2).sum(1).mean() / (mean @ mean))
    found = [measure_noise(model, task, seed=seed) for seed in range(samples)]
    resolved = [one for one in found if one.noise_scale.resolved]
    return {
        **counted([one.noise_scale for one in found], truth),
        "exact": sum(one.exact for one in found) / samples,
        "held_sampled": counted([one.noise_scale for one in resolved if not one.exact], truth)["held"],
        "rows": float(np.median([one.sample for one in found])),
    }


def norms_coverage(samples: int) -> dict[str, float]:
    """Squared norms at 8 and 64 whose logarithms are autoregressive; the truth is 8."""
    random, scales = np.random.default_rng(0), []
    for _ in range(samples):
        signal, trace = (
            np.exp(0.3 * lfilter([1], [1, -0.95], random.standard_normal(1200) * 0.0975**0.5)[200:] - 0.045)
            for _ in "st"
        )
        scales.append(noise_scale_over_steps(signal + trace, signal + trace / 8, 8, 64).noise_scale)
    found = counted(scales, 8.0)
    return {**found, "exact": 0.0, "held_sampled": found["held"], "rows": 1000.0}


def counted(scales: Sequence[NoiseScale], truth: float) -> dict[str, float]:
    """Shares of the resolved intervals that hold the truth, and of the unresolved."""
    ends = [scale.interval for scale in scales if scale.resolved]
    held = np.mean([low <= truth <= high for low, high in ends]) if ends else np.nan
    return {"held": float(held), "unresolved": 1 - len(ends) / len(scales) if scales else np.nan}


def share(value: float) -> str:
    """A share, or nothing to count."""
    return "-" if np.isnan(value) else f"{value:.2f}"


if __name__ == "__main__":
    main()
