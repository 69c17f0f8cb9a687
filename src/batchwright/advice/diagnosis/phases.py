"""Whether the same place of every epoch has the same offset from the trend, and what the offsets look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from batchwright.advice.diagnosis.epochs import EpochMatrix
from batchwright.advice.diagnosis.levels import centred_mean, noise_sd, spread
from batchwright.advice.diagnosis.log import Floats, LoggedSeries

P_VALUE = 1e-4
"""Above it, offsets by phase count as chance; divided by the number of periods where one was searched for."""
AGREEMENT = 0.5
"""Least correlation of the offsets of one epoch with those of the next."""
_FEW_COLUMNS = 12
_CLIP_SD = 5.0
_LEAST_ROWS = 3
_LEAST_PERIODS = 4
_LONGEST_PERIOD = 400
_SEARCHED_LINES = 6000
_AS_GOOD = 0.9


@dataclass(frozen=True, eq=False)
class PhaseTest:
    """Offsets by phase against the noise about them.

    Attributes:
        p_value: of the F test that all phases have the same mean, after Bonferroni.
        agreement: correlation of one epoch's offsets with the next one's, -1 to 1; near 0 where every epoch has
            an order of its own.
        offsets: mean offset of each phase from the trend.
        signal: root mean square of the offsets.
        noise: standard deviation of a phase's offset from one epoch to the next, by sqrt 2.
        rising: share of the offsets' variance that a profile rising over the epoch explains (isotonic R^2).
        rises: share of epochs in which the loss goes up where the offsets say that it does, -1 where they say
            nothing.
        epochs: that were compared.
    """

    p_value: float
    agreement: float
    offsets: Floats
    signal: float
    noise: float
    rising: float
    rises: float
    epochs: int

    @property
    def same_offsets(self) -> bool:
        """Whether every epoch shows the same offsets."""
        return self.p_value < P_VALUE and self.agreement >= AGREEMENT

    @property
    def signal_to_noise(self) -> float:
        """How far the offsets stand above their change from epoch to epoch."""
        return self.signal / max(self.noise, 1e-3 * self.signal, 1e-300)


def phase_test(values: Floats, tests: int = 1) -> PhaseTest | None:
    """The offsets of the columns of ``values`` (epochs, phases) from the trend, and whether they are the same.

    Offsets are what is left beside a mean over one period about each value (over a third of one where epochs
    have many lines), less each epoch's own mean. F test of the two-way layout without repeats:

        F = [R sum_p m_p^2 / (L-1)] / [sum_ep (r_ep - m_p)^2 / ((R-1)(L-1))]

    Args:
        values: rows are successive epochs.
        tests: how many were made, for Bonferroni.

    Returns:
        The test, or None where there are too few epochs.
    """
    residuals = _offsets(values)
    rows, columns = residuals.shape
    if rows < _LEAST_ROWS or columns < 2:
        return None
    limit = _CLIP_SD * max(spread(residuals.ravel()), float(np.std(residuals)) / _CLIP_SD)
    residuals = np.clip(residuals, -limit, limit)
    residuals = residuals - residuals.mean(axis=1, keepdims=True)
    means = residuals.mean(axis=0)
    between = rows * float(np.sum(means**2))
    within = float(np.sum((residuals - means) ** 2))
    first, second = columns - 1, (rows - 1) * (columns - 1)
    total = between + within
    if total <= 0:
        return None
    ratio = (between / first) / max(within / second, 1e-12 * total)
    products = float(np.sum(residuals[:-1] * residuals[1:]))
    power = np.sum(residuals**2, axis=1)
    scale = float(np.sum(power[:-1] + power[1:])) / 2
    changes = np.diff(residuals, axis=0)
    return PhaseTest(
        p_value=min(1.0, tests * float(stats.f.sf(ratio, first, second))),
        agreement=products / scale if scale > 0 else 0.0,
        offsets=means,
        signal=float(np.sqrt(np.mean(means**2))),
        noise=max(spread(changes.ravel()), 0.5 * float(np.std(changes))) / float(np.sqrt(2)),
        rising=rising_share(means),
        rises=_rises(values, means),
        epochs=rows,
    )


def _offsets(values: Floats) -> Floats:
    """Residuals (epochs, phases), rows one period long; with few columns without the half periods at both ends."""
    flat = values.ravel()
    columns = values.shape[1]
    if columns >= _FEW_COLUMNS:
        half = columns // 6
        padded = np.pad(flat, half, mode="reflect", reflect_type="odd")
        return (flat - centred_mean(padded, 2 * half + 1)[half:-half]).reshape(values.shape)
    half = columns // 2
    inner = (flat - centred_mean(flat, columns))[half : len(flat) - half]
    rows = len(inner) // columns
    return np.roll(inner[: rows * columns].reshape(rows, columns), half, axis=1)


def rising_share(offsets: Floats) -> float:
    """Share of the variance that the best profile which never falls explains.

    >>> round(rising_share(np.array([-1.0, 0.0, 1.0])), 2), round(rising_share(np.array([1.0, 0.0, -1.0])), 2)
    (1.0, 0.0)
    """
    centred = offsets - offsets.mean()
    total = float(np.sum(centred**2))
    if total == 0:
        return 0.0
    fitted = optimize.isotonic_regression(centred).x
    return 1 - float(np.sum((centred - fitted) ** 2)) / total


def _rises(values: Floats, offsets: Floats) -> float:
    """Share of epochs in which the printed loss itself goes up at the largest rise of the offsets."""
    steps = np.diff(offsets, append=offsets[:1])
    place = int(np.argmax(steps))
    flat, columns = values.ravel(), values.shape[1]
    before = flat[place:-1:columns]
    after = flat[place + 1 :: columns]
    count = min(len(before), len(after))
    return float(np.mean(after[:count] > before[:count])) if count else -1.0


def searched_period(series: LoggedSeries) -> tuple[EpochMatrix, PhaseTest] | None:
    """The shortest period after which the loss repeats its offsets, where the log states no epochs.

    Every period up to a sixth of the log is tried; of those that agree nearly as well as the best the shortest
    is taken. Rows of three or more columns begin after the largest fall of the offsets.
    """
    values = series.values[-_SEARCHED_LINES:]
    longest = min(len(values) // _LEAST_PERIODS, _LONGEST_PERIOD)
    if noise_sd(values) == 0 or longest < 2:
        return None
    tests = longest - 1
    found: dict[int, PhaseTest] = {}
    for period in range(2, longest + 1):
        test = phase_test(_folded(values, period, 0), tests)
        if test is not None and test.same_offsets:
            found[period] = test
    if not found:
        return None
    best = max(test.agreement for test in found.values())
    period = min(p for p, test in found.items() if test.agreement >= _AS_GOOD * best)
    # Two phases look alike from either side: the log is taken to begin with an epoch.
    start = _start(found[period].offsets) if period > 2 else (len(values) - len(series)) % 2
    folded = _folded(values, period, start)
    test = phase_test(folded, tests) or found[period]
    steps = None if series.step is None else float(np.median(np.diff(series.step))) * period
    matrix = EpochMatrix(
        values=folded, rows=tuple(folded), lines=float(period), steps=steps, known=False, exact=True
    )
    return matrix, test


def _folded(values: Floats, period: int, start: int) -> Floats:
    rows = (len(values) - start) // period
    return values[start : start + rows * period].reshape(rows, period)


def _start(offsets: Floats) -> int:
    """The column behind the largest fall."""
    return int(np.argmin(np.roll(np.diff(offsets, append=offsets[:1]), 1)))
