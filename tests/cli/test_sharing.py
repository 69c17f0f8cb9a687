"""Two drivers on one store, as people start them: other studies side by side, one study by one driver alone."""

import dataclasses
import json
import subprocess
import sys
import time

import pytest

import batchwright as bw
from batchwright.core.errors import StoreError
from batchwright.study.stores.choose import open_store
from batchwright.task import TaskReference
from batchwright.task.load import load_task

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
def test_two_drivers_on_one_store(request, task_file, tmp_path, monkeypatch, backend):
    """On a server it is restarted while both are at work."""
    monkeypatch.chdir(tmp_path)
    server = request.getfixturevalue("postgresql") if backend == "postgresql" else None
    store = str(tmp_path / "studies.sqlite") if server is None else server.fresh()
    slow = words(task_file, store, "slow", "16,32")
    process, study_id = started(slow, store)

    wanted = f"^study {study_id} is being run by process {process.pid} on .*: wait for it, or stop it there"
    with open_store(store) as other, pytest.raises(StoreError, match=wanted):
        other.begin_study(
            study_id, name=None, task="t", spec_json="{}", fingerprint=None, request={}, action=None
        )
    if server is not None:
        server.stop()
        server.start()
    live = load_task(TaskReference(name=f"{task_file}:task"))
    live = dataclasses.replace(live, reference=TaskReference(name="live", live=True))
    beside = bw.study(
        live, batch_sizes=[8, 16], target="loss=0.15", search_seeds=1, confirm_seeds=2, workers=1, store=store,
        progress=False,
    ).document  # fmt: skip

    out, err = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 0, err
    assert ("store_connection_lost" in err) is (server is not None)
    documents = {document["study_id"]: document for document in (json.loads(out), beside)}
    with open_store(store, create=False) as kept:
        lines = {line["study_id"]: line for line in kept.studies()}
        assert lines.keys() == documents.keys()
        for name, line in lines.items():
            assert (line["status"], line["runs"]) == ("complete", documents[name]["runs_executed"])
            assert len(kept.runs(name, curves=True)) == line["runs"]
        assert kept.damage == ()
    for said in (out, err, json.dumps(beside)):
        assert server is None or "not-for-printing" not in said
