"""Options: text becomes what the builder declares, or one line says why not."""

from pathlib import Path
from typing import Any, Literal

import pytest

from batchwright.core.errors import InputError
from batchwright.task.options import coerce_options, require_at_least


def build(
    *,
    data_dir=None,
    width: int = 1,
    noise: float = 0.1,
    flag: bool = False,
    label: str = "",
    layers: list[int] | None = None,
    hidden: int | list[int] = 64,
    pair: tuple[float, float] = (0, 1),
    model: Literal["mlp", "lenet"] = "mlp",
    level: Literal[1, 2] = 1,
    place: Path = Path(),
    limit: int | None = None,
    guessed=3,
    anything: Any = None,
): ...


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("width", "12", 12),
        ("width", 12, 12),
        ("noise", "1e-3", 1e-3),
        ("noise", 2, 2.0),
        ("flag", "true", True),
        ("flag", "No", False),
        ("flag", True, True),
        ("label", "12", "12"),
        ("layers", "64,32", [64, 32]),
        ("layers", "64", [64]),
        ("layers", "none", None),
        ("layers", [8, 4], [8, 4]),
        ("hidden", "64", 64),
        ("hidden", "64, 32", [64, 32]),
        ("hidden", [64, 32], [64, 32]),
        ("pair", "1.5,0.3", (1.5, 0.3)),
        ("model", "lenet", "lenet"),
        ("level", "2", 2),
        ("place", "a/b", Path("a/b")),
        ("limit", "7", 7),
        ("limit", "none", None),
        ("guessed", "5", 5),
        ("anything", "5", "5"),
    ],
)
def test_values_become_what_is_declared(name, given, expected):
    result = coerce_options(build, {name: given}, "build")
    assert result == {name: expected}
    assert type(result[name]) is type(expected)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("width", "1.5", "build option 'width' must be an integer, got '1.5'"),
        ("width", 1.5, "build option 'width' must be an integer, got 1.5"),
        ("width", True, "build option 'width' must be an integer, got True"),
        ("noise", "much", "build option 'noise' must be a finite number, got 'much'"),
        ("noise", "nan", "build option 'noise' must be a finite number, got 'nan'"),
        ("noise", float("inf"), "build option 'noise' must be a finite number, got inf"),
        ("flag", "maybe", "build option 'flag' must be true or false, got 'maybe'"),
        ("layers", "64,x", "must be a comma-separated list of integers or none, got '64,x'"),
        ("hidden", "wide", "must be an integer or a comma-separated list of integers, got 'wide'"),
        ("pair", "1,2,3", "build option 'pair' must be 2 comma-separated numbers, got '1,2,3'"),
        ("model", "lnet", "unknown build option 'model' 'lnet': did you mean 'lenet'? Known: lenet, mlp"),
        ("level", "3", "build option 'level' must be one of 1, 2, got '3'"),
        ("guessed", "x", "build option 'guessed' must be an integer, got 'x'"),
        ("widht", "3", "unknown build option 'widht': did you mean 'width'? Known: "),
        ("data_dir", "x", "unknown build option 'data_dir'"),
    ],
)
def test_a_wrong_value_or_name_is_one_line(name, given, message):
    with pytest.raises(InputError) as error:
        coerce_options(build, {name: given}, "build")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_required_options_and_none_at_all():
    with pytest.raises(InputError, match=r"^f needs the option 'width': give it, as width=VALUE$"):
        coerce_options(lambda width: None, {}, "f")
    with pytest.raises(InputError, match=r"^f takes no options, got 'width'$"):
        coerce_options(lambda: None, {"width": "3"}, "f")


def test_further_keywords_pass_unchanged():
    assert coerce_options(lambda **rest: None, {"width": "3"}, "f") == {"width": "3"}


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_bounds(value):
    require_at_least("width", 1, 1)
    with pytest.raises(InputError, match=rf"^width must be at least 1, got {value}$"):
        require_at_least("width", value, 1)
