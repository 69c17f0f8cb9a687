"""Every language has the sentences of the English catalogue, with the same placeholders, in its own words."""

import pkgutil
import re
from string import Formatter

import pytest

import batchwright.report.text as package
from batchwright.report.text import language
from batchwright.report.text.catalogue import chained, listed, own_templates, spoken_name, text
from batchwright.report.text.language import speaking
from batchwright.report.text.typesetting import two_cells

LANGUAGES = sorted(set(language.LANGUAGES) - {language.ENGLISH})
ENGLISH = own_templates("en")

NAMES = {
    "compare.method.sgd", "noise.variance", "study.sharpness.keskar", "surface.column.alpha",
    "surface.column.beta", "lesson.choice.lamb", "lesson.choice.lars", "lesson.choice.sgd",
    "lesson.rprop.method.rmsprop", "lesson.rprop.method.rprop", "lesson.noisy_escape.line.lr",
}  # fmt: skip
"""Names and signs of two letters or more that are the same in any language."""


@pytest.fixture
def chinese():
    with speaking("zh"):
        yield


def fields(template):
    """Names, formats and conversions of a template's placeholders, in alphabetical order."""
    found = [(name, spec, how) for _, name, spec, how in Formatter().parse(template) if name is not None]
    return sorted(set(found), key=str)


def literals(template):
    """A template without its placeholders."""
    return "".join(literal for literal, *_ in Formatter().parse(template))


def test_simplified_chinese_is_there():
    assert "zh" in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_key_is_missing_and_none_is_surplus(language):
    own = own_templates(language).keys()
    assert sorted(key for key in ENGLISH.keys() - own if not key.endswith(".one")) == []
    assert sorted(own - ENGLISH.keys()) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_key_stands_in_the_module_of_its_english_one(language):
    def modules(name):
        found = pkgutil.iter_modules([f"{next(iter(package.__path__))}/{name}"])
        return {m.name for m in found}

    assert modules(language) == modules("en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_are_the_same_with_the_same_formats(language):
    own = own_templates(language)
    different = {
        key: (fields(ENGLISH[key]), fields(template))
        for key, template in own.items()
        if fields(template) != fields(ENGLISH[key])
    }
    assert different == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language):
    left = [
        key
        for key, template in own_templates(language).items()
        if template == ENGLISH[key] and re.search("[A-Za-z]{2}", literals(template))
    ]
    assert sorted(set(left) - NAMES) == []
    assert [key for key in NAMES if own_templates(language)[key] != ENGLISH[key]] == []


@pytest.mark.parametrize("key", sorted(own_templates("zh")))
def test_chinese_is_set_as_chinese(key):
    template = own_templates("zh")[key]
    assert not re.search("[一-鿿],|,[一-鿿]", template), "a half-width comma"
    assert not re.search("[一-鿿][;:?!]|[;:?!] ?[一-鿿]", literals_apart(template)), "half-width punctuation"
    assert not re.search(r"\([^()]*[一-鿿][^()]*\)", template), "ASCII parentheses around Chinese"
    assert not re.search("[一-鿿][A-Za-z0-9]|[A-Za-z0-9][一-鿿]", literals_apart(template)), "no space"
    assert not re.search("[，。；：、（）] | [，。；：、（）]", template), (
        "a space beside full-width punctuation"
    )


def literals_apart(template):
    """A template with a sign that is no letter in the place of each placeholder."""
    return re.sub(r"\{[^{}]*\}", "◇", template)


def test_chinese_needs_no_plural():
    assert [key for key in own_templates("zh") if key.endswith(".one")] == []
    assert "批大小 8 介于" in chinese_text("study.holes_in_set", count=1, batch_sizes=[8])


def chinese_text(key, **values):
    with speaking("zh"):
        return text(key, **values)


@pytest.mark.usefixtures("chinese")
def test_pieces_are_joined_as_chinese_is_written():
    assert listed([1, 2, 65536]) == "1、2 和 65,536"
    assert listed(["损失", "准确率"]) == "损失和准确率"
    assert listed(range(5), most=2) == "0、1，另有 3 个"
    assert chained("common.clauses", ["a 为 1", "b 为 2"]) == "a 为 1，b 为 2"
    assert chained("common.sentences", ["它成立。", "仅此而已。"]) == "它成立。仅此而已。"
    assert spoken_name("split", "validation") + spoken_name("metric", "accuracy") == "验证准确率"


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize(
    ("metric", "said"), [("accuracy", "验证准确率 0.9"), ("F1", "验证 F1 0.9"), ("召回率", "验证召回率 0.9")]
)
def test_a_placeholder_may_be_filled_with_either_script(metric, said):
    assert text("study.target", split="validation", metric=metric, value=0.9) == said


def test_a_value_is_changed_nowhere_but_at_its_seams():
    path = "/home/李/结果2 最终/a b.html"
    assert chinese_text("page.report", path=path) == f"报告：{path}"
    assert text("page.report", path=path) == f"Report: {path}"


def test_characters_of_two_cells_are_told_from_others():
    assert [two_cells(c) for c in "批，（a1%–"] == [True, True, True, False, False, False, False]
