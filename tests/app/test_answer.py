"""An answer and its presentations, on a measurement that takes a moment."""

import json

import matplotlib.figure
import pandas as pd
import pytest

import batchwright as bw


@pytest.fixture(scope="module")
def answer():
    return bw.noise("least-squares", draws=4, sample=100, progress=False)


def test_it_says_what_it_found(answer):
    assert repr(answer).startswith("The gradient noise scale at the initial weights is ")
    assert answer.result.noise_scale.value > 0
    assert answer.conclusive
    assert answer.batch_size is answer.lr is answer.best_guess is None
    assert [action.command for action in answer.next] == ["advise"]
    assert answer.next[0].subject == "least-squares"


def test_it_cannot_be_changed(answer):
    with pytest.raises(AttributeError):
        answer.result = None


def test_a_notebook_gets_a_small_fragment(answer):
    html = answer._repr_html_()
    assert answer.page.headline in html
    assert "bw.advise(" in html
    assert len(html.encode()) < 50_000


def test_figures_by_name(answer):
    drawn = answer.plot()
    assert isinstance(drawn, matplotlib.figure.Figure)
    assert list(answer.figures) == ["scatter"]
    assert isinstance(answer.plot("scatter"), matplotlib.figure.Figure)
    with pytest.raises(bw.InputError, match="unknown figure 'scater': did you mean 'scatter'"):
        answer.plot("scater")


def test_a_frame_holds_the_numbers(answer):
    frame = answer.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert {"batch_size", "sampling", "std", "predicted"} <= set(frame)
    assert list(frame["std"]) == [row["std"] for row in answer.document["std_by_batch"]]


def test_it_is_saved_by_its_ending(answer, tmp_path):
    for name in ("a.html", "a.json", "a.csv", "a.png", "a.svg", "a.pdf"):
        assert answer.save(tmp_path / name) == tmp_path / name
        assert (tmp_path / name).stat().st_size > 200
    assert json.loads((tmp_path / "a.json").read_text()) == json.loads(answer.to_json())
    assert len(pd.read_csv(tmp_path / "a.csv")) == len(answer.to_frame())
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert answer.page.headline in (tmp_path / "a.html").read_text()
    with pytest.raises(bw.InputError, match=r"an answer is saved as .html, .*, got 'a.xls'"):
        answer.save("a.xls")
    with pytest.raises(bw.InputError, match="must be writable"):
        answer.save(tmp_path / "no" / "such" / "a.csv")


def test_files_asked_for_are_written_and_named(tmp_path):
    found = bw.curvature(
        "two-weights", at=[0, 0], sharpness=False, figure=str(tmp_path / "f.svg"), report=str(tmp_path / "r.html"),
        progress=False,
    )  # fmt: skip
    assert found.files == {"figure": str(tmp_path / "f.svg"), "report": str(tmp_path / "r.html")}
    assert found.document["figure"] == str(tmp_path / "f.svg")
    with pytest.raises(bw.InputError, match=r"report must end in .html, got 'r.pdf'"):
        bw.curvature("two-weights", report="r.pdf", progress=False)
