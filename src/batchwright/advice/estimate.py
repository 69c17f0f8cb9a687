"""What a study would cost, before anything is trained."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from batchwright.measure.hardware.alone import seconds_per_step
from batchwright.study.driver import RUNS_PER_BATCH_SIZE
from batchwright.study.spec import RUNS_PER_BATCH_SIZE_ECONOMY, StudySpec
from batchwright.study.stores.sqlite import Store, store_path
from batchwright.task.task import Task


def estimate(
    spec: StudySpec, task: Task, *, workers: int, location: str | Path | None = None
) -> dict[str, Any]:
    """Runs and seconds a study may take: an upper bound, since steps to target are not known yet.

    A run is taken to last half of ``max_epochs`` at the smallest batch size and, as beyond a critical
    batch size, a tenth of the epochs' updates at the least, times seconds a step measured now.

    Returns:
        ``study_id``, ``batch_sizes``, ``runs``, ``runs_stored`` and ``seconds``.
    """
    study_id = spec.identity(task.fingerprint)
    stored = 0
    path = store_path(location)
    if path.exists():
        with Store(path) as store:
            stored = len(store.runs(study_id))
    per_size = RUNS_PER_BATCH_SIZE if spec.budget_trainings is None else RUNS_PER_BATCH_SIZE_ECONOMY
    runs = per_size * len(spec.batch_sizes)
    lr, seed = spec.optimizer.lr, spec.run_seed("search", 0)
    timings = seconds_per_step([spec.run(size, lr, seed, 1) for size in spec.batch_sizes], task)
    examples = len(task.train)
    epochs = spec.max_epochs / 2
    seconds = sum(
        per_size * timing.median * max(math.ceil(epochs * examples / size), 10 * epochs)
        for size, timing in zip(spec.batch_sizes, timings, strict=True)
    )
    return {
        "study_id": study_id,
        "batch_sizes": len(spec.batch_sizes),
        "runs": runs,
        "runs_stored": stored,
        "seconds": seconds / workers,
    }
