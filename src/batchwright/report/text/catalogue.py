"""Every sentence by its key, in the reader's language.

    text("study.seeds_missed", batch_size=32, reached=3, seeds=5)

A catalogue is one folder a language, one module a subject, each with a dictionary ``STRINGS`` of templates.
Placeholders take these formats besides Python's own, so that a translator moves numbers and never formats
them: ``count`` (1,234), ``seconds`` (22 ms), ``measured`` (three digits), ``rate`` (a learning rate),
``percent`` (12%), ``bytes`` (1.5 GiB), ``list`` (1, 2 and 4), ``interval`` (3 to 5, above 3).
Where ``count`` is among the values and equals 1, the key with ``.one`` behind it is taken if there is one.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from contextvars import ContextVar
from functools import cache
from string import Formatter
from typing import Any

from batchwright.core.numbers import measured, seconds
from batchwright.core.remark import Remark
from batchwright.report.text import formats

LANGUAGES = ("en",)
_language: ContextVar[str] = ContextVar("language", default="en")


def text(key: str, **values: Any) -> str:
    """The sentence of ``key`` with its values.

    Raises:
        KeyError: no such key, or a value that the sentence needs is missing: a defect of ours.

    >>> text("common.and_two", first="1", second="2")
    '1 and 2'
    """
    strings = _strings(_language.get())
    if values.get("count") == 1 and f"{key}.one" in strings:
        key = f"{key}.one"
    return _FORMATTER.vformat(strings[key], (), values)


def say(remark: Remark) -> str:
    """A remark in words. One that was stored as words by an older version is shown as it is."""
    return text(remark.code, **remark.values)


def has(key: str) -> bool:
    """Whether the catalogue has this key."""
    return key in _strings(_language.get())


@cache
def _strings(language: str) -> dict[str, str]:
    """All templates of a language."""
    package = importlib.import_module(f"batchwright.report.text.{language}")
    strings: dict[str, str] = {}
    for module in pkgutil.iter_modules(package.__path__):
        own: dict[str, str] = importlib.import_module(f"{package.__name__}.{module.name}").STRINGS
        if twice := strings.keys() & own.keys():
            raise KeyError(f"keys given twice: {', '.join(sorted(twice))}")
        strings |= own
    return strings


def listed(items: Sequence[Any]) -> str:
    """Things one after the other, in words.

    >>> listed([1]), listed([1, 2]), listed([1, 2, 4096])
    ('1', '1 and 2', '1, 2 and 4,096')
    """
    words = [f"{item:,}" if isinstance(item, int) else str(item) for item in items]
    if len(words) < 2:
        return "".join(words)
    return text("common.and_two", first=", ".join(words[:-1]), second=words[-1])


class _Formatter(Formatter):
    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec in _FORMATS:
            return _FORMATS[format_spec](value)
        return super().format_field(value, format_spec)


_FORMATTER = _Formatter()
_FORMATS: dict[str, Any] = {
    "count": formats.count,
    "seconds": seconds,
    "measured": measured,
    "rate": formats.rate,
    "percent": lambda value: f"{value:.0%}",
    "bytes": lambda value: formats.bytes_(value),
    "list": listed,
    "interval": lambda pair: formats.between(*pair),
}
