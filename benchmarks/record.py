"""Where a benchmark's last result goes: JSON with every measurement, and a table for people."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from batchwright.training.environment import environment

RESULTS = Path(__file__).parent / "results"


def record(
    name: str, *, question: str, ratio: float | None, measurements: Any, table: str, device: str = "cpu"
) -> None:
    """Write ``results/NAME.json`` and ``results/NAME.md`` and print the table.

    Results of another device than the CPU are kept beside it, as ``NAME-cuda``.
    """
    RESULTS.mkdir(exist_ok=True)
    stem = name if device == "cpu" else f"{name}-{torch.device(device).type}"
    facts = {
        "benchmark": name,
        "question": question,
        "ratio": ratio,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _COMMIT,
        "load_average": os.getloadavg()[0],
        "others_load": _others_load(),
        "environment": environment(torch.device(device)),
    }
    (RESULTS / f"{stem}.json").write_text(json.dumps(facts | {"measurements": measurements}, indent=1) + "\n")
    where = facts["environment"]
    others = "unknown" if facts["others_load"] is None else f"{facts['others_load']:.0%}"
    heading = (
        f"# {name}\n\n{question}\n\n"
        f"{facts['made']}, commit {facts['commit']}, {where['processor']}, {where['cores']} cores, "
        f"{where['device']}, torch {where['torch']}, {where['threads']} threads, load {facts['load_average']:.1f}, "
        f"of the machine used by others meanwhile: {others}.\n\n"
    )
    (RESULTS / f"{stem}.md").write_text(heading + table + "\n")
    print(heading + table)


def markdown(columns: list[str], rows: list[list[Any]]) -> str:
    """A Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _processor_seconds() -> tuple[float, float, float] | None:
    """Busy and total processor seconds of the machine, and those of this process and its finished children."""
    try:
        ticks = [int(x) for x in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    except (OSError, ValueError, IndexError):
        return None
    unit = os.sysconf("SC_CLK_TCK")
    return (sum(ticks) - ticks[3] - ticks[4]) / unit, sum(ticks) / unit, sum(os.times()[:4])


_AT_START = _processor_seconds()


def _others_load() -> float | None:
    """Share of the machine's processor time that other processes used since the benchmark began.

    The load average cannot tell: the benchmark itself is in it.
    """
    now = _processor_seconds()
    if _AT_START is None or now is None or now[1] <= _AT_START[1]:
        return None
    busy, total, own = (b - a for a, b in zip(_AT_START, now, strict=True))
    return max(0.0, (busy - own) / total)


def _commit() -> str:
    try:
        out = subprocess.run(
            ["git", "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            check=True,
            cwd=RESULTS.parent,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return out.stdout.strip()


_COMMIT = _commit()
"""When the benchmark began: results that are written later are changes of their own."""
