"""``batchwright surface``: the document, the figure, the words, and bad input."""

import json

import pytest

from batchwright.cli.main import run_command as run

FAST = ["digits", "--points", "5"]


def document(capsys, *words):
    assert run(["surface", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_a_line_with_both_splits_and_the_metric(capsys):
    found = document(capsys, *FAST, "--steps", "20")
    assert found["kind"] == "line"
    assert found["task"] == "digits"
    assert found["steps"] == [20]
    assert found["alpha"] == [-1, -0.5, 0, 0.5, 1]
    assert found["examples"] == {"train": 1437, "validation": 360}
    assert found["direction"]["normalisation"] == "filter"
    assert found["direction"]["left_out"] == ["0.bias", "2.bias"]
    assert (found["recalibrated"], found["not_finite"]) == (False, 0)
    for split in ("train", "validation"):
        assert found[split]["loss"][2] == found["marks"][0]["values"][split]["loss"]
        assert len(found[split]["metrics"]["accuracy"]) == 5
        assert found[split]["loss"][0] > found[split]["loss"][2]


def test_the_saddle_of_two_weights_along_and_over(capsys):
    words = ["two-weights", "--at", "0,0", "--dtype", "float64", "--points", "5"]
    top = document(capsys, *words, "--direction", "eigenvector")
    assert top["train"]["loss"] == pytest.approx([(1 + a * a / 2) ** 2 for a in top["alpha"]], abs=1e-12)
    both = document(capsys, *words, "--direction", "eigenvector", "--plane")
    assert both["train"]["loss"][4][2] == pytest.approx(0.25, abs=1e-12)
    words_of = [d["description"] for d in both["directions"]]
    assert words_of[0] == "the eigenvector of the largest eigenvalue 2.00"
    assert words_of[1] == "the eigenvector of the smallest eigenvalue -2.00"
    axes = document(capsys, *words, "--plane", "--range", "2")
    for j, b in enumerate(axes["beta"]):
        assert axes["train"]["loss"][j] == [(1 - a * b) ** 2 for a in axes["alpha"]]


def test_along_the_gradient_the_loss_falls_by_its_square(capsys):
    found = document(
        capsys, "digits", "--direction", "gradient", "--points", "3", "--range", "1e-3", "--dtype", "float64"
    )
    down, here, up = found["train"]["loss"]
    assert up - here == pytest.approx(here - down, rel=0.01)
    assert up > here
    plane = document(capsys, *FAST, "--direction", "gradient", "--plane")
    assert abs(plane["cosine"]) < 1e-5
    assert plane["train"]["loss"][2][3] > plane["train"]["loss"][2][2]


def test_between_two_batch_sizes_and_its_figure(capsys, tmp_path):
    figure = tmp_path / "between.svg"
    found = document(
        capsys, "digits", "--between", "32,512", "--steps", "40", "--points", "7", "--figure", str(figure)
    )
    assert found["kind"] == "interpolation"
    assert found["between"] == ["batch size 32", "batch size 512"]
    assert found["alpha"] == [-1, -0.5, 0, 0.5, 1, 1.5, 2]
    assert found["steps"] == [40, 40]
    assert found["barrier"]["train"]["value"] >= 0
    assert found["figure"] == str(figure)
    text = figure.read_text()
    for words in ("batch size 32", "training", "validation", "accuracy"):
        assert words in text


def test_the_ends_are_the_trainings_with_these_batch_sizes(capsys, tmp_path):
    common = ["digits", "--steps", "30", "--seed", "3"]
    places = []
    for size, lr in ((16, "0.1"), (128, "0.3")):
        places.append(str(tmp_path / f"b{size}"))
        made = [*common, "--batch-size", str(size), "--lr", lr, "--checkpoint", places[-1]]
        assert run(["train", *made]) == 0
    capsys.readouterr()
    trained = document(capsys, *common, "--between", "16,128", "--lr", "0.1,0.3", "--points", "4")
    loaded = document(capsys, "digits", "--between-checkpoints", *places, "--points", "4")
    assert trained["train"] == loaded["train"]
    assert trained["validation"] == loaded["validation"]
    assert loaded["between"] == ["b16", "b128"]
    at = document(capsys, "digits", "--checkpoint", places[0], "--points", "3")
    assert at["train"]["loss"][1] == trained["train"]["loss"][trained["alpha"].index(0)]


def test_epochs_and_three_batch_sizes(capsys, tmp_path):
    figure = tmp_path / "three.png"
    words = ["--between", "64,256,1437", "--epochs", "2", "--points", "4", "--figure", str(figure)]
    found = document(capsys, "digits", *words)
    assert found["kind"] == "plane"
    assert found["steps"] == [45, 11, 2]
    assert [mark["name"] for mark in found["marks"]] == ["batch size 64", "batch size 256", "batch size 1437"]
    assert figure.stat().st_size > 10_000


def test_the_trajectory_of_the_run(capsys, tmp_path):
    figure = tmp_path / "path.svg"
    words = ["--steps", "60", "--trajectory", "--points", "4", "--figure", str(figure)]
    found = document(capsys, "digits", *words)
    rows = found["trajectory"]["snapshots"]
    assert (rows[0]["step"], rows[-1]["step"], len(rows)) == (0, 60, 25)
    assert rows[-1]["at"] == [0, 0]
    assert rows[-1]["real_loss"] == rows[-1]["projected_loss"] < rows[0]["real_loss"]
    assert 0.5 < sum(found["trajectory"]["explained_variance"]) <= 1
    assert "of the variance" in figure.read_text()
    assert found["marks"][0]["values"]["train"]["loss"] == rows[-1]["real_loss"]
    plain = document(capsys, "digits", "--steps", "60", "--points", "3")
    assert plain["train"]["loss"][1] == rows[-1]["real_loss"]


def test_the_run_trains_on_all_and_measures_on_some(capsys):
    some = document(capsys, *FAST, "--steps", "20", "--examples", "200")
    everything = document(capsys, *FAST, "--steps", "20")
    assert some["examples"] == {"train": 200, "validation": 360}
    assert some["validation"] == everything["validation"]
    assert some["train"] != everything["train"]


def test_the_words_put_the_answer_first(capsys, tmp_path):
    assert run(["surface", *FAST, "--steps", "20", "--figure", str(tmp_path / "l.pdf")]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Along a random direction the training loss is ")
    assert "Dinh et al. 2017" in shown
    assert f"Figure: {tmp_path / 'l.pdf'}" in shown
    assert "Next: batchwright surface digits --points 5 --steps 20 --plane" in shown.splitlines()
    assert run(["surface", "digits", "--between", "16,1437", "--epochs", "3", "--points", "7"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Between batch size 16 and batch size 1437 there is ")
    assert "The ends are not trained equally far" in shown
    # Two sizes alone could never conclude.
    assert "Next: batchwright study digits --batch-sizes 16,32,64,128,256,512,1024,1437" in shown.splitlines()
    assert run(["surface", *FAST, "--steps", "20", "--trajectory"]) == 0
    assert capsys.readouterr().out.startswith("Two directions explain ")
    assert run(["surface", "two-weights", "--at", "0,0", "--plane", "--points", "5"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(
        "Over this plane the training loss, 1.00 at the weights, falls to 0 at -1 along w1"
    )
    assert "Next: batchwright curvature two-weights --at 0,0" in shown.splitlines()


ROOT = """
import torch
from batchwright.task import Task
from batchwright.task.builtin.two_weights import TwoWeights, two_weights


class Root(TwoWeights):
    def forward(self, inputs):
        return (self.w1 * self.w2).sqrt() * inputs


def task():
    own = two_weights()
    return Task(name="root", model=lambda: Root((1, 1)), train=own.train, validation=own.validation, loss=own.loss)
"""


def test_what_is_not_finite_is_said_and_drawn(capsys, tmp_path):
    (tmp_path / "root.py").write_text(ROOT)
    figure = tmp_path / "root.svg"
    words = ["surface", f"{tmp_path / 'root.py'}:task", "--plane", "--range", "2", "--points", "9"]
    assert run([*words, "--figure", str(figure), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    missing = sum(loss is None for row in found["train"]["loss"] for loss in row)
    # w1 w2 < 0 on the grid -1, -0.5, ..., 3: two columns, two rows, without their common corner
    assert missing == found["not_finite"] == 2 * (2 * 6)
    assert "not finite" in figure.read_text()
    assert run(words) == 0
    assert f"At {missing} of 81 points the loss is not finite." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--points", "2"], "--points must be between 3 and 10000 a side, got 2"),
        (["--points", "1000000000"], "--points must be between 3 and 10000 a side, got 1000000000"),
        (["--range", "0"], "the range of a surface must be finite and greater than 0, got 0"),
        (["--direction", "randm"], "unknown direction 'randm': did you mean 'random'?"),
        (["--figure", "s.gif"], "--figure must end in one of .svg, .png, .pdf, got 's.gif'"),
        (["--between", "32"], "--between must be two or three different batch sizes, got 32"),
        (["--between", "32,32"], "--between must be two or three different batch sizes, got 32,32"),
        (
            ["--between", "32,2000"],
            "--between must hold batch sizes from 1 to 1437 (the training examples), got 2000",
        ),
        (["--between", "a,b"], "--between must be whole numbers separated by commas, got 'a,b'"),
        (["--between", "8,16", "--lr", "1,2,3"], "--lr must be one number or one a batch size, got 3 for 2"),
        (["--between", "8,16", "--epochs", "0"], "--epochs must be greater than 0, got 0"),
        (["--between", "8,16", "--epochs", "1", "--steps", "5"], "--epochs and --steps both say how long"),
        (["--between", "8,16", "--plane"], "--plane has no meaning with --between: drop it"),
        (
            ["--between", "8,16", "--trajectory"],
            "--between and --trajectory are different surfaces: keep one",
        ),
        (["--trajectory"], "--trajectory needs --steps, the updates to make"),
        (["--trajectory", "--steps", "1"], "--trajectory needs two updates or more, got --steps 1"),
        (["--epochs", "3"], "--epochs needs --between"),
        (["--lr", "0.1,0.2"], "--lr must be one number without --between"),
        (["--steps", "-1"], "--steps must be 0 or more, got -1"),
        (["--checkpoint", "nowhere"], "no checkpoint at nowhere"),
        (["--between-checkpoints", "nowhere", "there"], "no checkpoint at nowhere"),
        (["--examples", "0"], "examples must be between 1 and 1437 (the training examples), got 0"),
        (["--at", "1,2"], "--at must be 4810 numbers, the model's parameters, got 2"),
        (["--at", "1,2", "--steps", "3"], "--at says where to measure: drop --steps"),
        (["--lr", "1e6", "--steps", "300"], "is not finite: the run has diverged, lower its learning rate"),
    ],
)
def test_bad_input_is_one_line(capsys, words, message):
    assert run(["surface", "digits", *words]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("batchwright: ")
    assert message in err
