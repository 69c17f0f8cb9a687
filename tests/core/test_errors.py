import pytest
from pydantic import ValidationError

from batchwright.core.errors import one_line, unknown_name
from batchwright.optim.spec import OptimizerSpec


def test_unknown_name_without_a_near_one_lists_what_there_is():
    assert str(unknown_name("task", "zzz", ["b", "a"])) == "unknown task 'zzz'. Known: a, b"


def test_validation_errors_become_one_line_with_rule_and_value():
    with pytest.raises(ValidationError) as caught:
        OptimizerSpec(lr=-0.1)
    assert one_line(caught.value) == "lr: must be greater than 0, got -0.1"


def test_any_error_becomes_one_line():
    assert one_line(ValueError("two\n  lines")) == "two lines"
    assert one_line(KeyError()) == "KeyError"
