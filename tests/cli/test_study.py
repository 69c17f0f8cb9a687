"""The study command: its document, its text, and that what it prints can be run."""

import re
import shlex
import shutil
import sqlite3
from pathlib import Path

import pytest


def test_the_document(finished):
    document = finished.document
    assert set(document) >= {
        "recommendation", "critical_batch", "batch_sizes", "study_id", "report", "seconds", "runs_executed",
        "runs_reused",
    }  # fmt: skip
    assert set(document["recommendation"]) >= {
        "verdict", "objective", "batch_size", "lr", "batch_sizes", "interval", "at_easier_targets", "caveats",
        "next_steps",
    }  # fmt: skip
    assert set(document["critical_batch"]) >= {
        "definition", "value", "interval", "identifiable", "valid_range",
    }  # fmt: skip
    rows = document["batch_sizes"]
    assert [row["batch_size"] for row in rows] == [8, 16]
    for row in rows:
        assert set(row) >= {
            "lr", "lr_interval", "lr_fails_at", "lr_on_edge", "runs", "seeds", "seeds_reached",
            "steps_to_target", "seconds_per_step", "seconds_to_target", "examples_to_target",
        }  # fmt: skip
        assert set(row["steps_to_target"]) >= {"median", "low", "high", "values"}
        assert row["seeds"] == 2
        assert row["seconds_to_target"] == row["seconds_per_step"] * row["steps_to_target"]["median"]
        assert row["examples_to_target"] == row["batch_size"] * row["steps_to_target"]["median"]
    assert document["runs_reused"] == 0
    assert document["runs_executed"] == sum(row["runs"] for row in rows)
    assert "--name 'first study'" in document["command"]


def test_progress_stays_off_stdout(finished):
    assert "tiny: 40 training examples, 2 batch sizes, target validation loss 0.15" in finished.err
    assert finished.study_id in finished.err


def test_again_runs_nothing_and_recommends_the_same(cli, finished):
    answer = cli(*finished.words, "--json")
    document = answer.json()
    assert answer.code == 0
    assert document["runs_executed"] == 0
    assert document["runs_reused"] == finished.document["runs_executed"]
    assert document["recommendation"] == finished.document["recommendation"]


def test_strict_exits_with_three(cli, finished):
    """Two batch sizes are too few to recommend one."""
    assert finished.document["recommendation"]["verdict"] == "inconclusive"
    answer = cli(*finished.words, "--strict")
    assert answer.code == 3
    assert finished.document["recommendation"]["sentence"] in answer.out
    assert cli("show", finished.study_id, "--store", finished.store, "--strict").code == 3
    assert cli("show", finished.study_id, "--store", finished.store).code == 0


def test_next_steps_run_as_printed(cli, finished, task_file):
    steps = finished.document["recommendation"]["next_steps"]
    assert steps
    for step in steps:
        words = shlex.split(step)
        assert words[:3] == ["batchwright", "study", f"{task_file}:task"]
        assert words[words.index("--target") + 1] == "loss=0.15"
        assert words[words.index("--store") + 1] == str(finished.store)
        assert "--json" not in words
        assert "--name" not in words
    answer = cli(*words[1:], "--dry-run")
    assert answer.code == 0
    assert answer.out.endswith("Nothing was run.\n")


def test_dry_run(cli, task_file, tmp_path):
    words = ["study", f"{task_file}:task", "--batch-sizes", "4,8", "--store", tmp_path / "s", "--dry-run"]
    plan = cli(*words, "--json").json()
    assert plan["batch_sizes"] == 2
    assert plan["runs_stored"] == 0
    assert plan["seconds"] > 0
    text = cli(*words, "--workers", 1).out
    assert re.fullmatch(
        r"2 batch sizes, about \d+ runs, 0 of them .* on one worker\. Nothing was run\.\n", text
    )
    assert not (tmp_path / "s").exists()


def test_a_model_that_raises_fails_the_study(cli, task_file, tmp_path):
    words = ["study", f"{task_file}:task", "--set", "kind=broken", "--workers", "1", "--store", tmp_path]
    answer = cli(*words)
    assert answer.code == 1
    assert answer.out == ""
    last = answer.err.splitlines()[-1]
    assert re.fullmatch(r"batchwright: a run at batch size \d+ failed: RuntimeError: shapes .* line", last)


def table_of(text):
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("batch "))
    return lines[start : start + 3]


def test_the_answer_at_any_width(cli, finished, terminal):
    end = ["show", finished.study_id, "--store", finished.store]
    piped = table_of(cli(*end).out)
    for name in ("learning rate", "steps", "90% of the steps", "seeds", "a step", "to target", "examples"):
        assert name in piped[0]
    for width in (120, 80, 60):
        terminal(width)
        text = cli(*end).out
        assert all(len(line) <= width for line in text.splitlines() if "/" not in line)
        rows = [line.split() for line in text.splitlines()]
        for size in ("8", "16"):
            assert any(row[:1] == [size] for row in rows)
        assert "…" not in text
        assert not re.search(r"\de[+-]\d", text)


def test_the_answer_in_words(cli, finished):
    text = cli("show", finished.study_id, "--store", finished.store).out
    advice = finished.document["recommendation"]
    assert text.splitlines()[0] == advice["sentence"]
    for caveat in advice["caveats"]:
        assert f"Note: {caveat}" in text.splitlines()
    for step in advice["next_steps"]:
        assert f"Next: {step}" in text.splitlines()
    assert f"Report: {finished.document['report']}" in text.splitlines()
    assert text.count("best guess") >= 1


def test_another_objective_is_a_new_answer_from_the_same_runs(cli, finished, tmp_path):

    shutil.copytree(finished.store, tmp_path / "s")
    words = [tmp_path / "s" if word == str(finished.store) else word for word in finished.words]
    answer = cli(*words, "--objective", "examples", "--json").json()
    assert answer["runs_executed"] == 0
    assert answer["recommendation"]["objective"] == "examples"
    kept = cli("show", finished.study_id, "--store", tmp_path / "s", "--json").json()
    assert kept["recommendation"]["objective"] == "examples"


def test_sharpness_where_the_winners_ended(cli, finished, tmp_path):
    shutil.copytree(finished.store, tmp_path / "s")
    words = [tmp_path / "s" if word == str(finished.store) else word for word in finished.words]
    answer = cli(*words, "--measure", "sharpness", "--json")
    document = answer.json()
    assert document["runs_executed"] == 0
    ends = document["sharpness"]["ends"]
    reached = {row["batch_size"]: min(row["seeds_reached"], 3) for row in document["batch_sizes"]}
    assert {b: sum(end["batch_size"] == b for end in ends) for b in reached} == reached
    for end in ends:
        # Least squares: the same Hessian everywhere.
        assert end["largest_eigenvalue"] == pytest.approx(ends[0]["largest_eigenvalue"], rel=0.02)
        assert end["keskar"] > 0
    assert document["sharpness"]["verdict"] == "cannot_tell"
    assert "Sharpness at the winners" in Path(document["report"]).read_text()
    shown = cli("show", finished.study_id, "--store", tmp_path / "s", "--json").json()
    assert shown["sharpness"] == document["sharpness"]
    # What was measured stays part of the answer, and is not measured again.
    again = cli(*words, "--json")
    assert again.json()["sharpness"] == document["sharpness"]
    bad = cli(*words, "--measure", "flatness")
    assert bad.code == 2
    assert "unknown measure 'flatness'" in bad.err


def test_every_run_is_in_the_store(finished):
    with sqlite3.connect(finished.store / "studies.sqlite") as connection:
        (count,) = connection.execute("select count(*) from runs").fetchone()
    assert count == finished.document["runs_executed"]


def test_a_budget_in_time(cli, task_file, tmp_path):
    """The same grammar everywhere: a time pays for so many trainings, and one training is timed to know how many."""
    words = ["study", f"{task_file}:task", "--batch-sizes", "8,16,32", "--target", "loss=0.2", "--workers", 1]
    answer = cli(*words, "--budget", "3s", "--store", tmp_path, "--json")
    assert answer.code == 0, answer.err
    trainings = answer.json()["spec"]["budget_trainings"]
    assert trainings >= 1
    assert trainings == float(f"{trainings:.1g}")
    assert answer.json()["spec"]["search"]["search_seeds"] == 1
