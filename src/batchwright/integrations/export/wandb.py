"""Weights & Biases, offline: what ``wandb sync`` uploads when there is a network.

    DIR/wandb/offline-run-*/          one folder a run, and one for the answer
    DIR/wandb/batchwright.json        which runs are written whole

A run's id follows from the study and its key, so uploading twice is uploading the same run.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from batchwright.integrations.export.study import (
    FAILURES,
    ExportedRun,
    ExportedStudy,
    Written,
    folder_of,
    needs,
)

INDEX = "batchwright.json"
_LONGEST_PROJECT = 128


def to_wandb(study: ExportedStudy, place: str) -> Written:
    """Write a study's runs as offline runs below the folder ``place``; the project is the study's id.

    Runs that are written whole and have not gone on since stay.

    Raises:
        InputError: wandb is not installed.
    """
    try:
        import wandb
    except ImportError:
        raise needs("wandb", "wandb") from None
    folder = folder_of(place) / "wandb"
    folder.mkdir(exist_ok=True)
    index = _Index(folder / INDEX)
    busy = wandb.run is not None
    kept = replaced = 0
    try:
        for run in study.runs:
            state = [run.status, run.row["updates"]]
            run_id = run_id_of(study.study_id, run.key)
            if index.entries.get(run_id) == state:
                kept += 1
                continue
            replaced += run_id in index.entries
            _forget(folder, run_id)
            _write_run(wandb, study, run, run_id, place)
            index.add(run_id, state)
        answer_id = run_id_of(study.study_id, "answer")
        if index.entries.get(answer_id) != [study.text]:
            _forget(folder, answer_id)
            _write_answer(wandb, study, answer_id, place)
            index.add(answer_id, [study.text])
    finally:
        index.save()
        if not busy:
            wandb.teardown()
    return Written(str(folder), new=len(study.runs) - kept - replaced, there=kept, replaced=replaced)


def run_id_of(study_id: str, key: str) -> str:
    """The id of a run in Weights & Biases: the same for the same run of the same study."""
    return hashlib.blake2b(f"{study_id}/{key}".encode(), digest_size=8).hexdigest()


class _Index:
    """Which runs were written whole, and how they had ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self.entries: dict[str, list[Any]] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.entries = {}

    def add(self, run_id: str, state: list[Any]) -> None:
        self.entries[run_id] = state

    def save(self) -> None:
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(self.entries, indent=0), encoding="utf-8")
        os.replace(part, self._path)


def _forget(folder: Path, run_id: str) -> None:
    """Remove what an earlier or interrupted export left of a run."""
    for old in folder.glob(f"offline-run-*-{run_id}"):
        shutil.rmtree(old)


def _begun(wandb: Any, study: ExportedStudy, place: str, **given: Any) -> Any:
    settings = wandb.Settings(
        mode="offline", silent=True, console="off", disable_git=True, save_code=False, x_disable_stats=True,
        x_disable_meta=True,
    )  # fmt: skip
    project = study.study_id[:_LONGEST_PROJECT]
    return wandb.init(project=project, dir=place, settings=settings, reinit="create_new", **given)


def _write_run(wandb: Any, study: ExportedStudy, run: ExportedRun, run_id: str, place: str) -> None:
    live = _begun(
        wandb, study, place, id=run_id, name=run.name, group=f"b{run.row['batch_size']}",
        job_type=run.row["purpose"], tags=[run.status], config=run.parameters(),
    )  # fmt: skip
    for row in run.curves():
        live.log({**row.values, "_timestamp": run.began + row.seconds}, step=row.step)
    live.summary.update({"status": run.status, "run_key": run.key, **run.outcome()})
    live.finish(exit_code=1 if run.status in FAILURES else 0)


def _write_answer(wandb: Any, study: ExportedStudy, run_id: str, place: str) -> None:
    live = _begun(
        wandb, study, place, id=run_id, name="answer", job_type="answer", notes=study.text,
        config={"task": study.facts["task"]},
    )  # fmt: skip
    live.summary.update(study.answer())
    live.finish()
