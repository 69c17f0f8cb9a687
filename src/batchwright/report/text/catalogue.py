"""Every sentence by its key, in the reader's language.

    text("study.seeds_missed", batch_size=32, reached=3, seeds=5)

A catalogue is one folder a language, one module a subject, each with a dictionary ``STRINGS`` of templates.
Placeholders take these formats besides Python's own, so that a translator moves numbers and never formats
them:

=============  ==============================  =============  ==========================
``count``      1,234                           ``size``       a batch size: 1437, 65,536
``measured``   three digits: 0.700             ``number``     the same, chosen: 0.7
``seconds``    22.0 ms                         ``duration``   1 min 15 s
``percent``    12%                             ``ratio``      2.35×
``bytes``      1.50 GiB                        ``rate``       a learning rate: 0.707
``list``       1, 2 and 4                      ``interval``   3 to 5, above 3
=============  ==============================  =============  ==========================

Where ``count`` is among the values and equals 1, the key with ``.one`` behind it is taken if there is one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import cache
from string import Formatter
from typing import Any

from batchwright.core import numbers
from batchwright.core.remark import Remark

_language: ContextVar[str] = ContextVar("language", default="en")


def text(key: str, **values: Any) -> str:
    """The sentence of ``key`` with its values.

    Raises:
        KeyError: no such key, or a value that the sentence needs is missing: a defect of ours.

    >>> text("common.and_two", first="1", second="2")
    '1 and 2'
    """
    strings = templates(_language.get())
    if values.get("count") == 1 and f"{key}.one" in strings:
        key = f"{key}.one"
    return _FORMATTER.vformat(strings[key], (), values)


def say(remark: Remark) -> str:
    """A remark in words. One that was stored as words by an older version is shown as it is."""
    return text(remark.code, **remark.values)


def has(key: str) -> bool:
    """Whether the catalogue has this key."""
    return key in templates(_language.get())


@cache
def templates(language: str) -> dict[str, str]:
    """All templates of a language by key, in English where it lacks one (a test finds that)."""
    package = importlib.import_module(f"batchwright.report.text.{language}")
    strings: dict[str, str] = {}
    for module in pkgutil.iter_modules(package.__path__):
        own: dict[str, str] = importlib.import_module(f"{package.__name__}.{module.name}").STRINGS
        if twice := strings.keys() & own.keys():
            raise KeyError(f"keys given twice: {', '.join(sorted(twice))}")
        strings |= own
    return strings if language == "en" else templates("en") | strings


def listed(items: Sequence[Any], most: int = 12) -> str:
    """Things one after the other, in words; whole numbers are batch sizes.

    >>> listed([1]), listed([1, 2, 65536]), listed(["loss", "accuracy"]), listed(range(5), most=2)
    ('1', '1, 2 and 65,536', 'loss and accuracy', '0, 1 and 3 more')
    """
    words = [numbers.size(item) if isinstance(item, int) else str(item) for item in items]
    if len(words) > most:
        return text("common.and_more", first=", ".join(words[:most]), more=len(words) - most)
    if len(words) < 2:
        return "".join(words)
    return text("common.and_two", first=", ".join(words[:-1]), second=words[-1])


def between(low: float | None, high: float | None, form: Callable[[float], str] = numbers.count) -> str:
    """An interval in words; ``form`` writes its ends, None is an open one.

    >>> between(51, 70), between(2874, None), between(None, 0.5), between(None, None)
    ('51 to 70', 'above 2,874', 'below 0.5', '–')
    """
    if low is not None and high is not None:
        return text("common.between", low=form(low), high=form(high))
    if low is not None:
        return text("common.above", low=form(low))
    return numbers.MISSING if high is None else text("common.below", high=form(high))


FORMATS: dict[str, Callable[[Any], str]] = {
    "count": numbers.count,
    "measured": numbers.measured,
    "number": numbers.number,
    "seconds": numbers.seconds,
    "duration": numbers.duration,
    "percent": numbers.percent,
    "ratio": numbers.ratio,
    "bytes": numbers.bytes_,
    "rate": numbers.rate,
    "size": numbers.size,
    "list": listed,
    "interval": lambda pair: between(*pair),
}
"""What a placeholder may ask for besides Python's own formats."""


class _Formatter(Formatter):
    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec in FORMATS:
            return FORMATS[format_spec](value)
        return super().format_field(value, format_spec)


_FORMATTER = _Formatter()
