"""Help in other languages: every phrase has its words, none is left over, and no line is cut."""

import importlib

import pytest
from rich.cells import cell_len
from typer.main import get_command

from batchwright.cli.help import breakable
from batchwright.cli.main import app
from batchwright.report.text.language import ENGLISH, LANGUAGES

OTHERS = sorted(set(LANGUAGES) - {ENGLISH})


def phrases(command):
    """What a command's help shows in English, with the headings that options stand under."""
    yield command.help
    own = command.get_help_option(command.context_class(command, **command.context_settings))
    for parameter in (*command.params, own):
        yield parameter.help
        if getattr(parameter, "rich_help_panel", None):
            yield parameter.rich_help_panel
    for subcommand in getattr(command, "commands", {}).values():
        yield from phrases(subcommand)


@pytest.mark.parametrize("language", OTHERS)
def test_every_phrase_has_its_words_and_none_is_left_over(language):
    words = importlib.import_module(f"batchwright.cli.help.{language}").HELP
    english = {"Commands", "Arguments", "Options", *phrases(get_command(app))}
    assert sorted(english - words.keys()) == []
    assert sorted(words.keys() - english) == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_phrase_has_a_word_that_a_narrow_column_would_cut(language):
    for phrase in importlib.import_module(f"batchwright.cli.help.{language}").HELP.values():
        for word in breakable(phrase, 26).split():
            assert cell_len(word) <= 26 or word.isascii(), phrase


def test_it_is_shown_whole(cli):
    shown = cli("surface", "--help", "--language", "zh").out
    assert "用两个批大小分别训练再插" in shown
    assert "显示此帮助后退出。" in shown
    assert "[default: 25]" in shown
    assert "Points a side" not in shown
    assert "Points a side" in cli("surface", "--help").out
    assert "找出最快达到目标的批大小和学习率" in cli("--language", "zh", "--help").out
