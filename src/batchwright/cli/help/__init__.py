"""What ``--help`` says, in the reader's language: the phrases of the signatures, looked up when they are shown."""

# ruff: noqa: RUF001 -- Chinese punctuation is where lines may end

from __future__ import annotations

import importlib
import re
from typing import Any

from batchwright.report.render.wrapping import wrapped
from batchwright.report.text.language import ENGLISH, current_language

_COMMANDS, _OPTIONS = 60, 26
"""Cells that the columns of phrases hold at least, on a terminal of eighty."""
_PANELS = {"argument": "Arguments", "option": "Options"}
"""Headings that the parser gives to what has none of its own."""


def help_in_language(command: Any) -> Any:
    """The parser's command, and its subcommands, with their help in the language in force."""
    language = current_language()
    if language != ENGLISH:
        _translate(command, importlib.import_module(f"{__package__}.{language}").HELP)
    return command


def _translate(command: Any, words: dict[str, str]) -> None:
    command.help = breakable(words.get(command.help, command.help or ""), _COMMANDS)
    for subcommand in getattr(command, "commands", {}).values():
        subcommand.rich_help_panel = words["Commands"]
        _translate(subcommand, words)
    # The parser makes its own option once a command, when it is first asked for it.
    own = command.get_help_option(command.context_class(command, **command.context_settings))
    for parameter in (*command.params, own):
        parameter.help = breakable(words.get(parameter.help, parameter.help), _OPTIONS)
        panel = getattr(parameter, "rich_help_panel", None) or _PANELS[parameter.param_type_name]
        parameter.rich_help_panel = words.get(panel, panel)


def breakable(phrase: str, cells: int) -> str:
    """A phrase with spaces where a line may end: what shows help knows no other place, and cuts longer words.

    >>> breakable("用两个批大小分别训练再插值；三个批大小张成平面。", 26)
    '用两个批大小分别训练再插 值； 三个批大小张成平面。'
    """
    clauses = re.split(r"(?<=[，。；：、）])(?=[^，。；：、）\s])|(?<=[^\s（])(?=（)", phrase)
    return " ".join(" ".join(wrapped(clause, cells)) for clause in clauses)
