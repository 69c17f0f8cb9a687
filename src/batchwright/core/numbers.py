"""Numbers, durations and amounts as people read them: one place, and no words of any language.

``measured`` writes what was measured (three significant digits, end zeros kept), ``number`` what somebody
chose (end zeros dropped). A whole column has one unit and one number of digits: ``report.text.columns``.
"""

from __future__ import annotations

import math

MISSING = "\u2013"
TIMES = "\u00d7"

Units = tuple[tuple[str, float, float], ...]
"""Units, the largest first: name, size, and the value from which on it is used."""
SECONDS: Units = (
    ("h", 3600.0, 7200.0),
    ("min", 60.0, 120.0),
    ("s", 1.0, 1.0),
    ("ms", 1e-3, 1e-3),
    ("µs", 1e-6, 0.0),
)
BYTES: Units = (
    ("GiB", 2.0**30, 2.0**30),
    ("MiB", 2.0**20, 2.0**20),
    ("KiB", 2.0**10, 2.0**10),
    ("B", 1.0, 0.0),
)

_ROUNDS_UP = 0.9995
"""999.6 ms is 1.00 s: three digits round up to the next unit."""


def unit_of(value: float, units: Units) -> tuple[str, float]:
    """The unit that suits a value, and its size.

    >>> unit_of(0.0219, SECONDS), unit_of(75, SECONDS), unit_of(3 << 20, BYTES)
    (('ms', 0.001), ('s', 1.0), ('MiB', 1048576.0))
    """
    return next((name, size) for name, size, least in units if abs(value) >= least * _ROUNDS_UP)


def seconds(value: float | None) -> str:
    """A measured duration in three digits, in the unit that suits it.

    >>> seconds(0.00022), seconds(0.064), seconds(0.2), seconds(7.04), seconds(0.9996)
    ('220 µs', '64.0 ms', '200 ms', '7.04 s', '1.00 s')
    >>> seconds(75), seconds(7300), seconds(0)
    ('75.0 s', '2.03 h', '0 µs')
    """
    return _with_unit(value, SECONDS)


def duration(value: float | None) -> str:
    """How long something took or will take.

    >>> duration(7.04), duration(75), duration(7300)
    ('7.04 s', '1 min 15 s', '2 h 1 min')
    """
    if value is None or not math.isfinite(value) or value < 59.95:
        return seconds(value)
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def bytes_(amount: float | None) -> str:
    """An amount of memory.

    >>> bytes_(512), bytes_(3 << 20), bytes_(None)
    ('512 B', '3.00 MiB', '–')
    """
    return _with_unit(amount, BYTES)


def _with_unit(value: float | None, units: Units) -> str:
    if value is None or not math.isfinite(value):
        return MISSING
    unit, size = unit_of(value, units)
    return f"{measured(value / size)} {unit}"


def measured(value: float | None, digits: int = 3) -> str:
    """A number in ``digits`` significant digits, with an exponent only where it is tiny or huge.

    >>> measured(1234.5), measured(0.70711), measured(None), measured(0.9), measured(99.96)
    ('1,230', '0.707', '–', '0.900', '100')
    >>> measured(0.000123), measured(0), measured(-61.25), measured(2.5e17)
    ('0.000123', '0', '-61.2', '2.5e+17')
    >>> measured(5.68e-14)
    '5.7e-14'
    """
    if value is None or not math.isfinite(value):
        return MISSING
    rounded = float(f"{value:.{digits}g}")
    if rounded != 0 and not 1e-5 <= abs(rounded) < 1e15:
        return f"{value:.{digits - 1}g}"
    if rounded == 0 or abs(rounded) >= 10 ** (digits - 1):
        return f"{rounded:,.0f}"
    return f"{rounded:.{digits - 1 - math.floor(math.log10(abs(rounded)))}f}"


def number(value: float | None, digits: int = 3) -> str:
    """The same for a number that somebody chose: a fraction without end zeros.

    >>> number(0.05), number(2.0), number(1437), number(0.70711), number(-0.5), number(220.4, 2)
    ('0.05', '2', '1,440', '0.707', '-0.5', '220')
    """
    text = measured(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def count(value: float | None) -> str:
    """A count with thousands separators, three digits where it is not whole.

    >>> count(2440.4), count(41.66), count(None)
    ('2,440', '41.7', '–')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if abs(value) >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def rate(value: float | None) -> str:
    """A learning rate, as one would type it.

    >>> rate(0.7071067811865476), rate(0.0001), rate(None)
    ('0.707', '0.0001', '–')
    """
    return MISSING if value is None else f"{value:.3g}"


def times(value: float | None) -> str:
    """How many times as much.

    >>> times(1.0), times(2.345), times(35.2)
    ('1.00×', '2.35×', '35.2×')
    """
    return MISSING if value is None or not math.isfinite(value) else f"{measured(value)}{TIMES}"


def percent(value: float | None) -> str:
    """A part of 1.

    >>> percent(0.07), percent(0.123), percent(0.005)
    ('7%', '12%', '0.5%')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    return f"{value:.0%}" if value == 0 or abs(value) >= 0.00995 else f"{value:.1%}"


def size(batch_size: float) -> str:
    """A batch size: separators only from ten thousand on.

    >>> size(1437), size(65536)
    ('1437', '65,536')
    """
    return f"{batch_size:.0f}" if batch_size < 10_000 else f"{batch_size:,.0f}"


def short_size(batch_size: float) -> str:
    """A batch size on an axis.

    >>> short_size(1437), short_size(65536)
    ('1437', '65.5k')
    """
    return size(batch_size) if batch_size < 10_000 else short_count(batch_size)


def short_count(value: float) -> str:
    """A count for an axis.

    >>> short_count(500), short_count(20000), short_count(1.5e6), short_count(0.5)
    ('500', '20k', '1.5M', '0.5')
    """
    for factor, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= factor:
            return f"{value / factor:.3g}{letter}"
    return f"{value:.3g}"


def short_seconds(value: float) -> str:
    """A duration for an axis.

    >>> short_seconds(0.03), short_seconds(2.0), short_seconds(5e-05)
    ('30 ms', '2 s', '50 µs')
    """
    unit, factor = unit_of(value, SECONDS)
    return f"{number(value / factor)} {unit}"
