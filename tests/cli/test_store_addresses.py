"""Every command takes a store on a server as it takes a file, and shows its password nowhere."""

import json
import sys

import pytest

from batchwright.study.stores.address import masked

PASSWORD = "not-for-printing"  # the private server's


@pytest.fixture(scope="module")
def address(postgresql, task_file, tmp_path_factory):
    """A store with a finished study of a live task in it; commands run in a folder of their own."""
    import dataclasses

    import batchwright as bw
    from batchwright.task import TaskReference
    from batchwright.task.load import load_task

    address = postgresql.fresh()
    live = load_task(TaskReference(name=f"{task_file}:task"))
    live = dataclasses.replace(live, reference=TaskReference(name="live", live=True))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("driver"))
        answer = bw.study(
            live, batch_sizes=[8, 16], target="loss=0.15", search_seeds=1, confirm_seeds=2, workers=1,
            name="first", store=address, progress=False,
        )  # fmt: skip
    assert answer.files["report"].startswith("batchwright-runs/")
    return address


@pytest.mark.parametrize("given", ["option", "environment"])
def test_every_command_takes_an_address_and_says_no_password(cli, address, tmp_path, monkeypatch, given):
    monkeypatch.chdir(tmp_path)
    end = ["--store", address] if given == "option" else []
    if given == "environment":
        monkeypatch.setenv("BATCHWRIGHT_STORE", address)
    for line in (
        ["studies"],
        ["studies", "--json"],
        ["show", "first"],
        ["show", "first", "--json"],
        ["resume", "first"],
        ["export", "first"],
        ["report", "first"],
        ["doctor", "--json"],
        ["study", "quadratic", "--dry-run"],
    ):
        answer = cli(*line, *end)
        assert answer.code == 0, (line, answer.err)
        assert PASSWORD not in answer.out + answer.err, line
    assert [path.suffix for path in (tmp_path / "batchwright-runs").iterdir()] == [".html"]
    (page,) = (tmp_path / "batchwright-runs").iterdir()
    assert PASSWORD not in page.read_text("utf-8")
    assert cli("doctor", "--json", *end).json()["Store"] == {"path": masked(address), "studies": 1}


def test_no_password_is_stored(postgresql, address):
    schema = address.rpartition("%3D")[2]
    rows = postgresql.sql(f"select * from {schema}.studies")
    assert "***" in json.dumps(rows)
    assert PASSWORD not in json.dumps(rows)


def test_a_database_without_a_store(cli, postgresql):
    empty = postgresql.fresh()
    for line in (["studies"], ["show", "x"], ["resume", "x"], ["export", "x"], ["report", "x"]):
        refused(cli(*line, "--store", empty), "holds no study yet: run one first, or name another store")
    answer = cli("doctor", "--json", "--store", empty)
    assert answer.json()["Store"] == {"path": masked(empty)}
    assert cli("study", "quadratic", "--dry-run", "--json", "--store", empty).json()["runs_stored"] == 0
    tables = f"select count(*) from pg_tables where schemaname = '{empty.rpartition('%3D')[2]}'"
    assert postgresql.sql(tables) == [(0,)]


def test_stores_that_are_none(cli, postgresql):
    there = postgresql.fresh()
    schema = there.rpartition("%3D")[2]
    postgresql.sql(f"create table {schema}.runs (n int)")
    refused(cli("studies", "--store", there), "is a database, but not a Batchwright store")
    postgresql.sql(
        f"drop table {schema}.runs", f"create table {schema}.batchwright (key text primary key, value text)"
    )
    for version, text in (
        ("3", "newer Batchwright (schema 3, this one reads up to 2)"),
        ("x", "schema version"),
    ):
        postgresql.sql(
            f"delete from {schema}.batchwright",
            f"insert into {schema}.batchwright values ('schema_version', '{version}')",
        )
        refused(cli("studies", "--store", there), text)
    postgresql.sql(f"update {schema}.batchwright set value = '2'")
    refused(cli("studies", "--store", there), "is damaged (it lacks studies)")


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (f"postgresql+psycopg://driver:{PASSWORD}@127.0.0.1:1/runs", "Connection refused"),
        (
            f"postgresql://driver:{PASSWORD}@127.0.0.1:port/runs",
            "must read postgresql+psycopg://USER@HOST:PORT",
        ),
        (f"mysql://driver:{PASSWORD}@127.0.0.1/runs", "must be a file, a folder or postgresql+psycopg://"),
        (f"postgresql+asyncpg://driver:{PASSWORD}@127.0.0.1/runs", "must be a file, a folder or"),
        ("sqlite:///runs.sqlite", "must be a file, a folder or postgresql+psycopg://"),
        ("postgresql://driver:***@127.0.0.1/runs", "is hidden: give it, or leave it out and set PGPASSWORD"),
        (f"postgresql://127.0.0.1:1/runs?password={PASSWORD}", "Connection refused"),
    ],
)
def test_addresses_that_lead_nowhere(cli, address, text):
    refused(cli("studies", "--store", address), text)


def test_a_wrong_password(cli, postgresql):
    wrong = postgresql.address(password="wrong-" + PASSWORD)
    refused(cli("studies", "--store", wrong), "password authentication failed")


def test_without_psycopg(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    refused(cli("studies", "--store", "postgresql://127.0.0.1/runs"), "pip install 'batchwright[postgresql]'")


def refused(answer, text):
    assert (answer.code, answer.out) == (2, "")
    assert text in answer.err
    assert answer.err.count("\n") == 1
    assert PASSWORD not in answer.err
