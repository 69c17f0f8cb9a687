"""studies, show, resume, export, report and doctor on a finished study."""

import csv
import io
import json
import shlex
import shutil
import sqlite3

import pytest


def rows_of(store):
    with sqlite3.connect(store / "studies.sqlite") as connection:
        connection.row_factory = sqlite3.Row
        return {r["run_key"]: dict(r) for r in connection.execute("select * from runs")}


@pytest.fixture
def interrupted(finished, tmp_path):
    """The finished study as an interruption would have left it: half of its runs, and no answer."""
    store = tmp_path / "a store"
    shutil.copytree(finished.store, store)
    with sqlite3.connect(store / "studies.sqlite") as connection:
        connection.execute("update studies set status = 'interrupted', result = null")
        connection.execute("delete from measurements")
        connection.execute("delete from runs where rowid % 2 = 0")
    return store


def test_studies(cli, finished):
    (row,) = [
        r for r in cli("studies", "--store", finished.store, "--json").json() if r["name"] == "first study"
    ]
    assert row["study_id"] == finished.study_id
    assert row["runs"] == finished.document["runs_executed"]
    assert row["status"] == "complete"
    text = cli("studies", "--store", finished.store).out
    heads = next(line for line in text.splitlines() if line.startswith("study "))
    for name in ("name", "task", "status", "runs", "spent", "created (UTC)"):
        assert name in heads
    assert any(line.startswith(f"{finished.study_id}  first study  tiny") for line in text.splitlines())


def test_show_takes_an_id_its_beginning_or_the_name(cli, finished):
    for name in (finished.study_id, finished.study_id[:-3], "first study"):
        assert cli("show", name, "--store", finished.store, "--json").json() == finished.document


def test_resume_of_a_finished_study_shows_it(cli, finished):
    before = rows_of(finished.store)
    shown = cli("show", finished.study_id, "--store", finished.store)
    resumed = cli("resume", finished.study_id, "--store", finished.store)
    assert (resumed.code, resumed.out, resumed.err) == (0, shown.out, "")
    assert rows_of(finished.store) == before


def test_an_unfinished_study_says_how_to_continue_and_does(cli, finished, interrupted):
    before = rows_of(interrupted)
    for command in ("show", "report"):
        answer = cli(command, finished.study_id, "--store", interrupted)
        assert answer.code == 2
        assert "is not finished (interrupted)" in answer.err
    words = shlex.split(answer.err.split("`")[1])
    resumed = cli(*words[1:], "--workers", 1, "--json").json()
    after = rows_of(interrupted)
    assert resumed["runs_reused"] == len(before)
    assert resumed["runs_executed"] == len(after) - len(before)
    assert {key: after[key] for key in before} == before  # created stamps too: nothing was repeated
    whole = rows_of(finished.store)
    assert {k: r["steps_to_target"] for k, r in after.items()} == {
        k: r["steps_to_target"] for k, r in whole.items()
    }
    assert shlex.split(resumed["command"])[:3] == shlex.split(finished.document["command"])[:3]


def test_resume_keeps_the_last_objective_and_measure(cli, finished, interrupted):
    """What was asked last is stored as data: a later objective is not lost, and no command line is parsed."""
    words = [str(interrupted) if word == str(finished.store) else word for word in finished.words]
    assert cli(*words, "--objective", "examples", "--measure", "sharpness").code == 0
    with sqlite3.connect(interrupted / "studies.sqlite") as connection:
        connection.execute("update studies set status = 'interrupted', result = null")
    document = cli("resume", finished.study_id, "--store", interrupted, "--workers", 1, "--json").json()
    assert document["recommendation"]["objective"] == "examples"
    assert document["sharpness"]["ends"]


def test_resume_refuses_a_task_that_changed(cli, finished, interrupted, task_file):
    with sqlite3.connect(interrupted / "studies.sqlite") as connection:
        connection.execute("pragma foreign_keys = off")
        connection.execute("update studies set study_id = 'task-0000000000'")
    answer = cli("resume", "task-0000000000", "--store", interrupted)
    assert answer.code == 2
    assert "the code or data of task 'tiny' changed" in answer.err
    assert "start a new study with `batchwright study " in answer.err


def test_export(cli, finished, tmp_path):
    import pyarrow.parquet

    runs = rows_of(finished.store)
    end = [finished.study_id, "--store", finished.store]
    printed = list(csv.DictReader(io.StringIO(cli("export", *end).out)))
    assert {row["run_key"] for row in printed} == set(runs)
    document = cli("export", *end, "--json").json()
    for suffix in (".csv", ".json", ".parquet"):
        path = tmp_path / f"runs{suffix}"
        answer = cli("export", *end, "-o", path)
        assert answer.out == f"{len(runs)} runs of study {finished.study_id} written to {path}\n"
    assert list(csv.DictReader((tmp_path / "runs.csv").open())) == printed
    assert json.loads((tmp_path / "runs.json").read_text()) == document
    assert pyarrow.parquet.read_table(tmp_path / "runs.parquet").to_pylist() == document
    for row in document:
        assert row["steps_to_target"] == runs[row["run_key"]]["steps_to_target"]
        assert {"batch_size", "lr", "seed", "purpose", "status", "updates", "seconds"} <= set(row)
    assert cli("export", *end, "-o", tmp_path / "again.csv", "--json").json()["runs"] == len(runs)


def test_report_and_figures(cli, finished, tmp_path):
    end = [finished.study_id, "--store", finished.store]
    answer = cli(
        "report", *end, "-o", tmp_path / "r.html", "--figures", tmp_path / "f", "--figure-format", "png"
    )
    assert answer.code == 0
    assert answer.out.splitlines()[0] == f"Report: {tmp_path / 'r.html'}"
    assert (tmp_path / "r.html").read_text().lstrip().lower().startswith("<!doctype html>")
    figures = sorted((tmp_path / "f").iterdir())
    assert figures
    assert sorted(answer.out.splitlines()[1:]) == [f"Figure: {path}" for path in figures]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in figures)
    document = cli("report", *end, "-o", tmp_path / "r.html", "--figures", tmp_path / "s", "--json").json()
    assert document["report"] == str(tmp_path / "r.html")
    assert {path.rpartition(".")[2] for path in document["figures"]} == {"svg"}


def test_doctor(cli, finished):
    report = cli("doctor", "--store", finished.store, "--json").json()
    assert set(report) == {"Environment", "Libraries", "Optional", "Devices", "Tasks", "Store"}
    assert report["Tasks"]["digits"]["examples"] == {"train": 1437, "validation": 360}
    assert report["Store"]["studies"] >= 1
    text = cli("doctor", "--store", finished.store).out
    (digits,) = [line for line in text.splitlines() if line.startswith("digits ")]
    for fact in ("1,437", "360", "4,810", "validation loss 0.2"):
        assert fact in digits


def test_doctor_names_a_damaged_store(cli, tmp_path):
    path = tmp_path / "s.sqlite"
    path.write_text("not a database, and long enough to be looked at")
    answer = cli("doctor", "--store", path, "--json")
    assert answer.code == 0
    assert "not a Batchwright store" in answer.json()["Store"]["problem"]


@pytest.mark.parametrize("tool", ["tensorboard", "optuna"])
def test_export_to_a_tool(cli, finished, tmp_path, tool):
    pytest.importorskip(tool, reason=f"{tool} is not installed")
    asked = ("export", finished.study_id, "--store", finished.store, "--to", tool, "-o", tmp_path)
    runs = len(rows_of(finished.store))
    first = cli(*asked, "--json").json()
    assert (first["runs"], first["new"], first["there"], first["replaced"]) == (runs, runs, 0, 0)
    again = cli(*asked).out
    assert f"Study {finished.study_id}, {runs} runs" in again
    assert ("tensorboard --logdir" if tool == "tensorboard" else "optuna-dashboard") in again
    if tool == "optuna":
        journal = f"optuna:{tmp_path}/optuna-journal.log"
        table = tmp_path / "runs.csv"
        cli("export", finished.study_id, "--store", finished.store, "-o", table)
        fitted = [
            cli("fit", given, "--json").json()["workloads"][0]["critical_batch"] for given in (journal, table)
        ]
        assert fitted[0] == fitted[1]
