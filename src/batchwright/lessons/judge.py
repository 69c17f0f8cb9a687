"""From values over seeds to a number with its interval, and from the number to a verdict.

Intervals are 90%. A comparison holds, or does not, where the whole interval lies on one side of what it is
compared with; otherwise it cannot be told. So another root seed may turn a verdict into "cannot tell", but
hardly into its opposite.

    faster = ratio("updates_ratio", updates_with, updates_without)     # one value a seed on either side
    Part(name="fewer_updates", verdict=below(faster, 1.0), measurements=(faster,))
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from scipy import special

from batchwright.advice.lesson import Measured, Part, overall
from batchwright.advice.lesson import Verdict as Verdict
from batchwright.core.errors import InputError
from batchwright.core.statistics import LEVEL, t_quantile

Values = Sequence[float] | np.ndarray


# --- numbers ---


def exact(name: str, value: float | None, *, n: int = 1, unit: str = "", **at: Any) -> Measured:
    """A number without spread: a closed form, a count, a largest deviation."""
    return Measured(name=name, value=_number(value), n=n, unit=unit, at=at)


def mean(name: str, values: Values, *, unit: str = "", **at: Any) -> Measured:
    """The mean over seeds with Student's interval, mean +- t_(n-1) s / sqrt(n).

    >>> found = mean("loss", [1.0, 2.0, 3.0])
    >>> found.value, [round(end, 3) for end in found.interval]
    (2.0, [0.314, 3.686])
    """
    array = _checked(name, values)
    centre, half = float(array.mean()), _half_width(array)
    return Measured(
        name=name, value=centre, interval=(centre - half, centre + half), n=len(array), unit=unit, at=at
    )


def difference(name: str, first: Values, second: Values, *, unit: str = "", **at: Any) -> Measured:
    """The mean of first - second, paired by seed."""
    one, other = _paired(name, first, second)
    return mean(name, one - other, unit=unit, **at)


def ratio(name: str, first: Values, second: Values, **at: Any) -> Measured:
    """The geometric mean of first / second, paired by seed; its interval is Student's on the logarithm.

    >>> ratio("updates", [2.0, 8.0], [1.0, 4.0]).value
    2.0
    """
    one, other = _paired(name, first, second)
    if not (np.all(one > 0) and np.all(other > 0)):
        raise InputError(f"{name}: a ratio needs positive values, got {min(one.min(), other.min())}")
    return _of_logs(name, np.log(one / other), unit="1", **at)


def geometric_mean(name: str, values: Values, *, unit: str = "", **at: Any) -> Measured:
    """The geometric mean over seeds of positive, skewed values; its interval is Student's on the logarithm."""
    array = _checked(name, values)
    if not np.all(array > 0):
        raise InputError(f"{name}: a geometric mean needs positive values, got {array.min()}")
    return _of_logs(name, np.log(array), unit=unit, **at)


def share(name: str, count: int, total: int, **at: Any) -> Measured:
    """A share of trials with Jeffreys' interval, the quantiles of Beta(count + 1/2, total - count + 1/2).

    Without trials there is no share: its value is None.

    >>> found = share("left", 9, 10)
    >>> found.value, [round(end, 2) for end in found.interval]
    (0.9, [0.67, 0.98])
    """
    if count == total == 0:
        return exact(name, None, n=0, unit="1", **at)
    if not 0 <= count <= total:
        raise InputError(f"{name}: a share needs 0 <= count <= total, got {count}, {total}")
    tail = (1 - LEVEL) / 2
    a, b = count + 0.5, total - count + 0.5
    low = 0.0 if count == 0 else float(special.betaincinv(a, b, tail))
    high = 1.0 if count == total else float(special.betaincinv(a, b, 1 - tail))
    return Measured(name=name, value=count / total, interval=(low, high), n=total, unit="1", at=at)


def slope(name: str, x: Values, y: Values, *, unit: str = "", **at: Any) -> Measured:
    """The slope of y over x by least squares with Student's interval; give logarithms for an exponent.

    >>> slope("exponent", [0.0, 1.0, 2.0], [1.0, 3.0, 5.0]).value
    2.0
    """
    one, other = _paired(name, x, y)
    if len(one) < 3 or np.ptp(one) == 0:
        raise InputError(f"{name}: a slope needs three points or more at different x, got {len(one)}")
    centred = one - one.mean()
    value = float(centred @ other / (centred @ centred))
    left = other - other.mean() - value * centred
    error = math.sqrt(float(left @ left) / (len(one) - 2) / float(centred @ centred))
    half = t_quantile(len(one) - 2) * error
    return Measured(
        name=name, value=value, interval=(value - half, value + half), n=len(one), unit=unit, at=at
    )


# --- verdicts ---


def above(measured: Measured, threshold: float) -> Verdict:
    """Whether a number lies above a threshold, with its whole interval."""
    low, high = _ends(measured)
    if low is None or high is None:
        return "cannot_tell"
    return "holds" if low > threshold else "does_not_hold" if high <= threshold else "cannot_tell"


def below(measured: Measured, threshold: float) -> Verdict:
    """Whether a number lies below a threshold, with its whole interval."""
    low, high = _ends(measured)
    if low is None or high is None:
        return "cannot_tell"
    return "holds" if high < threshold else "does_not_hold" if low >= threshold else "cannot_tell"


def within(measured: Measured, low: float, high: float) -> Verdict:
    """Whether a number lies between two bounds, with its whole interval; outside, with its whole interval."""
    start, end = _ends(measured)
    if start is None or end is None:
        return "cannot_tell"
    if low <= start and end <= high:
        return "holds"
    return "does_not_hold" if end < low or start > high else "cannot_tell"


def told(verdict: Verdict, inside: bool) -> Verdict:
    """A verdict where the rates that it rests on were found ``inside`` the range tried.

    Nothing follows from a best rate at the end of the range.
    """
    return verdict if inside else "cannot_tell"


def at_least(verdict: Verdict, costlier: Any, cheaper: Any, short: Collection[Any]) -> Verdict:
    """A verdict on the claim that one setting costs more than another, where runs of the ``short`` ones ended early.

    They would have cost more still, so that what was measured of them is a lower bound: no refutation where the
    setting claimed to be ``costlier`` is short, no confirmation where the ``cheaper`` one is.
    """
    if (verdict == "does_not_hold" and costlier in short) or (verdict == "holds" and cheaper in short):
        return "cannot_tell"
    return verdict


def untold(part: Part) -> Part:
    """A part of which nothing can be told, with its numbers."""
    return part.model_copy(update={"verdict": "cannot_tell", "condition": None})


def opposite(verdict: Verdict) -> Verdict:
    """The verdict on the contrary of a comparison."""
    swapped: dict[Verdict, Verdict] = {"holds": "does_not_hold", "does_not_hold": "holds"}
    return swapped.get(verdict, verdict)


def everywhere(verdicts: Mapping[Any, Verdict]) -> tuple[Verdict, dict[str, list[Any]]]:
    """The verdict over several settings, and at which it holds, does not, and cannot be told.

    ``holds_when`` where it holds at some settings and not at others.

    >>> everywhere({0.1: "holds", 0.2: "does_not_hold"})
    ('holds_when', {'holds': [0.1], 'does_not_hold': [0.2], 'cannot_tell': []})
    """
    names: tuple[Verdict, ...] = ("holds", "does_not_hold", "cannot_tell")
    by = {str(name): [setting for setting, v in verdicts.items() if v == name] for name in names}
    return overall(list(verdicts.values())), by


def _ends(measured: Measured) -> tuple[float | None, float | None]:
    return (measured.value, measured.value) if measured.interval is None else measured.interval


def _of_logs(name: str, logs: np.ndarray, *, unit: str, **at: Any) -> Measured:
    centre, half = float(logs.mean()), _half_width(logs)
    ends = (math.exp(centre - half), math.exp(centre + half))
    return Measured(name=name, value=math.exp(centre), interval=ends, n=len(logs), unit=unit, at=at)


def _half_width(values: np.ndarray) -> float:
    return t_quantile(len(values) - 1) * float(values.std(ddof=1)) / math.sqrt(len(values))


def _checked(name: str, values: Values) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or len(array) < 2 or not np.all(np.isfinite(array)):
        raise InputError(f"{name}: an interval needs two finite values or more, got {array.tolist()!r:.80}")
    return array


def _paired(name: str, first: Values, second: Values) -> tuple[np.ndarray, np.ndarray]:
    one, other = _checked(name, first), _checked(name, second)
    if len(one) != len(other):
        raise InputError(f"{name}: pairs need as many values on either side, got {len(one)} and {len(other)}")
    return one, other


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
