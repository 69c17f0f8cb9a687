"""A store in one SQLite file, through SQLAlchemy Core (the contract is in ``stores.contract``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from batchwright.core.errors import StoreError
from batchwright.core.remark import Remark
from batchwright.study.stores import contract, first_schema, reading
from batchwright.study.stores.contract import Kind, ListedStudy, RunRow, State, StudyRow
from batchwright.study.stores.database import Database
from batchwright.study.stores.holding import Holds, is_held
from batchwright.study.stores.lookup import Named, find
from batchwright.study.stores.opening import missing_columns
from batchwright.study.stores.opening import store_path as store_path
from batchwright.study.stores.rows import in_order, new_run, newest_first, now
from batchwright.study.stores.schema import SCHEMA_VERSION as SCHEMA_VERSION
from batchwright.study.stores.schema import measurements, runs, studies

if TYPE_CHECKING:
    from batchwright.core.action import Action
    from batchwright.study.key import RunKey
    from batchwright.training.record import RunResult

_LONG = ("spec", "result")


class SQLiteStore(contract.Store):
    """An open store; use as a context manager or call :meth:`close`.

    Args:
        path: the file.
        create: make it if it is not there. A reader must not.

    Raises:
        StoreError: it cannot be opened or made, or is no store.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = Path(path)
        self.location = str(self.path)
        self._database = Database(self.path, create=create)
        self._holds = Holds(self.path)

    @property
    def damage(self) -> tuple[Remark, ...]:
        return self._database.damage

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection and let go of the studies held."""
        self._holds.let_all_go()
        self._database.close()

    # --- studies ----------------------------------------------------------------------------------

    def begin_study(
        self,
        study_id: str,
        *,
        kind: Kind = "study",
        name: str | None,
        task: str,
        spec_json: str,
        fingerprint: str | None,
        request: Mapping[str, Any],
        action: Action | None,
    ) -> None:
        asked: dict[str, Any] = {"status": "running", "request": json.dumps(dict(request))}
        if action is not None:
            asked["action"] = action.model_dump_json()
        new: dict[str, Any] = {"study_id": study_id, "kind": kind, "name": name, "task": task}
        new |= {"fingerprint": fingerprint, "command": "", "spec": spec_json}
        new |= {"seconds": 0.0, "created": now()}
        this = studies.c.study_id == study_id
        with self._database.writing() as connection:
            self._check_complete(connection)
            known = connection.execute(sa.select(studies.c.name, studies.c.fingerprint).where(this)).first()
            if known is None:
                connection.execute(studies.insert().values(**new, **asked))
            else:
                kept = {"name": name or known.name, "fingerprint": known.fingerprint or fingerprint}
                connection.execute(studies.update().where(this).values(**kept, **asked))
            _recognise(connection, fingerprint)
        self._holds.take(study_id)

    def _check_complete(self, connection: sa.Connection) -> None:
        """A study must not train for hours and then find no place for its runs."""
        if lacking := missing_columns(connection, "runs", "measurements"):
            raise self._database.damaged_error(f"it lacks {', '.join(lacking)}")

    def end_study(self, study_id: str, *, status: State, seconds: float) -> None:
        values: dict[str, Any] = {"status": status, "seconds": studies.c.seconds + seconds}
        with self._database.writing() as connection:
            connection.execute(studies.update().where(studies.c.study_id == study_id).values(**values))
        self._holds.let_go(study_id)

    def keep_result(self, study_id: str, result: str) -> None:
        with self._database.writing() as connection:
            connection.execute(studies.update().where(studies.c.study_id == study_id).values(result=result))

    def studies(self) -> list[ListedStudy]:
        counts = self._database.run_counts()
        listed = []
        for row in self._database.study_rows(*[c for c in studies.c if c.name not in _LONG]):
            counted = None if counts is None else counts.get(row["study_id"], 0)
            try:
                listed.append(reading.listed_study({**row, "runs": counted}, self.location))
            except StoreError as error:
                self._database.note("stores.study_unreadable", study=row["study_id"], reason=str(error))
        for line in listed:
            line["status"] = self._state(line["study_id"], line["status"])
        return newest_first(listed)

    def study(self, name: str) -> StudyRow:
        names = self._database.study_rows(studies.c.study_id, studies.c.name, studies.c.task)
        query = sa.select(studies).where(studies.c.study_id == find(name, [Named(**row) for row in names]))
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().one()
        study = reading.study_row(row, self.location)
        study["status"] = self._state(study["study_id"], study["status"])
        return study

    def _state(self, study_id: str, stored: State) -> State:
        """What was left ``running`` by a process that is gone was interrupted."""
        return "interrupted" if stored == "running" and not is_held(self.path, study_id) else stored

    # --- runs and measurements --------------------------------------------------------------------

    def add_run(self, study_id: str, key: RunKey, result: RunResult) -> None:
        row: dict[str, Any] = {**new_run(study_id, key, result)}
        row |= {"identity": result.spec.identity(), "result": result.model_dump_json()}
        place = (runs.c.study_id == study_id) & (runs.c.run_key == str(key))
        query = sa.select(runs.c.status, runs.c.updates, runs.c.result).where(place)
        with self._database.writing() as connection:
            there = connection.execute(query).first()
            if there is None:
                connection.execute(runs.insert().values(**row))
            elif (
                contract.goes_further(result, than_status=there.status, than_updates=there.updates)
                or _result(there.result) is None
            ):
                connection.execute(runs.update().where(place).values(**row))

    def known_run(self, identity: str, *, fingerprint: str | None, study_id: str) -> RunResult | None:
        same_task = studies.c.study_id == study_id
        if fingerprint is not None:
            same_task |= studies.c.fingerprint == fingerprint
        query = (
            sa.select(runs.c.result)
            .join(studies, studies.c.study_id == runs.c.study_id)
            .where(runs.c.identity == identity, same_task)
            .order_by(runs.c.updates.desc(), runs.c.status == "stopped", runs.c.study_id != study_id)
        )
        with self._database.reading() as connection:
            readable = (_result(text) for text in connection.execute(query).scalars())
            return next((result for result in readable if result is not None), None)

    def runs(self, study_id: str, *, curves: bool = False) -> list[RunRow]:
        left_out = {"identity", "former_key"} | (set() if curves else {"result"})
        columns = [c for c in runs.c if c.name not in left_out]
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(*columns).where(runs.c.study_id == study_id)).mappings().all()
        readable = []
        for row in rows:
            try:
                readable.append(reading.run_row(row))
            except StoreError as error:
                self._database.note("stores.run_unreadable", reason=str(error))
        return in_order(readable)

    def put_measurement(self, study_id: str, name: str, value: Any) -> None:
        row = {"study_id": study_id, "name": name, "value": json.dumps(value)}
        place = (measurements.c.study_id == study_id) & (measurements.c.name == name)
        with self._database.writing() as connection:
            there = connection.execute(sa.select(measurements.c.value).where(place)).scalar_one_or_none()
            if there is None:
                connection.execute(measurements.insert().values(**row))
            elif not _is_json(there):
                connection.execute(measurements.update().where(place).values(**row))

    def measurements(self, study_id: str) -> dict[str, Any]:
        query = sa.select(measurements).where(measurements.c.study_id == study_id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        values = {}
        for _, name, text in rows:
            try:
                values[name] = reading.data(text, f"measurement {name} of study {study_id}")
            except StoreError as error:
                self._database.note("stores.measurement_unreadable", study=study_id, reason=str(error))
        return values


def _recognise(connection: sa.Connection, fingerprint: str | None) -> None:
    """Give studies of the first schema this fingerprint where their id shows that it was their task's."""
    if fingerprint is None:
        return
    query = sa.select(studies.c.study_id, studies.c.spec).where(studies.c.fingerprint.is_(None))
    for study_id, spec in connection.execute(query).all():
        if first_schema.fits(study_id, spec, fingerprint):
            mine = studies.c.study_id == study_id
            connection.execute(studies.update().where(mine).values(fingerprint=fingerprint))


def _result(text: str) -> RunResult | None:
    """A stored result; None where it cannot be read."""
    from batchwright.training.record import RunResult

    try:
        return reading.parse(RunResult, text, "")
    except StoreError:
        return None


def _is_json(text: str) -> bool:
    try:
        reading.data(text, "")
    except StoreError:
        return False
    return True
