"""A study on a server is held by a lease, which lapses with its holder; what was silent too long writes no more."""

import os
import signal
import subprocess
import sys
import time

import pytest

from batchwright.core.errors import StoreError
from batchwright.study.key import RunKey
from batchwright.study.stores.leases import Leases
from batchwright.study.stores.postgresql import PostgreSQLStore
from batchwright.task import TaskReference
from batchwright.training import RunResult, RunSpec, Status

KEY = RunKey(8, 0, "search", 0)
FACTS = {"name": None, "task": "t", "spec_json": "{}", "fingerprint": None, "request": {}, "action": None}
SHORT = 0.4
"""Seconds that a lease lasts here."""


@pytest.fixture
def address(postgresql):
    return postgresql.fresh()


@pytest.fixture
def other(address):
    with PostgreSQLStore(address) as store:
        yield store


def run(updates=13):
    spec = RunSpec.model_validate({"task": TaskReference(name="digits"), "batch_size": 8})
    return RunResult(
        spec=spec, status=Status.TARGET_REACHED, updates=updates, examples=8, steps_to_target=2.5
    )


def until(true, seconds=20.0):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)


def silent(monkeypatch):
    """A process that sleeps: it gives no sign of life."""
    monkeypatch.setattr(Leases, "_beat", lambda self: None)


def test_a_holder_that_is_killed_is_found_out_and_its_study_taken_over(address, other):
    holder = (
        "import sys, time\n"
        "from batchwright.study.stores.postgresql import PostgreSQLStore\n"
        f"store = PostgreSQLStore(sys.argv[1], lease_seconds={SHORT})\n"
        f"store.begin_study('s-1', **{FACTS})\n"
        "print('held', flush=True)\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", holder, address], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == "held\n"
        time.sleep(2 * SHORT)  # it lives, so it lasts
        assert other.study("s-1")["status"] == "running"
        refused = rf"study s-1 is being run by process {process.pid} on .* if it is dead, the study is free in \d+ s$"
        with pytest.raises(StoreError, match=refused):
            other.begin_study("s-1", **FACTS)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    until(lambda: other.study("s-1")["status"] == "interrupted")
    other.begin_study("s-1", **FACTS)
    assert other.studies()[0]["status"] == "running"


def test_who_was_silent_for_too_long_writes_nothing_more(address, other, monkeypatch):
    silent(monkeypatch)
    with PostgreSQLStore(address, lease_seconds=SHORT) as sleeper:
        sleeper.begin_study("s-1", **FACTS)
        until(lambda: other.study("s-1")["status"] == "interrupted")
        other.begin_study("s-1", **FACTS)
        for write in (
            lambda: sleeper.add_run("s-1", KEY, run()),
            lambda: sleeper.put_measurement("s-1", "m", 1),
            lambda: sleeper.keep_result("s-1", "{}"),
        ):
            with pytest.raises(
                StoreError, match=rf"taken over by process {os.getpid()} on .*: what was recorded is safe"
            ):
                write()
        sleeper.end_study("s-1", status="interrupted", seconds=5.0)
        study = other.study("s-1")
        assert (study["status"], study["seconds"], study["result"]) == ("running", 0.0, None)
        assert (other.runs("s-1"), other.measurements("s-1")) == ([], {})
    assert other.study("s-1")["status"] == "running"  # closing let go of nothing that is another's


def test_who_was_silent_and_lost_nothing_goes_on(address, other, monkeypatch):
    silent(monkeypatch)
    with PostgreSQLStore(address, lease_seconds=SHORT) as sleeper:
        sleeper.begin_study("s-1", **FACTS)
        until(lambda: other.study("s-1")["status"] == "interrupted")
        sleeper.add_run("s-1", KEY, run())
        assert other.study("s-1")["status"] == "running"


def test_of_many_that_want_a_study_at_once_one_has_it(address, tmp_path):
    """Processes that start at the same moment on a database, and on a file, that has no tables yet."""
    wanting = (
        "import sys\n"
        "from batchwright.core.errors import StoreError\n"
        "from batchwright.study.stores.choose import open_store\n"
        "import batchwright.study.stores.postgresql, batchwright.study.stores.sqlite\n"
        "for place in sys.argv[1:]:\n"
        "    print('there', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    with open_store(place) as store:\n"
        "        try:\n"
        f"            store.begin_study('s-1', **{FACTS})\n"
        "            print('held', flush=True)\n"
        "        except StoreError as error:\n"
        "            print(error, flush=True)\n"
        "        sys.stdin.readline()\n"
    )
    places = [address, str(tmp_path / "studies.sqlite")]
    line = [sys.executable, "-c", wanting, *places]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(line, **pipes) for _ in range(4)]

    def go():
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()

    for _ in places:
        assert [process.stdout.readline() for process in processes] == ["there\n"] * 4
        go()
        said = sorted(process.stdout.readline() for process in processes)
        assert sum(line == "held\n" for line in said) == 1
        assert sum("study s-1 is being run by process" in line for line in said) == 3
        go()
    for process in processes:
        assert process.wait(20) == 0
        process.communicate()


def test_an_end_whose_acknowledgement_was_lost_counts_once(address, other):
    with PostgreSQLStore(address) as store:
        store.begin_study("s-1", **FACTS)
        write = store._database.write

        def twice(work):
            write(work)
            return write(work)

        store._database.write = twice
        store.add_run("s-1", KEY, run())
        store.end_study("s-1", status="complete", seconds=2.0)
    study = other.study("s-1")
    assert (study["status"], study["seconds"], len(other.runs("s-1"))) == ("complete", 2.0, 1)
