"""``batchwright advise``: the document, the report, the words, and bad input."""

import contextlib
import io
import json

import pytest

from batchwright.cli.main import run_command as run


@pytest.fixture(scope="module")
def advised(tmp_path_factory):
    store = tmp_path_factory.mktemp("store")
    out, err = io.StringIO(), io.StringIO()
    words = ["advise", "digits", "--target", "loss=0.4", "--batch-sizes", "16,32,64,128,256,512", "--budget", "60s",
             "--json", "--store", str(store)]  # fmt: skip
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(words)
    assert code == 0, err.getvalue()
    return json.loads(out.getvalue())


def test_the_document_is_a_studys_with_its_cost(advised):
    advice = advised["recommendation"]
    assert advice["objective"] == "time"
    assert advice["batch_size"] in advice["batch_sizes"]
    assert {row["batch_size"] for row in advised["batch_sizes"]} == {16, 32, 64, 128, 256, 512}
    assert set(advised["cost"]) >= {"seconds", "examples", "trainings"}
    assert advised["cost"]["seconds"] < 60
    assert advised["critical_batch"]["definition"] == "hyperbola"
    assert advised["evidence"]["noise_scale"] is None or advised["evidence"]["noise_scale"]["value"] > 0


def test_next_steps_keep_the_options_that_were_typed(advised):
    step = advised["recommendation"]["next_steps"][0]
    assert "--target loss=0.4" in step
    assert "--budget" not in step or step.startswith("batchwright advise")


def test_the_report_shows_what_it_rests_on(advised):
    with open(advised["report"], encoding="utf-8") as file:
        page = file.read()
    assert "What the advice rests on" in page
    assert "Steps are inferred from all runs together" in page
    assert len(page) < 2_000_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--budget", "3days"], "--budget must be like 30trainings, 90s, 5min or 1h, got '3days'"),
        (["--budget", "0s"], "--budget must be like 30trainings"),
        (["--objective", "cost"], "objective cost needs prices"),
        (["--target", "acuracy=0.9"], "did you mean"),
        (["--batch-sizes", "1,5000"], "batch_size must be between 1 and 1437"),
    ],
)
def test_bad_input_is_one_line(capsys, words, message):
    assert run(["advise", "digits", *words]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("batchwright: ")
    assert message in err
