"""A store in an SQL database, through SQLAlchemy Core (the contract is in ``stores.contract``)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from batchwright.core.errors import StoreError
from batchwright.core.remark import Remark
from batchwright.study.stores import contract, first_schema, reading
from batchwright.study.stores.contract import Kind, ListedStudy, RunRow, State, StudyFacts, StudyRow
from batchwright.study.stores.database import Database
from batchwright.study.stores.holding import Holding
from batchwright.study.stores.lookup import Named, find
from batchwright.study.stores.rows import in_order, new_run, newest_first, now
from batchwright.study.stores.schema import measurements, runs, studies

if TYPE_CHECKING:
    from batchwright.core.action import Action
    from batchwright.study.key import RunKey
    from batchwright.training.record import RunResult

_LONG = ("spec", "result")


class SQLStore(contract.Store):
    """An open store; use as a context manager or call :meth:`close`.

    Args:
        database: where it is kept.
        holding: how this process holds studies in it.
        folder: where files about its studies are put, such as their reports.
    """

    def __init__(self, database: Database, holding: Holding, folder: Path) -> None:
        self.location = database.location
        self.folder = folder
        self._database = database
        self._holding = holding

    @property
    def damage(self) -> tuple[Remark, ...]:
        return self._database.damage

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection and let go of the studies held."""
        self._holding.let_all_go()
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

        def begin(connection: sa.Connection) -> None:
            self._check_complete(connection)
            self._holding.take(study_id, connection)
            known = connection.execute(sa.select(studies.c.name, studies.c.fingerprint).where(this)).first()
            if known is None:
                connection.execute(studies.insert().values(**new, **asked))
            else:
                kept = {"name": name or known.name, "fingerprint": known.fingerprint or fingerprint}
                connection.execute(studies.update().where(this).values(**kept, **asked))
            _recognise(connection, fingerprint)

        try:
            self._database.write(begin)
        except BaseException:
            self._holding.let_go(study_id)
            raise

    def _check_complete(self, connection: sa.Connection) -> None:
        """A study must not train for hours and then find no place for its runs."""
        if lacking := self._database.missing(connection, "runs", "measurements"):
            raise self._database.damaged_error(f"it lacks {', '.join(lacking)}")

    def end_study(self, study_id: str, *, status: State, seconds: float) -> None:
        values: dict[str, Any] = {"status": status, "seconds": studies.c.seconds + seconds}

        def end(connection: sa.Connection) -> None:
            if self._holding.give_up(study_id, connection):
                connection.execute(studies.update().where(studies.c.study_id == study_id).values(**values))

        self._database.write(end)
        self._holding.let_go(study_id)

    def keep_result(self, study_id: str, result: str) -> None:
        kept = studies.update().where(studies.c.study_id == study_id).values(result=result)
        self._write_to(study_id, lambda connection: connection.execute(kept))

    def _write_to(self, study_id: str, work: Callable[[sa.Connection], object]) -> None:
        """Write to a study that nobody else has taken meanwhile."""

        def checked(connection: sa.Connection) -> None:
            self._holding.check(study_id, connection)
            work(connection)

        self._database.write(checked)

    def studies(self) -> list[ListedStudy]:
        counts = self._database.run_counts()
        listed = []
        for row in self._database.study_rows(*[c for c in studies.c if c.name not in _LONG]):
            counted = None if counts is None else counts.get(row["study_id"], 0)
            try:
                listed.append(reading.listed_study({**row, "runs": counted}, self.location))
            except StoreError as error:
                self._database.note("stores.study_unreadable", study=row["study_id"], reason=str(error))
        self._mark_interrupted(listed)
        return newest_first(listed)

    def study(self, name: str) -> StudyRow:
        names = self._database.study_rows(studies.c.study_id, studies.c.name, studies.c.task)
        query = sa.select(studies).where(studies.c.study_id == find(name, [Named(**row) for row in names]))
        row = self._database.read(lambda connection: connection.execute(query).mappings().one())
        study = reading.study_row(row, self.location)
        self._mark_interrupted([study])
        return study

    def _mark_interrupted(self, rows: Sequence[StudyFacts]) -> None:
        """What was left ``running`` by a process that is gone was interrupted."""
        running = [row for row in rows if row["status"] == "running"]
        held = self._holding.held([row["study_id"] for row in running]) if running else set()
        for row in running:
            if row["study_id"] not in held:
                row["status"] = "interrupted"

    # --- runs and measurements --------------------------------------------------------------------

    def add_run(self, study_id: str, key: RunKey, result: RunResult) -> None:
        row: dict[str, Any] = {**new_run(study_id, key, result)}
        row |= {"identity": result.spec.identity(), "result": result.model_dump_json()}
        place = (runs.c.study_id == study_id) & (runs.c.run_key == str(key))
        query = sa.select(runs.c.status, runs.c.updates, runs.c.result).where(place)

        def add(connection: sa.Connection) -> None:
            there = connection.execute(query).first()
            if there is None:
                connection.execute(runs.insert().values(**row))
            elif (
                contract.goes_further(result, than_status=there.status, than_updates=there.updates)
                or _result(there.result) is None
            ):
                connection.execute(runs.update().where(place).values(**row))

        self._write_to(study_id, add)

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

        def furthest(connection: sa.Connection) -> RunResult | None:
            readable = (_result(text) for text in connection.execute(query).scalars())
            return next((result for result in readable if result is not None), None)

        return self._database.read(furthest)

    def runs(self, study_id: str, *, curves: bool = False) -> list[RunRow]:
        left_out = {"identity", "former_key"} | (set() if curves else {"result"})
        columns = [c for c in runs.c if c.name not in left_out]
        query = sa.select(*columns).where(runs.c.study_id == study_id)
        rows = self._database.read(lambda connection: connection.execute(query).mappings().all())
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

        def put(connection: sa.Connection) -> None:
            there = connection.execute(sa.select(measurements.c.value).where(place)).scalar_one_or_none()
            if there is None:
                connection.execute(measurements.insert().values(**row))
            elif not _is_json(there):
                connection.execute(measurements.update().where(place).values(**row))

        self._write_to(study_id, put)

    def measurements(self, study_id: str) -> dict[str, Any]:
        query = sa.select(measurements).where(measurements.c.study_id == study_id)
        rows = self._database.read(lambda connection: connection.execute(query).all())
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
