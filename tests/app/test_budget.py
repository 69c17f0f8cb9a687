import pytest

from batchwright.app.budget import Allowed, allowed
from batchwright.core.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30trainings", Allowed(trainings=30)),
        ("1 training", Allowed(trainings=1)),
        ("30", Allowed(trainings=30)),
        (30, Allowed(trainings=30)),
        (2.5, Allowed(trainings=2.5)),
        ("5min", Allowed(seconds=300)),
        ("0.5h", Allowed(seconds=1800)),
        ("90s", Allowed(seconds=90)),
        ("90sec", Allowed(seconds=90)),
    ],
)
def test_one_grammar(text, expected):
    assert allowed(text) == expected


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "0s", "5days", "five", "1e400", "²min", "nan", "inf", 1e300, "9" * 300]
)
def test_anything_else_is_one_line(text):
    with pytest.raises(InputError, match="budget must be like 30trainings, 90s, 5min or 1h, got ") as caught:
        allowed(text)
    assert len(str(caught.value)) < 140
