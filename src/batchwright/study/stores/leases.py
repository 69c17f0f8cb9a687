"""Which studies of a server's store a process holds: a lease that it renews while it lives.

A lease is a row, dated by the database's own clock: those of the hosts need not agree. While a process lives, a
thread of its own renews its leases; those of a process that is gone lapse, and then anybody may take the
study. A process that was only silent for as long (a laptop asleep, a network cut) finds that out with its next
write, which checks the lease in its own transaction: nothing of two drivers is ever mixed.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from batchwright.study.stores.database import Database
from batchwright.study.stores.holding import Holder, Holding, held_elsewhere, lost_to, this_process

logger = logging.getLogger(__name__)

LEASE_SECONDS = 30.0
"""How long a study stays held without a sign of life."""
BEATS = 5
"""Signs of life in that time."""

lease_tables = sa.MetaData()
leases = sa.Table(
    "leases",
    lease_tables,
    sa.Column("study_id", sa.String, primary_key=True),
    sa.Column("owner", sa.String, nullable=False),
    sa.Column("host", sa.String, nullable=False),
    sa.Column("process", sa.BigInteger, nullable=False),
    sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    sa.Column("heartbeat", sa.DateTime(timezone=True), nullable=False),
    sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
)
"""``owner`` is one open store of one process; ``host`` and ``process`` say to people which."""
_NOW = sa.func.clock_timestamp()


class Leases(Holding):
    """The studies of one store that this process holds.

    Args:
        database: the store's.
        seconds: how long a lease lasts without a sign of life.
    """

    def __init__(self, database: Database, seconds: float = LEASE_SECONDS) -> None:
        self._database = database
        self._seconds = seconds
        self._owner = uuid.uuid4().hex
        self._held: set[str] = set()
        self._closing = threading.Event()
        self._beating: threading.Thread | None = None

    def take(self, study_id: str, connection: sa.Connection) -> None:
        host, process = this_process()
        asked = insert(leases).values(
            study_id=study_id, owner=self._owner, host=host, process=process,
            since=_NOW, heartbeat=_NOW, expires=self._end(),
        )  # fmt: skip
        mine = leases.c.owner == self._owner
        # A lease that is taken at this very moment makes this statement wait for its end.
        granted = asked.on_conflict_do_update(
            index_elements=[leases.c.study_id],
            set_={
                "owner": asked.excluded.owner, "host": asked.excluded.host, "process": asked.excluded.process,
                "since": sa.case((mine, leases.c.since), else_=asked.excluded.since),
                "heartbeat": asked.excluded.heartbeat, "expires": asked.excluded.expires,
            },
            where=mine | (leases.c.expires < _NOW),
        ).returning(leases.c.study_id)  # fmt: skip
        if connection.execute(granted).first() is None:
            raise held_elsewhere(study_id, _holder(study_id, connection))
        self._held.add(study_id)
        self._beat()

    def check(self, study_id: str, connection: sa.Connection) -> None:
        if study_id in self._held:
            renewed = self._renewal().where(leases.c.study_id == study_id).returning(leases.c.study_id)
            if connection.execute(renewed).first() is None:
                raise lost_to(study_id, _holder(study_id, connection))

    def give_up(self, study_id: str, connection: sa.Connection) -> bool:
        mine = (leases.c.study_id == study_id) & (leases.c.owner == self._owner)
        given = connection.execute(leases.delete().where(mine).returning(leases.c.study_id)).first()
        return given is not None or study_id not in self._held

    def let_go(self, study_id: str) -> None:
        self._held.discard(study_id)

    def let_all_go(self) -> None:
        self._closing.set()
        if self._beating is not None:
            self._beating.join()
            self._beating = None
        if self._held:
            self._held.clear()
            try:
                with self._database.engine.begin() as connection:
                    connection.execute(leases.delete().where(leases.c.owner == self._owner))
            except SQLAlchemyError:
                logger.info("lease_left_to_lapse", exc_info=True)

    def held(self, study_ids: Iterable[str]) -> set[str]:
        query = sa.select(leases.c.study_id).where(leases.c.expires >= _NOW)
        query = query.where(leases.c.study_id.in_(list(study_ids)))
        return self._database.read(lambda connection: set(connection.execute(query).scalars()))

    # --- signs of life ----------------------------------------------------------------------------

    def _beat(self) -> None:
        if self._beating is None:
            self._closing.clear()
            self._beating = threading.Thread(target=self._renew, name="batchwright-leases", daemon=True)
            self._beating.start()

    def _renew(self) -> None:
        while not self._closing.wait(self._seconds / BEATS):
            if self._held:
                try:
                    with self._database.engine.begin() as connection:
                        connection.execute(self._renewal())
                except SQLAlchemyError:  # the next beat tries again; what writes says that it cannot
                    logger.info("lease_not_renewed", exc_info=True)

    def _renewal(self) -> sa.Update:
        mine = leases.c.owner == self._owner
        return leases.update().where(mine).values(heartbeat=_NOW, expires=self._end())

    def _end(self) -> sa.ColumnElement[object]:
        return _NOW + sa.func.make_interval(0, 0, 0, 0, 0, 0, self._seconds)


def _holder(study_id: str, connection: sa.Connection) -> Holder | None:
    left = sa.extract("epoch", leases.c.expires - _NOW)
    since = sa.func.to_char(sa.func.timezone("UTC", leases.c.since), 'YYYY-MM-DD"T"HH24:MI:SS')
    query = sa.select(leases.c.host, leases.c.process, since, left).where(leases.c.study_id == study_id)
    row = connection.execute(query).first()
    return None if row is None else Holder(row[0], int(row[1]), row[2], float(row[3]))
