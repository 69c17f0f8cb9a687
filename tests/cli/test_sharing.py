"""Two drivers on one store, as people start them: other studies side by side, one study by one driver alone."""

import json
import subprocess
import sys
import time

import pytest

from batchwright.study.stores.choose import open_store

WAIT_SECONDS = 60


def words(task_file, store, kind, sizes):
    return [
        "study", f"{task_file}:task", "--set", f"kind={kind}", "--batch-sizes", sizes, "--target", "loss=0.15",
        "--search-seeds", "1", "--confirm-seeds", "2", "--workers", "1", "--json", "--store", store,
    ]  # fmt: skip


def started(line, store):
    """A driver in a process of its own, with some runs made and others to come; and its study's id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "batchwright.cli.main", *line],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + WAIT_SECONDS
    with open_store(store) as looking_on:
        while not (there := looking_on.studies()) or there[0]["runs"] < 2:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "the study did not get going"
            time.sleep(0.05)
        assert there[0]["status"] == "running"
        return process, there[0]["study_id"]


@pytest.mark.parametrize("backend", ["sqlite", "postgresql"])
def test_two_drivers_on_one_store(request, cli, task_file, tmp_path, monkeypatch, backend):
    """On a server it is restarted while both are at work."""
    monkeypatch.chdir(tmp_path)
    server = request.getfixturevalue("postgresql") if backend == "postgresql" else None
    store = str(tmp_path / "studies.sqlite") if server is None else server.fresh()
    slow = words(task_file, store, "slow", "16,32")
    process, study_id = started(slow, store)

    refused = cli(*slow)
    assert (refused.code, refused.out) == (2, "")
    assert f"study {study_id} is being run by process {process.pid} on " in refused.err.splitlines()[-1]
    if server is not None:
        server.stop()
        server.start()
    beside = cli(*words(task_file, store, "plain", "8,16"))
    assert beside.code == 0, beside.err

    out, err = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0, err
    assert ("store_connection_lost" in err) is (server is not None)
    documents = {document["study_id"]: document for document in (json.loads(out), beside.json())}
    with open_store(store, create=False) as kept:
        lines = {line["study_id"]: line for line in kept.studies()}
        assert lines.keys() == documents.keys()
        for name, line in lines.items():
            assert (line["status"], line["runs"]) == ("complete", documents[name]["runs_executed"])
            assert len(kept.runs(name, curves=True)) == line["runs"]
        assert kept.damage == ()
    for said in (out, err, beside.out, beside.err, refused.err):
        assert server is None or "not-for-printing" not in said
