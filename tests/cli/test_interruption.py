"""Studies that are killed: the same command continues, repeats no finished run, and decides the same.

Real processes on a task whose steps are slow, so that there is a middle to kill them in. What continues runs in
this process, which has torch imported already; its workers are processes all the same.
"""

import contextlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from batchwright.cli.main import run_command as run

WAIT_SECONDS = 60

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds workers through /proc")


@pytest.fixture(scope="module")
def command(task_file):
    def words(store, workers=1):
        return [
            "study", f"{task_file}:task", "--set", "kind=slow", "--batch-sizes", "16,32",
            "--target", "loss=0.15", "--search-seeds", "1", "--confirm-seeds", "2",
            "--workers", str(workers), "--json", "--store", str(store),
        ]  # fmt: skip

    return words


@pytest.fixture(scope="module")
def undisturbed(command, tmp_path_factory):
    """The same study left alone: its document and its runs."""
    store = tmp_path_factory.mktemp("undisturbed")
    return to_the_end(command(store)), runs(store)


def to_the_end(words):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    assert code == 0, err.getvalue()
    return json.loads(out.getvalue())


def runs(store):
    """The stored runs by key; none while there is no store yet."""
    path = Path(store) / "studies.sqlite"
    if not path.exists():
        return {}
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            connection.row_factory = sqlite3.Row
            return {row["run_key"]: dict(row) for row in connection.execute("select * from runs")}
    except sqlite3.OperationalError:
        return {}


def _hear_signals():
    """A shell's background job ignores SIGINT, one under nohup SIGHUP, and so would everything that it starts."""
    for name in (signal.SIGINT, signal.SIGHUP):
        signal.signal(name, signal.SIG_DFL)


def start(words, store, count):
    """A study under way, with at least ``count`` finished runs and others to come."""
    line = [sys.executable, "-m", "batchwright.cli.main", *words]
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_hear_signals
    )
    deadline = time.monotonic() + WAIT_SECONDS
    while len(runs(store)) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline, "the study did not get going"
        time.sleep(0.02)
    return process


def workers_of(pid):
    """Process ids of the worker processes whose parent is ``pid``."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                if parent == pid and b"popen_loky" in (folder / "cmdline").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


def outcome(rows):
    return {key: (row["status"], row["steps_to_target"], row["updates"]) for key, row in rows.items()}


def decisions(document):
    return [
        (row["batch_size"], row["lr"], row["steps_to_target"], row["runs"]) for row in document["batch_sizes"]
    ]


def continue_and_compare(words, store, before, undisturbed):
    """Run the same command to the end: what was there stays, what is added is what an undisturbed study has."""
    document, after = to_the_end(words), runs(store)
    assert {key: after[key] for key in before} == before  # ``created`` too: nothing was run again
    assert document["runs_reused"] == len(before)
    assert document["runs_executed"] == len(after) - len(before)
    expected, rows = undisturbed
    assert outcome(after) == outcome(rows)
    assert decisions(document) == decisions(expected)


def test_the_driver_is_killed(command, undisturbed, tmp_path):
    words = command(tmp_path)
    process = start(words, tmp_path, 6)
    orphans = workers_of(process.pid)
    assert orphans
    process.send_signal(signal.SIGKILL)
    assert process.wait(WAIT_SECONDS) == -signal.SIGKILL
    process.communicate()
    before = runs(tmp_path)
    assert 6 <= len(before) < len(undisturbed[1])
    continue_and_compare(words, tmp_path, before, undisturbed)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in orphans)


def test_ctrl_c(command, undisturbed, tmp_path):
    words = command(tmp_path)
    process = start(words, tmp_path, 1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1] == (
        "batchwright: interrupted: finished runs are kept, and the same command continues"
    )
    assert "Traceback" not in err
    before = runs(tmp_path)
    assert 1 <= len(before) < len(undisturbed[1])
    with sqlite3.connect(tmp_path / "studies.sqlite") as connection:
        assert connection.execute("select status, result from studies").fetchall() == [("interrupted", None)]
    continue_and_compare(words, tmp_path, before, undisturbed)


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_asked_to_end(command, undisturbed, tmp_path, name, code):
    """The end of a session or of a container is said, stored, and has the exit code that shells expect."""
    words = command(tmp_path)
    process = start(words, tmp_path, 1)
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == code
    assert out == ""
    assert err.splitlines()[-1] == (
        "batchwright: interrupted: finished runs are kept, and the same command continues"
    )
    assert "Traceback" not in err
    with sqlite3.connect(tmp_path / "studies.sqlite") as connection:
        assert connection.execute("select status, result from studies").fetchall() == [("interrupted", None)]
    continue_and_compare(words, tmp_path, runs(tmp_path), undisturbed)


def test_a_worker_is_killed(command, undisturbed, tmp_path):
    process = start(command(tmp_path, workers=2), tmp_path, 4)
    before = runs(tmp_path)
    os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    out, err = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0, err
    after = runs(tmp_path)
    assert {key: after[key] for key in before} == before
    assert outcome(after) == outcome(undisturbed[1])
    assert decisions(json.loads(out)) == decisions(undisturbed[0])
