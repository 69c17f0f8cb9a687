"""What the first schema wrote opens, shows, resumes and exports; nothing of it is lost."""

import csv
import io
import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
import sqlalchemy as sa

from batchwright.advice.answer import answer_study
from batchwright.advice.result import StudyResult
from batchwright.cli.main import run_command as command
from batchwright.core.errors import StoreError
from batchwright.study.executors.in_process import InProcess
from batchwright.study.key import RunKey
from batchwright.study.spec import StudySpec
from batchwright.study.stores import first_schema
from batchwright.study.stores.migrations import migrate
from batchwright.study.stores.opening import begin_writing, table_columns
from batchwright.study.stores.reading import parse
from batchwright.study.stores.schema import SCHEMA_VERSION, metadata
from batchwright.study.stores.sqlite import SQLiteStore
from batchwright.task import TaskReference
from batchwright.task.load import load_task

NAMES = ("old", "old-examples", "old-inconclusive", "old-interrupted")


def table(path, query):
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]


@pytest.fixture
def before(first_store):
    """The tables as schema 1 has them."""
    return {name: table(first_store, f"select * from {name}") for name in ("studies", "runs", "measurements")}


def test_every_cell_of_the_first_schema_is_still_there(first_store, before):
    SQLiteStore(first_store).close()
    after = {name: table(first_store, f"select * from {name}") for name in before}
    assert after["measurements"] == before["measurements"]
    new = {row["study_id"]: row for row in after["studies"]}
    assert len(new) == len(before["studies"]) == 4
    assert all(row.items() <= new[row["study_id"]].items() for row in before["studies"])
    runs = {row["former_key"]: row for row in after["runs"]}
    assert len(runs) == len(after["runs"]) == len(before["runs"])
    for row in before["runs"]:
        former = row.pop("run_key")
        assert row.items() <= runs[former].items()


def test_every_run_gets_its_place_and_its_identity(first_store, before):
    results = {row["run_key"]: json.loads(row["result"]) for row in before["runs"]}
    with SQLiteStore(first_store) as store:
        for name in NAMES:
            study = store.study(name)
            spec = StudySpec.model_validate_json(study["spec"])
            rows = store.runs(study["study_id"], curves=True)
            assert rows
            for row in rows:
                key = RunKey.parse(row["run_key"])
                assert (key.batch_size, key.rate_index) == (row["batch_size"], row["rate_index"])
                assert row["seed"] == spec.run_seed(key.purpose, key.seed)
                assert row["lr"] == pytest.approx(0.1 * 2 ** (key.rate_index / 2), rel=1e-3)
                identity = row["result"].spec.identity()
                assert (
                    store.known_run(identity, fingerprint=None, study_id=study["study_id"]) == row["result"]
                )
    assert {r["former_key"] for r in table(first_store, "select former_key from runs")} == set(results)


def test_what_was_asked_is_read_from_the_command_line_once(first_store):
    with SQLiteStore(first_store) as store:
        asked = {name: store.study(name)["request"] for name in NAMES}
        assert store.study("old")["command"].startswith("batchwright study digits --examples 300")
        assert {store.study(name)["kind"] for name in NAMES} == {"study"}
    assert asked["old-examples"] == {"objective": "examples", "measures": ["sharpness"]}
    assert asked["old"] == asked["old-interrupted"] == {"objective": "time", "measures": []}


def test_a_study_that_was_killed_reads_interrupted(first_store):
    with SQLiteStore(first_store) as store:
        states = {line["name"]: line["status"] for line in store.studies()}
    assert states == dict.fromkeys(NAMES, "complete") | {"old-interrupted": "interrupted"}


@pytest.mark.parametrize("name", NAMES[:3])
def test_its_answers_are_read(first_store, before, name):
    (kept,) = [json.loads(row["result"]) for row in before["studies"] if row["name"] == name]
    with SQLiteStore(first_store) as store:
        answer = parse(StudyResult, store.study(name)["result"], name)
    assert answer.recommendation.batch_size == kept["recommendation"]["batch_size"]
    assert answer.recommendation.verdict == kept["recommendation"]["verdict"]
    assert [row.lr for row in answer.batch_sizes] == [row["lr"] for row in kept["batch_sizes"]]


def test_it_exports(first_store, before, capsys):
    (study_id,) = [row["study_id"] for row in before["studies"] if row["name"] == "old"]
    assert command(["export", "old", "--store", str(first_store)]) == 0
    exported = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    runs = [row for row in before["runs"] if row["study_id"] == study_id]
    columns = ("batch_size", "lr", "seed", "steps_to_target")
    expected = [["" if run[c] is None else str(run[c]) for c in columns] for run in runs]
    assert sorted([row[c] for c in columns] for row in exported) == sorted(expected)


@pytest.mark.parametrize("name", NAMES[:3])
def test_its_answers_are_shown(first_store, before, capsys, name):
    (kept,) = [json.loads(row["result"]) for row in before["studies"] if row["name"] == name]
    assert command(["show", name, "--store", str(first_store)]) == 0
    out = capsys.readouterr().out
    assert ("Inconclusive" in out) == (kept["recommendation"]["verdict"] == "inconclusive")
    for row in [row for row in kept["batch_sizes"] if row["lr"] is not None]:
        assert any(line.split()[:1] == [str(row["batch_size"])] for line in out.splitlines())


def test_it_resumes_and_repeats_no_run(first_store, before):
    (row,) = [row for row in before["studies"] if row["name"] == "old-interrupted"]
    kept = {r["run_key"]: r["created"] for r in before["runs"] if r["study_id"] == row["study_id"]}
    spec = StudySpec.model_validate_json(row["spec"])
    task = load_task(spec.task)
    with SQLiteStore(first_store) as store:
        answer = answer_study(spec, task, store, InProcess(task))
        assert store.study("old-interrupted")["status"] == "complete"
    assert answer.study_id == row["study_id"]
    assert answer.runs_reused == len(kept) == 7
    assert answer.runs_executed > 0
    after = {r["former_key"]: r["created"] for r in table(first_store, "select * from runs")}
    assert kept.items() <= after.items()


def test_a_task_that_is_the_same_still_recognises_its_old_studies(first_store):
    fingerprint = load_task(TaskReference(name="digits", examples=300)).fingerprint
    with SQLiteStore(first_store) as store:
        old = store.study("old")
        assert old["fingerprint"] is None
        assert first_schema.fits(old["study_id"], old["spec"], fingerprint)
        assert not first_schema.fits(old["study_id"], old["spec"], "another")
        run = store.runs(old["study_id"], curves=True)[0]["result"]
        where = {"fingerprint": fingerprint, "study_id": "digits-new"}
        assert store.known_run(run.spec.identity(), **where) is None
        store.begin_study(
            "digits-new", name=None, task="digits", spec_json="{}", fingerprint=fingerprint, request={},
            action=None,
        )  # fmt: skip
        assert {store.study(name)["fingerprint"] for name in NAMES} == {fingerprint}
        assert store.known_run(run.spec.identity(), **where) == run


def test_steps_from_nothing_give_the_schema_of_a_new_store(tmp_path):
    """The migrations, one after the other, and the tables as they are declared today."""
    migrated = sa.create_engine(f"sqlite:///{tmp_path / 'a.sqlite'}")
    with migrated.begin() as connection:
        begin_writing(connection)
        migrate(connection, 0)
        for name, declared in metadata.tables.items():
            assert table_columns(connection, name) == set(declared.columns.keys())
    new = sa.create_engine(f"sqlite:///{tmp_path / 'b.sqlite'}")
    metadata.create_all(new)
    for name in metadata.tables:
        ours, theirs = (sa.inspect(engine) for engine in (new, migrated))
        columns = [
            [(c["name"], str(c["type"]), c["nullable"]) for c in i.get_columns(name)] for i in (ours, theirs)
        ]
        assert columns[0] == columns[1], name
        assert ours.get_pk_constraint(name) == theirs.get_pk_constraint(name)
        assert ours.get_indexes(name) == theirs.get_indexes(name)
        assert ours.get_foreign_keys(name) == theirs.get_foreign_keys(name)
    version = "select value from batchwright where key = 'schema_version'"
    assert table(tmp_path / "a.sqlite", version) == [{"value": str(SCHEMA_VERSION)}]


def test_a_migration_that_fails_leaves_the_store_as_it_was(first_store, before, monkeypatch):
    def fails(*_):
        raise sa.exc.OperationalError("insert", {}, Exception("disk is full"))

    monkeypatch.setattr(first_schema, "place", fails)
    with pytest.raises(StoreError, match=r"disk is full.*left as it was"):
        SQLiteStore(first_store)
    assert {name: table(first_store, f"select * from {name}") for name in before} == before
    monkeypatch.undo()
    SQLiteStore(first_store).close()


def test_runs_whose_place_cannot_be_told_keep_their_key(first_store):
    with closing(sqlite3.connect(first_store)) as raw, raw:
        keys = [k for (k,) in raw.execute("select run_key from runs order by run_key limit 3")]
        raw.execute("update runs set lr = 0.123 where run_key = ?", [keys[0]])
        raw.execute("update runs set seed = 5 where run_key = ?", [keys[1]])
        raw.execute("update runs set result = substr(result, 1, 100) where run_key = ?", [keys[2]])
    with SQLiteStore(first_store) as store:
        rows = {r["run_key"]: r for s in store.studies() for r in store.runs(s["study_id"])}
    assert {keys[0], keys[1]} <= rows.keys()
    assert rows[keys[0]]["rate_index"] is rows[keys[0]]["seed_index"] is None
    (damaged,) = table(first_store, f"select * from runs where former_key = '{keys[2]}'")
    assert damaged["identity"] is None
    assert RunKey.parse(damaged["run_key"])


def test_two_runs_that_claim_one_place(first_store, before):
    (study_id,) = [row["study_id"] for row in before["studies"] if row["name"] == "old"]
    with closing(sqlite3.connect(first_store)) as raw, raw:
        (key, updates) = raw.execute(
            "select run_key, updates from runs where study_id = ? limit 1", [study_id]
        ).fetchone()
        raw.execute(
            "insert into runs select study_id, 'twin', batch_size, lr, seed, purpose, status, steps_to_target, "
            "updates + 1, seconds, created, result from runs where run_key = ?", [key],
        )  # fmt: skip
    with SQLiteStore(first_store) as store:
        rows = {row["run_key"]: row["updates"] for row in store.runs(study_id)}
    assert rows[key] == updates  # under its former key
    (twin,) = table(first_store, "select run_key from runs where former_key = 'twin'")
    assert rows[twin["run_key"]] == updates + 1
    assert RunKey.parse(twin["run_key"])


def test_alembic_is_imported_for_an_old_store_alone(first_store):
    code = (
        "import sys; from pathlib import Path; from batchwright.study.stores.sqlite import SQLiteStore\n"
        "def opened(): SQLiteStore(Path(sys.argv[1])).close(); return {'alembic', 'torch'} & sys.modules.keys()\n"
        "print(sorted(opened()))"
    )
    line = [sys.executable, "-c", code, str(first_store)]
    first, second = (
        subprocess.run(line, capture_output=True, text=True, check=True).stdout for _ in range(2)
    )
    assert first.strip() == "['alembic', 'torch']"
    assert second.strip() == "[]"


def test_listing_does_not_wait_for_torch(first_store):
    """Nor for anything else that takes a second to import."""
    SQLiteStore(first_store).close()
    code = (
        "import sys; from batchwright.cli.main import run_command\n"
        "code = run_command(['studies', '--store', sys.argv[1]])\n"
        "print(code, sorted({'alembic', 'matplotlib', 'pandas', 'scipy', 'sklearn', 'torch'} & sys.modules.keys()))"
    )
    line = [sys.executable, "-c", code, str(first_store)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"
    assert "old-interrupted" in done.stdout
