"""Do the noise intervals hold the truth as often as they say, and are they no wider than they need be?

``noise least-squares`` at its initial weights, 1000 random samples of 512 of the 1000 rows, each with its 90%
intervals of |G|^2, tr Sigma, B_simple and three fixed projections of G, against the closed form over the stored
rows. The oracle's interval is 1.645 standard deviations of the estimates themselves to either side. And on digits the
slope of std against B, from batches drawn with 50 seeds: how often its 90% interval holds -1/2.

    python benchmarks/noise_coverage.py [--samples 1000] [--slopes 50]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from record import markdown, record

from batchwright.core.statistics import LEVEL
from batchwright.core.streams import generator
from batchwright.measure.gradients.noise import measure_noise
from batchwright.measure.gradients.scatter import SAMPLINGS, scatter_by_batch, scatter_slope
from batchwright.task.load import load_task
from batchwright.task.task import TaskReference

NAMES = ("squared norm of G", "tr Sigma", "B_simple", "u1.G", "u2.G", "u3.G")
NORMAL_90 = 1.645


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=1000)
    parser.add_argument("--slopes", type=int, default=50)
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
        found = measure_noise(model, task, seed=seed)
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
    record(
        "noise_coverage", question=(__doc__ or "").splitlines()[0], ratio=float(held.min()) / LEVEL,
        measurements={
            "names": NAMES, "truth": truth.tolist(), "coverage": held.tolist(), "width_over_oracle": width.tolist(),
            "bias": bias.tolist(), "samples": arguments.samples, "slopes": slopes,
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


if __name__ == "__main__":
    main()
