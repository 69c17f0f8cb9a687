"""How good are fits on published tables, and a learning rate and batch size recommended from 12 published runs?

(a) Every workload of tests/data/steps_to_target.csv: verdict, critical batch, error and 90% intervals of each batch
size predicted from all the others, beside a log-log interpolation between its neighbours (inner batch sizes).

(b) Every cell (parameters, tokens) of tests/data/lm_loss_by_lr_and_batch.csv: 12 random runs are seen, the others are
hidden, one of the cell's runs is recommended. Regret: its loss over the best in the cell. The model was chosen on two
cells ("chosen on") and is scored on the other two.

    python benchmarks/tables.py [--draws 1000]
"""

from __future__ import annotations

import argparse
import csv
import math
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from record import markdown, record
from scipy import stats
from sklearn.gaussian_process import GaussianProcessRegressor

from batchwright.advice import fit_curve
from batchwright.advice.table.bins import grouped_points
from batchwright.advice.table.fit import fit_table
from batchwright.advice.table.loss_surface import fit_loss_surface
from batchwright.advice.table.read import read_table
from batchwright.core.numbers import number
from batchwright.core.streams import derive_seed

DATA = Path(__file__).parents[1] / "tests" / "data"
SEEN = 12
CHOSEN_ON = (214663680, 429260800)
AIMED_AT = ("ResNet-50", "BERT", "RetinaNet", "C4 85M", "C4 302M")


def interval_score(low: float, high: float, y: float, level: float = 0.9) -> float:
    """Width plus a penalty for a miss (Gneiting and Raftery 2007); smaller is better, here on log steps."""
    return (high - low) + 2 / (1 - level) * (max(low - y, 0.0) + max(y - high, 0.0))


def interpolated(x: np.ndarray, y: np.ndarray, left_out: int) -> tuple[float, float]:
    """Log-log interpolation between the neighbours, with a t interval from its errors at the others."""
    kept = [i for i in range(len(x)) if i != left_out]
    errors = []
    for j in kept[1:-1]:
        rest = [i for i in kept if i != j]
        errors.append(y[j] - np.interp(x[j], x[rest], y[rest]))
    half = stats.t.ppf(0.95, len(errors)) * math.sqrt(np.mean(np.square(errors)))
    center = float(np.interp(x[left_out], x[kept], y[kept]))
    return center - half, center + half


def fits() -> list[dict[str, Any]]:
    """One row a workload."""
    path = DATA / "steps_to_target.csv"
    runs = {r.workload: r for r in read_table(path).workloads}
    rows = []
    for fit in fit_table(path).workloads:
        pairs = fit_curve(grouped_points(runs[fit.workload])[0]).left_out()
        x, y = np.log([p.batch_size for _, p in pairs]), np.log([steps for steps, _ in pairs])
        ends = [(math.log(p.low), math.log(p.high)) for _, p in pairs]
        inner = range(1, len(x) - 1) if len(x) > 4 else range(0)
        theirs = [interpolated(x, y, i) for i in inner]
        rows.append(
            {
                "workload": fit.workload,
                "verdict": fit.verdict,
                "batch_sizes": len(x),
                "critical_batch": fit.critical_batch.model_dump(),
                "leave_one_out": fit.leave_one_out.model_dump() if fit.leave_one_out else None,
                "inside": [bool(low <= v <= high) for (low, high), v in zip(ends, y, strict=True)],
                "scores": [interval_score(*ends[i], y[i]) for i in inner],
                "scores_interpolator": [interval_score(*e, y[i]) for e, i in zip(theirs, inner, strict=True)],
                "inside_interpolator": [
                    bool(e[0] <= y[i] <= e[1]) for e, i in zip(theirs, inner, strict=True)
                ],
            }
        )
    return rows


def fit_rows(rows: list[dict[str, Any]]) -> str:
    def mean(values: list[float]) -> str:
        return f"{np.mean(values):.2f}" if values else "-"

    def critical(row: dict[str, Any]) -> str:
        estimate = row["critical_batch"]
        low, high = estimate["interval"] or (None, None)
        if low is None and high is None:
            return "-"
        if None in (low, high):
            return f"at least {number(low)}" if high is None else f"at most {number(high)}"
        return f"{number(estimate['value'])} ({number(low)} to {number(high)})"

    table = markdown(
        ["workload", "verdict", "batch sizes", "critical batch (90%)", "left-out error", "inside 90%", "median width",
         "score", "score of interpolator", "inside 90% of interpolator"],
        [
            [
                row["workload"], row["verdict"], row["batch_sizes"], critical(row),
                f"{row['leave_one_out']['median_abs_log_error']:.3f}", f"{row['leave_one_out']['coverage_90']:.2f}",
                f"{row['leave_one_out']['median_width']:.2f}", mean(row["scores"]), mean(row["scores_interpolator"]),
                mean(row["inside_interpolator"]),
            ]
            for row in rows
        ],
    )  # fmt: skip
    five = [row for row in rows if any(name in row["workload"] for name in AIMED_AT)]
    errors = [row["leave_one_out"]["median_abs_log_error"] for row in five]
    inside = [v for row in five for v in row["inside"]]
    ours, theirs = ([v for row in five for v in row[name]] for name in ("scores", "scores_interpolator"))
    return table + (
        f"\n\nThe five that should fit ({', '.join(AIMED_AT)}): left-out error {np.median(errors):.3f} in the median, "
        f"{max(errors):.3f} at worst; {np.mean(inside):.2f} of {len(inside)} batch sizes inside their 90% interval; "
        f"interval score of {len(ours)} inner batch sizes {np.mean(ours):.2f}, of the interpolator "
        f"{np.mean(theirs):.2f} (smaller is better)."
    )


Recommend = Callable[[np.ndarray, np.ndarray, np.ndarray], int]
"""(logs of rate and batch size seen, their losses, logs of all the cell's runs) -> the run recommended."""


def by_surface(seen: np.ndarray, losses: np.ndarray, all_runs: np.ndarray) -> int:
    lr, batch_size = np.exp(all_runs).T
    best = fit_loss_surface(*np.exp(seen).T, losses).recommend(lr, batch_size)
    return int(
        np.argmin(np.abs(np.log(best.lr) - all_runs[:, 0]) + np.abs(np.log(best.batch_size) - all_runs[:, 1]))
    )


def best_seen(seen: np.ndarray, losses: np.ndarray, all_runs: np.ndarray) -> int:
    return int(np.argmin(np.abs(all_runs - seen[np.argmin(losses)]).sum(axis=1)))


def _quadratic(places: np.ndarray) -> np.ndarray:
    u, v = places.T
    return np.stack([np.ones_like(u), u, v, u**2, v**2, u * v], axis=1)


def by_quadratic(seen: np.ndarray, losses: np.ndarray, all_runs: np.ndarray) -> int:
    center, spread = seen.mean(axis=0), seen.std(axis=0)
    found = np.linalg.lstsq(_quadratic((seen - center) / spread), losses, rcond=None)[0]
    return int(np.argmin(_quadratic((all_runs - center) / spread) @ found))


def by_quadratic_without_diverged(seen: np.ndarray, losses: np.ndarray, all_runs: np.ndarray) -> int:
    kept = losses < losses.min() + 1.0
    return by_quadratic(seen[kept], losses[kept], all_runs)


def by_default_process(seen: np.ndarray, losses: np.ndarray, all_runs: np.ndarray) -> int:
    center, spread = seen.mean(axis=0), seen.std(axis=0)
    model = GaussianProcessRegressor(normalize_y=True).fit((seen - center) / spread, losses)
    return int(np.argmin(model.predict((all_runs - center) / spread)))


METHODS: dict[str, Recommend] = {
    "this model": by_surface,
    "best of the 12 seen": best_seen,
    "quadratic": by_quadratic,
    "quadratic, diverged left out": by_quadratic_without_diverged,
    "Gaussian process, scikit-learn's default": by_default_process,
}


def cells() -> dict[tuple[int, int], np.ndarray]:
    """(log rate, log batch size, loss) of every run by (parameters, tokens)."""
    rows = defaultdict(list)
    with (DATA / "lm_loss_by_lr_and_batch.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            logs = math.log(float(row["learning_rate"])), math.log(float(row["batch_size_sequences"]))
            rows[int(row["params"]), int(row["tokens"])].append((*logs, float(row["smoothed_loss"])))
    return {cell: np.array(values) for cell, values in sorted(rows.items())}


def regrets(draws: int) -> list[dict[str, Any]]:
    """One row a cell, with the regret of every draw by method, and how often hidden runs lie in their interval."""
    rows = []
    by_cell = cells()
    # What one would run without a single trial: the best of the two cells that the model was chosen on.
    known = np.mean(
        [runs[np.argmin(runs[:, 2]), :2] for (p, _), runs in by_cell.items() if p in CHOSEN_ON], axis=0
    )
    for (params, tokens), runs in by_cell.items():
        logs, loss = runs[:, :2], runs[:, 2]
        random = np.random.default_rng(derive_seed(0, "rows seen", params))
        drawn = [random.choice(len(runs), SEEN, replace=False) for _ in range(draws)]
        found = {
            name: [round(float(loss[method(logs[seen], loss[seen], logs)] - loss.min()), 6) for seen in drawn]
            for name, method in METHODS.items()
        }
        nearest = int(np.argmin(np.abs(logs - known).sum(axis=1)))
        rows.append(
            {
                "params": params, "tokens": tokens, "runs": len(runs), "best_loss": float(loss.min()),
                "chosen_on": params in CHOSEN_ON, "regrets": found,
                "regret_of_the_other_cells_best": float(loss[nearest] - loss.min()),
                "coverage_90": coverage(logs, loss, drawn[:100]),
            }
        )  # fmt: skip
    return rows


def coverage(logs: np.ndarray, loss: np.ndarray, drawn: list[np.ndarray]) -> tuple[float, float]:
    """Share of hidden runs inside the 90% interval of their loss: of all, and of those within 2% of the best."""
    inside, good = [], []
    for seen in drawn:
        surface = fit_loss_surface(*np.exp(logs[seen]).T, loss[seen])
        for i in np.setdiff1d(np.arange(len(loss)), seen)[::5]:
            shown = surface.predict(*np.exp(logs[i]))
            inside.append(shown.low <= loss[i] <= shown.high)
            if loss[i] <= 1.02 * loss.min():
                good.append(inside[-1])
    return float(np.mean(inside)), float(np.mean(good))


def regret_rows(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        cell = f"{row['params'] / 1e6:.0f}M, {row['tokens'] / 1e9:.0f}G tokens"
        part = "chosen on" if row["chosen_on"] else "scored"
        for name, values in row["regrets"].items():
            lines.append([cell, part, name, *_summary(values, row["best_loss"])])
        other = row["regret_of_the_other_cells_best"]
        if not row["chosen_on"]:
            lines.append(
                [cell, part, "no runs: the best of the other cells", *_summary([other], row["best_loss"])]
            )
    columns = [
        "cell",
        "",
        "recommended by",
        "mean regret",
        "median",
        "90th percentile",
        "mean, % of the best loss",
    ]
    scored = [row for row in rows if not row["chosen_on"]]
    pooled = {name: np.mean([v for row in scored for v in row["regrets"][name]]) for name in METHODS}
    inside = ", ".join(f"{row['coverage_90'][0]:.2f}" for row in scored)
    good = ", ".join(f"{row['coverage_90'][1]:.2f}" for row in scored)
    ours, seen = pooled["this model"], pooled["best of the 12 seen"]
    return markdown(columns, lines) + (
        f"\n\nOn the two scored cells the mean regret is {ours:.4f}, {ours / seen:.2f} of that of the best run seen "
        f"({seen:.4f}); hidden runs inside their 90% interval: {inside}; of those within 2% of the best loss {good}."
    )


def _summary(values: list[float], best: float) -> list[str]:
    return [
        f"{np.mean(values):.4f}", f"{np.median(values):.4f}", f"{np.quantile(values, 0.9):.4f}",
        f"{100 * np.mean(values) / best:.2f}",
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=1000)
    warnings.filterwarnings("ignore", category=UserWarning)
    fitted, regretted = fits(), regrets(parser.parse_args().draws)
    scored = [row for row in regretted if not row["chosen_on"]]
    mean = {name: np.mean([row["regrets"][name] for row in scored]) for name in METHODS}
    record(
        "tables",
        question=(__doc__ or "").splitlines()[0],
        ratio=float(mean["this model"] / mean["best of the 12 seen"]),
        measurements={"fits": fitted, "regrets": regretted},
        table=f"## Fits\n\n{fit_rows(fitted)}\n\n## Regret from {SEEN} runs\n\n{regret_rows(regretted)}",
    )


if __name__ == "__main__":
    main()
