"""The pages of a probe, of a gradient's noise and of a fitted table."""

import re

import pytest

from batchwright.advice.table.fit import fit_table
from batchwright.cli.main import run
from batchwright.core.errors import InputError
from batchwright.report.old_page import Page, render_page, table, write_page
from batchwright.report.old_pages import fit_page

TABLE = "batch_size,steps_to_target\n" + "".join(f"{b},{100 * (1 + 64 / b)}\n" for b in (8, 16, 32, 64, 128))


def words_of(document):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", document))


def test_a_page_is_complete_and_escapes_what_it_is_told():
    page = Page(
        title="<b>", eyebrow="e", sentence="1 < 2", tables=[("T", "", table(["a"], [["x & y"]]))],
        next_steps=["batchwright <i>"], command="batchwright",
    )  # fmt: skip
    document = render_page(page)
    for text in ("&lt;b&gt; \u00b7 Batchwright", "1 &lt; 2", "x &amp; y", "batchwright &lt;i&gt;"):
        assert text in document
    assert not re.search(r"(src|href)=\"(?!data:)", document)
    assert "default-src 'none'" in document


def test_a_page_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="must be writable"):
        write_page(Page(title="t", eyebrow="e", sentence="s"), tmp_path / "file" / "page.html")


def test_the_page_of_a_fit_says_its_sentence_and_its_numbers(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    result = fit_table(str(path), predict=[24])
    text = words_of(render_page(fit_page(result, command="batchwright fit table.csv")))
    assert "larger batches buy little" in text
    assert "Predicted" in text
    assert "batchwright fit table.csv" in text
    for row in result.workloads[0].measured:
        assert f" {row.batch_size:g} " in text


@pytest.mark.parametrize(
    ("words", "holds"),
    [
        (["probe", "digits", "--batch-sizes", "1,8,64,512", "--seconds", "1"], ["examples/s", "What a step"]),
        (
            ["noise", "digits", "--draws", "4", "--sample", "64"],
            ["noise scale", "std, not replaced", "64 of 1,437"],
        ),
        (
            ["noise", "digits", "--draws", "4", "--sample", "64", "--steps", "4", "--along", "2"],
            ["along the run"],
        ),
        (["surface", "digits", "--points", "5", "--examples", "200"], ["along the line", "validation"]),
        (
            ["surface", "digits", "--plane", "--points", "3", "--examples", "200"],
            ["train loss", "validation loss"],
        ),
        (
            ["curvature", "digits", "--examples", "100", "--trace-error", "1", "--top", "1", "--bottom", "1"],
            ["largest eigenvalue", "Keskar, random subspace", "minimum ratio (estimate)"],
        ),
    ],
)
def test_commands_write_their_page(words, holds, capsys, tmp_path):
    path = tmp_path / "page.html"
    assert run([*words, "--report", str(path), "--json"]) == 0
    assert f'"report": "{path}"' in capsys.readouterr().out
    text = words_of(path.read_text())
    for expected in (*holds, f"batchwright {words[0]} digits"):
        assert expected.lower() in text.lower(), expected


@pytest.mark.parametrize("words", [["probe", "digits"], ["noise", "digits"], ["fit", "t.csv"]])
def test_another_suffix_is_refused_before_the_work(words, capsys):
    assert run([*words, "--report", "page.pdf"]) == 2
    assert "--report must end in .html" in capsys.readouterr().err
