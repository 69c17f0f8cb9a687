"""The commands, made from the signatures of the front door: one rule for every option.

An argument is the option of its name with hyphens, its default the option's default, its help the option's
help; ``--json`` and ``--language`` are all that a command has beside them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from batchwright.app.signature import REQUIRED, Argument, arguments_of
from batchwright.app.verbs import verb
from batchwright.cli import output
from batchwright.cli.language import LanguageOption
from batchwright.cli.values import as_typed
from batchwright.cli.words import option_name
from batchwright.core.torchrun import refuse_ranks
from batchwright.study.signals import Interrupted, ending_signals

Present = Callable[[Callable[..., Any], dict[str, Any], bool], int]
_JSON = Annotated[
    bool, typer.Option("--json", help="One JSON document on stdout, nothing else.", rich_help_panel="Output")
]


def command(name: str, present: Present) -> Callable[..., int]:
    """The command of a verb, as typer takes it.

    Args:
        name: the verb's.
        present: calls the verb with its arguments and shows the answer; gets the verb, its arguments, and
            whether a JSON document is wanted; returns the exit code.
    """
    asked = verb(name)
    arguments = arguments_of(asked)

    def run(**given: Any) -> int:
        as_json, _ = given.pop("json"), given.pop("language")
        if name != "train":
            refuse_ranks(name)
        values = {a.name: _value(a, given[a.name]) for a in arguments if _is_given(a, given[a.name])}
        try:
            with ending_signals():
                return present(asked, values, as_json)
        except Interrupted as stop:
            return output.interrupted(name, stop.exit_code)

    parameters = [_parameter(argument) for argument in arguments]
    for own, default, kind in (("json", False, _JSON), ("language", None, LanguageOption)):
        parameters.append(
            inspect.Parameter(own, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        )
    run.__name__ = name
    run.__doc__ = (asked.__doc__ or "").partition("\n")[0]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {p.name: p.annotation for p in parameters}
    return run


def options_of(name: str) -> dict[str, Argument]:
    """The options of a command, by name."""
    return {option_name(a.name): a for a in arguments_of(verb(name)) if not a.positional}


def _parameter(argument: Argument) -> inspect.Parameter:
    kind, _ = as_typed(argument.kind)
    option, metavar = argument.option, argument.option.metavar or None
    if argument.positional:
        spec: Any = typer.Argument(metavar=metavar, help=option.help)
        default = argument.default
    else:
        names = [_declared(argument), *filter(None, [option.short])]
        spec = typer.Option(*names, metavar=metavar, help=option.help, rich_help_panel=option.panel or None)
        default = _shown_default(argument.default)
        kind = kind if default is not None else kind | None
    return inspect.Parameter(
        argument.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, spec]
    )


def _declared(argument: Argument) -> str:
    """``--steps``, ``--sharpness/--no-sharpness`` for what is on by default, ``--plane/--line``."""
    name = option_name(argument.name)
    if argument.option.off:
        return f"{name}/{argument.option.off}"
    return f"{name}/--no-{name[2:]}" if argument.default is True else name


def _shown_default(default: Any) -> Any:
    """A default as it would be typed."""
    if isinstance(default, (list, tuple)):
        return [",".join(map(str, default))]
    return None if default is None else str(default) if isinstance(default, str) else default


def _is_given(argument: Argument, value: Any) -> bool:
    """Whether something else than the default was typed."""
    if argument.default is REQUIRED:
        return True
    return value is not None and value != _shown_default(argument.default) and value != []


def _value(argument: Argument, value: Any) -> Any:
    return as_typed(argument.kind)[1](value, argument.name)
