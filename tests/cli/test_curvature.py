"""``batchwright curvature`` and ``escape``: the documents, the words, and bad input."""

import json

import pytest
import torch

from batchwright.cli.main import run_command as run


def document(capsys, *words):
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("at", "kind", "values", "ratio"),
    [
        ("0,0", "saddle", [-2, 2], 0.5),
        ("1,1", "degenerate", [0, 4], 0.5),
        ("2,0.5", "degenerate", [0, 8.5], 0.5),
    ],
)
def test_the_two_weights(capsys, at, kind, values, ratio):
    found = document(capsys, "curvature", "two-weights", "--at", at)
    assert [e["value"] for e in found["eigenvalues"]] == pytest.approx(values, abs=1e-6)
    assert [e["end"] for e in found["eigenvalues"]] == ["bottom", "top"]
    assert all(e["residual"] < 1e-5 for e in found["eigenvalues"])
    assert found["critical_point"]["class"] == kind
    assert found["critical_point"]["minimum_ratio"] == ratio
    assert found["trace"] == found["trace"] | {"value": pytest.approx(sum(values)), "std_error": 0.0}
    assert found["hessian_products"] > 0
    assert found["gradient_norm"] == 0
    for name in ("tolerance", "positive", "negative", "undecided"):
        assert name in found["critical_point"]
    assert found["sharpness"]["keskar"][0]["value"] > 0
    assert found["sharpness"]["sam"]["maximum"] > 0
    assert "Dinh" in found["sharpness"]["caveat"]


def test_a_slope_is_not_critical(capsys):
    assert document(capsys, "curvature", "two-weights", "--at", "0.3,0.2")["critical_point"]["class"] == (
        "not_critical"
    )


def test_escape_from_the_saddle(capsys):
    found = document(capsys, "escape", "two-weights", "--at", "0,0")
    assert found["loss_before"] == 1
    assert found["loss_after"] < 1e-6
    assert found["eigenvalue"] == pytest.approx(-2)
    assert [abs(x) for x in found["direction"]] == pytest.approx([0.5**0.5] * 2, abs=1e-4)
    assert document(capsys, "escape", "two-weights", "--at", "1,1")["escaped"] is False


def test_training_first_subsets_chunks_and_files(capsys, tmp_path):
    words = ["curvature", "digits", "--steps", "20", "--lr", "0.2", "--examples", "300", "--top", "2"]
    words += ["--bottom", "1", "--no-sharpness", "--trace-error", "0.3"]
    page, figure = tmp_path / "c.html", tmp_path / "c.svg"
    found = document(capsys, *words, "--report", str(page), "--figure", str(figure))
    assert found["examples"] == 300
    assert found["step"] == 20
    assert found["sharpness"] is None
    assert [e["end"] for e in found["eigenvalues"]] == ["bottom", "top", "top"]
    largest = found["eigenvalues"][-1]["value"]
    assert all(e["residual"] <= 1e-3 * largest for e in found["eigenvalues"])
    assert found["critical_point"]["class"] == "not_critical"
    assert found["critical_point"]["minimum_ratio_from"] == "density"
    assert "slope" in page.read_text()
    assert "eigenvalue of the Hessian" in figure.read_text()
    whole = document(capsys, *words, "--chunk", "300")
    for a, b in zip(found["eigenvalues"], whole["eigenvalues"], strict=True):
        assert a["value"] == pytest.approx(b["value"], abs=1e-3 * largest)


def test_edge_of_stability_along_a_run(capsys, tmp_path):
    """Full-batch gradient descent on squared loss stands at 2/lr; the words and the figure say so."""
    words = ["curvature", "digits", "--set", "loss=squared", "--batch-size", "1437", "--lr", "0.2"]
    words += ["--steps", "400", "--along", "50", "--top", "1", "--bottom", "1", "--no-sharpness"]
    figure = tmp_path / "edge.svg"
    found = document(capsys, *words, "--trace-error", "0.5", "--figure", str(figure))
    assert [row["step"] for row in found["along"]] == list(range(0, 401, 50))
    assert all(row["threshold"] == pytest.approx(10) for row in found["along"])
    for row in found["along"][4:]:
        assert row["largest"] == pytest.approx(10, rel=0.08)
    assert "edge of stability" in figure.read_text()


def test_words_for_a_person(capsys):
    assert run(["curvature", "two-weights", "--at", "0,0"]) == 0
    said = capsys.readouterr().out
    assert said.startswith(
        "At the given parameters training stands at a saddle: eigenvalues go from -2.00 to 2.00."
    )
    assert "Next: batchwright escape two-weights --at 0,0" in said
    assert run(["escape", "two-weights", "--at", "0,0"]) == 0
    said = capsys.readouterr().out
    assert "the loss falls" in said
    assert "direction" in said
    assert "0.707" in said


def test_dropout_in_training_mode_is_refused_with_its_cause(capsys, tmp_path):
    (tmp_path / "own.py").write_text(
        "import torch\nfrom torch import nn\nfrom batchwright.task.task import Task\n"
        "def task():\n"
        "    x = torch.linspace(-1, 1, 40).reshape(20, 2)\n"
        "    def model():\n"
        "        return nn.Sequential(nn.Linear(2, 8), nn.Dropout(0.5), nn.Linear(8, 1))\n"
        "    def loss(z, y):\n        return (z - y).square().sum(1)\n"
        "    return Task(name='own', model=model, train=(x, x[:, :1]), validation=(x, x[:, :1]), loss=loss)\n"
    )
    own = f"{tmp_path}/own.py:task"
    assert run(["curvature", own, "--mode", "training"]) == 2
    assert "dropout '1' is in training mode: call model.eval() first" in capsys.readouterr().err
    assert document(capsys, "curvature", own, "--no-sharpness")["parameters"] == 33


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["curvature", "two-weights", "--at", "0"], "--at must be 2 numbers"),
        (["curvature", "two-weights", "--at", "0,x"], "--at must be numbers"),
        (["curvature", "two-weights", "--top", "0", "--bottom", "0"], "--top and --bottom"),
        (["curvature", "two-weights", "--top", "-1"], "--top must be 0 or more"),
        (["curvature", "two-weights", "--along", "5"], "--along needs --steps"),
        (["curvature", "two-weights", "--layers"], "--layers needs --along"),
        (["curvature", "two-weights", "--mode", "eval"], "unknown mode 'eval'"),
        (["curvature", "two-weights", "--at", "nan,0"], "finite"),
        (["curvature", "two-weights", "--report", "x.pdf"], "--report must end in .html"),
        (["curvature", "two-weights", "--tolerance", "0"], "tolerance"),
        (["escape", "two-weights", "--at", "1,2,3"], "--at must be 2 numbers"),
    ],
)
def test_bad_input_is_one_line(words, message, capsys):
    assert run(words) == 2
    error = capsys.readouterr().err.strip()
    assert message in error
    assert len([line for line in error.splitlines() if not line.startswith("measuring")]) == 1


def test_random_states_are_left_alone(capsys):
    before = torch.get_rng_state()
    document(capsys, "curvature", "two-weights", "--at", "0.3,0.2")
    assert torch.equal(before, torch.get_rng_state())
