"""Where pieces of a sentence meet: the one rule that a template cannot know, since it depends on the values.

Chinese sets a space between an ideograph and a Latin letter or a digit, and none where two ideographs or their
punctuation meet. A placeholder may be filled with either: ``{metric}`` with 准确率 or, by its owner, with F1.
"""

from __future__ import annotations

import unicodedata

_LIKE_LETTERS = "%×°'\"`"  # noqa: RUF001
"""Signs that belong to a number, and quotation marks of a name."""


def joined(before: str, after: str) -> str:
    """Two pieces side by side, neither changed but at their seam.

    >>> joined("批大小", "32"), joined("损失 ", "和"), joined("loss ", "和")
    ('批大小 32', '损失和', 'loss 和')
    >>> joined("batch size ", "32"), joined("为 12%", "，")
    ('batch size 32', '为 12%，')
    >>> joined("10.8（90%：10 到 12）", " 个样本"), joined("和", "'run'")
    ('10.8（90%：10 到 12）个样本', "和 'run'")
    """
    left, right = before.rstrip(" "), after.lstrip(" ")
    if not left or not right:
        return before + after
    spaces = len(before) + len(after) - len(left) - len(right)
    ends = left[-1], right[0]
    if spaces == 1 and all(map(two_cells, ends)):
        return left + right
    if spaces == 0 and any(map(_ideograph, ends)) and any(map(_like_a_letter, ends)):
        return f"{left} {right}"
    return before + after


def two_cells(character: str) -> bool:
    """Whether a character takes two cells: an ideograph, a kana, or punctuation that goes with them."""
    return unicodedata.east_asian_width(character) in "WF"


def _ideograph(character: str) -> bool:
    return two_cells(character) and character.isalpha()


def _like_a_letter(character: str) -> bool:
    """A letter or digit of one cell, or a sign that goes with it."""
    return (character.isalnum() and not two_cells(character)) or character in _LIKE_LETTERS
