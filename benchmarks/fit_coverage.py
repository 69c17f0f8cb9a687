"""How often does the 90% interval of the critical batch size hold the truth, where the plain law does not?

Synthetic tables of S(B) = S_min (1 + (B_crit/B)^a): four exponents, five seeds that scatter by 5% or one by 10%, five
batch sizes a factor of four apart or nine a factor of two apart; the critical batch size lies anywhere but within a
factor of four of the ends. The truth is the batch size at which steps are twice their minimum. Beside it, on the same
tables, the fit of the plain law alone, a = 1.

    python benchmarks/fit_coverage.py [--tables 200] [--workers 2]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from record import markdown, record

from batchwright.advice import Point, fit_curve
from batchwright.advice.curve import profile
from batchwright.core.streams import derive_seed

EXPONENTS = (0.65, 0.8, 1.0, 1.3)
RUNS = ((5, 0.05), (1, 0.10))
SIZES = {5: 4.0 ** np.arange(2, 7), 9: 2.0 ** np.arange(3, 12)}
STEPS_MIN, AWAY = 300.0, 4.0
WIDEST, LEAST, MOST = 1.25, 0.85, 0.97


@dataclass(frozen=True)
class Case:
    """A kind of table."""

    exponent: float
    seeds: int
    seed_sd: float
    sizes: int


CASES = [Case(a, seeds, sd, n) for n in SIZES for seeds, sd in RUNS for a in EXPONENTS]


def table(case: Case, number: int) -> tuple[float, list[Point]]:
    """The truth and the runs of one table."""
    random = np.random.default_rng(derive_seed(0, "fit coverage", *asdict(case).values(), number))
    sizes = SIZES[case.sizes]
    critical = math.exp(random.uniform(math.log(sizes[0] * AWAY), math.log(sizes[-1] / AWAY)))
    steps = STEPS_MIN * (1 + (critical / sizes) ** case.exponent)
    seen = steps[:, None] * np.exp(random.normal(0, case.seed_sd, (len(sizes), case.seeds)))
    return critical, [Point(float(b), tuple(map(float, row))) for b, row in zip(sizes, seen, strict=True)]


@contextmanager
def plain_law() -> Iterator[None]:
    """Fits inside ask for no exponent."""
    before = profile.FEWEST_FOR_EXPONENT
    profile.FEWEST_FOR_EXPONENT = 10**9  # more batch sizes than any table has
    try:
        yield
    finally:
        profile.FEWEST_FOR_EXPONENT = before


def scored(points: list[Point], truth: float) -> dict[str, Any]:
    """Verdict, whether the interval holds the truth, and its width on log B."""
    fit = fit_curve(points)
    low, high = fit.interval
    both = low is not None and high is not None
    return {
        "verdict": fit.verdict,
        "inside": bool((low or 0.0) <= truth <= (high or math.inf)),
        "width": math.log(high / low) if both else None,
        "exponent": fit.exponent,
    }


def one(case: Case, number: int) -> dict[str, Any]:
    """One table, fitted both ways."""
    truth, points = table(case, number)
    ours = scored(points, truth)
    with plain_law():
        theirs = scored(points, truth)
    return {"ours": ours, "plain": theirs}


def summary(case: Case, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Shares and median widths of one case."""
    found = asdict(case)
    for name in ("ours", "plain"):
        fits = [row[name] for row in rows if row[name]["verdict"] == "fits"]
        widths = [f["width"] for f in fits if f["width"] is not None]
        found[name] = {
            "fits": len(fits) / len(rows),
            "coverage": float(np.mean([f["inside"] for f in fits])) if fits else None,
            "width": float(np.median(widths)) if widths else None,
        }
    found["chosen_plain"] = float(np.mean([row["ours"]["exponent"] == 1.0 for row in rows]))
    return found


def rows_of(found: list[dict[str, Any]]) -> str:
    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    return markdown(
        ["sizes", "seeds", "a", "fits", "inside 90%", "width of log B_crit", "a = 1 chosen", "plain law: fits",
         "inside 90%", "width"],
        [
            [
                row["sizes"], f"{row['seeds']} of {row['seed_sd']:.0%}", row["exponent"], shown(row["ours"]["fits"]),
                shown(row["ours"]["coverage"]), shown(row["ours"]["width"]), shown(row["chosen_plain"]),
                shown(row["plain"]["fits"]), shown(row["plain"]["coverage"]), shown(row["plain"]["width"]),
            ]
            for row in found
        ],
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    found = []
    with ProcessPoolExecutor(given.workers) as pool:
        for case in CASES:
            rows = list(pool.map(one, [case] * given.tables, range(given.tables), chunksize=10))
            found.append(summary(case, rows))
            print(found[-1], flush=True)
    coverage = [row["ours"]["coverage"] for row in found if row["ours"]["coverage"] is not None]
    ratios = [row["ours"]["width"] / row["plain"]["width"] for row in found if row["exponent"] == 1.0]
    words = (
        f"\n\nInside their 90% interval, where the verdict is `fits`: {min(coverage):.2f} to {max(coverage):.2f} over "
        f"the {len(found)} cases (aimed at {LEAST} to {MOST}). At a = 1 the interval is "
        f"{', '.join(f'{r:.2f}' for r in ratios)} times as wide as the plain law's (aimed at {WIDEST} at most)."
    )
    record(
        "fit_coverage",
        question=(__doc__ or "").partition("\n")[0],
        ratio=float(np.median(ratios)),
        measurements=found,
        table=rows_of(found) + words,
    )


if __name__ == "__main__":
    main()
