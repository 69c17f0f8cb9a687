"""``batchwright noise``: the document, the words, and bad input."""

import json

import pytest

from batchwright.cli.main import run_command as run


def document(capsys, *words):
    assert run(["noise", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_document_has_the_contracts_names(capsys):
    found = document(capsys, "least-squares", "--draws", "8", "--sample", "200")
    assert found["noise_scale"]["resolved"] is True
    low, high = found["noise_scale"]["interval"]
    assert low < found["noise_scale"]["value"] < high
    for name in ("grad_sq_norm", "trace_sigma"):
        assert found[name]["interval"][0] < found[name]["value"] < found[name]["interval"][1]
    assert found["noise_scale"]["value"] == pytest.approx(
        found["trace_sigma"]["value"] / found["grad_sq_norm"]["value"]
    )
    assert {row["batch_size"] for row in found["std_by_batch"]} >= {1, 4, 16, 64, 256, 1000}
    assert all({"std", "predicted"} <= set(row) for row in found["std_by_batch"])
    assert found["slope"]["value"] == pytest.approx(-0.5, abs=0.06)
    assert found["sample"] == 200
    assert found["curvature_noise_scale"]["resolved"] is True


def test_training_first_and_a_checkpoint_are_the_same_point(capsys, tmp_path):
    words = ["digits", "--batch-size", "32", "--lr", "0.1"]
    assert run(["train", *words, "--steps", "20", "--checkpoint", str(tmp_path / "ck")]) == 0
    capsys.readouterr()
    trained = document(capsys, *words, "--steps", "20", "--draws", "4")
    loaded = document(capsys, "digits", "--checkpoint", str(tmp_path / "ck"), "--draws", "4")
    assert trained["step"] == loaded["step"] == 20
    assert trained["noise_scale"] == loaded["noise_scale"]
    first = document(capsys, *words, "--steps", "1", "--draws", "3")
    assert first["step"] == 1


def test_a_checkpoint_brings_its_tasks_options(capsys, tmp_path):
    where = ["--checkpoint", str(tmp_path / "ck")]
    made = ["digits", "--examples", "500", "--batch-size", "32", "--lr", "0.1"]
    assert run(["train", *made, "--steps", "5", *where]) == 0
    capsys.readouterr()
    assert document(capsys, "digits", *where, "--draws", "3")["examples"] == 500
    for other in (["least-squares"], ["digits", "--examples", "400"]):
        assert run(["noise", *other, *where]) == 2
        assert "was made with the task {'name': 'digits', 'examples': 500}" in capsys.readouterr().err


def test_along_a_run_and_its_figure(capsys, tmp_path):
    figure = tmp_path / "along.svg"
    found = document(
        capsys, "digits", "--steps", "20", "--along", "10", "--optimizer", "adam", "--sample", "64", "--figure",
        str(figure),
    )  # fmt: skip
    assert [row["step"] for row in found["along"]] == [10, 20]
    assert found["along"][1]["preconditioned"]["preconditioned"] is True
    assert "preconditioned" in figure.read_text()
    assert found["step"] == 20
    assert found["noise_scale"] == found["along"][1]["raw"]["noise_scale"]


def test_a_run_that_diverges_says_so(capsys):
    words = ["noise", "least-squares", "--lr", "50", "--steps", "300", "--draws", "3", "--sample", "32"]
    assert run(words) == 2
    assert "the run has diverged, lower its learning rate" in capsys.readouterr().err
    assert run([*words, "--along", "1"]) == 0
    assert "The run diverged after 1 update" in capsys.readouterr().out


def test_the_words_say_what_it_means(capsys, tmp_path):
    assert run(["noise", "digits", "--draws", "4", "--figure", str(tmp_path / "n.png")]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("The gradient noise scale at the initial weights is ")
    assert "with the curvature" in shown
    assert "the law" in shown
    assert "Next: batchwright advise digits" in shown.splitlines()
    assert shown.splitlines()[-1] == f"Figure: {tmp_path / 'n.png'}"
    assert (tmp_path / "n.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sample", "2"], "--sample must be auto, all or a number of rows from 3 on, got 2"),
        (["--along", "5"], "--along needs --steps"),
        (
            ["--memory-budget", "5"],
            "--memory-budget must be an amount with its unit, as 512MiB or 2GB, got '5'",
        ),
        (["--figure", "n.gif"], "--figure must end in one of .svg, .png, .pdf, got 'n.gif'"),
        (["--steps", "-1"], "--steps must be 0 or more, got -1"),
        (["--draws", "2"], "draws must be between 3 and 10000, got 2"),
        (["--checkpoint", "nowhere"], "no checkpoint at nowhere"),
        (["--steps", "5", "--checkpoint", "nowhere"], "--checkpoint says where to measure: drop --steps"),
    ],
)
def test_bad_input_is_one_line(capsys, words, message):
    assert run(["noise", "digits", *words]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("batchwright: ")
    assert message in err


@pytest.mark.parametrize(("optimizer", "norm"), [("adam", "l1"), ("muon", "nuclear")])
def test_the_noise_scale_in_the_norm_in_which_the_optimizer_moves(capsys, optimizer, norm):
    given = (
        "digits",
        "--optimizer",
        optimizer,
        "--steps",
        "5",
        "--geometry",
        "--no-curvature",
        "--draws",
        "3",
    )
    found = document(capsys, *given)["geometry_noise"]
    assert found["norm"] == norm
    low, high = found["noise_scale"]["interval"]
    assert low < found["noise_scale"]["value"] < high
    assert run(["noise", *given]) == 0
    assert f"in the {norm} norm" in capsys.readouterr().out


def test_an_optimizer_that_follows_the_gradient_has_no_other_geometry(capsys):
    assert run(["noise", "digits", "--geometry"]) == 2
    assert "got sgd, for which the noise scale says it all" in capsys.readouterr().err
