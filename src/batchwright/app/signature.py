"""One signature for Python and for the command line: every argument and its help are written once.

    @front_door
    def noise(task: Any, *, draws: Annotated[int, Option("Batches drawn at every size.")] = 64,
              machine: MachineOptions, asked: Asked) -> Answer: ...

An argument says what it is by ``Annotated[type, Option(...)]``. A parameter annotated with an
:class:`OptionGroup` stands for that group's fields: the public function takes each of them by keyword, and
the body gets the group. ``cli.commands`` makes the command of the same name from :func:`arguments_of`.
"""

from __future__ import annotations

import functools
import inspect
import numbers
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from batchwright.app.checks import check_kind, did_you_mean, input_errors

if TYPE_CHECKING:
    from batchwright.core.action import Action

Verb = TypeVar("Verb", bound=Callable[..., Any])
REQUIRED = inspect.Parameter.empty
_WIDTH = 96


@dataclass(frozen=True)
class Option:
    """What is said of an argument beside its name, type and default.

    Attributes:
        help: one phrase.
        panel: heading under which help lists it.
        metavar: how its value is written, where the type does not say it.
        short: a second, short name on the command line, such as ``-o``.
        off: the name of a flag's opposite on the command line, where it is not ``--no-...``.
    """

    help: str
    panel: str = ""
    metavar: str = ""
    short: str = ""
    off: str = ""


class OptionGroup:
    """Base of frozen dataclasses whose fields are arguments that several verbs share."""


@dataclass(frozen=True)
class Argument:
    """One argument of a verb; a default of ``REQUIRED`` has to be given."""

    name: str
    kind: Any
    default: Any
    option: Option
    positional: bool = False


@dataclass(frozen=True)
class Asked:
    """The question as it was asked: the verb, and the arguments that differ from their defaults."""

    command: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def action(self, subject: str | None) -> Action:
        """The same as data: what only lives in this process (a model, a callable) is left out."""
        from batchwright.core.action import Action
        from batchwright.study.stores.address import masked

        given = {name: value for name, value in self.arguments.items() if name != "progress"}
        kept = {name: plain for name, value in given.items() if (plain := _plain(value)) is not None}
        if isinstance(kept.get("store"), str):  # it is printed, and stored for others to read
            kept["store"] = masked(kept["store"])
        return Action(command=self.command, subject=subject, arguments=kept)


def front_door(body: Verb) -> Verb:
    """The public function of ``body``: groups expanded into its signature and its docstring.

    Wrong arguments raise TypeError as for any function, with the nearest name; values of another type, and
    values that a spec refuses, raise InputError in one line that names the argument.
    """
    parts = dict(_parts(body))
    arguments = tuple(_flat(parts))
    defaults = {a.name: a.default for a in arguments if a.default is not REQUIRED}
    signature = _signature(arguments, inspect.signature(body).return_annotation)

    @functools.wraps(body)
    def verb(*args: Any, **keywords: Any) -> Any:
        try:
            given = signature.bind(*args, **keywords).arguments
        except TypeError as error:
            hint = did_you_mean(keywords, signature.parameters)
            raise TypeError(f"{body.__name__}() {error}{hint}") from None
        for argument in arguments:
            if argument.name in given:
                check_kind(argument.name, argument.kind, given[argument.name], argument.default)
        changed = {n: v for n, v in given.items() if n not in defaults or v is not defaults[n]}
        asked = Asked(body.__name__, {n: v for n, v in changed.items() if n in defaults})
        with input_errors():
            return body(**_parcelled(parts, {**defaults, **given}, asked))

    verb.__signature__ = signature  # type: ignore[attr-defined]
    verb.__arguments__ = arguments  # type: ignore[attr-defined]
    verb.__annotations__ = {a.name: a.kind for a in arguments}
    verb.__doc__ = _documented(body, arguments)
    return verb  # type: ignore[return-value]


def arguments_of(verb: Callable[..., Any]) -> tuple[Argument, ...]:
    """The arguments of a front-door function, in order."""
    return tuple(verb.__arguments__)  # type: ignore[attr-defined]


# --- from the body's parameters to arguments ---


def _parts(body: Callable[..., Any]) -> Iterator[tuple[str, Argument | type]]:
    """Each parameter of the body: an argument, a group's class, or ``Asked``."""
    for parameter in inspect.signature(body).parameters.values():
        annotation = parameter.annotation
        if isinstance(annotation, str):
            annotation = eval(annotation, body.__globals__)
        if isinstance(annotation, type) and issubclass(annotation, (OptionGroup, Asked)):
            yield parameter.name, annotation
        else:
            positional = parameter.kind is not parameter.KEYWORD_ONLY
            yield parameter.name, _argument(parameter.name, annotation, parameter.default, positional)


def _argument(name: str, annotation: Any, default: Any, positional: bool = False) -> Argument:
    if get_origin(annotation) is not Annotated:
        raise TypeError(f"argument {name!r} must be Annotated[type, Option(...)], got {annotation!r}")
    kind, option, *_ = get_args(annotation)
    return Argument(name, kind, default, option, positional)


def _group(cls: type) -> list[Argument]:
    hints = get_type_hints(cls, include_extras=True)
    return [_argument(name, hints[name], f.default) for name, f in cls.__dataclass_fields__.items()]  # type: ignore[attr-defined]


def _flat(parts: Mapping[str, Argument | type]) -> Iterator[Argument]:
    for part in parts.values():
        if isinstance(part, Argument):
            yield part
        elif issubclass(part, OptionGroup):
            yield from _group(part)


def _parcelled(parts: Mapping[str, Argument | type], values: dict[str, Any], asked: Asked) -> dict[str, Any]:
    """The body's own arguments from the public ones."""
    parcelled: dict[str, Any] = {}
    for name, part in parts.items():
        if isinstance(part, Argument):
            parcelled[name] = values[name]
        elif issubclass(part, Asked):
            parcelled[name] = asked
        else:
            parcelled[name] = part(**{a.name: values[a.name] for a in _group(part)})
    return parcelled


# --- how it reads ---


def _signature(arguments: tuple[Argument, ...], returns: Any) -> inspect.Signature:
    parameters = []
    for a in arguments:
        place = inspect.Parameter.POSITIONAL_OR_KEYWORD if a.positional else inspect.Parameter.KEYWORD_ONLY
        annotation = inspect.Parameter.empty if a.kind is Any else a.kind
        parameters.append(inspect.Parameter(a.name, place, default=a.default, annotation=annotation))
    return inspect.Signature(parameters, return_annotation=returns)


def _documented(body: Callable[..., Any], arguments: tuple[Argument, ...]) -> str:
    """The body's docstring, and every argument under its panel's heading."""
    panels: dict[str, list[str]] = {}
    for a in arguments:
        text = a.option.help if a.default in (None, REQUIRED) else f"{a.option.help} [{a.default!r}]"
        shown = textwrap.wrap(
            text, _WIDTH, initial_indent=f"    {a.name}: ", subsequent_indent=" " * 8, break_on_hyphens=False
        )
        panels.setdefault(a.option.panel or "Arguments", []).extend(shown)
    listed = [f"{panel}:\n" + "\n".join(lines) for panel, lines in panels.items()]
    return "\n\n".join([inspect.getdoc(body) or "", *listed])


def _plain(value: Any) -> Any:
    """A value as JSON has it; None for what is none."""
    if isinstance(value, Mapping):
        return {str(k): plain for k, v in value.items() if (plain := _plain(v)) is not None}
    if isinstance(value, (list, tuple, range)):
        return [_plain(v) for v in value]
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, (numbers.Integral, numbers.Real)):
        return int(value) if isinstance(value, numbers.Integral) else float(value)
    return str(value) if hasattr(value, "__fspath__") else None
