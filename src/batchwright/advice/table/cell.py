"""One cell as a number, in the ways that people and spreadsheets write one."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

DecimalMark = Literal[".", ","]
"""What stands before the decimals."""

_SUFFIXES = {"": 1.0, **dict.fromkeys("k千", 1e3), "万": 1e4, "亿": 1e8} | {
    **dict.fromkeys(("m", "mio"), 1e6),
    **dict.fromkeys(("b", "bn", "g"), 1e9),
}
_NUMBER = re.compile(
    r"(?P<above>>=?|≥)?\s*(?P<sign>[+-]?)(?P<body>[\d.,](?:[\d.,'_ ]*[\d.,])?)"
    r"(?P<power>e[+-]?\d+)?\s*(?P<suffix>k|mio|m|bn|b|g|千|万|亿)?\s*(?P<plus>\+?)",
)
_GROUPED = re.compile(r"\d{1,3}(?:([ '_])\d{3})(?:\1\d{3})*(?:[.,]\d*)?")
THREE_DECIMALS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
"""``1.000``, which may be one or a thousand."""
_INFINITE = ("inf", "+inf", "infinity", "\u221e")
_BLANK = ("", "none", "<na>", "nat", "null")


@dataclass(frozen=True)
class CellNumber:
    """A number read, its mark taken for a decimal one where it can be.

    Attributes:
        value: the number.
        decimal: the decimal mark that it shows, if any.
        unsure: ``decimal`` could as well separate thousands, the value then being a thousand times as much.
        above: the number is a lower bound, as in ``>5000``.
    """

    value: float
    decimal: DecimalMark | None = None
    unsure: bool = False
    above: bool = False


def in_words(cell: Any) -> str:
    """A cell in a message."""
    text = str(cell).strip()
    return "an empty cell" if is_blank(cell) else repr(text if len(text) <= 80 else f"{text[:77]}...")


def is_blank(cell: Any) -> bool:
    """An empty cell, in a data frame also a missing value."""
    missing = cell is None or (isinstance(cell, float) and math.isnan(cell))
    return missing or str(cell).strip().lower() in _BLANK


def read_cell(cell: Any) -> CellNumber | str:
    """A number, or in lower case the words that stand instead.

    >>> read_cell("1 024").value, read_cell("0,5M").value, read_cell(">2e4").above, read_cell("DNF")
    (1024.0, 500000.0, True, 'dnf')
    """
    if isinstance(cell, (bool, np.bool_)):
        return str(cell).lower()
    if is_blank(cell):
        return ""
    if not (isinstance(cell, str) and THREE_DECIMALS.fullmatch(cell)):
        try:
            value = float(cell)
        except (TypeError, ValueError, OverflowError):
            value = math.nan
        if math.isfinite(value):
            return CellNumber(value, "." if isinstance(cell, str) and "." in cell else None)
    return _read_text(str(cell))


def _read_text(cell: str) -> CellNumber | str:
    text = unicodedata.normalize("NFKC", cell).strip().lower()
    text = text.replace("\u2212", "-").replace("\u2019", "'")
    if text in _INFINITE:
        return CellNumber(math.inf)
    match = _NUMBER.fullmatch(text)
    number = _digits(match["body"]) if match else None
    if match is None or number is None:
        return text
    digits, decimal, unsure = number
    power, suffix = match["power"] or "", match["suffix"] or ""
    value = float(f"{match['sign']}{digits}{power}") * _SUFFIXES[suffix]
    bound = bool(match["above"] or match["plus"])
    return CellNumber(value, decimal, unsure and not power and not suffix, bound)


def _digits(text: str) -> tuple[str, DecimalMark | None, bool] | None:
    """Digits with a decimal point, the decimal mark that they show, and whether that is unsure."""
    if any(separator in text for separator in " '_"):
        if not _GROUPED.fullmatch(text):
            return None
        text = re.sub("[ '_]", "", text)
    marks = [character for character in text if character in ".,"]
    if not marks:
        return text, None, False
    if len(marks) == len(text):
        return None
    last: DecimalMark = "." if marks[-1] == "." else ","
    other: DecimalMark = "," if last == "." else "."
    if len(marks) == 1:
        return text.replace(",", "."), last, bool(THREE_DECIMALS.fullmatch(text))
    if other in marks:  # 1,000.5 or 1.000,5
        whole, _, part = text.rpartition(last)
        return (f"{whole.replace(other, '')}.{part}", last, False) if _is_grouped(whole, other) else None
    return (text.replace(last, ""), other, False) if _is_grouped(text, last) else None  # 1,000,000


def _is_grouped(text: str, separator: str) -> bool:
    return bool(re.fullmatch(rf"\d{{1,3}}(?:{re.escape(separator)}\d{{3}})+", text))
