"""Options of a task builder: ``hidden=256`` arrives as text and becomes what the builder declares."""

from __future__ import annotations

import inspect
import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union

from batchwright.core.errors import InputError, one_line, shown, unknown_name

_WORDS = {
    "true": True, "yes": True, "on": True, "1": True,
    "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip
_KINDS = {int: "an integer", float: "a finite number", bool: "true or false", str: "text", type(None): "none"}
_PLURALS = {int: "integers", float: "numbers", str: "words"}
_BY_KEYWORD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def coerce_options(function: Callable[..., Any], options: Mapping[str, Any], owner: str) -> dict[str, Any]:
    """The options as ``function`` declares them: text becomes int, float, bool, a list of int, ...

    The type is the parameter's annotation, else that of its default. ``data_dir`` is no option: it
    has its own flag.

    Args:
        function: the builder.
        options: option name -> value, text or already of the right type.
        owner: what to call the builder in messages.

    Raises:
        InputError: an option that does not exist, is missing, or has a value of the wrong type.

    >>> def build(*, hidden: int | list[int] = 64, noise: float = 0.1): ...
    >>> coerce_options(build, {"hidden": "64,32", "noise": "1"}, "build")
    {'hidden': [64, 32], 'noise': 1.0}
    """
    parameters = {n: p for n, p in builder_parameters(function).items() if n != "data_dir"}
    known = [n for n, p in parameters.items() if p.kind in _BY_KEYWORD]
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    for name in known:
        if parameters[name].default is inspect.Parameter.empty and name not in options:
            raise InputError(f"{owner} needs the option {name!r}: give it, as {name}=VALUE")
    hints = _type_hints(function)
    result: dict[str, Any] = {}
    for name, value in options.items():
        if name in known:
            kind = hints.get(name, _type_of_default(parameters[name]))
            result[name] = _coerce(kind, value, f"{owner} option {name!r}")
        elif takes_any:
            result[name] = value
        elif known:
            raise unknown_name(f"{owner} option", name, known)
        else:
            raise InputError(f"{owner} takes no options, got {shown(name)}")
    return result


def builder_parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The parameters of a builder by name.

    Raises:
        InputError: it is none that a task can be had from, such as a type of the interpreter's.
    """
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError) as error:
        raise InputError(
            f"a task must come from a function with known parameters ({one_line(error)})"
        ) from None


def require_at_least(name: str, value: float, least: float) -> None:
    """Refuse an option below its smallest value, or one that is not finite.

    Raises:
        InputError: with the rule and the value.
    """
    if not least <= value < float("inf"):
        raise InputError(f"{name} must be at least {least}, got {value}")


def _type_hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function)
    except (NameError, TypeError, AttributeError):
        # Annotations that only a type checker can resolve (imports under TYPE_CHECKING) say nothing here.
        return {}


def _type_of_default(parameter: inspect.Parameter) -> Any:
    kind = type(parameter.default)
    return kind if kind in (int, float, bool, str) else Any


def _coerce(kind: Any, value: Any, what: str) -> Any:
    choices = typing.get_args(kind) if typing.get_origin(kind) is Literal else ()
    if choices and all(isinstance(choice, str) for choice in choices) and value not in choices:
        raise unknown_name(what, str(value), choices)
    try:
        return _convert(kind, value)
    except ValueError:
        raise InputError(f"{what} must be {_describe(kind)}, got {shown(value)}") from None


def _convert(kind: Any, value: Any) -> Any:
    """``value`` as ``kind``; ValueError where it is not one."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _convert_union(arguments, value)
    if origin is Literal:
        return _lookup({str(choice): choice for choice in arguments}, str(value))
    if origin in (list, tuple, Sequence):
        return _convert_list(origin, arguments, value)
    if kind is bool:
        return value if isinstance(value, bool) else _lookup(_WORDS, str(value).lower())
    if kind is type(None):
        return _lookup({"none": None, "": None}, "none" if value is None else str(value).lower())
    if kind in (int, float):
        if isinstance(value, bool) or not isinstance(value, (str, int) if kind is int else (str, int, float)):
            raise ValueError(value)
        number = kind(value)
        if kind is float and not math.isfinite(number):
            raise ValueError(value)
        return number
    if kind is str:
        return str(value)
    if kind is Path:
        return Path(value)
    return value


def _convert_union(kinds: Sequence[Any], value: Any) -> Any:
    # Text accepts anything, so it is tried last; a value that already has one of the types stays.
    for kind in sorted(kinds, key=lambda k: k is str):
        if isinstance(kind, type) and type(value) is kind:
            return value
        try:
            return _convert(kind, value)
        except ValueError:
            continue
    raise ValueError(value)


def _convert_list(origin: Any, arguments: tuple[Any, ...], value: Any) -> Any:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, (list, tuple)):
        raise ValueError(value)
    item = arguments[0] if arguments else Any
    items = [_convert(item, part.strip() if isinstance(part, str) else part) for part in parts]
    if origin is tuple and arguments and arguments[-1] is not Ellipsis and len(items) != len(arguments):
        raise ValueError(value)
    return tuple(items) if origin is tuple else items


def _lookup(table: Mapping[str, Any], key: str) -> Any:
    if key not in table:
        raise ValueError(key)
    return table[key]


def _describe(kind: Any) -> str:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return " or ".join(_describe(argument) for argument in arguments)
    if origin is Literal:
        return "one of " + ", ".join(str(choice) for choice in arguments)
    if origin in (list, tuple, Sequence):
        items = _PLURALS.get(arguments[0], "values") if arguments else "values"
        count = f"{len(arguments)} " if origin is tuple and arguments[-1] is not Ellipsis else ""
        return f"{count}comma-separated {items}" if count else f"a comma-separated list of {items}"
    return _KINDS.get(kind, getattr(kind, "__name__", str(kind)))
