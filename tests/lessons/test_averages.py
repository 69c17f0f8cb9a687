"""Lag, noise and start against closed forms, and torch's first steps against Adam's paper."""

import numpy as np
import pytest

from batchwright.lessons.phenomena import averages as lesson

from .cases import run_short


@pytest.fixture(scope="module")
def short():
    return run_short("averages")


def test_the_lag_is_beta_over_one_minus_beta(short):
    for beta in lesson.BETAS:
        assert short.value("lag_ratio", beta=beta) == pytest.approx(beta, abs=0.01)
    assert short.value("lag", beta=0.9) == pytest.approx(9.0, abs=0.05)
    part = short.part("lag")
    assert part.verdict == "holds_when"
    # The ratio is beta itself, which is within 15% of 1 from 0.85 on.
    assert part.condition.values["holds"] == [0.9, 0.95, 0.98, 0.99]
    assert part.condition.values["does_not_hold"] == [0.1, 0.5]
    for tolerance in lesson.ABOUT:
        assert short.value("smallest_beta", tolerance=tolerance) == pytest.approx(1 - tolerance, abs=0.01)


def test_the_noise_left_is_that_of_independent_values(short):
    for beta in (0.1, 0.9):
        left = short.value("noise_kept", beta=beta)
        assert left == pytest.approx(np.sqrt((1 - beta) / (1 + beta)), rel=0.03)
    assert [short.part(name).verdict for name in ("follows", "smooths")] == ["holds", "holds"]


def test_the_start_lacks_the_mean_of_beta_to_the_t(short):
    lacking = np.mean(0.9 ** np.arange(1, 11))
    assert short.value("start_error", average="uncorrected") == pytest.approx(-lacking, abs=0.02)
    assert short.value("start_error", average="corrected") == pytest.approx(0, abs=0.03)
    assert short.value("start_noise") == pytest.approx(np.sqrt(1.9 / 0.1), rel=0.3)
    assert short.part("repairs").verdict == "holds"


def test_without_correction_after_five_memories(short):
    for count in lesson.MEMORIES:
        assert short.value("lacking", memories=count) == pytest.approx(0.9 ** (10 * count))
    assert short.part("do_without").condition.values["holds"] == [5, 10]


def test_the_first_steps_of_torch():
    steps = lesson.first_steps()
    assert steps["adam"] == pytest.approx(1.0)
    assert steps["rmsprop"] == pytest.approx(1 / np.sqrt(1 - 0.99))
