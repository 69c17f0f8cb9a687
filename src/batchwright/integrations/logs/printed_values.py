"""Names and values in a printed line: ``loss: 2.31 (2.40)``, ``train loss 2.1034, val loss 2.2``, ``lr=1e-3``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from batchwright.integrations.logs.numbers import NUMBER, series_role

_WORD = r"[A-Za-z_\u4e00-\u9fff][\w/.@\-]*"
_PAIR = re.compile(
    rf"(?P<name>{_WORD}(?: {_WORD}){{0,3}})['\"]?(?P<between>\s*[:=\uff1a]\s*|\s+)['\"]?(?P<value>{NUMBER})"
    rf"(?:\s*\(\s*(?P<mean>{NUMBER})\s*\))?",
)
_EVALUATING = re.compile(
    r"(?<![A-Za-z])(?:test|val|valid|validation|eval|evaluation)(?![A-Za-z])", re.IGNORECASE
)

Printed = tuple[str, str, float, float | None]
"""Name, role, value, and the running mean that stands in brackets behind it."""


def printed_values(line: str, start: int = 0) -> Iterator[Printed]:
    """Losses, learning rates and qualities of a line, from ``start`` on.

    Words of evaluation before the first value make its losses validation losses. A mean in brackets behind a
    validation loss is that of the evaluation.

    >>> list(printed_values("Train: 3 [ 100/500]  Loss: 2.31 (2.40)  LR: 1.0e-03"))
    [('Loss', 'train', 2.31, 2.4), ('LR', 'lr', 0.001, None)]
    >>> list(printed_values("Test set: Average loss: 0.05, Accuracy: 9800/10000"))
    [('val Average loss', 'validation', 0.05, None), ('Accuracy', 'other', 9800.0, None)]
    """
    evaluating: bool | None = None
    for match in _PAIR.finditer(line, start):
        name = match["name"]
        role = series_role(name)
        if role is None or (match["between"].isspace() and _last_words(name) != role):
            continue
        value = float(match["value"].replace(",", ""))
        mean = None if match["mean"] is None else float(match["mean"].replace(",", ""))
        if role == "train":
            if evaluating is None:
                evaluating = _EVALUATING.search(line, 0, match.start()) is not None
            if evaluating:
                name, role = f"val {name}", "validation"
        if role == "validation" and mean is not None:
            value, mean = mean, None
        yield name, role, value, mean


@lru_cache(maxsize=4096)
def _last_words(name: str) -> str | None:
    """What the last words of a name mean: with nothing but a space before the number, it belongs to them."""
    words = name.split(" ")
    return (
        series_role(words[-1])
        if len(words) == 1
        else series_role(" ".join(words[-2:]))
        if _known(words[-1])
        else None
    )


def _known(word: str) -> bool:
    return series_role(word) is not None or word.lower() == "rate"
