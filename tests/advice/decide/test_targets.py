"""Easier targets by kind of metric."""

import pytest

from batchwright.advice import easier_targets


@pytest.mark.parametrize(
    ("value", "higher", "initial", "expected"),
    [
        (0.2, False, None, (0.25, 0.3)),
        (0.2, False, 2.3, (0.25, 0.3)),
        (0.2, False, 0.28, (0.25,)),  # met before training
        (0.2, False, 0.25, ()),
        (0.95, True, 0.1, (0.925, 0.9)),
        (0.4, True, None, (0.1,)),  # the other would lie below 0
        (1.0, True, 0.1, ()),  # no shortfall to widen
        (-2.0, False, 3.0, (-1.5, -1.0)),
        (200.0, True, 0.0, (180.0, 160.0)),
        (200.0, True, None, ()),
    ],
)
def test_easier_targets(value, higher, initial, expected):
    assert easier_targets("metric", value, higher_is_better=higher, initial_value=initial) == expected
