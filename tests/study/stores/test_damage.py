"""Damaged stores: one line that says which file, what is wrong and what can still be used; never a traceback."""

import json
import os
import random
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from batchwright.advice.result import StudyResult
from batchwright.cli.main import run_command as command
from batchwright.core.errors import StoreError
from batchwright.report.text.catalogue import say
from batchwright.study.key import RunKey
from batchwright.study.stores.opening import store_path
from batchwright.study.stores.reading import parse
from batchwright.study.stores.sqlite import SQLiteStore

NOBODY = 65534


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A store in the present schema, in one file: four studies and their runs."""
    source = Path(__file__).parents[2] / "data" / "stores" / "v1" / "studies.sqlite"
    path = Path(shutil.copy(source, tmp_path_factory.mktemp("whole") / "studies.sqlite"))
    SQLiteStore(path).close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("pragma journal_mode = delete")
    return path


@pytest.fixture
def path(whole, tmp_path):
    return Path(shutil.copy(whole, tmp_path / "studies.sqlite"))


def alter(path, *statements):
    with closing(sqlite3.connect(path)) as raw, raw:
        for statement in statements:
            raw.execute(statement)


def refused(path, *texts, **options):
    with pytest.raises(StoreError) as caught:
        use(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 400
    for text in (str(path), *texts):
        assert text in message


def use(path, **options):
    """Everything that looks at a store."""
    with SQLiteStore(path, **options) as store:
        for line in store.studies():
            study = store.study(line["study_id"])
            runs = store.runs(study["study_id"], curves=True)
            store.measurements(study["study_id"])
            for run in runs[:1]:
                store.known_run(run["result"].spec.identity(), fingerprint=None, study_id=study["study_id"])
        return store


def test_the_whole_store_is_read_without_a_word(path):
    assert use(path, create=False).damage == ()


# --- what is not a store --------------------------------------------------------------------------


def test_a_folder_where_the_file_should_be(tmp_path):
    (tmp_path / "studies.sqlite").mkdir()
    refused(tmp_path / "studies.sqlite", "is a folder")
    (tmp_path / "runs.v2").mkdir()
    assert store_path(tmp_path / "runs.v2") == tmp_path / "runs.v2" / "studies.sqlite"


def test_an_empty_file(tmp_path):
    path = tmp_path / "studies.sqlite"
    path.touch()
    refused(path, "is empty", create=False)
    assert path.stat().st_size == 0
    assert use(path).studies.__self__ is not None  # a new study may begin in it


def test_an_empty_database(tmp_path):
    path = tmp_path / "studies.sqlite"
    alter(path, "create table t (a)", "drop table t")
    refused(path, "holds no study yet", create=False)


def test_a_text_file(tmp_path):
    path = tmp_path / "notes.sqlite"
    path.write_text("shopping list\n" * 100)
    refused(path, "is not a Batchwright store")
    assert path.read_text() == "shopping list\n" * 100


def test_somebody_elses_database_is_left_alone(tmp_path):
    path = tmp_path / "other.sqlite"
    alter(path, "create table cats (name text)")
    before = path.read_bytes()
    refused(path, "a database, but not a Batchwright store")
    assert path.read_bytes() == before


def test_no_store_is_not_made_by_a_reader(tmp_path):
    refused(tmp_path / "none.sqlite", "no store at", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"no store can be made at .*File exists"):
        SQLiteStore(tmp_path / "file" / "studies.sqlite")


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "x" * 5000])
def test_a_name_that_no_file_can_have(name):
    with pytest.raises(StoreError) as caught:
        SQLiteStore(store_path(name))
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


def test_where_a_store_is(monkeypatch, tmp_path):
    monkeypatch.delenv("BATCHWRIGHT_STORE", raising=False)
    assert str(store_path()) == "batchwright-runs/studies.sqlite"
    monkeypatch.setenv("BATCHWRIGHT_STORE", str(tmp_path))
    assert store_path() == tmp_path / "studies.sqlite"
    assert store_path(tmp_path / "a.sqlite") == tmp_path / "a.sqlite"


@pytest.mark.parametrize("name", ["a question?.sqlite", "50%.sqlite", "größe ☃.sqlite", "a#b.sqlite"])
def test_names_that_mean_something_in_an_address(path, tmp_path, name):
    shutil.move(path, tmp_path / name)
    assert len(use(tmp_path / name).location) > len(name)
    with SQLiteStore(tmp_path / name) as store:
        assert len(store.studies()) == 4


# --- schema ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["two", "", "-1", "0", "2.5", "²", "1e3", "9" * 5000])
def test_a_version_that_is_no_version(path, version):
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("update batchwright set value = ?", [version])
    before = path.read_bytes()
    refused(path, "schema version must be a whole number")
    assert path.read_bytes() == before


def test_no_version(path):
    alter(path, "delete from batchwright")
    refused(path, "schema version must be a whole number from 1, got None")


def test_a_newer_schema_is_refused(path):
    alter(path, "update batchwright set value = '3'")
    refused(path, "newer Batchwright (schema 3, this one reads up to 2)", "upgrade")


@pytest.mark.parametrize("table", ["runs", "measurements"])
def test_a_missing_table(path, table):
    alter(path, f"drop table {table}")
    refused(path, f"no such table: {table}", "4 studies can still be listed")
    assert_listed_but_not_continued(path, f"lacks {table}")


@pytest.mark.parametrize("column", ["runs.result", "runs.updates", "measurements.value"])
def test_a_missing_column(path, column):
    table, name = column.split(".")
    alter(path, f"alter table {table} drop column {name}")
    refused(path, name, "4 studies can still be listed")
    assert_listed_but_not_continued(path, f"lacks {column}")


def assert_listed_but_not_continued(path, text):
    with SQLiteStore(path) as store:
        assert len(store.studies()) == 4
        study = store.study("old")
        with pytest.raises(StoreError, match=text):
            store.begin_study(
                study["study_id"],
                name=None,
                task="x",
                spec_json="{}",
                fingerprint=None,
                request={},
                action=None,
            )
        assert store.study("old") == study


@pytest.mark.parametrize("loss", ["drop table studies", "alter table studies drop column spec"])
def test_without_the_studies_nothing_can_be_used(path, loss):
    alter(path, loss)
    refused(path, "it lacks studies", "name another store")


# --- cells ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("seconds = 'long'", "seconds: must be a valid number"),
        ("status = 'asleep'", "status: must be 'running', 'complete' or 'interrupted'"),
        ("request = '{\"objective\": '", "Expecting value at character 15"),
        ("request = '[1]'", "request: must be a valid dictionary"),
        (f"request = '{'[' * 5000}'", "damaged"),
        ("action = 'batchwright study'", "Expecting value at character 1"),
        ("created = 7.5", None),
        ("kind = 'lesson'", "kind: must be 'study' or 'advice'"),
    ],
)
def test_a_damaged_cell_of_a_study(path, cell, text):
    alter(path, f"update studies set {cell} where name = 'old'")
    with SQLiteStore(path) as store:
        lines = {line["name"]: line for line in store.studies()}
        if text is None:  # SQLite has made a text of it
            assert lines["old"]["created"] == "7.5"
            return
        assert set(lines) == {"old-examples", "old-inconclusive", "old-interrupted"}
        (found,) = store.damage
        assert found.code == "stores.study_unreadable"
        assert "study digits" in say(found)
        assert text in found.values["reason"]
        with pytest.raises(StoreError, match=r"study digits-\w+ in .* is damaged"):
            store.study("old")
        assert store.study("old-examples")["status"] == "complete"


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        ("substr(result, 1, 1000)", "Invalid JSON: EOF"),
        ('replace(result, \'"runs_executed":24\', \'"runs_executed":"many"\')', "runs_executed"),
        ("replace(result, '\"critical_batch\"', '\"critical\"')", "critical_batch: Field required"),
        ("'[]'", "damaged"),
        (f"'{'[' * 5000}'", "damaged"),
        ("''", "Invalid JSON"),
    ],
)
def test_a_damaged_answer(path, damage, text):
    alter(path, f"update studies set result = {damage} where name = 'old'")
    with SQLiteStore(path) as store:
        row = store.study("old")
        assert len(store.studies()) == 4
        with pytest.raises(StoreError) as caught:
            parse(StudyResult, row["result"], f"the answer of study old in {path}")
    message = str(caught.value)
    assert text in message
    assert str(path) in message
    assert len(message) < 400 + len(str(path))
    assert "\n" not in message


@pytest.mark.parametrize(
    "damage",
    [
        "result = substr(result, 1, 500)",
        'result = replace(result, \'"updates":\', \'"updates":"x","u":\')',
        "result = '{}'",
        "result = x'ff00'",
    ],
)
def test_a_damaged_run_is_named_and_running_it_again_repairs_it(path, damage):
    with SQLiteStore(path) as store:
        study_id = store.study("old")["study_id"]
        good = store.runs(study_id, curves=True)[3]
    alter(path, f"update runs set {damage} where study_id = '{study_id}' and run_key = '{good['run_key']}'")
    with SQLiteStore(path) as store:
        assert_left_out(store, study_id, good["run_key"], curves=True)
        identity = good["result"].spec.identity()
        assert store.known_run(identity, fingerprint=None, study_id=study_id) is None
        assert len(store.runs(study_id)) == 24
        store.add_run(study_id, RunKey.parse(good["run_key"]), good["result"])
        assert store.known_run(identity, fingerprint=None, study_id=study_id) == good["result"]
        assert store.runs(study_id, curves=True)[3]["result"] == good["result"]


@pytest.mark.parametrize("cell", ["updates = 'many'", "lr = 'fast'", "batch_size = x'ff'", "status = x'ff'"])
def test_a_damaged_cell_of_a_run(path, cell):
    with SQLiteStore(path) as store:
        study_id = store.study("old")["study_id"]
    alter(path, f"update runs set {cell} where run_key = '32/+0/search/0' and study_id = '{study_id}'")
    with SQLiteStore(path) as store:
        assert_left_out(store, study_id, "32/+0/search/0", curves=False)
        assert cell.split()[0] in store.damage[0].values["reason"]


def assert_left_out(store, study_id, key, *, curves):
    keys = {row["run_key"] for row in store.runs(study_id, curves=curves)}
    assert len(keys) == 23
    assert key not in keys
    (found,) = store.damage
    assert found.code == "stores.run_unreadable"
    assert f"run {key} of study {study_id} is damaged" in say(found)
    assert "\n" not in say(found)


def test_a_damaged_measurement_counts_as_not_made(path):
    with SQLiteStore(path) as store:
        study_id = store.study("old")["study_id"]
        before = store.measurements(study_id)["seconds_per_step"]
    alter(path, f"update measurements set value = '{{\"8\": ' where study_id = '{study_id}'")
    with SQLiteStore(path) as store:
        assert "seconds_per_step" not in store.measurements(study_id)
        (found,) = store.damage
        assert found.code == "stores.measurement_unreadable"
        assert "measurement seconds_per_step" in say(found)
        store.put_measurement(study_id, "seconds_per_step", before)
        assert store.measurements(study_id)["seconds_per_step"] == before


# --- what the commands say ------------------------------------------------------------------------


def test_commands_show_what_can_be_read_and_say_what_cannot(path, capsys):
    def said(*words):
        code = command([*words, "--store", str(path)])
        out, err = capsys.readouterr()
        return code, out, err

    alter(
        path,
        "update studies set seconds = 'long' where name = 'old-examples'",
        "update runs set updates = 'many' where run_key = '32/+0/search/0'",
    )
    code, out, _ = said("studies")
    assert code == 0
    assert "old-inconclusive" in out
    assert "Left out: study digits-" in " ".join(out.split())
    code, out, err = said("export", "old")
    assert code == 0
    assert len(out.splitlines()) == 24
    assert err.count("\n") == 1
    assert "run 32/+0/search/0" in err
    code, out, _ = said("show", "old")
    assert code == 0
    assert "run 32/+0/search/0" in " ".join(out.split())


def test_a_study_whose_answer_is_damaged_is_concluded_anew(path, capsys):
    with SQLiteStore(path) as store:
        row = store.study("old")
    alter(path, "update studies set result = substr(result, 1, 300) where name = 'old'")
    assert command(["show", "old", "--store", str(path)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert str(path) in err
    assert "concludes it anew" in err
    words = ["study", "digits", "--examples", "300", "--target", "loss=1.0", "--batch-sizes", "8,32,128"]
    words += ["--search-seeds", "1", "--confirm-seeds", "2", "--workers", "1", "--json", "--store", str(path)]
    assert command(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["study_id"], document["runs_executed"]) == (row["study_id"], 0)
    assert command(["show", "old", "--store", str(path)]) == 0


# --- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_overwritten_pages(path, seed):
    """Pages of the file at random: what can be read is, what cannot is one line."""
    draw = random.Random(seed)
    content = bytearray(path.read_bytes())
    for _ in range(draw.choice([1, 3, 10])):
        page = draw.randrange(0 if seed % 5 == 0 else 1, len(content) // 4096)
        begin = 4096 * page
        content[begin : begin + 4096] = draw.choice([bytes(4096), draw.randbytes(4096)])
    path.write_bytes(content)
    try:
        use(path, create=False)
        message = f"{path}"
    except StoreError as error:
        message = str(error)
    assert "\n" not in message
    assert str(path) in message
    assert len(message) < 600


def test_half_a_file(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    refused(path, "damaged")


def test_studies_behind_a_damaged_page_are_still_listed(tmp_path):
    path = tmp_path / "studies.sqlite"
    with SQLiteStore(path) as store:
        for i in range(300):
            store.begin_study(
                f"study-{i:03}",
                name=None,
                task="t",
                spec_json="x" * 200,
                fingerprint=None,
                request={},
                action=None,
            )
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("pragma journal_mode = delete")
    content = bytearray(path.read_bytes())
    pages = [p for p in range(1, len(content) // 4096) if content.find(b"study-150", 4096 * p, 4096 * p + 4096) > 0
             and content.find(b"x" * 200, 4096 * p, 4096 * p + 4096) > 0]  # fmt: skip
    for page in pages:
        content[4096 * page : 4096 * page + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    with SQLiteStore(path) as store:
        listed = {line["study_id"] for line in store.studies()}
        assert {"study-000", "study-299"} <= listed
        assert 200 < len(listed) < 300
        assert [found.code for found in store.damage] == ["stores.studies_unreadable"]
        assert say(store.damage[0]).startswith(f"{path} is damaged (")
        assert store.study("study-299")["task"] == "t"


# --- permissions ----------------------------------------------------------------------------------


@pytest.fixture
def protected(whole):
    """A store in a folder in which nothing may be written, by a user who is not root."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    path = Path(shutil.copy(whole, folder / "studies.sqlite"))
    path.chmod(0o444)
    folder.chmod(0o555)
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(NOBODY)
    yield path
    if was_root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("log", [False, True])
def test_a_store_that_cannot_be_written_to_can_be_read(protected, version, log):
    if os.geteuid() == NOBODY:
        os.seteuid(0)
    protected.parent.chmod(0o755)
    protected.chmod(0o644)
    if version == 1:
        shutil.copy(Path(__file__).parents[2] / "data" / "stores" / "v1" / "studies.sqlite", protected)
    if log:  # as it lies there after its writer has closed it
        with closing(sqlite3.connect(protected)) as raw:
            raw.execute("pragma journal_mode = wal")
    protected.chmod(0o444)
    protected.parent.chmod(0o555)
    if os.geteuid() == 0:
        os.seteuid(NOBODY)
    before = protected.read_bytes()
    assert use(protected, create=False).damage == ()
    with SQLiteStore(protected, create=False) as store:
        assert len(store.studies()) == 4
        with pytest.raises(StoreError, match="cannot be written to: name another store"):
            store.end_study("digits-1", status="complete", seconds=1.0)
    assert protected.read_bytes() == before
    assert list(protected.parent.iterdir()) == [protected]


def test_a_new_store_where_nothing_may_be_written(protected):
    with pytest.raises(StoreError, match=r"other\.sqlite"):
        SQLiteStore(protected.with_name("other.sqlite"))
    with pytest.raises(StoreError, match=r"no store can be made at .*new"):
        SQLiteStore(protected.with_name("new") / "studies.sqlite")
