"""Rows that every store makes in the same way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from batchwright.study.stores.contract import ListedStudy, RunFacts, RunRow

if TYPE_CHECKING:
    from batchwright.study.key import RunKey
    from batchwright.training.record import RunResult


def new_run(study_id: str, key: RunKey, result: RunResult) -> RunFacts:
    """The facts of a run that is stored now."""
    return {
        "study_id": study_id,
        "run_key": str(key),
        "batch_size": result.spec.batch_size,
        "lr": result.spec.optimizer.lr,
        "rate_index": key.rate_index,
        "seed": result.spec.seed,
        "seed_index": key.seed,
        "purpose": key.purpose,
        "status": str(result.status),
        "steps_to_target": result.steps_to_target,
        "updates": result.updates,
        "seconds": result.seconds,
        "created": now(),
    }


def newest_first(listed: list[ListedStudy]) -> list[ListedStudy]:
    """Studies as they are listed."""
    return sorted(listed, key=lambda line: (line["created"], line["study_id"]), reverse=True)


def in_order(runs: list[RunRow]) -> list[RunRow]:
    """Runs as they are listed: by batch size, learning rate, purpose and seed."""
    return sorted(runs, key=lambda r: (r["batch_size"], r["lr"], r["purpose"], r["seed"], r["run_key"]))


def now() -> str:
    """UTC in ISO format."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
