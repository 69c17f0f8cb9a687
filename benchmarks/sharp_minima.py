"""Do large batches end in sharper minima, and do those generalise worse?

The claim of Keskar et al. 2017 (arXiv 1609.04836) on Fashion-MNIST's dense network: batches of 256 against 10% of
the data (6000), Adam, five seeds, both trained to the same training loss. Twice: with Adam's default learning rate
at both batch sizes, as in the paper, and with the rate tuned at each (the fewest steps to the target on a seed of
its own). Sharpness is that of the loss over 4000 training examples; ratios are large over small by the same seed,
geometric means with Student's 90% interval.

    python benchmarks/sharp_minima.py [--quick]
"""

from __future__ import annotations

import argparse
import copy
import math
import statistics
import sys
from pathlib import Path
from typing import Any

from record import markdown, record
from torch import nn

from batchwright.core.statistics import t_quantile
from batchwright.measure.hessian.curvature import Curvature
from batchwright.measure.hessian.shifted import ShiftedLoss
from batchwright.measure.hessian.spectrum import eigenpairs
from batchwright.measure.sharpness.keskar import keskar
from batchwright.measure.surface.interpolation import Interpolation, interpolate
from batchwright.report.draw.files import save_figure
from batchwright.report.draw.surface import draw_line
from batchwright.task.load import load_task
from batchwright.task.task import Task, TaskReference
from batchwright.training.loop import updates
from batchwright.training.record import Status
from batchwright.training.spec import RunSpec

SMALL, LARGE = 256, 6000
DEFAULT_RATE = 1e-3
RATES = (1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2)
TARGET = 0.2
MAX_EPOCHS = {SMALL: 150, LARGE: 600}
EXAMPLES = 4000
TUNING_SEED = 1000
FIGURE = Path(__file__).parent.parent / "docs" / "images" / "interpolation.png"
MEASURES = (
    "largest_eigenvalue",
    "keskar_full",
    "keskar_full_5e-4",
    "keskar_subspace",
    "test_accuracy",
    "steps",
)
REFERENCE = TaskReference(name="fashion-mnist")


def run_to_target(
    task: Task, batch_size: int, lr: float, seed: int, target: float
) -> tuple[nn.Module, int] | None:
    """The model where the training loss is ``target``, and its steps; None where that was not reached."""
    spec = RunSpec.model_validate(
        {
            "task": REFERENCE, "batch_size": batch_size, "optimizer": {"name": "adam", "lr": lr},
            "budget": {"epochs": MAX_EPOCHS[batch_size]}, "seed": seed,
            "target": {"metric": "loss", "value": target, "split": "train"},
            "evaluation": {"at": "log", "ratio": 1.05, "splits": ["train"]},
            "sampling": {"last_batch": "run_on"},
        }
    )  # fmt: skip
    for run in updates(spec, task):
        if run.status is not None:
            break
    print(f"B={batch_size} lr={lr:g} seed={seed}: {run.status}, {run.step} steps", file=sys.stderr)
    if run.status is not Status.TARGET_REACHED:
        return None
    return copy.deepcopy(run.model).eval(), run.step


def tuned_rate(task: Task, batch_size: int, target: float) -> float:
    """The rate with the fewest steps to the target, on a seed that is used for nothing else."""
    found = {lr: run_to_target(task, batch_size, lr, TUNING_SEED, target) for lr in RATES}
    steps = {lr: end[1] for lr, end in found.items() if end is not None}
    return min(steps, key=steps.__getitem__)


def measured(model: nn.Module, task: Task, steps: int) -> dict[str, float]:
    """Sharpness and test accuracy at a point."""
    curvature = Curvature(model, task, examples=EXAMPLES)
    pairs = eigenpairs(curvature, top=1, bottom=0)
    shifted = ShiftedLoss(model, task, examples=EXAMPLES)
    top = pairs.vectors[-1:]
    outputs = model(task.validation.inputs)
    return {
        "largest_eigenvalue": float(pairs.values[-1]),
        "residual": float(pairs.residuals[-1]),
        "keskar_full": keskar(shifted, epsilon=1e-3, directions=top).value or math.nan,
        "keskar_full_5e-4": keskar(shifted, epsilon=5e-4, directions=top).value or math.nan,
        "keskar_subspace": keskar(shifted, epsilon=1e-3, subspace=100, directions=top).value or math.nan,
        "train_loss": curvature.loss(),
        "test_accuracy": float((outputs.argmax(1) == task.validation.targets).double().mean()),
        "steps": steps,
    }


def ratio(rows: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Geometric mean of large over small with its 90% interval, seeds as the units."""
    logs = [math.log(large / small) for small, large in rows]
    half = (
        t_quantile(len(logs) - 1) * statistics.stdev(logs) / math.sqrt(len(logs))
        if len(logs) > 1
        else math.inf
    )
    middle = statistics.mean(logs)
    return math.exp(middle), math.exp(middle - half), math.exp(middle + half)


def experiment(task: Task, rates: dict[int, float], seeds: int, target: float) -> list[dict[str, Any]]:
    """Both batch sizes at every seed, and the line between their ends."""
    rows = []
    for seed in range(seeds):
        ends = {b: run_to_target(task, b, rates[b], seed, target) for b in (SMALL, LARGE)}
        if any(end is None for end in ends.values()):
            rows.append({"seed": seed, "missed": [b for b, end in ends.items() if end is None]})
            continue
        values = {str(b): measured(end[0], task, end[1]) for b, end in ends.items() if end is not None}
        small, large = (ends[b][0] for b in (SMALL, LARGE))  # type: ignore[index]
        line = interpolate(small, large, task, names=(f"batch {SMALL}", f"batch {LARGE}"), examples=EXAMPLES)
        rows.append({"seed": seed, "ends": values, "line": line})
    return rows


def verdict(rows: list[dict[str, Any]]) -> list[list[str]]:
    """One row a measure: medians at both batch sizes and the ratio with its interval."""
    whole = [row for row in rows if "ends" in row]
    table = []
    for name in MEASURES:
        pairs = [(row["ends"][str(SMALL)][name], row["ends"][str(LARGE)][name]) for row in whole]
        small, large = (statistics.median(pair[k] for pair in pairs) for k in (0, 1))
        middle, low, high = ratio(pairs)
        said = "higher" if low > 1 else "lower" if high < 1 else "cannot be told"
        interval = f"{middle:.3g} ({low:.3g} to {high:.3g})"
        table.append([name.replace("_", " "), f"{small:.4g}", f"{large:.4g}", interval, said])
    lines: list[Interpolation] = [row["line"] for row in whole]
    barriers = [line.barrier["train"].value for line in lines if line.barrier["train"].value is not None]
    if barriers:
        middle = statistics.median(barriers)
        table.append(
            ["barrier between them, training loss", "", "", f"{middle:.3g}", f"{len(barriers)} seeds"]
        )
    bends = [line.curvature for line in lines if None not in line.curvature and min(line.curvature) > 0]  # type: ignore[type-var]
    if len(bends) > 1:
        middle, low, high = ratio(bends)  # type: ignore[arg-type]
        small, large = (statistics.median(b[k] for b in bends) for k in (0, 1))  # type: ignore[type-var]
        said = "higher" if low > 1 else "lower" if high < 1 else "cannot be told"
        interval = f"{middle:.3g} ({low:.3g} to {high:.3g})"
        table.append(["curvature along the line", f"{small:.4g}", f"{large:.4g}", interval, said])
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    seeds, target = (2, 0.4) if arguments.quick else (5, TARGET)
    task = load_task(REFERENCE)
    tuned = {b: tuned_rate(task, b, target) for b in (SMALL, LARGE)}
    protocols = {"default rate": dict.fromkeys((SMALL, LARGE), DEFAULT_RATE), "tuned rates": tuned}
    columns = ["measure", f"B={SMALL}", f"B={LARGE}", "ratio (90%)", "large batch is"]
    texts, results = [], {}
    for name, rates in protocols.items():
        rows = experiment(task, rates, seeds, target)
        shown = ", ".join(f"lr {rates[b]:g} at B={b}" for b in (SMALL, LARGE))
        missed = sum("missed" in row for row in rows)
        texts.append(
            f"**{name}**: {shown}; {missed} of {seeds} pairs missed the target\n\n"
            + markdown(columns, verdict(rows))
        )
        results[name] = {
            "rates": rates,
            "rows": [
                row | ({"line": row["line"].model_dump(mode="json")} if "line" in row else {}) for row in rows
            ],
        }
        if name == "default rate" and not arguments.quick:
            save_figure(draw_line(next(row["line"] for row in rows if "line" in row)), FIGURE)
    record(
        "sharp_minima",
        question=__doc__.splitlines()[0],
        ratio=None,
        measurements=results,
        table=f"Training loss {target:g}, {seeds} seeds.\n\n" + "\n\n".join(texts),
    )


if __name__ == "__main__":
    main()
