"""Paragraphs in lines: Latin words are broken between, Chinese between any two characters but at punctuation."""

from __future__ import annotations

from itertools import pairwise

from rich.cells import cell_len

from batchwright.report.text.typesetting import two_cells

_NEVER_FIRST = "，。：；、！？）》」』”’"  # noqa: RUF001
_NEVER_LAST = "（《「『“‘"  # noqa: RUF001


def wrapped(paragraph: str, width: int | None) -> list[str]:
    """A paragraph in lines of at most ``width`` cells; a word that is longer stays whole.

    >>> wrapped("one two three", 8)
    ['one two', 'three']
    >>> wrapped("one two three", None)
    ['one two three']
    >>> wrapped("临界批大小为 79.6（90%：64.2 到 97.5）。", 20)
    ['临界批大小为 79.6', '（90%：64.2 到', '97.5）。']
    """
    if width is None:
        return [paragraph]
    lines, line = [], ""
    for word in paragraph.split(" "):
        for place, piece in enumerate(_pieces(word)):
            longer = f"{line} {piece}" if line and not place else line + piece
            if line and cell_len(longer) > width:
                lines.append(line)
                line = piece
            else:
                line = longer
    return [*lines, line]


def _pieces(word: str) -> list[str]:
    """What a line must not be broken in, in order.

    >>> _pieces("three"), _pieces("（90%：约")
    (['three'], ['（90%：', '约'])
    """
    pieces = [""]
    for character, following in pairwise(word):
        pieces[-1] += character
        between = two_cells(character) or two_cells(following)
        if between and character not in _NEVER_LAST and following not in _NEVER_FIRST:
            pieces.append("")
    return [*pieces[:-1], pieces[-1] + word[-1:]]
