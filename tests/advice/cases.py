"""Published and simulated tables of steps to target."""

import csv
import math
from collections import defaultdict
from pathlib import Path

from batchwright.advice import Point

PUBLISHED = Path(__file__).parents[1] / "data" / "steps_to_target.csv"
STEPS_MIN, CRITICAL = 1000.0, 300.0


def published():
    """Points by short workload name."""
    runs = defaultdict(lambda: defaultdict(list))
    with PUBLISHED.open(newline="") as file:
        for row in csv.DictReader(file):
            runs[row["workload"]][float(row["batch_size"])].append(float(row["steps_to_target"]))
    names = ["ResNet-50", "BERT", "RetinaNet", "3D U-Net", "CosmoFlow", "SSD", "C4 85M", "C4 302M"]
    return {
        name: [Point(b, tuple(steps)) for b, steps in sorted(by_batch.items())]
        for name in names
        for workload, by_batch in runs.items()
        if name in workload
    }


def truth(batch_size):
    """S(B) of the simulated tables."""
    return STEPS_MIN * (1 + CRITICAL / batch_size)


def exact(batch_sizes):
    """One noiseless run at each batch size."""
    return [Point(b, (truth(b),)) for b in batch_sizes]


def simulated(rng, batch_sizes, *, runs, seed_sd, misfit=0.0, budget=math.inf, outlier=0.0):
    """Lognormal runs about the curve; a run beyond ``budget`` times the truth is censored there.

    ``outlier`` is the chance that a whole batch size is off by a factor of two.
    """
    points = []
    for b in batch_sizes:
        log_median = math.log(truth(b)) + misfit * rng.standard_normal()
        if rng.random() < outlier:
            log_median += math.log(2) * rng.choice([-1, 1])
        steps = [math.exp(log_median + seed_sd * z) for z in rng.standard_normal(runs)]
        limit = budget * truth(b)
        points.append(
            Point(b, tuple(s for s in steps if s <= limit), tuple(limit for s in steps if s > limit))
        )
    return points
