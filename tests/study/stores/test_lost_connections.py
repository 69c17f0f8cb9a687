"""A server that goes away and comes back: the study goes on, nothing is lost, nothing is run twice."""

import logging
import threading
import time

import pytest

from batchwright.core.errors import StoreError
from batchwright.study.stores.postgresql import PostgreSQLStore


class Restarting:
    """An executor that does something to the server in the middle of a study."""

    def __init__(self, executor, after, act):
        self._executor, self._after, self._act = executor, after, act
        self.executed = executor.executed

    def submit(self, key, spec):
        self._executor.submit(key, spec)

    def next_done(self):
        if len(self.executed) == self._after:
            self._act()
        return self._executor.next_done()


@pytest.fixture
def running(postgresql):
    """The server runs again when the test is over."""
    yield postgresql
    if not answers(postgresql):
        postgresql.start()


def answers(server):
    try:
        return server.sql("select 1") == [(1,)]
    except Exception:
        return False


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_restarted_in_the_middle_of_a_study(running, by_law, law, undisturbed, caplog, mode):
    def restart():
        running.stop(mode)
        threading.Thread(target=lambda: (time.sleep(0.3), running.start())).start()

    executor = Restarting(law(), 7, restart)
    with PostgreSQLStore(running.fresh()) as store, caplog.at_level(logging.WARNING):
        found = by_law(store, executor)
        assert (found.found, undisturbed.outcomes(store)) == (undisturbed.found, undisturbed.runs)
        assert store.study("law-1")["status"] == "complete"
    assert sorted(executor.executed) == sorted(key for key, *_ in undisturbed.runs)  # each of them once
    codes = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert codes == ["store_connection_lost", "store_connection_back"]


def test_connections_that_are_cut_with_every_run(running, by_law, law, undisturbed):
    """Also in the middle of a transaction: here before its commit, with everything in it done."""
    address = running.fresh()
    schema = address.rpartition("%3D")[2]
    running.sql(
        f"create function {schema}.cut() returns trigger language plpgsql as "
        "'begin if random() < 0.3 then perform pg_terminate_backend(pg_backend_pid()); end if; return new; end'"
    )
    with PostgreSQLStore(address, waits=(0.01,) * 40) as store:
        running.sql(
            f"create constraint trigger cut after insert on {schema}.runs deferrable initially deferred "
            f"for each row execute function {schema}.cut()"
        )
        executor = law()
        found = by_law(store, executor)
        assert (found.found, undisturbed.outcomes(store)) == (undisturbed.found, undisturbed.runs)
        assert len(set(executor.executed)) == len(executor.executed)


def test_a_server_that_stays_away_is_given_up_in_one_line_and_the_study_resumes(
    running, by_law, law, undisturbed
):
    address = running.fresh()
    with PostgreSQLStore(address, waits=(0.05, 0.05), lease_seconds=0.4) as store:
        with pytest.raises(StoreError) as caught:
            by_law(store, Restarting(law(), 7, running.stop))
        said = str(caught.value)
        assert "\n" not in said
        assert said.startswith("cannot write to postgresql+psycopg://driver:***@127.0.0.1:")
        assert "Connection refused" in said
        began = time.monotonic()
        with pytest.raises(StoreError):
            store.end_study("law-1", status="interrupted", seconds=1.0)
        assert time.monotonic() - began < 5
    running.start()
    with PostgreSQLStore(address) as store:
        while store.study("law-1")["status"] == "running":
            time.sleep(0.02)
        assert store.study("law-1")["status"] == "interrupted"
        executor = law()
        kept = {row["run_key"] for row in store.runs("law-1")}
        found = by_law(store, executor)
        assert len(kept) == 7
        assert not kept & set(executor.executed)
        assert (found.found, undisturbed.outcomes(store)) == (undisturbed.found, undisturbed.runs)


def test_what_no_other_try_mends_is_not_tried_again(running):
    with PostgreSQLStore(running.fresh(), waits=(60,)) as store:
        began = time.monotonic()
        with pytest.raises(StoreError, match=r"cannot write to .*NUL"):
            store.begin_study(
                "a\0b", name=None, task="t", spec_json="{}", fingerprint=None, request={}, action=None
            )
        assert time.monotonic() - began < 10
