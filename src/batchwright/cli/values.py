"""How the command line writes an argument's value, by its type alone."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Union, get_args, get_origin

from batchwright.core.errors import InputError, shown

Parsed = Callable[[Any, str], Any]


def as_typed(kind: Any) -> tuple[Any, Parsed]:
    """The type that the parser of options sees, and how its value becomes the argument's.

    Numbers and texts stand for themselves, True is a flag, several numbers are ``4,8``, names too, a mapping
    is a repeated ``NAME=VALUE``. Of a union the first rule below that all its types allow decides.
    """
    options = {get_origin(k) if get_origin(k) in (Mapping, tuple) else k for k in _options(kind)}
    for wanted, seen, parse in _RULES:
        if wanted <= options:
            return seen, parse
    return str, _as_it_is


def _options(kind: Any) -> tuple[Any, ...]:
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def whole_numbers(text: str, name: str) -> list[int]:
    """Whole numbers separated by commas.

    >>> whole_numbers("1,2, 32", "batch_sizes")
    [1, 2, 32]
    """
    return _numbers(text, name, int, r"\s*[+-]?\d{1,20}\s*", "whole numbers")


def numbers(text: str, name: str) -> list[float]:
    """Numbers separated by commas.

    >>> numbers("0.1,1e-3", "lr")
    [0.1, 0.001]
    """
    return _numbers(text, name, float, r"\s*[+-]?[\d.a-zA-Z+-]{1,40}\s*", "numbers")


def _numbers(text: str, name: str, number: Callable[[str], Any], form: str, what: str) -> list[Any]:
    parts = text.split(",")
    try:
        if not all(re.fullmatch(form, part, re.ASCII) for part in parts):
            raise ValueError
        return [number(part) for part in parts]
    except ValueError:
        raise InputError(f"{name} must be {what} separated by commas, got {shown(text)}") from None


def one_or_several(text: str, name: str) -> float | list[float]:
    """A number, or several separated by commas."""
    found = numbers(text, name)
    return found[0] if len(found) == 1 else found


def one_or_several_whole(text: str, name: str) -> int | list[int]:
    """A whole number, or several separated by commas."""
    found = whole_numbers(text, name)
    return found[0] if len(found) == 1 else found


def names(items: Iterable[str], name: str) -> list[str]:
    """Names, separated by commas or given by repeating the option.

    >>> names(["gd,sgd", "minibatch"], "methods")
    ['gd', 'sgd', 'minibatch']
    """
    return [part.strip() for item in items for part in item.split(",")]


def pairs(items: Iterable[str], name: str) -> dict[str, str]:
    """``["a=1", "b=2"]`` as a mapping.

    Raises:
        InputError: an item without ``=``.
    """
    result = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            raise InputError(f"{name} must be NAME=VALUE, got {shown(item)}")
        result[key.strip()] = value.strip()
    return result


def whole_number_or_word(text: str, name: str) -> int | str:
    """``512`` as a number, ``all`` as it is."""
    return int(text) if re.fullmatch(r"\d{1,18}", text, re.ASCII) else text


def _as_it_is(value: Any, name: str) -> Any:
    return value


_RULES: list[tuple[set[Any], Any, Parsed]] = [
    ({bool}, bool, _as_it_is),
    ({Mapping}, list[str], pairs),
    ({tuple}, tuple[str, str], _as_it_is),
    ({Any, Sequence[str]}, list[str], _as_it_is),  # paths, in which a comma is a letter
    ({Sequence[str]}, list[str], names),
    ({int, Sequence[int]}, str, one_or_several_whole),
    ({float, Sequence[float]}, str, one_or_several),
    ({Sequence[int]}, str, whole_numbers),
    ({Sequence[float]}, str, numbers),
    ({int, str}, str, whole_number_or_word),
    ({str}, str, _as_it_is),
    ({int}, int, _as_it_is),
    ({float}, float, _as_it_is),
]
