"""Does a growing batch beat the best fixed one, from where a study leaves off?

Two problems: the dense net on digits, and logistic regression on 20,000 noisy examples with a target near the best loss
that it can have, where the noise of a small batch is in the way at the end. For each, `study --growth`: the best fixed
batch at its tuned rate against a warm-up of the batch along the measured critical batch and against Seesaw, with the
halved rate beside it, five seeds each that chose nothing. The ratio is that of the better growing side's time to target
over the fixed batch's, as a geometric mean over the problems.

    python benchmarks/growth.py [--quick]
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
from pathlib import Path
from typing import Any

from problems import logistic
from record import markdown, record

import batchwright as bw
from batchwright.task.task import Target


def problems() -> dict[str, Any]:
    """Name -> task."""
    return {
        "digits": bw.named_task("digits"),
        "logistic": logistic().with_fields(target=Target(metric="loss", value=0.595)),
    }


def measured(name: str, task: bw.Task, quick: bool) -> dict[str, Any]:
    sizes = [32, 128] if quick else [8, 32, 64, 128, 512, 2048]
    with tempfile.TemporaryDirectory() as folder:
        study = bw.study(
            task, batch_sizes=[b for b in sizes if b <= len(task.train)], search_seeds=1 if quick else 2,
            growth=True, store=str(Path(folder) / "studies"), progress=False,
        ).result  # fmt: skip
    return {"problem": name, **study.growth.model_dump(mode="json")}


def median(side: dict[str, Any], cost: str) -> float:
    return statistics.median(side[cost]) if side[cost] else math.nan


def table_of(found: list[dict[str, Any]]) -> str:
    rows = []
    for one in found:
        for side in one["sides"]:
            growth, ratio = side["growth"], side["ratio"]
            how = "" if growth is None else f"x{growth['factor']:g} every {growth['every_epochs']:.3g} epochs"
            rows.append([
                one["problem"], side["kind"], side["batch_size"], how, f"{side['lr']:.3g}",
                f"{len(side['steps'])}/{side['seeds']}", f"{median(side, 'steps'):.0f}",
                f"{median(side, 'examples'):.0f}", f"{1e3 * median(side, 'seconds'):.1f}",
                "" if ratio is None else f"{ratio['value']:.2f} ({ratio['interval'][0]:.2f} to {ratio['interval'][1]:.2f})",
            ])  # fmt: skip
        rows += [[one["problem"], kind, "", why] + 6 * [""] for kind, why in one["left_out"].items()]
        doubt = ", the clock is in doubt" if one["clock_in_doubt"] else ""
        rows.append([one["problem"], f"**{one['verdict']}**{doubt}"] + 8 * [""])
    columns = [
        "problem", "training with", "batch size", "growth", "lr", "seeds", "steps", "examples", "ms to target",
        "time over the fixed batch's (90%)",
    ]  # fmt: skip
    return markdown(columns, rows)


def ratio_of(found: list[dict[str, Any]]) -> float | None:
    best = [
        min((s["ratio"]["value"] for s in one["sides"] if s["growth"] and s["ratio"]), default=None)
        for one in found
    ]
    known = [math.log(value) for value in best if value is not None]
    return math.exp(statistics.fmean(known)) if known else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="two batch sizes, one seed to search, nothing recorded"
    )
    asked = parser.parse_args()
    found = [measured(name, task, asked.quick) for name, task in problems().items()]
    table = table_of(found)
    if asked.quick:
        print(table)
        return
    record(
        "growth",
        question=(__doc__ or "").partition("\n")[0],
        ratio=ratio_of(found),
        measurements=found,
        table=table,
    )


if __name__ == "__main__":
    main()
