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
``clauses``    this is so and that is so       ``mark``       a model on a surface
``split``      training, validation, test      ``metric``     loss, accuracy
``objective``  what a study minimises          ``status``     how a run went wrong
=============  ==============================  =============  ==========================

Where ``count`` is among the values and equals 1, the key with ``.one`` behind it is taken if there is one: a
language without plurals leaves it out.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial, reduce
from string import Formatter
from typing import Any

from batchwright.core import numbers
from batchwright.core.remark import Remark
from batchwright.report.text.errors.translate import in_language
from batchwright.report.text.language import ENGLISH, current_language
from batchwright.report.text.typesetting import joined

_SAID_BY_ERRORS = {"reason", "message", "error"}
"""Names of values that hold the words of an error, which are English where they arise."""


def text(key: str, **values: Any) -> str:
    """The sentence of ``key`` with its values.

    Raises:
        KeyError: no such key, or a value that the sentence needs is missing: a defect of ours.

    >>> text("common.and_two", first="1", second="2")
    '1 and 2'
    """
    language = current_language()
    if language != ENGLISH:
        for name in _SAID_BY_ERRORS & values.keys():
            values[name] = in_language(values[name], language)
    strings = templates(language)
    if values.get("count") == 1 and f"{key}.one" in strings:
        key = f"{key}.one"
    return _filled(strings[key], values)


def say(remark: Remark) -> str:
    """A remark in words. One that was stored as words by an older version is shown as it is."""
    return text(remark.code, **remark.values)


def has(key: str) -> bool:
    """Whether the catalogue has this key."""
    return key in templates(current_language())


@cache
def templates(language: str) -> dict[str, str]:
    """All templates of a language by key, in English where it lacks one (a test finds that)."""
    own = own_templates(language)
    if language == ENGLISH:
        return own
    # A plural that a language leaves out is one that it does not have.
    lacking = {
        k: template for k, template in own_templates(ENGLISH).items() if k.removesuffix(".one") not in own
    }
    return lacking | own


@cache
def own_templates(language: str) -> dict[str, str]:
    """The templates that a language has itself, by key."""
    package = importlib.import_module(f"batchwright.report.text.{language}")
    strings: dict[str, str] = {}
    for module in pkgutil.iter_modules(package.__path__):
        own: dict[str, str] = importlib.import_module(f"{package.__name__}.{module.name}").STRINGS
        if twice := strings.keys() & own.keys():
            raise KeyError(f"keys given twice: {', '.join(sorted(twice))}")
        strings |= own
    return strings


def listed(items: Sequence[Any], most: int = 12) -> str:
    """Things one after the other, in words; whole numbers are batch sizes.

    >>> listed([1]), listed([1, 2, 65536]), listed(["loss", "accuracy"]), listed(range(5), most=2)
    ('1', '1, 2 and 65,536', 'loss and accuracy', '0, 1 and 3 more')
    """
    words = [numbers.size(item) if isinstance(item, int) else str(item) for item in items]
    comma = text("common.comma")
    if len(words) > most:
        return text("common.and_more", first=comma.join(words[:most]), more=len(words) - most)
    if len(words) < 2:
        return "".join(words)
    return text("common.and_two", first=comma.join(words[:-1]), second=words[-1])


def chained(key: str, words: Sequence[str]) -> str:
    """Words or sentences one after the other, as ``key`` puts two of them together.

    >>> chained("common.sentences", ["It fits.", "It holds."])
    'It fits. It holds.'
    """
    return reduce(lambda first, second: text(key, first=first, second=second), words)


def spoken_name(kind: str, name: str) -> str:
    """A name that results carry, in words: a ``split``, ``metric``, ``objective``, ``status`` or ``mark``.

    What somebody named stays as it is.

    >>> spoken_name("split", "train"), spoken_name("metric", "accuracy"), spoken_name("metric", "F1")
    ('training', 'accuracy', 'F1')
    """
    key = f"common.{kind}.{name}"
    return text(key) if has(key) else name


def mark_name(name: str) -> str:
    """A model on a loss surface: ``weights``, ``first``, or the batch size it was trained with.

    >>> mark_name("batch size 32"), mark_name("weights"), mark_name("epoch-3")
    ('batch size 32', 'weights', 'epoch-3')
    """
    trained = re.fullmatch(r"batch size (\d+)", name)
    return text("common.mark.batch_size", size=int(trained[1])) if trained else spoken_name("mark", name)


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
    "ratio": numbers.times,
    "bytes": numbers.bytes_,
    "rate": numbers.rate,
    "size": numbers.size,
    "list": listed,
    "clauses": partial(chained, "common.clauses"),
    "interval": lambda pair: between(*pair),
    "mark": mark_name,
    **{kind: partial(spoken_name, kind) for kind in ("split", "metric", "objective", "status")},
}
"""What a placeholder may ask for besides Python's own formats."""

_PARSER = Formatter()


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """A template with its values, a number and an ideograph beside each other set apart."""
    line = ""
    for literal, name, spec, conversion in _PARSER.parse(template):
        line = joined(line, literal)
        if name is not None:
            value = repr(values[name]) if conversion == "r" else values[name]
            form = FORMATS.get(spec or "")
            line = joined(line, format(value, spec or "") if form is None else form(value))
    return line
