"""Does `batchwright study digits` give the same answer whatever the root seed, and how long does it take?

Ten studies with ten root seeds, each a command of its own in a fresh store, process start and report included. Shown:
verdict, batch size, learning rate, the set that is as good, the critical batch size, wall seconds.

    python benchmarks/study_stability.py [--seeds 10]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from record import markdown, record


def study(seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "batchwright.cli.main", "study", "digits", "--json", "--store", folder,
                   "--seed", str(seed)]  # fmt: skip
        began = time.perf_counter()
        out = subprocess.run(command, capture_output=True, text=True, check=True)
        document = json.loads(out.stdout)
        return {
            "seed": seed, "wall_seconds": time.perf_counter() - began, "runs": document["runs_executed"],
            "recommendation": document["recommendation"],
            "critical_batch": {k: v for k, v in document["critical_batch"].items() if k != "band"},
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=10)
    rows = []
    for seed in range(parser.parse_args().seeds):
        rows.append(study(seed))
        advice = rows[-1]["recommendation"]
        print(seed, advice["verdict"], advice["batch_sizes"], f"{rows[-1]['wall_seconds']:.1f} s", flush=True)
    advised = [row["recommendation"] for row in rows if row["recommendation"]["verdict"] == "recommended"]
    widths = [a["interval"][1] / a["interval"][0] for a in advised]
    common = set.intersection(*(set(a["batch_sizes"]) for a in advised)) if advised else set()
    overlap = (
        max(a["interval"][0] for a in advised) <= min(a["interval"][1] for a in advised) if advised else False
    )
    walls = [row["wall_seconds"] for row in rows]
    table = markdown(
        ["seed", "verdict", "batch size", "lr", "as good", "critical batch", "90%", "wall s"],
        [
            [
                row["seed"], row["recommendation"]["verdict"], row["recommendation"]["batch_size"],
                row["recommendation"]["lr"], ", ".join(map(str, row["recommendation"]["batch_sizes"])),
                f"{row['critical_batch']['value']:.0f}",
                " to ".join(f"{x:.0f}" for x in row["critical_batch"]["interval"]), f"{row['wall_seconds']:.1f}",
            ]
            for row in rows
        ],
    )  # fmt: skip
    table += (
        f"\n\n{len(advised)} of {len(rows)} recommend; widest interval {max(widths, default=0):.0f} times; intervals "
        f"{'all overlap' if overlap else 'do NOT all overlap'}; in every set: {', '.join(map(str, sorted(common))) or 'none'}. "
        f"Wall seconds: best {min(walls):.1f}, median {statistics.median(walls):.1f}, worst {max(walls):.1f}."
    )
    record(
        "study_stability", question=(__doc__ or "").splitlines()[0], ratio=len(advised) / len(rows),
        measurements={"studies": rows, "widest": max(widths, default=None), "overlap": overlap}, table=table,
    )  # fmt: skip


if __name__ == "__main__":
    main()
