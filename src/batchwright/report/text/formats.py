"""Numbers as people read them: counts, durations, rates and ratios."""

from __future__ import annotations

import math
from collections.abc import Callable

MISSING = "\u2013"
TIMES = "\u00d7"


def count(value: float | None) -> str:
    """A count with thousands separators, three digits where it is not whole.

    >>> count(2440.4), count(41.66), count(None)
    ('2,440', '41.7', '–')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value >= 100 or value == round(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def short_count(value: float) -> str:
    """A count for an axis.

    >>> short_count(500), short_count(20000), short_count(1.5e6), short_count(0.5)
    ('500', '20k', '1.5M', '0.5')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def size(batch_size: float) -> str:
    """A batch size on an axis: whole, short only from ten thousand on.

    >>> size(1437), size(65536)
    ('1437', '65.5k')
    """
    return f"{batch_size:.0f}" if batch_size < 10_000 else short_count(batch_size)


def seconds(value: float | None) -> str:
    """A duration in the unit that suits it.

    >>> seconds(6.2e-05), seconds(0.0312), seconds(2.0), seconds(90), seconds(7200)
    ('62 µs', '31.2 ms', '2 s', '1.5 min', '2 h')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    for size, unit in ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms")):
        if value >= size * 0.9995:
            return f"{_three_digits(value / size)} {unit}"
    return f"{_three_digits(value / 1e-6)} µs"


def rate(value: float | None) -> str:
    """A learning rate.

    >>> rate(0.7071067811865476), rate(0.0001)
    ('0.707', '0.0001')
    """
    return MISSING if value is None else f"{value:.3g}"


def ratio(value: float | None) -> str:
    """How many times as much.

    >>> ratio(1.0), ratio(2.345), ratio(35.2)
    ('1.00×', '2.35×', '35×')
    """
    if value is None or not math.isfinite(value):
        return MISSING
    if value >= 10:
        return f"{value:,.0f}{TIMES}"
    return f"{value:.2f}{TIMES}"


def between(low: float | None, high: float | None, form: Callable[[float], str] | None = None) -> str:
    """An interval; an unknown end is said in words.

    >>> between(51, 70), between(2874, None), between(None, 0.5), between(None, None)
    ('51 to 70', 'above 2,874', 'below 0.5', '–')
    """
    show = form or count
    if low is not None and high is not None:
        return f"{show(low)} to {show(high)}"
    if low is not None:
        return f"above {show(low)}"
    return MISSING if high is None else f"below {show(high)}"


def listed(values: list[int] | tuple[int, ...], limit: int = 6) -> str:
    """Batch sizes in a sentence.

    >>> listed([16]), listed([16, 32, 64]), listed([1, 2])
    ('16', '16, 32 and 64', '1 and 2')
    """
    names = [size(value) for value in values[:limit]]
    if len(values) > limit:
        return f"{', '.join(names)} and {len(values) - limit} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "none"


def _three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 else f"{value:.3g}"


def bytes_(amount: float | None) -> str:
    """An amount of memory.

    >>> bytes_(512), bytes_(3 << 20), bytes_(None)
    ('512 B', '3.0 MiB', '–')
    """
    if amount is None:
        return MISSING
    for unit, unit_bytes in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if amount >= unit_bytes:
            return f"{amount / unit_bytes:.1f} {unit}"
    return f"{amount:.0f} B"
