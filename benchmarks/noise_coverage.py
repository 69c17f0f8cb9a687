"""Do the noise intervals hold the truth as often as they say, and are they no wider than they need be?

``noise least-squares`` at its initial weights, 1000 random samples of 512 of the 1000 rows, each with its 90%
intervals of |G|^2, tr Sigma, B_simple and three fixed projections of G, against the closed form over the stored
rows. The oracle's interval is 1.645 standard deviations of the estimates themselves to either side.

    python benchmarks/noise_coverage.py [--samples 1000]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from record import markdown, record

from batchwright.core.streams import generator
from batchwright.measure.noise import LEVEL, measure_noise
from batchwright.task.load import load_task
from batchwright.task.task import TaskReference

NAMES = ("squared norm of G", "tr Sigma", "B_simple", "u1.G", "u2.G", "u3.G")
NORMAL_90 = 1.645


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=1000)
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
    record(
        "noise_coverage", question=(__doc__ or "").splitlines()[0], ratio=float(held.min()) / LEVEL,
        measurements={
            "names": NAMES, "truth": truth.tolist(), "coverage": held.tolist(), "width_over_oracle": width.tolist(),
            "bias": bias.tolist(), "samples": arguments.samples,
        },
        table=table,
    )  # fmt: skip


if __name__ == "__main__":
    main()
