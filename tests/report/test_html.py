"""The report file: self-contained, well formed, the answer first."""

import re
import time
from html.parser import HTMLParser

import pytest

from batchwright.core.errors import InputError
from batchwright.report import notebook_html, render_html, write_figures, write_report
from batchwright.report.text import study as words

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Outline(HTMLParser):
    """Checks nesting; keeps the text and the tags with their attributes in order."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.text = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.text.append(data)


def outline(document):
    parser = Outline()
    parser.feed(document)
    parser.close()
    assert parser.open == []
    return parser


@pytest.fixture(scope="module")
def document(cases):
    return render_html(cases.study(), cases.curves())


def test_it_is_well_formed_and_names_itself(document):
    parsed = outline(document)
    assert document.startswith("<!doctype html>")
    assert ("html", {"lang": "en"}) in parsed.tags
    assert "<title>digits: batch size 128 \u00b7 Batchwright</title>" in document
    ids = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_it_asks_nothing_of_the_network(document):
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", document))
    assert addresses == {"http://www.w3.org/2000/svg"}
    for tag, attrs in outline(document).tags:
        for name in ("src", "href", "srcset", "data"):
            assert attrs.get(name, "#").startswith(("#", "data:")), (tag, attrs)
    assert "@import" not in document
    assert len(document.encode()) < 400_000


def test_the_sentence_comes_before_every_figure(document, cases):
    sentence = cases.study().recommendation.sentence
    assert f"<h1>{sentence}</h1>" in document
    assert document.index("<h1>") < document.index("<svg")


def test_every_figure_has_a_label_a_takeaway_and_a_table(document):
    tags = outline(document).tags
    svgs = [attrs for tag, attrs in tags if tag == "svg"]
    assert len(svgs) == 6
    assert all(attrs["role"] == "img" and len(attrs["aria-label"]) > 40 for attrs in svgs)
    for figure in re.findall(r"<figure.*?</figure>", document, flags=re.DOTALL):
        assert len(re.findall(r"<figcaption>[^<]{30,}</figcaption>", figure)) == 1
        assert figure.count("<details>") == figure.count("<table>") == 1


def test_the_tables_hold_the_numbers(document, cases):
    study = cases.study()
    text = " ".join(outline(document).text)
    for entry in study.batch_sizes:
        if entry.steps_to_target.median is not None:
            assert (
                f"{entry.steps_to_target.median:,.3g}" in text
                or f"{entry.steps_to_target.median:,.0f}" in text
            )
    assert "2 of 5" in text
    assert "Batch size 1437: the learning rate sat on the edge of the searched range" in document
    assert "loss 0.3125" in text
    assert "90% interval 51 to 72" in text


def test_names_are_escaped(cases):
    study = cases.study(task="<b>x")
    document = render_html(study.model_copy(update={"command": "batchwright study '<b>x' && <script>"}))
    outline(document)
    assert "<b>" not in document
    assert "&lt;b&gt;x" in document
    assert document.count("<script>") == 1


def test_the_command_environment_and_spec_are_in_it(document):
    text = "".join(outline(document).text)
    for part in ("batchwright study digits --seeds 5", "2.13.0", '"momentum": 0.0', "204 executed"):
        assert part in text


def test_inconclusive_says_why_and_what_to_run_before_any_figure(cases):
    study = cases.inconclusive()
    document = render_html(study, cases.curves())
    outline(document)
    head = document[: document.index("<svg")]
    assert "digits: inconclusive" in head
    assert 'class="badge inconclusive">Inconclusive<' in head
    assert study.recommendation.caveats[0] in head
    assert study.recommendation.next_steps[0] in head
    assert "they only say it is above 900" in head
    assert "best guess: batch size" in head


def test_without_fit_and_seconds(cases):
    document = render_html(cases.study(timed=False, fitted=False))
    outline(document)
    assert "No curve was fitted" in document
    assert "Seconds a step were not measured" in document
    assert 'id="seconds"' not in document
    assert 'id="steps"' in document
    assert "critical batch 61" not in document


def test_a_study_where_nothing_reached_the_target(cases):
    document = render_html(cases.empty())
    outline(document)
    assert "No run reached the target" in document
    assert "<svg" not in document
    assert "nan" not in re.sub(r"<style>.*?</style>", "", document, flags=re.DOTALL).lower()


def test_a_curve_that_does_not_follow_is_said_so(cases):
    study = cases.study()
    critical = study.critical_batch.model_copy(
        update={"verdict": "does_not_follow", "identifiable": False, "misfit": 0.46}
    )
    text = words.critical_batch_in_words(study.model_copy(update={"critical_batch": critical}))
    assert text.startswith("The steps to target do not follow the curve")
    assert "46%" in text


def test_rendering_is_quick_and_repeatable(cases, document):
    start = time.process_time()
    assert render_html(cases.study(), cases.curves()) == document
    assert time.process_time() - start < 2.5


def test_write_report_makes_folders(cases, tmp_path):
    path = write_report(cases.study(), [], tmp_path / "a" / "b" / "report.html")
    assert path.read_text(encoding="utf-8") == render_html(cases.study(), [])


def test_a_path_that_cannot_be_written_is_one_line(cases, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="the report's path must be writable"):
        write_report(cases.empty(), [], tmp_path / "file" / "report.html")


def test_write_figures_names_them(cases, tmp_path):
    paths = write_figures(cases.study(), cases.curves(), tmp_path / "figures", ".svg")
    assert [p.name for p in paths] == [
        "seconds.svg",
        "steps.svg",
        "examples.svg",
        "learning-rates.svg",
        "timing.svg",
        "loss.svg",
    ]
    assert all(p.exists() for p in paths)
    with pytest.raises(InputError, match="suffix must be one of"):
        write_figures(cases.study(), [], tmp_path, ".gif")


def test_the_notebook_fragment(cases):
    fragment = notebook_html(cases.study())
    outline(fragment)
    assert cases.study().recommendation.sentence in fragment
    assert fragment.count("<svg") == 1
    assert "<html" not in fragment
    outline(notebook_html(cases.empty()))
