"""``batchwright branched``: the document, the words in both languages, and bad input."""

import json

import pytest

import batchwright as bw
from batchwright.cli.main import run_command as run

SHORT = [
    "noisy-quadratic",
    "--set",
    "noise=4",
    "--set",
    "curvatures=1,0.2",
    "--batch-size",
    "8",
    "--lr",
    "0.05",
    "--steps",
    "20",
]
SHORT += ["--every", "10", "--branch-examples", "256", "--factors", "1,2,4", "--seeds", "2"]  # fmt: skip


@pytest.fixture(scope="module")
def answer():
    return bw.branched(
        "noisy-quadratic", set={"noise": 4, "curvatures": [1, 0.2]}, batch_size=8, lr=0.05, steps=20, every=10,
        branch_examples=256, factors=[1, 2, 4], seeds=2, progress=False,
    )  # fmt: skip


def test_the_document_has_the_contracts_names(answer):
    found = json.loads(answer.to_json())
    assert [p["step"] for p in found["points"]] == [10, 20]
    assert [p["examples"] for p in found["points"]] == [80, 160]
    for point in found["points"]:
        assert set(point["critical_batch"]) == {"value", "interval"}
        assert {"value", "interval"} <= set(point["noise_scale"])
        assert point["tolerance"] == 0.05
        assert point["largest_within_tolerance"] in (8, 16, 32)
        assert [b["batch_size"] for b in point["branches"]] == [8, 16, 32]
        for b in point["branches"]:
            assert {"lr", "rule", "loss", "updates"} <= set(b)
            assert (
                b["efficiency"]["interval"][0] <= b["efficiency"]["value"] <= b["efficiency"]["interval"][1]
            )
        assert point["branches"][0]["efficiency"]["value"] == 1
        assert point["branches"][0]["rule"] == "none"
    assert found["advice"]["batch_size"] == 8
    assert {"doublings", "growth"} <= set(found["advice"])
    assert len(answer.to_frame()) == 2


def test_the_same_again_and_in_words_figure_and_report(answer, capsys, tmp_path):
    files = ["--figure", str(tmp_path / "b.png"), "--report", str(tmp_path / "b.html")]
    assert run(["branched", *SHORT, *files]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("The local critical batch size went from ")
    assert answer.page.headline.split()[7] in shown
    for words in (
        "critical batch",
        "within tolerance",
        "noise scale",
        "Critical by efficiency",
        "Next: batchwright ",
    ):
        assert words in shown
    assert (tmp_path / "b.png").stat().st_size > 10_000
    page = (tmp_path / "b.html").read_text()
    assert "Merrill et al. (2025)" in page
    assert "efficiency" in page


def test_in_chinese(capsys):
    assert run(["branched", *SHORT, "--language", "zh"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("局部临界批大小：")
    for words in ("临界批大小", "噪声尺度", "学习率"):
        assert words in shown
    assert run(["branched", *SHORT, "--every", "50", "--language", "zh"]) == 2
    assert "--every 必须在 1 和总步数 20 之间，实际为 50" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--every", "0"], "--every must be between 1 and the 20 steps, got 0"),
        (["--factors", "1,3"], "--factors must be powers of two such as 0.5, 2 or 16, got 3"),
        (
            ["--factors", "1,1024"],
            "--factors must give whole batches of at most 1024 examples, got 1024 times 8",
        ),
        (["--factors", "1"], "raise --branch-examples or lower --batch-size"),
        (["--seeds", "1"], "--seeds must be 2 or more, got 1"),
        (["--tolerance", "0"], "--tolerance must be a share between 0 and 1, got 0"),
        (["--measured-on", "test"], "--measured-on must be train or validation, got 'test'"),
        (["--batch-size", "5000"], "--batch-size must be between 1 and 1024"),
        (["--optimizer", "rprop"], "no rule carries it to another batch size"),
        (["--lr", "1e5"], "the run diverged before its first point: lower --lr or --every"),
        (["--figure", "n.gif"], "--figure must end in one of .svg, .png, .pdf, got 'n.gif'"),
    ],
)
def test_bad_input_is_one_line(capsys, words, message):
    assert run(["branched", *SHORT, *words]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("batchwright: ")
    assert message in err


def test_noise_passes_the_question_on(capsys):
    given = ["digits", "--steps", "24", "--along", "12", "--batch-size", "64", "--lr", "0.2"]
    assert run(["noise", *given, "--branched", "--json"]) == 0
    passed = json.loads(capsys.readouterr().out)
    assert run(["branched", *[word.replace("--along", "--every") for word in given], "--json"]) == 0
    asked = json.loads(capsys.readouterr().out)
    assert [p["critical_batch"] for p in passed["points"]] == [p["critical_batch"] for p in asked["points"]]
    assert run(["noise", *given, "--branched", "--sample", "all"]) == 2
    assert "takes no --sample" in capsys.readouterr().err
