"""Whether the same place of every epoch has the same offset from the trend, and what the offsets look like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from batchwright.advice.diagnosis.epochs import EpochMatrix
from batchwright.advice.diagnosis.levels import centred_mean, spread
from batchwright.advice.diagnosis.log import Floats, LoggedSeries

P_VALUE = 1e-4
"""Above it, offsets by phase count as chance; divided by the number of periods where one was searched for."""
AGREEMENT = 0.5
"""Least correlation of the offsets of one epoch with those of the next."""
_FEW_COLUMNS = 12
_CLIP_SD = 5.0
_LEAST_ROWS = 3
_HALVED = 8
_FAR = 1.5
_LEAST_PERIODS = 4
_LONGEST_PERIOD = 400
_SEARCHED_LINES = 6000
_AS_GOOD = 0.9
_LIKELY = 0.5
"""A period whose raw agreement is below this part of what is asked is not tested further."""


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
        width: of the highest mean offset over the lowest, in units of the loss.
        epochs: that were compared.
    """

    p_value: float
    agreement: float
    offsets: Floats
    signal: float
    noise: float
    rising: float
    rises: float
    width: float
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

    Tested over all epochs and over the later half, where the trend is weaker, whichever is clearer; on the log
    of the loss where it falls far, since offsets fall with it.
    """
    tried = [values, values[len(values) // 2 :]] if len(values) >= _HALVED else [values]
    tests_made = [_tested(part, tests * len(tried)) for part in tried]
    return min((test for test in tests_made if test is not None), key=lambda t: t.p_value, default=None)


def _tested(values: Floats, tests: int, within: bool = True) -> PhaseTest | None:
    """The test over these epochs.

    Offsets are what is left beside a mean over one period about each value (over a third of one where epochs
    have many lines), less each epoch's own mean. F test of the two-way layout without repeats:

        F = [R sum_p m_p^2 / (L-1)] / [sum_ep (r_ep - m_p)^2 / ((R-1)(L-1))]

    Args:
        values: rows are successive epochs.
        tests: how many were made, for Bonferroni.

    Returns:
        The test, or None where there are too few epochs.
    """
    residuals = _offsets(_on_scale(values), within)
    rows, columns = residuals.shape
    if rows < _LEAST_ROWS or columns < 2:
        return None
    limit = _CLIP_SD * max(spread(residuals.ravel()), float(np.std(residuals)) / _CLIP_SD)
    residuals = np.clip(residuals, -limit, limit)
    residuals = residuals - residuals.mean(axis=1, keepdims=True)
    means = residuals.mean(axis=0)
    between = rows * float(np.sum(means**2))
    about = float(np.sum((residuals - means) ** 2))
    first, second = columns - 1, (rows - 1) * (columns - 1)
    total = between + about
    if total <= 0:
        return None
    ratio = (between / first) / max(about / second, 1e-12 * total)
    changes = np.diff(residuals, axis=0)
    return PhaseTest(
        p_value=min(1.0, tests * float(stats.f.sf(ratio, first, second))),
        agreement=_agreement(residuals),
        offsets=means,
        signal=float(np.sqrt(np.mean(means**2))),
        noise=max(spread(changes.ravel()), 0.5 * float(np.std(changes))) / float(np.sqrt(2)),
        rising=rising_share(means),
        rises=_rises(values, means),
        width=float(np.ptp(_offsets(values, within).mean(axis=0))),
        epochs=rows,
    )


def _on_scale(values: Floats) -> Floats:
    """The logs where all are positive and the level changes by a half or more."""
    if values.min() > 0 and np.median(values[0]) > _FAR * np.median(values[-1]):
        return np.log(values)
    return values


def _agreement(residuals: Floats) -> float:
    """Correlation of each row with the next."""
    products = float(np.sum(residuals[:-1] * residuals[1:]))
    power = np.sum(residuals**2, axis=1)
    scale = float(np.sum(power[:-1] + power[1:])) / 2
    return products / scale if scale > 0 else 0.0


def _offsets(values: Floats, within: bool = True) -> Floats:
    """Residuals (epochs, phases).

    Beside a mean over one period, which leaves out half a period at both ends; ``within`` epochs of many columns
    beside a mean over a third of the epoch that stays in it, so that a fall between epochs leaves nothing.
    """
    flat = values.ravel()
    columns = values.shape[1]
    if within and columns >= _FEW_COLUMNS:
        return values - _row_means(values, columns // 6)
    half = columns // 2
    inner = (flat - centred_mean(flat, columns))[half : len(flat) - half]
    rows = len(inner) // columns
    return np.roll(inner[: rows * columns].reshape(rows, columns), half, axis=1)


def _row_means(values: Floats, half: int) -> Floats:
    """Mean over ``2 half + 1`` columns about each value; rows go on beyond their ends as mirrored about them."""
    head = 2 * values[:, :1] - values[:, half:0:-1]
    tail = 2 * values[:, -1:] - values[:, -2 : -half - 2 : -1]
    padded = np.concatenate([head, values, tail], axis=1)
    sums = np.concatenate([np.zeros((len(values), 1)), np.cumsum(padded, axis=1)], axis=1)
    return (sums[:, 2 * half + 1 :] - sums[:, : -2 * half - 1]) / (2 * half + 1)


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
    if np.ptp(values) == 0 or longest < 2:
        return None
    tests = longest - 1
    found: dict[int, PhaseTest] = {}
    for period in range(2, longest + 1):
        folded = _folded(values, period, 0)
        residuals = _offsets(_on_scale(folded), within=False)
        if len(residuals) < _LEAST_ROWS or _agreement(residuals) < _LIKELY * AGREEMENT:
            continue
        test = _tested(folded, tests, within=False)
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
