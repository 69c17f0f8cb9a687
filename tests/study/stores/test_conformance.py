"""The contract of a store, on every backend. A new backend is one line in ``BACKENDS``."""

import json
import os
import socket

import pytest

from batchwright.core.action import Action
from batchwright.core.errors import StoreError
from batchwright.study.key import RunKey
from batchwright.study.stores.memory import MemoryStore
from batchwright.study.stores.postgresql import PostgreSQLStore
from batchwright.study.stores.sqlite import SQLiteStore
from batchwright.task import TaskReference
from batchwright.training import Budget, RunResult, RunSpec, Status

BACKENDS = {"memory": lambda place: MemoryStore(), "sqlite": SQLiteStore, "postgresql": PostgreSQLStore}
LASTING = ("sqlite", "postgresql")
"""Backends that can be opened a second time."""

KEY = RunKey(8, 0, "search", 0)


def place(backend, request):
    """Where nothing is stored yet."""
    if backend == "postgresql":
        return request.getfixturevalue("postgresql").fresh()
    return request.getfixturevalue("tmp_path") / "studies.sqlite"


@pytest.fixture(params=BACKENDS)
def store(request):
    with BACKENDS[request.param](place(request.param, request)) as opened:
        begin(opened)
        yield opened


def begin(store, study_id="digits-1", **fields):
    facts = {
        "name": "mine", "task": "own-digits", "spec_json": '{"a": 1}', "fingerprint": "f1",
        "request": {"objective": "time", "measures": []},
        "action": Action(command="study", subject="digits", arguments={"batch_sizes": [4, 8]}),
    }  # fmt: skip
    store.begin_study(study_id, **facts | fields)


def result(*, updates=13, status=Status.TARGET_REACHED, steps=12.5, **fields):
    spec = RunSpec.model_validate({"task": TaskReference(name="digits"), "batch_size": 8, **fields})
    return RunResult(
        spec=spec, status=status, updates=updates, examples=8 * updates, steps_to_target=steps, seconds=0.5
    )


# --- studies --------------------------------------------------------------------------------------


def test_a_study_comes_back_as_it_was(store):
    study = store.study("digits-1")
    created = study.pop("created")
    assert created.endswith("+00:00")
    assert study == {
        "study_id": "digits-1", "kind": "study", "name": "mine", "task": "own-digits", "fingerprint": "f1",
        "request": {"objective": "time", "measures": []}, "command": "", "status": "running", "seconds": 0.0,
        "action": {"command": "study", "subject": "digits", "arguments": {"batch_sizes": [4, 8]}},
        "spec": '{"a": 1}', "result": None,
    }  # fmt: skip
    (line,) = store.studies()
    assert line == {k: v for k, v in study.items() if k not in ("spec", "result")} | {
        "created": created, "runs": 0,
    }  # fmt: skip


def test_a_study_begun_again_takes_what_is_asked_now_and_keeps_the_rest(store):
    before = store.study("digits-1")
    store.end_study("digits-1", status="complete", seconds=1.0)
    store.keep_result("digits-1", "{}")
    again = Action(command="study", subject="digits")
    begin(
        store,
        name=None,
        task="x",
        spec_json="{}",
        fingerprint=None,
        request={"objective": "steps"},
        action=again,
    )
    after = store.study("digits-1")
    changed = {"status": "running", "seconds": 1.0, "result": "{}", "request": {"objective": "steps"}}
    assert after == before | changed | {"action": again.model_dump(mode="json")}


def test_an_action_that_is_not_known_leaves_the_former_one(store):
    begin(store, action=None, name=None)
    assert store.study("digits-1")["action"]["arguments"] == {"batch_sizes": [4, 8]}
    assert store.study("digits-1")["name"] == "mine"


def test_a_missing_fingerprint_is_filled_in_and_a_known_one_kept(store):
    begin(store, "digits-2", name=None, fingerprint=None)
    assert store.study("digits-2")["fingerprint"] is None
    for given in ("f2", "f3"):
        begin(store, "digits-2", name=None, fingerprint=given)
        assert store.study("digits-2")["fingerprint"] == "f2"


def test_advice_is_a_kind_of_its_own(store):
    begin(store, "advice-1", kind="advice", name=None)
    assert {line["study_id"]: line["kind"] for line in store.studies()} == {
        "advice-1": "advice", "digits-1": "study",
    }  # fmt: skip


def test_status_and_time_add_up(store):
    store.end_study("digits-1", status="interrupted", seconds=2.0)
    begin(store)
    store.end_study("digits-1", status="complete", seconds=3.0)
    store.keep_result("digits-1", '{"a": 1}')
    store.keep_result("digits-1", '{"a": 2}')
    study = store.study("mine")
    assert (study["status"], study["seconds"], study["result"]) == ("complete", 5.0, '{"a": 2}')


def test_studies_are_found_by_id_name_beginning_or_task(store):
    for name in ("digits-1", "mine", "dig", "own-digits"):
        assert store.study(name)["study_id"] == "digits-1"
    begin(store, "digits-12", name="digits-1", task="digits")  # a name that is another's id: the id wins
    assert store.study("digits-1")["study_id"] == "digits-1"
    with pytest.raises(StoreError, match="'dig' names 2 studies: digits-1, digits-12"):
        store.study("dig")


def test_an_unknown_name_is_answered_with_the_nearest(store):
    with pytest.raises(StoreError, match="unknown study 'digist-1': did you mean 'digits-1'"):
        store.study("digist-1")
    for i in range(20):
        begin(store, f"task-{i}", name=None)
    with pytest.raises(StoreError, match=r"and 14 more$"):
        store.study("x" * 300)
    with pytest.raises(StoreError) as caught:
        store.study("x" * 300)
    assert "x" * 80 not in str(caught.value)


def test_the_newest_study_is_listed_first(store, monkeypatch):
    from batchwright.study.stores import memory, sql

    for module in (memory, sql):
        monkeypatch.setattr(module, "now", lambda: "2999-01-01T00:00:00.000+00:00")
    begin(store, "a-newer-one", name=None)
    assert [line["study_id"] for line in store.studies()] == ["a-newer-one", "digits-1"]


# --- runs -----------------------------------------------------------------------------------------


def test_a_run_comes_back_as_it_was(store):
    store.add_run("digits-1", RunKey(8, -3, "confirm", 4), result(seed=77))
    (row,) = store.runs("digits-1", curves=True)
    assert row.pop("result") == result(seed=77)
    row.pop("created")
    assert row == {
        "study_id": "digits-1", "run_key": "8/-3/confirm/4", "batch_size": 8, "lr": 0.1, "rate_index": -3,
        "seed": 77, "seed_index": 4, "purpose": "confirm", "status": "target_reached",
        "steps_to_target": 12.5, "updates": 13, "seconds": 0.5,
    }  # fmt: skip
    assert "result" not in store.runs("digits-1")[0]
    assert store.studies()[0]["runs"] == 1


def test_runs_come_in_a_fixed_order(store):
    keys = [RunKey(b, k, p, s) for b in (8, 4) for k in (1, 0) for p in ("search", "confirm") for s in (1, 0)]
    for key in keys:
        lr, seed = 0.1 * 2 ** (key.rate_index / 2), key.seed
        store.add_run("digits-1", key, result(batch_size=key.batch_size, optimizer={"lr": lr}, seed=seed))
    expected = sorted(map(str, keys))
    assert [row["run_key"] for row in store.runs("digits-1")] == expected


def test_a_finished_run_is_never_overwritten(store):
    store.add_run("digits-1", KEY, result(status=Status.BUDGET_EXHAUSTED, steps=None))
    store.add_run("digits-1", KEY, result(updates=99))
    (row,) = store.runs("digits-1")
    assert (row["updates"], row["status"]) == (13, "budget_exhausted")


@pytest.mark.parametrize(
    ("updates", "status", "replaced"),
    [
        (30, Status.STOPPED, True),
        (30, Status.DIVERGED, True),
        (13, Status.TARGET_REACHED, True),
        (13, Status.STOPPED, False),
        (5, Status.STOPPED, False),
        (5, Status.FAILED, False),
    ],
)
def test_a_paused_run_gives_way_to_one_that_went_further(store, updates, status, replaced):
    store.add_run("digits-1", KEY, result(status=Status.STOPPED, steps=None))
    store.add_run("digits-1", KEY, result(updates=updates, status=status))
    (row,) = store.runs("digits-1", curves=True)
    assert (row["steps_to_target"] == 12.5) is replaced
    assert row["result"].updates == row["updates"]


def test_a_run_is_known_by_what_determines_it(store):
    kept = result(budget={"steps": 20}, seed=3)
    store.add_run("digits-1", KEY, kept)

    def known(spec, **where):
        return store.known_run(spec.identity(), **{"fingerprint": None, "study_id": "other"} | where)

    same = kept.spec.model_copy(update={"budget": Budget(steps=500)})
    other = kept.spec.model_copy(update={"seed": 4})
    assert known(same, study_id="digits-1") == kept
    assert known(same, fingerprint="f1") == kept  # another study of the same task
    assert known(same, fingerprint="f2") is None
    assert known(same) is None
    assert known(other, study_id="digits-1", fingerprint="f1") is None


def test_studies_without_a_fingerprint_share_nothing(store):
    begin(store, "digits-2", fingerprint=None)
    store.add_run("digits-2", KEY, result())
    identity = result().spec.identity()
    assert store.known_run(identity, fingerprint=None, study_id="digits-3") is None
    assert store.known_run(identity, fingerprint=None, study_id="digits-2") == result()


def test_of_the_runs_that_are_known_the_one_that_went_furthest(store):
    begin(store, "digits-2")
    begin(store, "digits-3")
    store.add_run("digits-1", KEY, result(updates=5))
    store.add_run("digits-2", KEY, result(updates=30, status=Status.STOPPED))
    store.add_run("digits-3", KEY, result(updates=30))
    found = store.known_run(result().spec.identity(), fingerprint="f1", study_id="digits-1")
    assert (found.updates, found.status) == (30, Status.TARGET_REACHED)


# --- measurements ---------------------------------------------------------------------------------


def test_measurements_keep_the_first_value(store):
    store.put_measurement("digits-1", "seconds", {"8": 0.1})
    store.put_measurement("digits-1", "seconds", {"8": 0.2})
    store.put_measurement("digits-1", "ends", [1, None])
    assert store.measurements("digits-1") == {"seconds": {"8": 0.1}, "ends": [1, None]}
    assert store.measurements("other") == {}


def test_what_a_store_gives_away_is_the_callers(store):
    store.put_measurement("digits-1", "seconds", {"8": 0.1})
    store.measurements("digits-1")["seconds"]["8"] = 7
    store.study("digits-1")["request"]["objective"] = "x"
    store.studies()[0]["request"]["objective"] = "x"
    assert store.measurements("digits-1") == {"seconds": {"8": 0.1}}
    assert store.study("digits-1")["request"]["objective"] == "time"


# --- two at once ----------------------------------------------------------------------------------


@pytest.fixture(params=LASTING)
def twice(request):
    """One backend opened twice: a writer in the middle of a study, and a reader."""
    opened, there = BACKENDS[request.param], place(request.param, request)
    with opened(there) as writer, opened(there) as reader:
        begin(writer)
        yield writer, reader


def test_a_run_is_there_for_others_when_add_run_returns(twice):
    writer, reader = twice
    for i in range(5):
        writer.add_run("digits-1", KEY._replace(seed=i), result())
        assert len(reader.runs("digits-1")) == i + 1


def test_a_study_is_running_while_a_process_holds_it(twice):
    writer, reader = twice
    assert reader.studies()[0]["status"] == reader.study("digits-1")["status"] == "running"
    writer.close()  # gone without a word
    assert reader.studies()[0]["status"] == reader.study("digits-1")["status"] == "interrupted"


def test_a_study_that_another_holds_is_refused_and_left_as_it_is(twice):
    holder, other = twice
    before = holder.study("digits-1")
    held_by = rf"study digits-1 is being run by process {os.getpid()} on {socket.gethostname()} since 20.*wait for it"
    with pytest.raises(StoreError, match=held_by):
        begin(other, request={"objective": "steps"})
    assert other.study("digits-1") == before
    begin(other, "digits-2")  # another study beside it
    begin(holder)  # one's own again
    holder.end_study("digits-1", status="interrupted", seconds=1.0)
    begin(other)
    assert {line["status"] for line in holder.studies()} == {"running"}


def test_two_writers_of_two_studies_lose_nothing(twice):
    holder, other = twice
    begin(other, "digits-2")
    for i in range(5):
        holder.add_run("digits-1", KEY._replace(seed=i), result(seed=i))
        other.add_run("digits-2", KEY._replace(seed=i), result(seed=i))
    assert {line["study_id"]: line["runs"] for line in holder.studies()} == {"digits-1": 5, "digits-2": 5}


def test_the_text_of_a_spec_and_of_an_answer_is_kept_to_the_letter(store):
    text = json.dumps({"name": "größe ☃", "value": 0.1 + 0.2})
    begin(store, "digits-2", spec_json=text)
    store.keep_result("digits-2", text)
    study = store.study("digits-2")
    assert study["spec"] == study["result"] == text
