"""Growing batches."""

import math

import pytest
from pydantic import ValidationError

from batchwright.batches import BatchGrowth, batch_size_at, lr_factor_at


def sizes(growth, batch_size=8, examples=100, epochs=(0, 1, 2, 3, 4, 5)):
    return [batch_size_at(int(e * examples), batch_size, growth, examples) for e in epochs]


def test_without_growth_the_size_is_constant():
    assert sizes(None) == [8] * 6


def test_doubling_every_epoch_stops_at_the_data():
    assert sizes(BatchGrowth(every_epochs=1)) == [8, 16, 32, 64, 100, 100]


def test_growth_happens_at_the_first_example_of_the_period():
    growth = BatchGrowth(every_epochs=2)
    assert [batch_size_at(p, 8, growth, 100) for p in (199, 200, 399, 400)] == [8, 16, 16, 32]


def test_growth_stops_at_the_largest():
    assert sizes(BatchGrowth(every_epochs=1, largest=40)) == [8, 16, 32, 40, 40, 40]


def test_fractional_factors_and_periods_round():
    assert sizes(BatchGrowth(factor=1.5, every_epochs=0.5), epochs=(0, 0.5, 1, 1.5)) == [8, 12, 18, 27]


@pytest.mark.parametrize(
    ("power", "factors"), [(0, [1, 1, 1]), (0.5, [1, 2, 3]), (-0.5, [1, 0.5, 1 / 3]), (1, [1, 4, 9])]
)
def test_the_rate_follows_the_batch_that_is_really_used(power, factors):
    growth = BatchGrowth(factor=4, every_epochs=1, largest=72, lr_power=power)  # 8, 32, 72
    found = [lr_factor_at(position, 8, growth, 100) for position in (0, 100, 900)]
    assert found == pytest.approx(factors)
    assert lr_factor_at(900, 8, None, 100) == 1


def test_a_start_above_the_largest_is_kept():
    assert sizes(BatchGrowth(every_epochs=1, largest=4)) == [8] * 6


def test_a_very_long_run_does_not_overflow():
    assert batch_size_at(10**12, 8, BatchGrowth(factor=10, every_epochs=0.01), 100) == 100


@pytest.mark.parametrize("growth", [{"factor": 1e6}, {"every_epochs": 1e-300}, {"factor": 1.0001}])
def test_growth_beyond_any_float_ends_at_the_data(growth):
    assert batch_size_at(10**15, 8, BatchGrowth(**growth), 100) == 100


def test_a_large_factor_waits_for_its_first_period():
    assert sizes(BatchGrowth(factor=10, every_epochs=1), 50, epochs=(0, 0.99, 1)) == [50, 50, 100]


def test_slow_growth_goes_on_past_many_periods():
    assert sizes(BatchGrowth(factor=1.01, every_epochs=0.01), epochs=(1, 2)) == [22, 59]


@pytest.mark.parametrize(
    "field",
    [
        {"factor": 1.0},
        {"every_epochs": 0},
        {"largest": 0},
        {"every": 2},
        {"factor": 1e7},
        {"factor": math.inf},
        {"lr_power": math.nan},
        {"lr_power": 3},
    ],
)
def test_growth_that_does_not_grow_is_refused(field):
    with pytest.raises(ValidationError):
        BatchGrowth(**field)
