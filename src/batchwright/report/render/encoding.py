"""What a terminal's encoding lacks, written with what it has: µs as us, an en dash as a hyphen.

GBK has no micro sign, Shift-JIS no multiplication dot, ASCII none of them: printing one would end in a
UnicodeEncodeError. The error handler below replaces only characters that the encoding at hand lacks.
"""

# ruff: noqa: RUF001 -- characters that look like others are what this is about

from __future__ import annotations

import codecs
import unicodedata
from typing import TextIO

ERRORS = "batchwright.nearest"
"""Name of the error handler, for ``open``, ``str.encode`` and ``reconfigure``."""

_NEAREST = {
    "µ": "u", "μ": "u", "–": "-", "—": "-", "−": "-", "×": "x", "÷": "/", "√": "sqrt", "±": "+/-",
    "·": "-", "…": "...", "²": "^2", "³": "^3", "≤": "<=", "≥": ">=", "≈": "~", "→": "->", "←": "<-",
    "“": '"', "”": '"', "‘": "'", "’": "'", "λ": "lambda", "σ": "sigma", "α": "alpha", "β": "beta",
    "θ": "theta", "ε": "eps", "η": "eta", "Δ": "Delta", "∞": "inf", "●": "*", "•": "*", "■": "#",
}  # fmt: skip


def encodable(text: str, encoding: str) -> str:
    """The text with what ``encoding`` lacks replaced.

    >>> encodable("251 µs – 3× as long, 1/√B", "ascii")
    '251 us - 3x as long, 1/sqrtB'
    >>> encodable("3×, 251 µs", "gbk"), encodable("naïve 中文", "latin-1")
    ('3×, 251 us', 'naïve ??')
    """
    return text.encode(encoding, ERRORS).decode(encoding)


def never_fails(stream: TextIO) -> None:
    """Make a text stream replace what its encoding lacks instead of raising."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors=ERRORS)


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_substitute, error.object[error.start : error.end])), error.end


def _substitute(character: str) -> str:
    """Our own choice, else the letter without its accent, else a question mark."""
    if character in _NEAREST:
        return _NEAREST[character]
    plain = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    return plain or "?"


codecs.register_error(ERRORS, _replace)
