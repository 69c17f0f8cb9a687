"""A column has one unit and one number of digits: the README's table, and what was shown badly before."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchwright.core.numbers import measured, seconds
from batchwright.report.page import Column, Table
from batchwright.report.text.columns import form_of, forms, written

# digits on two cores: B = 1, 32, 64, 128, 256, 512, 1024, 1437
STEPS = [3710.2, 126.4, 61.2, 55.2, 49.3, 41.9, 45.5, 41.6]
STEP = [251e-6, 315e-6, 357e-6, 416e-6, 457e-6, 596e-6, 818e-6, 1000e-6]
TO_TARGET = [0.931, 0.0398, 0.0219, 0.0230, 0.0225, 0.0250, 0.0373, 0.0416]


def cells(kind, values, **more):
    (column,) = written(Table(columns=[Column(heading="x", values=values, kind=kind, **more)]))
    return column.heading, list(column.cells)


def test_steps_are_whole_where_one_of_them_is_large():
    assert cells("count", STEPS) == ("x", ["3,710", "126", "61", "55", "49", "42", "46", "42"])


def test_steps_keep_a_decimal_where_all_are_small():
    assert cells("count", STEPS[2:]) == ("x", ["61.2", "55.2", "49.3", "41.9", "45.5", "41.6"])


def test_examples_are_grouped():
    assert cells("count", [3710, 4040, 59_700]) == ("x", ["3,710", "4,040", "59,700"])


def test_a_step_is_in_microseconds_all_the_way():
    heading, texts = cells("seconds", STEP)
    assert heading == "x (µs)"
    assert texts == ["251", "315", "357", "416", "457", "596", "818", "1,000"]


def test_time_to_target_is_in_milliseconds_all_the_way():
    heading, texts = cells("seconds", TO_TARGET)
    assert heading == "x (ms)"
    assert texts == ["931.0", "39.8", "21.9", "23.0", "22.5", "25.0", "37.3", "41.6"]


def test_a_wide_spread_takes_the_larger_unit():
    assert cells("seconds", [0.0219, 420.0]) == ("x (s)", ["0.0219", "420"])
    assert cells("seconds", [150.0, 4000.0]) == ("x (min)", ["2.50", "66.67"])


def test_an_interval_shares_unit_and_digits_of_its_value():
    table = Table(
        columns=[
            Column(heading="time", values=[0.0219, None], kind="seconds"),
            Column(heading="90%", values=[(0.0184, 0.93), (0.5, None)], kind="seconds", like="time"),
        ]
    )
    time, interval = written(table)
    assert (time.heading, interval.heading) == ("time (ms)", "90% (ms)")
    assert time.cells == ("21.9", "–")
    assert interval.cells == ("18.4 to 930.0", "above 500.0")
    assert forms(table)["time"] == forms(table)["90%"]


@pytest.mark.parametrize(
    ("kind", "values", "texts"),
    [
        ("rate", [0.0177, 0.8, 1.13, 1e-5, None], ["0.0177", "0.8", "1.13", "1e-05", "–"]),
        ("batch_size", [1, 512, 1437], ["1", "512", "1437"]),
        ("batch_size", [1, 512, 60_000], ["1", "512", "60,000"]),
        ("ratio", [1.0, 42.51], ["1.00×", "42.51×"]),
        ("ratio", [1.0, 4251.0], ["1.00×", "4,250×"]),
        ("share", [0.07, 0.3], ["7%", "30%"]),
        ("share", [0.9621, 0.5], ["96.2%", "50.0%"]),
        ("bytes", [3 << 20, 200 << 20], ["3.00", "200.00"]),
        ("number", [0.25, 1.5], ["0.250", "1.500"]),
        ("number", [0.000123, 4560.0], ["0.000123", "4,560"]),
        ("text", ["a", "", None], ["a", "", "–"]),
        ("count", [None, None], ["–", "–"]),
        ("number", [math.inf, 2.0], ["–", "2.00"]),
    ],
)
def test_every_kind(kind, values, texts):
    assert cells(kind, values)[1] == texts


def test_a_bound_keeps_its_prefix_and_what_is_missing_has_none():
    assert cells("count", [40.0, None], prefix=[">", ">"])[1] == [">40", "–"]


@given(st.floats(min_value=1e-8, max_value=1e6))
def test_a_column_of_one_says_what_a_sentence_says(value):
    assert form_of("seconds", [value]).phrase(value) == seconds(value)


@given(st.lists(st.floats(min_value=1e-3, max_value=1e3), min_size=1, max_size=12))
def test_no_value_of_a_column_is_lost_to_rounding(values):
    form = form_of("seconds", values)
    for value in values:
        shown_value = float(form.cell(value).replace(",", "")) * form.scale
        assert shown_value == pytest.approx(value, rel=0.006)


@given(st.floats(min_value=1e-4, max_value=1e12))
def test_three_digits_are_three_digits(value):
    assert float(measured(value).replace(",", "")) == pytest.approx(value, rel=0.006)
