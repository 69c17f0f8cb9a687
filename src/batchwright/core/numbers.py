"""Measured numbers and durations as people read them."""

from __future__ import annotations

import math


def seconds(value: float | None) -> str:
    """A duration in two or three digits.

    >>> seconds(0.00022), seconds(0.064), seconds(0.2), seconds(7.04), seconds(36.2)
    ('220 µs', '64.0 ms', '0.20 s', '7.04 s', '36.2 s')
    >>> seconds(2), seconds(75), seconds(7300)
    ('2.00 s', '1 min 15 s', '2 h 1 min')
    """
    if value is None:
        return "-"
    if value < 1e-3:
        return f"{measured(value * 1e6)} µs"
    if value < 0.1:
        return f"{measured(value * 1e3)} ms"
    if value < 59.95:
        return f"{value:.{2 if value < 10 else 1}f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def measured(value: float | None, digits: int = 3) -> str:
    """A number in ``digits`` significant digits, with an exponent only where it is tiny.

    >>> measured(1234.5), measured(0.70711), measured(None), measured(0.9), measured(99.96)
    ('1,230', '0.707', '-', '0.900', '100')
    >>> measured(0.000123), measured(0), measured(-61.25)
    ('0.000123', '0', '-61.2')
    >>> measured(5.68e-14)
    '5.7e-14'
    """
    if value is None:
        return "-"
    rounded = float(f"{value:.{digits}g}")
    if rounded == 0 or abs(rounded) >= 10 ** (digits - 1):
        return f"{rounded:,.0f}"
    if abs(rounded) < 1e-5:
        return f"{value:.{digits - 1}g}"
    return f"{rounded:.{digits - 1 - math.floor(math.log10(abs(rounded)))}f}"


def number(value: float | None, digits: int = 3) -> str:
    """The same for a number that somebody chose: a fraction without end zeros.

    >>> number(0.05), number(2.0), number(1437), number(0.70711), number(-0.5), number(220.4, 2)
    ('0.05', '2', '1,440', '0.707', '-0.5', '220')
    """
    text = measured(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text
