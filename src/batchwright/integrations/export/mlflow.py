"""MLflow: an experiment a study, a run a run, in a SQLite file or on whatever tracking server a URI names.

Works offline: MLflow's own telemetry is off unless the environment says otherwise. An experiment that is there
already gets what it lacks: runs are known by the tag ``batchwright.run_key``.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from batchwright.core.errors import InputError, one_line
from batchwright.integrations.export.study import (
    FAILURES,
    ExportedRun,
    ExportedStudy,
    Written,
    folder_of,
    needs,
)

FILE = "mlflow.db"
STUDY, KEY, STATUS = "batchwright.study", "batchwright.run_key", "batchwright.status"
_NOTE = "mlflow.note.content"
_LONGEST_NOTE = 5000
_MOST_TOGETHER = 1000
"""Metrics that MLflow takes in one request."""
_PAGE = 1000
_QUIET = ("mlflow.store.db.utils", "alembic.runtime.migration")


def to_mlflow(study: ExportedStudy, place: str) -> Written:
    """Write a study as an experiment of its id.

    Runs that are there stay; one that went on since, or whose export was interrupted, is deleted and written anew.

    Args:
        study: what to write.
        place: a folder, or a tracking URI.

    Raises:
        InputError: mlflow is not installed, the store cannot be opened, or holds another experiment of this name.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
    except ImportError:
        raise needs("MLflow", "mlflow") from None
    uri = tracking_uri(place)
    try:
        with _quietly():
            client = MlflowClient(tracking_uri=uri)
            return _written(client, study, uri, None if uri == place else place)
    except MlflowException as error:
        raise InputError(f"MLflow's store {uri} cannot be written ({one_line(error)})") from None


def tracking_uri(place: str) -> str:
    """A tracking URI as it is, or the SQLite file in a folder."""
    return place if "://" in place else f"sqlite:///{(folder_of(place) / FILE).resolve().as_posix()}"


def _written(client: Any, study: ExportedStudy, uri: str, folder: str | None) -> Written:
    experiment = client.get_experiment_by_name(study.study_id)
    if experiment is None:
        artifacts = None if folder is None else (folder_of(folder) / "artifacts").resolve().as_uri()
        experiment_id = client.create_experiment(study.study_id, artifact_location=artifacts)
        client.set_experiment_tag(experiment_id, STUDY, study.study_id)
    else:
        experiment_id = experiment.experiment_id
        if experiment.tags.get(STUDY) != study.study_id:
            raise InputError(
                f"{uri} holds an experiment {study.study_id!r} that was not exported from here: choose another "
                "output"
            )
    for name, value in study.answer().items():
        client.set_experiment_tag(experiment_id, f"batchwright.answer.{name}", str(value))
    client.set_experiment_tag(experiment_id, "batchwright.task", study.facts["task"])
    client.set_experiment_tag(experiment_id, _NOTE, study.text[:_LONGEST_NOTE])
    there = {run.data.tags.get(KEY): run for run in _stored(client, experiment_id)}
    kept = replaced = 0
    for run in study.runs:
        old = there.get(run.key)
        if old is not None and _is_same(old, run):
            kept += 1
            continue
        if old is not None:
            client.delete_run(old.info.run_id)
            replaced += 1
        _write(client, experiment_id, run)
    return Written(uri, new=len(study.runs) - kept - replaced, there=kept, replaced=replaced)


def _stored(client: Any, experiment_id: str) -> Iterator[Any]:
    token = None
    while True:
        page = client.search_runs([experiment_id], max_results=_PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _is_same(old: Any, run: ExportedRun) -> bool:
    """Whether a run was exported whole, and has not gone on since."""
    return (
        old.info.status != "RUNNING"
        and old.data.tags.get(STATUS) == run.status
        and old.data.metrics.get("outcome/updates") == run.row["updates"]
    )


def _write(client: Any, experiment_id: str, run: ExportedRun) -> None:
    from mlflow.entities import Metric, Param

    began = round(run.began * 1000)
    ended = began + round(run.row["seconds"] * 1000)
    tags = {KEY: run.key, STATUS: run.status, STUDY: run.row["study_id"]}
    made = client.create_run(experiment_id, start_time=began, run_name=run.name, tags=tags)
    run_id = made.info.run_id
    metrics = [
        Metric(name, value, began + round(row.seconds * 1000), row.step)
        for row in run.curves()
        for name, value in row.values.items()
    ]
    last = run.row["updates"]
    metrics += [Metric(f"outcome/{name}", value, ended, last) for name, value in run.outcome().items()]
    params = [Param(name, str(value)) for name, value in run.parameters().items()]
    for start in range(0, len(metrics), _MOST_TOGETHER):
        client.log_batch(
            run_id, metrics[start : start + _MOST_TOGETHER], params if start == 0 else (), synchronous=True
        )
    ending = "KILLED" if run.status == "stopped" else "FAILED" if run.status in FAILURES else "FINISHED"
    client.set_terminated(run_id, ending, end_time=ended)


@contextmanager
def _quietly() -> Iterator[None]:
    """Without the lines that are logged when a database is made."""
    before = [(logging.getLogger(name), logging.getLogger(name).level) for name in _QUIET]
    for logger, _ in before:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in before:
            logger.setLevel(level)
