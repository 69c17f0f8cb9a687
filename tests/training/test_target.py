import math

import pytest

from batchwright.training.target import first_crossing, smoothed


def test_smoothing_averages_a_constant_factor_of_steps():
    steps = [0, 100, 110, 121, 133, 146]
    # the window of 146 is (116.8, 146]: 121, 133 and 146
    assert smoothed(steps, [9.0, 1.0, 2.0, 3.0, 4.0, 5.0])[-1] == pytest.approx(4.0)


def test_step_zero_takes_no_part_and_infinite_values_spoil_their_window():
    assert smoothed([0, 1, 2], [5.0, 1.0, None]) == [None, 1.0, None]


def test_crossing_is_interpolated_in_log_steps():
    got = first_crossing([100, 200], [3.0, 1.0], 2.0, higher_is_better=False)
    assert got == pytest.approx(math.sqrt(100 * 200))


def test_one_lucky_evaluation_is_not_a_crossing():
    steps = [100, 105, 110, 115, 120]
    assert first_crossing(steps, [1.0, 1.0, 1.0, 0.0, 1.0], 0.5, higher_is_better=False) is None


def test_accuracy_is_reached_from_below():
    assert first_crossing([10, 20], [0.5, 0.7], 0.7, higher_is_better=True) == pytest.approx(20.0)
    assert first_crossing([10, 20], [0.5, 0.6], 0.7, higher_is_better=True) is None
