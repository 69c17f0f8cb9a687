"""What drift does to the seconds a step, and what it leaves of a comparison."""

import numpy as np
import pytest

from batchwright.advice.decide.timing import drift_factor, timing_variances, without_sweeps
from batchwright.core.statistics import median_variance_factor
from batchwright.measure.hardware.alone import SecondsPerStep
from batchwright.study.result import BatchSizeResult, StepsToTarget


def row(size, turns, keep=True):
    low, high = np.quantile(turns, [0.25, 0.75])
    timing = SecondsPerStep(
        median=float(np.median(turns)), low=float(low), high=float(high), repeats=len(turns), threads=1,
        turns=tuple(map(float, turns)) if keep else (),
    )  # fmt: skip
    return BatchSizeResult(
        batch_size=size, lr=0.1, lr_interval=None, lr_fails_at=None, lr_on_edge=False, runs=1, seeds=1,
        seeds_reached=1, steps_to_target=StepsToTarget(median=9.0, low=None, high=None, values=(9.0,)),
        seconds_per_step=timing.median, seconds_to_target=9.0, examples_to_target=9.0, timing=timing,
    )  # fmt: skip


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_what_a_sweep_does_to_all_sizes_cancels(random):
    common = 0.2 * random.standard_normal(9)
    own = 0.01 * random.standard_normal((6, 9))
    rows = [row(2**k, np.exp(common + e)) for k, e in enumerate(own)]
    paired = timing_variances(rows)
    alone = timing_variances([row(2**k, np.exp(common + e), keep=False) for k, e in enumerate(own)])
    assert np.mean(list(paired.values())) < 0.02 * np.mean(list(alone.values()))


def test_a_size_that_was_measured_again_takes_the_sweeps_of_no_other(random):
    """Its turns come from another time: what all sweeps share cancels among the others, and not in its own."""
    common = 0.2 * random.standard_normal(9)
    own = 0.01 * random.standard_normal((6, 9))
    rows = [row(2**k, np.exp(common + e)) for k, e in enumerate(own)]
    elsewhere = rows[2].timing.model_copy(update={"sweeps": tuple(range(9, 18))})
    again = [*rows[:2], rows[2].model_copy(update={"timing": elsewhere}), *rows[3:]]
    found, alone = timing_variances(again), timing_variances([row(4, np.exp(common + own[2]), keep=False)])
    assert found[4] == alone[4] > 20 * max(v for size, v in found.items() if size != 4)


def test_turns_that_drift_together_count_less(random):
    """Three blocks of three turns say hardly more than three turns."""
    blocks = np.repeat(0.2 * random.standard_normal((40, 3)), 3, axis=1)
    scatter = 0.2 * random.standard_normal((40, 9))
    found = [
        np.mean(list(timing_variances([row(k + 1, np.exp(e)) for k, e in enumerate(logs)]).values()))
        for logs in (blocks, scatter)
    ]
    assert found[1] == pytest.approx(0.2**2 * median_variance_factor(9), rel=0.4)
    assert found[0] > 1.8 * found[1]


def test_independent_turns_are_not_inflated(random):
    assert drift_factor(without_sweeps(random.standard_normal((200, 9)))) == pytest.approx(1.0, abs=0.15)
    assert drift_factor(np.zeros((3, 9))) == 1.0
