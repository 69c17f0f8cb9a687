"""The page file: self-contained, well formed, the answer first, readable by eye, keyboard and printer."""

import re
import time
from html.parser import HTMLParser

import pytest

from batchwright.core.action import Action
from batchwright.core.errors import InputError
from batchwright.report.page import Column, NextStep, Note, Page, Sentence, Table
from batchwright.report.pages.study import study_page
from batchwright.report.render.html import page_html, write_page

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


def style_of(document):
    return re.search(r"<style>(.*?)</style>", document, flags=re.DOTALL)[1]


@pytest.fixture(scope="module")
def document(cases):
    return page_html(study_page(cases.study(), cases.curves()))


def test_it_is_well_formed_and_names_itself(document):
    parsed = outline(document)
    assert document.startswith("<!doctype html>")
    assert ("html", {"lang": "en"}) in parsed.tags
    assert "<title>digits: batch size 128 &middot; Batchwright</title>" in document
    ids = [attrs["id"] for _, attrs in parsed.tags if "id" in attrs]
    assert len(ids) == len(set(ids)) > 6


def test_it_asks_nothing_of_the_network_and_runs_nothing(document):
    assert set(re.findall(r"https?://[^\s\"'<>)]+", document)) == {"http://www.w3.org/2000/svg"}
    tags = outline(document).tags
    for tag, attrs in tags:
        for name in ("src", "href", "srcset", "data"):
            assert attrs.get(name, "#").startswith(("#", "data:")), (tag, attrs)
    assert "@import" not in document
    assert "script" not in {tag for tag, _ in tags}
    assert "default-src 'none'" in document
    assert len(document.encode()) < 400_000


def test_the_answer_comes_before_every_figure(document, cases):
    assert f"<h1>{study_page(cases.study()).headline}</h1>" in document
    assert document.index("<h1>") < document.index("<table>") < document.index("<svg")


def test_every_figure_has_a_label_a_takeaway_and_a_table_that_can_be_opened(document):
    svgs = [attrs for tag, attrs in outline(document).tags if tag == "svg"]
    assert len(svgs) == 6
    assert all(attrs["role"] == "img" and len(attrs["aria-label"]) > 40 for attrs in svgs)
    for figure in re.findall(r"<figure.*?</figure>", document, flags=re.DOTALL):
        assert len(re.findall(r"<figcaption>[^<]{30,}</figcaption>", figure)) == 1
        assert figure.count("<details>") == figure.count("<table>") == 1


def test_every_table_has_a_caption_and_a_box_that_the_keyboard_reaches(document):
    assert document.count("<table>") == document.count("<caption>") > 6
    boxes = [attrs for _, attrs in outline(document).tags if attrs.get("class") == "scroll"]
    assert len(boxes) == document.count("<table>")
    for attrs in boxes:
        assert attrs["tabindex"] == "0"
        assert attrs["role"] == "region"
        assert len(attrs["aria-label"]) > 5


def test_names_are_escaped(cases):
    study = cases.study(task="<b>x")
    action = Action(command="study", subject="<b>x && <script>")
    document = page_html(study_page(study.model_copy(update={"action": action})))
    outline(document)
    assert "<b>" not in document
    assert "&lt;b&gt;x" in document
    assert "<script" not in document


def test_the_command_environment_and_spec_are_in_it(document):
    text = "".join(outline(document).text)
    for part in (
        "batchwright study digits --confirm-seeds 5",
        "2.13.0",
        '"momentum": 0.0',
        "204 runs executed",
    ):
        assert part in text


def test_an_inconclusive_page_says_what_to_run_beside_its_reasons_once(cases):
    document = page_html(study_page(cases.inconclusive(), cases.curves()))
    outline(document)
    head = document[: document.index("<table>")]
    command = "batchwright study digits --batch-sizes 512,1024,1437 --lr 0.5"
    assert 'class="badge inconclusive">Inconclusive<' in head
    assert command in head
    assert document.count(command) == 1
    assert "best guess: batch size" in head


def test_steps_of_a_settled_page_stand_where_the_page_puts_them():
    step = NextStep(action=Action(command="study", subject="digits"), why="to confirm")
    page = Page(
        title="t", eyebrow="e", blocks=[Sentence(text="A.", role="answer"), step], verdict="recommended"
    )
    document = page_html(page)
    assert "Run this next" in document
    assert document.index("to confirm") < document.index("batchwright study digits")


def test_marks_of_rows_are_told_in_words_too(document):
    rows = re.findall(r'<tr class="(best|member)">.*?</tr>', document)
    assert rows.count("best") >= 2
    (best,) = re.findall(r'<tr class="best">(?:(?!</tr>).)*<td class="left">best</td></tr>', document)
    assert "128" in best


def test_a_page_of_nothing_has_no_empty_parts():
    document = page_html(Page(title="t", eyebrow="e", blocks=[Sentence(text="Only this.", role="answer")]))
    outline(document)
    for part in ("<table", "<ul", "<h2", "<figure", "<section"):
        assert part not in document


def test_notes_go_to_their_places():
    page = Page(title="t", eyebrow="e", blocks=[
        Sentence(text="A.", role="answer"),
        Note(text="how to read", role="reading"),
        Sentence(text="A paragraph.", heading="Its heading"),
        Note(text="a caveat", role="caveat"),
        Table(columns=[Column(heading="h", values=[1], kind="count")], caption="c"),
    ])  # fmt: skip
    document = page_html(page)
    order = ["a caveat", "<h2>Its heading</h2>", "A paragraph.", "<table>", "How to read it", "how to read"]
    assert [document.index(words) for words in order] == sorted(document.index(words) for words in order)


def test_rendering_is_quick_and_repeatable(cases, document):
    start = time.process_time()
    assert page_html(study_page(cases.study(), cases.curves())) == document
    assert time.process_time() - start < 4.0


def test_write_page_makes_folders(cases, tmp_path):
    path = write_page(study_page(cases.empty()), tmp_path / "a" / "b" / "report.html")
    assert path.read_text(encoding="utf-8") == page_html(study_page(cases.empty()))


def test_a_path_that_cannot_be_written_is_one_line(cases, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="the report's path must be writable"):
        write_page(study_page(cases.empty()), tmp_path / "file" / "report.html")


# --- what the eye needs ---


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    """WCAG 2.1, 1.4.3."""
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def schemes(document):
    """The colours of the light page, of the dark one, and of print, by name."""
    light, dark, printed = (
        {
            name: f"#{v[1] * 2}{v[2] * 2}{v[3] * 2}" if len(v) == 4 else v
            for name, v in re.findall(r"--([\w-]+):(#\w+)", root)
        }
        for root in re.findall(r":root \{(.*?)\}", style_of(document), flags=re.DOTALL)
    )
    return {"light": light, "dark": dark, "print": printed}


def test_contrast_of_a_known_pair():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_words_stand_out_from_what_is_behind_them(document, scheme):
    colours = schemes(document)[scheme]
    pairs = [("ink", "page"), ("soft", "page"), ("ink", "panel"), ("soft", "panel"), ("good", "good-tint"),
             ("open", "open-tint"), ("ink", "good-tint"), ("soft", "good-tint")]  # fmt: skip
    for front, back in pairs:
        assert contrast(colours[front], colours[back]) >= 4.5, (front, back)


def test_figures_scale_and_are_never_cut(document):
    style = style_of(document)
    (rule,) = re.findall(r"figure svg \{(.*?)\}", style)
    assert "width:100%" in rule
    assert "min-width" not in rule
    assert all("viewBox" in svg and " width=" not in svg for svg in re.findall(r"<svg[^>]*>", document))


def test_print_sets_figures_two_a_row_and_leaves_the_folded_tables_out(document):
    printed = style_of(document).split("@media print")[1]
    assert ".figures { grid-template-columns:repeat(2" in printed
    assert "details { display:none }" in printed


def test_cells_of_a_table_of_sentences_carry_their_headings_for_narrow_screens():
    long = "A sentence that is far too long for a column of a table on a phone, so that its rows are stacked."
    told = Table(
        columns=[Column(heading="claim", values=[long]), Column(heading="verdict", values=["holds"])]
    )
    short = Table(
        columns=[Column(heading="claim", values=["x"]), Column(heading="verdict", values=["holds"])]
    )
    for table, labelled in ((told, True), (short, False)):
        document = page_html(Page(title="t", eyebrow="e", blocks=[Sentence(text="A.", role="answer"), table]))
        assert ('data-label="verdict"' in document) == labelled
