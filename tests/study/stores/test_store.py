import sqlite3

import pytest

from batchwright.core.errors import StoreError
from batchwright.study.stores.sqlite import SCHEMA_VERSION, Store, store_path
from batchwright.task import TaskReference
from batchwright.training import RunResult, RunSpec, Status


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "runs" / "studies.sqlite") as opened:
        opened.begin_study(
            "digits-1", name="mine", task="digits", spec="{}", command="batchwright study digits"
        )
        yield opened


def result(seed=0, steps=12.5):
    spec = RunSpec(task=TaskReference(name="digits"), batch_size=8, seed=seed)
    return RunResult(spec=spec, status=Status.TARGET_REACHED, updates=13, examples=104, steps_to_target=steps)


def test_a_run_comes_back_as_it_was(store):
    store.add_run("digits-1", "k", "confirm", result())
    (row,) = store.runs("digits-1", curves=True)
    assert row["result"] == result()
    assert (row["batch_size"], row["purpose"], row["steps_to_target"]) == (8, "confirm", 12.5)


def test_a_recorded_run_is_never_overwritten(store):
    store.add_run("digits-1", "k", "search", result(steps=1.0))
    store.add_run("digits-1", "k", "search", result(steps=2.0))
    assert [r["steps_to_target"] for r in store.runs("digits-1")] == [1.0]


def test_a_run_is_on_disk_when_add_run_returns(store):
    store.add_run("digits-1", "k", "search", result())
    with Store(store.path) as reader:  # another connection, the writer still open
        assert len(reader.runs("digits-1")) == 1


def test_studies_are_found_by_id_prefix_or_name(store):
    assert store.study("digits-1")["study_id"] == "digits-1"
    assert store.study("dig")["study_id"] == "digits-1"
    assert store.study("mine")["study_id"] == "digits-1"
    with pytest.raises(StoreError, match="did you mean 'digits-1'"):
        store.study("digist-1")
    store.begin_study("digits-2", name=None, task="digits", spec="{}", command="")
    with pytest.raises(StoreError, match="names 2 studies"):
        store.study("dig")


def test_measurements_keep_the_first_value(store):
    store.put_measurement("digits-1", "seconds", {"8": 0.1})
    store.put_measurement("digits-1", "seconds", {"8": 0.2})
    assert store.measurements("digits-1") == {"seconds": {"8": 0.1}}


def test_status_and_time_add_up(store):
    store.end_study("digits-1", status="interrupted", seconds=2.0)
    store.end_study("digits-1", status="complete", seconds=3.0)
    store.keep_result("digits-1", '{"a": 1}')
    (row,) = store.studies()
    assert (row["status"], row["seconds"], row["runs"]) == ("complete", 5.0, 0)
    assert store.study("mine")["result"] == '{"a": 1}'


def test_not_a_database(tmp_path):
    path = tmp_path / "notes.sqlite"
    path.write_text("shopping list\n" * 100)
    with pytest.raises(StoreError, match="is not a Batchwright store") as caught:
        Store(path)
    assert "\n" not in str(caught.value)
    assert path.read_text().startswith("shopping list")


def test_somebody_elses_database_is_left_alone(tmp_path):
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        other.execute("create table cats (name text)")
    with pytest.raises(StoreError, match="not a Batchwright store"):
        Store(path)
    tables = sqlite3.connect(path).execute("select name from sqlite_master").fetchall()
    assert tables == [("cats",)]


def test_a_newer_schema_is_refused(store):
    store.close()
    with sqlite3.connect(store.path) as raw:
        raw.execute(
            "update batchwright set value = ? where key = 'schema_version'", [str(SCHEMA_VERSION + 1)]
        )
    with pytest.raises(StoreError, match=f"newer Batchwright .schema {SCHEMA_VERSION + 1}"):
        Store(store.path)


def test_a_missing_store_is_not_made_by_a_reader(tmp_path):
    with pytest.raises(StoreError, match="no store"):
        Store(tmp_path / "none.sqlite", create=False)
    assert list(tmp_path.iterdir()) == []


def test_store_path(monkeypatch, tmp_path):
    monkeypatch.delenv("BATCHWRIGHT_STORE", raising=False)
    assert str(store_path()) == "batchwright-runs/studies.sqlite"
    monkeypatch.setenv("BATCHWRIGHT_STORE", str(tmp_path))
    assert store_path() == tmp_path / "studies.sqlite"
    assert store_path(tmp_path / "a.sqlite") == tmp_path / "a.sqlite"
