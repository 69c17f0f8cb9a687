"""`batchwright fit`: the contract's names, plain words, a figure, and one line for every mistake."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PUBLISHED = Path(__file__).parents[1] / "data" / "steps_to_target.csv"
SMALL = "Global Batch Size,Steps\n8,8250\n32,2250\n128,750\n512,375\n"


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "my runs.csv"
    path.write_text(SMALL)
    return path


def test_the_contract(cli, table, tmp_path):
    answer = cli("fit", table, "--predict", "64,1024,1025", "--json", "--figure", tmp_path / "out.svg")
    assert answer.code == 0
    assert answer.err == ""
    document = answer.json()
    (fit,) = document["workloads"]
    assert {"workload", "verdict", "critical_batch", "definitions", "steps_min", "examples_min"} <= set(fit)
    assert fit["verdict"] == "fits"
    assert fit["critical_batch"]["definition"] == "hyperbola"
    # S(B) = 250 (1 + 256/B) exactly.
    assert fit["critical_batch"]["value"] == pytest.approx(256, rel=0.01)
    low, high = fit["critical_batch"]["interval"]
    assert low < 256 < high
    assert set(fit["definitions"]) >= {"hyperbola", "overhead_20", "branched"}
    assert fit["definitions"]["branched"] is None
    assert fit["definitions"]["overhead_20"]["value"] == pytest.approx(0.2 * 256 + 1.2 * 8, rel=0.01)
    assert set(fit["leave_one_out"]) >= {"median_abs_log_error", "coverage_90"}
    assert [p["refused"] for p in fit["predictions"]] == [False, False, True]
    assert [p["batch_size"] for p in fit["predictions"]] == [64, 1024, 1025]
    assert fit["predictions"][0]["low"] < fit["predictions"][0]["steps"] < fit["predictions"][0]["high"]
    assert fit["predictions"][2]["steps"] is None
    assert document["columns"] == {"batch_size": "Global Batch Size", "steps_to_target": "Steps"}
    assert (tmp_path / "out.svg").read_text().startswith("<?xml")
    assert document["figure"] == str(tmp_path / "out.svg")


def test_far_predicts_what_was_refused(cli, table):
    (row,) = cli("fit", table, "--predict", "8192", "--far", "--json").json()["workloads"][0]["predictions"]
    assert not row["refused"]
    assert row["low"] < 250 * (1 + 256 / 8192) < row["high"]


def test_published_tables_in_words(cli):
    answer = cli("fit", PUBLISHED, "--predict", "512")
    assert answer.code == 0
    lines = answer.out.splitlines()
    resnet = next(line for line in lines if "ResNet-50" in line)
    assert resnet.endswith("examples, both twice their minimum.")
    assert "ast a batch of about 46," in resnet
    assert "larger batches buy little" in resnet
    assert any("3D U-Net" in line and "at least 13" in line for line in lines)
    assert any("CosmoFlow" in line and "do not follow" in line for line in lines)
    assert "refused: the runs allow 1,632 to 135,680" in answer.out
    assert "--far" in answer.out
    assert "'batch_size' as batch_size (examples per update)" in answer.out
    assert f"Next: batchwright fit {PUBLISHED} --predict 512" in answer.out


def test_one_workload_shows_its_batch_sizes(cli):
    answer = cli("fit", PUBLISHED, "--workload", "ssd")
    assert "median steps" in answer.out
    assert "ResNet" not in answer.out


def test_a_path_with_a_space_can_be_run_again(cli, table):
    assert f"batchwright fit '{table}' --predict" in cli("fit", table).out


@pytest.mark.parametrize(
    ("content", "options", "text"),
    [
        (None, [], "there is no file"),
        ("", [], "runs.csv is empty"),
        ("size,time\n8,1\n", [], "no column is batch_size"),
        ("batch_size,steps_to_target\n8,1\n8,2\n", [], "needs two batch sizes or more, got 8 only"),
        ("batch_size,steps_to_target\n8,1\n16,x\n", [], "row 3: 'steps_to_target' must be a number, got 'x'"),
        (
            "batch_size,steps_to_target\n8,1\n16,0\n",
            [],
            "row 3: 'steps_to_target' must be positive and finite",
        ),
        (SMALL, ["--predict", "a"], "--predict must be numbers separated by commas, got 'a'"),
        (SMALL, ["--predict", "8,-1"], "--predict must be batch sizes greater than 0, got -1"),
        (SMALL, ["--figure", "fit.gif"], "--figure must end in one of .svg, .png, .pdf, got 'fit.gif'"),
        (SMALL, ["--figure", "no/such/fit.svg"], "must be writable"),
        (SMALL, ["--workload", "x"], "unknown workload 'x'"),
    ],
)
def test_bad_input(cli, tmp_path, monkeypatch, content, options, text):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("runs.csv").write_text(content)
    answer = cli("fit", "runs.csv", *options)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("batchwright: ")
    assert answer.err.count("\n") == 1
    assert text in answer.err


def test_no_pandas_and_no_drawing_unless_asked(table):
    code = (
        "import sys; from batchwright.cli.main import run_command as run; code = run(['fit', sys.argv[1], '--json']); "
        "sys.exit(code or 'pandas' in sys.modules or 'matplotlib' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(table)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 4
