"""Paragraphs in lines of a terminal: between words, and in Chinese between any two characters."""

# ruff: noqa: RUF001 -- Chinese punctuation is what this is about

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from rich.cells import cell_len

_CLOSING = frozenset(",.;:!?)]}%，。；：！？、）」』”’》】％…")
_OPENING = frozenset("([{（「『“‘《【")
"""Signs that begin no line, and signs that end none."""


def wrapped(paragraph: str, width: int | None) -> list[str]:
    """A paragraph in lines of at most ``width`` cells, broken between words; a longer word stays whole.

    Between two Chinese characters it is broken too, unless a sign would begin or an opening one end a line.

    >>> wrapped("one two three", 8)
    ['one two', 'three']
    >>> wrapped("one two three", None)
    ['one two three']
    >>> wrapped("批大小取 32（最优），学习率取 0.1。", 12)
    ['批大小取 32', '（最优），学', '习率取 0.1。']
    """
    if width is None:
        return [paragraph]
    lines, line = [], ""
    for gap, word in unbroken(paragraph):
        longer = f"{line}{gap}{word}" if line else word
        if line and cell_len(longer) > width:
            lines.append(line)
            line = word
        else:
            line = longer
    return [*lines, line]


def unbroken(paragraph: str) -> Iterator[tuple[str, str]]:
    """What is not broken, each with what stands before it inside a line: a space, or nothing."""
    for spaced in paragraph.split(" "):
        begin, gap = 0, " "
        for place, (left, right) in enumerate(pairwise(spaced), start=1):
            if (_is_wide(left) or _is_wide(right)) and left not in _OPENING and right not in _CLOSING:
                yield gap, spaced[begin:place]
                begin, gap = place, ""
        yield gap, spaced[begin:]


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"
