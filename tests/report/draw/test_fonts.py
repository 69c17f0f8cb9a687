"""Words that no installed font has: said once, and never in matplotlib's own many warnings."""

import warnings

import pytest
from matplotlib.figure import Figure

from batchwright.report.draw import fonts
from batchwright.report.draw.files import save_figure, to_svg


@pytest.fixture(autouse=True)
def _nothing_was_said(monkeypatch):
    monkeypatch.setattr(fonts, "_said", [])


def titled(words):
    figure = Figure(figsize=(3, 2))
    figure.subplots().set_title(words)
    return figure


@pytest.fixture
def no_wide_font(monkeypatch):
    monkeypatch.setattr(fonts, "_installed", lambda: ())


@pytest.mark.usefixtures("no_wide_font")
def test_missing_characters_are_said_once(tmp_path):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        save_figure(titled("数字 digits"), tmp_path / "a.png")
        save_figure(titled("digits 数字"), tmp_path / "b.svg")
        save_figure(titled("其他 words"), tmp_path / "c.pdf")
    assert [str(w.message) for w in said] == [
        "no installed font has the characters 字数: figures show boxes instead; install one that does, such as "
        "fonts-noto-cjk, or save figures as .svg"
    ]


@pytest.mark.usefixtures("no_wide_font")
def test_words_that_stay_text_need_no_font_here(tmp_path):
    """SVG holds letters, not outlines: whoever shows it draws them."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(titled("数字"), tmp_path / "a.svg")
        assert "数字" in to_svg(titled("数字"), name="x")
    assert "数字" in (tmp_path / "a.svg").read_text("utf-8")


@pytest.mark.usefixtures("no_wide_font")
def test_our_own_words_and_marks_need_no_other_font(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_figure(titled("● median, · runs — fit ┄ perfect ■ □ ○ △ × … 90% µs λ √B ≤"), tmp_path / "a.png")


def test_an_installed_font_that_has_them_is_used(monkeypatch, tmp_path):
    # Any installed font can play the part: what counts is that it is asked and put behind our own.
    monkeypatch.setattr(fonts, "_installed", lambda: ("A Wide Font",))
    monkeypatch.setattr(
        fonts,
        "_characters",
        lambda family: frozenset(map(ord, "数字")) if family == "A Wide Font" else frozenset(range(128)),
    )
    assert fonts.lacking_characters("数字 abc") == ""
    assert fonts.lacking_characters("数字語") == "語"
    monkeypatch.setattr("matplotlib.rc_context", lambda settings: _Recorded(settings))
    with fonts.drawing(titled("数字"), {}):
        pass
    assert _Recorded.settings["font.sans-serif"] == [fonts.OWN, "A Wide Font"]


class _Recorded:
    settings = None

    def __init__(self, settings):
        _Recorded.settings = settings

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


def test_a_figure_that_others_draw_names_its_fonts(monkeypatch):
    """A notebook draws by its own settings: the fonts stand in the figure itself."""
    from batchwright.report.draw.files import drawn
    from batchwright.report.page import Figure as Picture
    from batchwright.report.text.language import current_language

    monkeypatch.setattr(fonts, "_installed", lambda: ("A Wide Font",))
    monkeypatch.setattr(fonts, "lacking_characters", lambda words: "")
    picture = Picture(name="a", title="", takeaway="", draw=lambda: titled(f"数字 {current_language()}"))
    title = drawn(picture, "zh").axes[0].title
    assert title.get_text() == "数字 zh"
    assert title.get_fontfamily() == [fonts.OWN, "A Wide Font"]
    plain = Picture(name="a", title="", takeaway="", draw=lambda: titled("digits"))
    assert drawn(plain, "en").axes[0].title.get_fontfamily() == ["sans-serif"]


def test_a_key_is_measured_without_a_font_that_has_its_words():
    from batchwright.report.draw.axes import Entry, placed_key

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        placed, lines = placed_key([Entry("", "有放回", "black"), Entry("", "无放回", "black")], 60.0, 10.0)
    assert [(words, x, line) for words, _, x, line in placed] == [("有放回", 0.0, 0), ("无放回", 0.0, 1)]
    assert lines == 2
