"""``batchwright probe``: the document, the words, and bad input."""

import json

import pytest

from batchwright.cli.main import run_command as run


def test_the_document_has_the_contracts_names(capsys, tmp_path):
    figure = tmp_path / "probe.svg"
    words = [
        "probe",
        "digits",
        "--batch-sizes",
        "1,16,256,1437",
        "--seconds",
        "1",
        "--figure",
        str(figure),
        "--json",
    ]
    assert run(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert {"points", "knee", "largest_that_fits", "state_unchanged"} <= set(found)
    for point in found["points"]:
        assert {"batch_size", "seconds_per_step", "examples_per_second", "peak_memory_bytes"} <= set(point)
    assert [p["batch_size"] for p in found["points"]] == [1, 16, 256, 1437]
    assert found["largest_that_fits"] == 1437
    assert found["state_unchanged"] is True
    assert "memory of a step" in figure.read_text()


def test_a_tight_budget_leaves_less_than_all(capsys):
    words = ["probe", "fashion-mnist", "--set", "model=lenet", "--examples", "3000", "--memory-budget", "500MiB",
             "--batch-sizes", "1,64", "--seconds", "1", "--json"]  # fmt: skip
    code = run(words)
    captured = capsys.readouterr()
    if "no Fashion-MNIST" in captured.err or code == 2:
        pytest.skip("needs the Fashion-MNIST files")
    found = json.loads(captured.out)
    assert found["largest_that_fits"] is None or found["largest_that_fits"] < 3000
    search = found["largest_search"]
    assert any(not trial["fits"] and trial["reason"] for trial in search["trials"])


def test_the_words(capsys):
    assert run(["probe", "digits", "--batch-sizes", "1,8,64,512", "--seconds", "1"]) == 0
    shown = capsys.readouterr().out
    assert "knee" in shown.splitlines()[0].lower()
    assert "All 1,437 examples fit in one batch within" in shown
    assert "Next: batchwright advise digits" in shown


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--memory-budget", "2"],
            "--memory-budget must be an amount with its unit, as 512MiB or 2GB, got '2'",
        ),
        (["--seconds", "0"], "--seconds must be greater than 0, got 0"),
        (["--batch-sizes", "0"], "batch_size must be between 1 and 1437 (the training examples), got 0"),
        (["--figure", "p.txt"], "--figure must end in one of"),
    ],
)
def test_bad_input_is_one_line(capsys, words, message):
    assert run(["probe", "digits", *words]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("batchwright: ")
    assert message in err
