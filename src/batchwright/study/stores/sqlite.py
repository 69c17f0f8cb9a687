"""Where studies live: SQLite through SQLAlchemy Core, written by the driver alone.

The contract: ``add_run`` is durable when it returns; a key that is already there is never overwritten; a
reader never blocks the writer (write-ahead log). A store of a newer schema is refused, not guessed at.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from batchwright.core.errors import StoreError, one_line, unknown_name
from batchwright.training.record import RunResult

SCHEMA_VERSION = 1
DEFAULT_FOLDER = "batchwright-runs"
FILE_NAME = "studies.sqlite"

_meta = sa.MetaData()
_facts = sa.Table(
    "batchwright",
    _meta,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("value", sa.String, nullable=False),
)
_studies = sa.Table(
    "studies",
    _meta,
    sa.Column("study_id", sa.String, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("task", sa.String, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("created", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("command", sa.Text, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("result", sa.Text),
)
_runs = sa.Table(
    "runs",
    _meta,
    sa.Column("study_id", sa.String, sa.ForeignKey("studies.study_id"), primary_key=True),
    sa.Column("run_key", sa.String, primary_key=True),
    sa.Column("batch_size", sa.Integer, nullable=False),
    sa.Column("lr", sa.Float, nullable=False),
    sa.Column("seed", sa.Integer, nullable=False),
    sa.Column("purpose", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("steps_to_target", sa.Float),
    sa.Column("updates", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("created", sa.String, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
)
_measurements = sa.Table(
    "measurements",
    _meta,
    sa.Column("study_id", sa.String, sa.ForeignKey("studies.study_id"), primary_key=True),
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)


def store_path(location: str | Path | None = None) -> Path:
    """The database file: ``location``, else ``$BATCHWRIGHT_STORE``, else ``./batchwright-runs/``.

    A location without a suffix is a folder that holds ``studies.sqlite``.
    """
    path = Path(location or os.environ.get("BATCHWRIGHT_STORE") or DEFAULT_FOLDER)
    return path if path.suffix else path / FILE_NAME


class Store:
    """An open store; use as a context manager or call :meth:`close`."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = Path(path)
        if not self.path.exists() and not create:
            raise StoreError(f"no store at {self.path}: run a study first, or name another with --store")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"cannot make the folder {self.path.parent} for the store: {error.strerror}"
            ) from None
        self._engine = sa.create_engine(f"sqlite:///{self.path}", connect_args={"timeout": 30})
        try:
            self._open()
        except (SQLAlchemyError, OSError) as error:
            self._engine.dispose()
            reason = one_line(getattr(error, "orig", None) or error)
            raise StoreError(
                f"{self.path} is not a Batchwright store ({reason}): name another with --store"
            ) from None
        except StoreError:
            self._engine.dispose()
            raise

    def _open(self) -> None:
        with self._engine.begin() as connection:
            tables = set(sa.inspect(connection).get_table_names())
            if tables and "batchwright" not in tables:
                raise StoreError(
                    f"{self.path} is a database, but not a Batchwright store: name another with --store"
                )
            if not tables:
                _meta.create_all(connection)
                connection.execute(_facts.insert().values(key="schema_version", value=str(SCHEMA_VERSION)))
            query = sa.select(_facts.c.value).where(_facts.c.key == "schema_version")
            version = int(connection.execute(query).scalar_one())
        if version > SCHEMA_VERSION:
            raise StoreError(
                f"{self.path} was written by a newer Batchwright (schema {version}, this one reads up to "
                f"{SCHEMA_VERSION}): upgrade batchwright, or name another with --store"
            )
        with self._engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            connection.exec_driver_sql("PRAGMA synchronous=NORMAL")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _write(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            reason = one_line(getattr(error, "orig", None) or error)
            raise StoreError(
                f"cannot write to {self.path}: {reason}; what was recorded before is safe"
            ) from None

    # --- studies ----------------------------------------------------------------------------------

    def begin_study(self, study_id: str, *, name: str | None, task: str, spec: str, command: str) -> None:
        """Register a study, or mark it as running again."""
        row = {
            "study_id": study_id, "name": name, "task": task, "spec": spec, "status": "running",
            "command": command, "seconds": 0.0, "created": _now(),
        }  # fmt: skip
        with self._write() as connection:
            known = sa.select(_studies.c.study_id).where(_studies.c.study_id == study_id)
            if connection.execute(known).first() is None:
                connection.execute(_studies.insert().values(**row))
            else:
                update = {"status": "running"} | ({"name": name} if name else {})
                connection.execute(_studies.update().where(_studies.c.study_id == study_id).values(**update))

    def end_study(self, study_id: str, *, status: str, seconds: float) -> None:
        """Set the status and add the seconds spent."""
        values: dict[str, Any] = {"status": status, "seconds": _studies.c.seconds + seconds}
        with self._write() as connection:
            connection.execute(_studies.update().where(_studies.c.study_id == study_id).values(**values))

    def keep_result(self, study_id: str, result: str) -> None:
        """Keep the study's answer (JSON)."""
        with self._write() as connection:
            connection.execute(_studies.update().where(_studies.c.study_id == study_id).values(result=result))

    def studies(self) -> list[dict[str, Any]]:
        """All studies, newest first, without their results, with the number of runs of each."""
        counted = (
            sa.select(_runs.c.study_id, sa.func.count().label("runs")).group_by(_runs.c.study_id).subquery()
        )
        columns = [c for c in _studies.c if c.name != "result"]
        query = (
            sa.select(*columns, sa.func.coalesce(counted.c.runs, 0).label("runs"))
            .outerjoin(counted, counted.c.study_id == _studies.c.study_id)
            .order_by(_studies.c.created.desc(), _studies.c.study_id)
        )
        with self._engine.connect() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def study(self, name: str) -> dict[str, Any]:
        """One study by its id, an unambiguous beginning of it, or its name.

        Raises:
            StoreError: unknown or ambiguous.
        """
        with self._engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(sa.select(_studies)).mappings()]
        exact = [r for r in rows if name in (r["study_id"], r["name"])]
        found = exact or [r for r in rows if r["study_id"].startswith(name)]
        if len(found) == 1:
            return found[0]
        if not found:
            known = [n for r in rows for n in (r["study_id"], r["name"]) if n]
            raise StoreError(str(unknown_name("study", name, known or ["(none yet)"])))
        raise StoreError(f"{name!r} names {len(found)} studies: {', '.join(r['study_id'] for r in found)}")

    # --- runs and measurements --------------------------------------------------------------------

    def add_run(self, study_id: str, run_key: str, purpose: str, result: RunResult) -> None:
        """Keep one finished run; a run that is already there stays as it is."""
        spec = result.spec
        row = {
            "study_id": study_id, "run_key": run_key, "batch_size": spec.batch_size,
            "lr": spec.optimizer.lr, "seed": spec.seed, "purpose": purpose, "status": str(result.status),
            "steps_to_target": result.steps_to_target, "updates": result.updates,
            "seconds": result.seconds, "created": _now(), "result": result.model_dump_json(),
        }  # fmt: skip
        with self._write() as connection:
            connection.execute(sa.insert(_runs).prefix_with("OR IGNORE").values(**row))

    def runs(self, study_id: str, *, curves: bool = False) -> list[dict[str, Any]]:
        """The runs of a study in a fixed order; with ``curves`` each carries its parsed ``result``."""
        columns = [c for c in _runs.c if curves or c.name != "result"]
        query = (
            sa.select(*columns)
            .where(_runs.c.study_id == study_id)
            .order_by(_runs.c.batch_size, _runs.c.lr, _runs.c.purpose, _runs.c.seed, _runs.c.run_key)
        )
        with self._engine.connect() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        for row in rows:
            if curves:
                row["result"] = RunResult.model_validate_json(row["result"])
        return rows

    def put_measurement(self, study_id: str, name: str, value: Any) -> None:
        """Keep a measurement (JSON data) under a name; the first one stays."""
        row = {"study_id": study_id, "name": name, "value": json.dumps(value)}
        with self._write() as connection:
            connection.execute(sa.insert(_measurements).prefix_with("OR IGNORE").values(**row))

    def measurements(self, study_id: str) -> dict[str, Any]:
        """All measurements of a study by name."""
        query = sa.select(_measurements).where(_measurements.c.study_id == study_id)
        with self._engine.connect() as connection:
            return {row["name"]: json.loads(row["value"]) for row in connection.execute(query).mappings()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
