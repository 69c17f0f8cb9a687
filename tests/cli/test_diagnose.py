"""`batchwright diagnose`: the headline, the document, several files, standard input, and one line for every mistake."""

import io
import json
import sys
from pathlib import Path

import pytest

import batchwright as bw

LOGS = Path(__file__).parents[1] / "data" / "logs"


def test_the_headline_has_the_number_and_the_cause_follows(cli):
    answer = cli("diagnose", LOGS / "article_2000.log")
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert lines[0].startswith("The bands are the batches: each epoch repeats the same offsets every 4 lines")
    assert lines[2].startswith("Cause: A fixed batch order")
    assert any(line.startswith("Change: Shuffle the examples anew") for line in lines)
    assert f"Next: batchwright diagnose {LOGS / 'article_2000.log'} --figure loss.svg" in answer.out


def test_the_document(cli, tmp_path):
    answer = cli("diagnose", LOGS / "article_1000.log", "--json", "--figure", tmp_path / "loss.svg")
    document = answer.json()
    assert document["format"] == "epoch-iter"
    assert document["series"][0] == {
        "name": "loss", "run": "", "role": "train", "length": 20, "x": "updates", "running_mean": False,
    }  # fmt: skip
    (finding,) = document["findings"]
    assert finding["kind"] == "batch_order"
    assert finding["period"] == {"lines": 2.0, "steps": 10.0}
    assert {"evidence", "against", "cause", "advice", "confidence"} <= finding.keys()
    assert finding["evidence"]["agreement"] > 0.99
    assert "drawings" not in document
    assert (tmp_path / "loss.svg").read_text().startswith("<?xml")


def test_nothing_unusual_is_an_answer(cli):
    answer = cli("diagnose", LOGS / "nanogpt_healthy.log")
    assert answer.code == 0
    assert answer.out.startswith("Nothing unusual")


def test_several_files_and_standard_input(cli, tmp_path, monkeypatch):
    answer = cli("diagnose", LOGS / "article_1000.log", LOGS / "nanogpt_nan.log", "--json").json()
    assert [(f["kind"], f["run"]) for f in answer["findings"]] == [
        ("divergence", "nanogpt_nan.log"),
        ("batch_order", "article_1000.log"),
    ]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((LOGS / "article_1000.log").read_bytes())))
    assert cli("diagnose", "-", "--json").json()["findings"][0]["kind"] == "batch_order"


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"nothing here\n", "no number named loss"), (b"\x01\x02\x03" * 99, "binary data")],
)
def test_bad_input_is_one_line(cli, tmp_path, content, message):
    (tmp_path / "run.log").write_bytes(content)
    answer = cli("diagnose", tmp_path / "run.log")
    assert answer.code == 2
    assert answer.out == ""
    assert message in answer.err
    assert answer.err.count("\n") == 1


def test_the_answer_in_python(tmp_path):
    answer = bw.diagnose((LOGS / "finetuning_three_epochs.log").read_text())
    assert answer.result.findings[0].kind == "epoch_stairs"
    assert answer.to_frame()["kind"].tolist() == ["epoch_stairs"]
    assert answer.plot().axes
    assert answer.save(tmp_path / "page.html").read_text(encoding="utf-8").count("<svg") == 1
    assert bw.diagnose([1.0, 0.9, 0.8]).result.findings[0].kind == "not_logged_enough"


@pytest.mark.parametrize("name", sorted(json.loads((LOGS / "index.json").read_text())))
def test_everything_can_be_said_in_both_languages(name):
    english = bw.diagnose(str(LOGS / name))
    with bw.language("zh"):
        chinese = bw.diagnose(str(LOGS / name))
        assert "{" not in repr(chinese)
    assert "{" not in repr(english)
    assert chinese.page.headline != english.page.headline
    assert [f.kind for f in chinese.result.findings] == [f.kind for f in english.result.findings]
