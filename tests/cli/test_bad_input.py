"""Every mistake is one line on stderr with its rule, its value and, where known, the fix; exit code 2."""

import sqlite3
import struct

import pytest

from batchwright.study.stores.sqlite import SQLiteStore


def refused(answer, *texts):
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("batchwright: ")
    assert answer.err.count("\n") == 1
    assert "Traceback" not in answer.err
    for text in texts:
        assert text in answer.err


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("stdy digits", "unknown command 'stdy': did you mean 'study'?"),
        ("study digits --batchsizes 3", "unknown option '--batchsizes': did you mean '--batch-sizes'?"),
        ("--nothing", "unknown option '--nothing'"),
        ("study", "Missing argument 'TASK'"),
        ("study digits more", "unexpected extra argument"),
        ("train digits --lr", "'--lr' requires an argument"),
        ("train digits --lr x", "'--lr': must be a valid number"),
        ("train digts", "unknown task 'digts': did you mean 'digits'?"),
        ("train two-weights --batch-size 0", "must be between 1 and 1 (the training examples), got 0"),
        (
            "study two-weights --batch-sizes 1,2 --workers 1",
            "must be between 1 and 1 (the training examples)",
        ),
        ("train two-weights --batch-size 1 --lr -1", "--lr must be greater than 0, got -1"),
        (
            "train two-weights --target accuracy=0.9",
            "unknown metric of task 'two-weights': 'accuracy'. Known: loss; add",
        ),
        ("train two-weights --target los=0.9", "did you mean 'loss'?"),
        ("train two-weights --target valdation.loss=1", "did you mean 'validation'?"),
        (
            "train two-weights --target loss",
            "--target must be METRIC=VALUE with a number, as loss=0.2, got 'loss'",
        ),
        ("train two-weights --target loss=low", "--target must be METRIC=VALUE with a number"),
        ("train two-weights --target loss=nan", "--target must be a finite number, got nan"),
        ("train digits --set hidden", "--set must be NAME=VALUE, got 'hidden'"),
        ("train digits --set hiden=3", "did you mean 'hidden'?"),
        ("train two-weights --horizon 20", "--horizon must be a number with steps, examples or epochs"),
        ("train two-weights --horizon 1..2steps", "--horizon must be a number with steps"),
        ("train two-weights --horizon 0steps", "--horizon must be greater than 0, got 0"),
        ("train two-weights --schedule cosin", "--schedule must be one of constant, cosine"),
        ("train two-weights --schedule cosin", "got 'cosin': did you mean 'cosine'?"),
        ("train two-weights --batch-size 1 --schedule cosine", "for example --horizon 20epochs"),
        ("train two-weights --optimizer adm", "got 'adm': did you mean 'adam'?"),
        ("train two-weights --optimizer-option betas=1 --batch-size 1", "--optimizer-option betas must be"),
        ("train two-weights --order shufled", "--order must be one of fixed, shuffled, with_replacement"),
        ("train two-weights --dtype float", "got 'float': did you mean 'float64'?"),
        ("train two-weights --batch-size 1 --device cud", "device must be cpu, cuda or"),
        ("train two-weights --autocast float16", "--autocast must be bfloat16, got 'float16'"),
        ("train two-weights --momentum 1", "--momentum must be less than 1, got 1"),
        ("train two-weights --evaluate 0", "--evaluate must be epoch, log or a number of steps"),
        ("train two-weights --epochs 0", "--epochs must be greater than 0, got 0"),
        ("train two-weights --steps -3", "--steps must be at least 1, got -3"),
        ("train two-weights --budget-examples 0", "--budget-examples must be at least 1, got 0"),
        ("train two-weights --grow-factor 0", "--grow-factor must be greater than 1, got 0"),
        ("train two-weights --examples 0", "--examples must be at least 1, got 0"),
        ("train least-squares --examples 5000", "examples must be between 1 and 1000"),
        ("train two-weights --batch-size 1 --resume nowhere", "no checkpoint at nowhere"),
        ("study two-weights --batch-sizes 1,x --workers 1", "--batch-sizes must be whole numbers"),
        ("study two-weights --workers 0", "--workers must be at least 1, got 0"),
        ("study two-weights --objective tim", "unknown objective 'tim': did you mean 'time'?"),
        ("compare digits --methods gd,sdg", "unknown method 'sdg': did you mean 'sgd'?"),
        ("compare digits --align epoch", "unknown alignment 'epoch': did you mean 'epochs'?"),
        ("compare digits --examples 100,100", "one value or one for each of 3 methods, got 2"),
        ("compare digits --examples 1.5", "--examples must be whole numbers"),
        ("compare digits --lr fast", "--lr must be numbers separated by commas, got 'fast'"),
        ("compare digits --epochs -1", "--epochs must be greater than 0, got -1"),
        ("compare digits --optimizers sgd,adm", "did you mean 'adam'?"),
    ],
)
def test_options(cli, line, text):
    refused(cli(*line.split()), text)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--budget", "-1"], "--budget must be like 30trainings, 90s, 5min or 1h, got '-1'"),
        (["--max-epochs", "0"], "--max-epochs must be greater than 0, got 0"),
        (["--confirm-seeds", "0"], "--confirm-seeds must be at least 1, got 0"),
        (["--batch-sizes", ""], "--batch-sizes must be whole numbers separated by commas, got ''"),
        (["--batch-sizes", "4,4"], "must differ from one another"),
        (["--device", "cuda:99"], "cuda:99"),
        (["--schedule", "cosine"], "--horizon 20epochs"),
        (["--optimizer-option", "dampning=0.1"], "unknown option of sgd 'dampning'"),
    ],
)
def test_a_study_is_refused_before_anything_is_stored(cli, task_file, tmp_path, options, text):
    # --dry-run starts no workers; the checks are the same.
    refused(cli("study", f"{task_file}:task", "--store", tmp_path / "s", "--dry-run", *options), text)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(
    ("function", "text"),
    [
        ("raises", "tiny.py:raises raised KeyError: 'boom'"),
        ("other", "must return a batchwright Task, got int"),
        ("tsk", "did you mean 'task'?"),
        ("bad_optimizer", "the default optimizer of task 'tiny': lr: must be greater than 0, got -1"),
    ],
)
def test_a_users_function(cli, task_file, function, text):
    refused(cli("train", f"{task_file}:{function}"), text)


def test_a_study_needs_a_target(cli, task_file):
    answer = cli("study", f"{task_file}:task", "--set", "target=false", "--dry-run")
    refused(answer, "has no default target: give one, for example --target loss=0.1")


def test_a_missing_file(cli, tmp_path):
    refused(cli("train", tmp_path / "no.py:task"), "there is no task file")
    refused(cli("train", "no_such_module:task"), "cannot import no_such_module")


@pytest.mark.parametrize(
    ("content", "text"),
    [(b"", "the file is empty"), (struct.pack(">HBBIII", 0, 8, 3, 60000, 28, 28) + b"abc", "truncated")],
)
def test_a_damaged_idx_file(cli, tmp_path, content, text):
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (tmp_path / f"{name}-ubyte").write_bytes(content)
    refused(cli("train", "fashion-mnist", "--data", tmp_path), "train-images-idx3-ubyte", text)


@pytest.mark.parametrize("command", ["studies", "show x", "resume x", "export x", "report x", "study"])
def test_a_store_that_is_not_a_database(cli, task_file, tmp_path, command):
    path = tmp_path / "notes.sqlite"
    path.write_text("These are my notes on batch sizes, not a database at all.")
    words = [*command.split(), "--store", path]
    if command == "study":
        words += [f"{task_file}:task", "--dry-run"]
    refused(cli(*words), "notes.sqlite is not a Batchwright store", "name another store")
    assert path.read_text().startswith("These are my notes")


def test_somebody_elses_database(cli, tmp_path):
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table songs (title text)")
    refused(cli("studies", "--store", path), "a database, but not a Batchwright store")


def test_a_store_without_its_version(cli, tmp_path):
    path = tmp_path / "s.sqlite"
    SQLiteStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("delete from batchwright")
    refused(cli("studies", "--store", path), "schema version must be a whole number from 1, got None")


def test_a_database_from_a_newer_version(cli, tmp_path):
    path = tmp_path / "s.sqlite"
    SQLiteStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("update batchwright set value = '99' where key = 'schema_version'")
    refused(cli("studies", "--store", path), "newer Batchwright (schema 99", "upgrade batchwright")


def test_no_store_yet(cli, tmp_path):
    refused(cli("studies", "--store", tmp_path), "run a study first, or name another store")


def test_an_unknown_study(cli, finished):
    wrong = finished.study_id[:-1] + "x"
    for command in ("show", "resume", "export", "report"):
        refused(
            cli(command, wrong, "--store", finished.store),
            f"unknown study '{wrong}': did you mean '{finished.study_id}'?",
        )


def test_a_misspelt_name_of_a_study(cli, finished):
    answer = cli("show", "frst study", "--store", finished.store)
    refused(answer, "unknown study 'frst study': did you mean 'first study'?")


def test_outputs_that_cannot_be_written(cli, finished, tmp_path):
    end = ["--store", finished.store]
    refused(cli("export", finished.study_id, "-o", "runs.xls", *end), "must end in .csv, .json or .parquet")
    refused(cli("export", finished.study_id, "-o", tmp_path / "no" / "x.csv", *end), "must be writable")
    refused(
        cli("export", finished.study_id, "--to", "tensorbord", "-o", tmp_path, *end),
        "did you mean 'tensorboard'",
    )
    refused(cli("export", finished.study_id, "--to", "optuna", *end), "--output must name where the runs go")
    refused(cli("report", finished.study_id, "--figure-format", "gif", *end), "unknown figure format 'gif'")
    blocked = tmp_path / "file"
    blocked.write_text("")
    refused(cli("report", finished.study_id, "--figures", blocked / "f", *end), "must be writable")
    refused(cli("train", "two-weights", "--batch-size", "1", "--checkpoint", blocked / "c"), "writable")


def test_a_name_belongs_to_one_study(cli, finished):
    words = [*finished.words, "--name", "first study", "--seed", "7"]
    answer = cli(*words)
    refused(answer, "study 'first study' exists with another spec (seed was 0, now 7)")
