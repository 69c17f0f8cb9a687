"""Figures: what is drawn, in which files, and the inline SVG."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from matplotlib.colors import to_hex
from matplotlib.text import Text

from batchwright.core.errors import InputError
from batchwright.report.draw import grids, palette, series
from batchwright.report.draw.cost import draw_cost
from batchwright.report.draw.files import save_figure, to_svg
from batchwright.report.draw.learning_rates import draw_learning_rates
from batchwright.report.draw.ticks import log_ticks
from batchwright.report.page import Figure
from batchwright.report.pages.study import study_page


def draw_all(study, curves=()):
    """Every figure of a study's page, by name."""
    return {figure.name: figure.draw() for figure in study_page(study, curves).all(Figure)}


@pytest.fixture(scope="module")
def drawn(cases):
    return draw_all(cases.study(), cases.curves())


def test_the_objective_comes_first(cases, drawn):
    assert list(drawn) == ["seconds", "steps", "examples", "learning-rates", "timing", "loss"]
    study = cases.study()
    by_examples = study.model_copy(
        update={"recommendation": study.recommendation.model_copy(update={"objective": "examples"})}
    )
    assert next(iter(draw_all(by_examples))) == "examples"


def test_what_has_no_data_is_not_drawn(cases):
    assert list(draw_all(cases.study(timed=False))) == ["steps", "examples", "learning-rates"]
    assert draw_all(cases.empty()) == {}


@pytest.mark.parametrize(("suffix", "start"), [(".svg", b"<?xml"), (".png", b"\x89PNG"), (".pdf", b"%PDF")])
def test_every_figure_saves_in_every_format(drawn, tmp_path, suffix, start):
    for name, figure in drawn.items():
        path = save_figure(figure, tmp_path / f"{name}{suffix}")
        assert path.read_bytes().startswith(start)
        assert path.stat().st_size > 2000


def test_another_suffix_is_refused(drawn, tmp_path):
    with pytest.raises(InputError, match=r"must be one of \.svg, \.png, \.pdf, got 'steps\.jpg'"):
        save_figure(drawn["steps"], tmp_path / "steps.jpg")


def test_inline_svg_takes_the_colours_of_the_page(drawn):
    text = to_svg(drawn["steps"], name="steps", label='fit & "band"')
    root = ElementTree.fromstring(text)
    assert root.get("aria-label") == 'fit & "band"'
    assert "currentColor" in text
    assert "var(--page" in text
    assert not re.search(r"#010203|#fdfefd|#000000|fill: black|<style|<metadata", text)
    words = {"".join(e.itertext()).strip() for e in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"1", "512", "1437", "steps to target", "batch size", "critical batch 61"} <= words


def test_ids_are_referenced_and_belong_to_one_drawing(drawn):
    ids = []
    for name, figure in drawn.items():
        text = to_svg(figure, name=name)
        own = re.findall(r' id="([^"]*)"', text)
        assert set(own) == set(re.findall(r'(?:url\(#|href="#)([^)"]*)', text))
        ids += own
    assert len(ids) == len(set(ids)) > 6


def test_the_same_study_gives_the_same_drawing(cases):
    first, second = (to_svg(draw_all(cases.study())["learning-rates"], name="map") for _ in range(2))
    assert first == second


def test_every_run_and_median_is_a_mark(cases):
    cost = series.steps_series(cases.study())
    axes = draw_cost(cost).axes[0]
    counts = sorted(len(c.get_offsets()) for c in axes.collections if hasattr(c, "get_sizes"))
    # 57 runs, 3 censored, none failed, 10 medians and the chosen one; the band has one collection of its own.
    assert counts[-1] == 57
    assert {1, 3, 10} <= set(counts)


def test_one_batch_size_and_one_run_can_be_drawn(cases):
    study = cases.study(fitted=False)
    single = study.model_copy(update={"batch_sizes": study.batch_sizes[3:4], "trials": study.trials[:1]})
    assert set(draw_all(single)) == {"seconds", "steps", "examples", "learning-rates", "timing"}


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [(0.9, 1500, [1, 10, 100, 1000]), (20, 400, [30, 100, 300]), (2, 7, [2, 3, 4, 5, 6])],
)
def test_log_ticks(low, high, ticks):
    assert log_ticks(low, high) == pytest.approx(ticks)


def test_importing_the_package_does_not_import_matplotlib():
    code = "import sys, batchwright.report; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- colours ---


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("page", ["#ffffff", "#14171b"])
def test_marks_stand_out_from_a_light_and_from_a_dark_page(page):
    for colour in (
        palette.RUN,
        palette.FIT,
        palette.SET,
        palette.MISSED,
        palette.QUIET,
        *palette.colour_ramp(12),
    ):
        assert contrast(colour, page) >= 3.0, colour


def test_words_are_in_ink_and_only_marks_in_colour(drawn):
    for name, figure in drawn.items():
        for text in figure.findobj(Text):
            if re.search(r"[A-Za-z0-9]", text.get_text()) and text.get_visible():
                assert text.get_color() == palette.INK, (name, text.get_text())


def test_words_on_the_map_can_be_read_in_both_schemes(cases):
    rates = grids.learning_rate_map(cases.study())
    for ink, page in (("#1b1f24", "#ffffff"), ("#e4e7eb", "#14171b")):
        for patch in draw_learning_rates(rates).axes[0].patches:
            if patch.get_fill():
                *face, alpha = patch.get_facecolor()
                behind = [int(page[i : i + 2], 16) / 255 for i in (1, 3, 5)]
                mixed = [alpha * f + (1 - alpha) * b for f, b in zip(face, behind, strict=True)]
                colour = "#" + "".join(f"{round(255 * v):02x}" for v in mixed)
                assert contrast(ink, colour) >= 4.5, (page, alpha)


def test_untrained_batch_sizes_do_not_look_measured(cases):
    cost = series.steps_series(cases.advice())
    assert [m.inferred for m in cost.medians].count(False) == 2
    axes = draw_cost(cost).axes[0]
    hollow = [c for c in axes.collections if len(c.get_offsets()) == 9]
    assert to_hex(hollow[0].get_facecolor()[0]) == palette.PAGE
    assert {"○", "inferred"} <= {t.get_text() for t in axes.texts}
