"""One signature for Python and the command line: what Python sees of it."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest

import batchwright as bw
from batchwright.app.signature import Asked, Option, OptionGroup, arguments_of, front_door
from batchwright.app.verbs import VERBS, verb
from batchwright.core.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Shape(OptionGroup):
    width: Annotated[int, Option("Units.", panel="Shape")] = 16
    names: Annotated[Sequence[str] | None, Option("What to call them.")] = None


@front_door
def example(
    task: Annotated[Any, Option("What.")],
    *,
    rate: Annotated[float | None, Option("How fast.")] = None,
    extra: Annotated[Mapping[str, Any] | None, Option("More.")] = None,
    shape: Shape,
    asked: Asked,
) -> tuple:
    """Do it."""
    return task, rate, extra, shape, asked


def test_a_group_stands_for_its_fields():
    assert list(inspect.signature(example).parameters) == ["task", "rate", "extra", "width", "names"]
    task, rate, extra, shape, asked = example("digits", width=3)
    assert (task, rate, extra, shape) == ("digits", None, None, Shape(width=3))
    assert asked == Asked("example", {"width": 3})


def test_what_was_asked_as_data():
    asked = example(
        object(),
        rate=0.5,
        width=np.int64(3),
        names=("a", Path("b")),
        extra={"x": np.float64(0.5), "y": print},
    )[-1]
    action = asked.action("digits")
    assert (action.command, action.subject) == ("example", "digits")
    assert action.arguments == {"rate": 0.5, "width": 3, "names": ["a", "b"], "extra": {"x": 0.5}}


def test_a_wrong_name_is_a_type_error_with_the_nearest():
    with pytest.raises(
        TypeError, match=r"example\(\) got an unexpected keyword argument 'witdh': did you mean 'width'\?"
    ):
        example("digits", witdh=3)
    with pytest.raises(TypeError, match=r"example\(\) missing a required argument: 'task'"):
        example()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"width": "5"}, "width must be a whole number, got '5'"),
        ({"width": 2.5}, "width must be a whole number, got 2.5"),
        ({"width": True}, "width must be a whole number, got True"),
        ({"rate": "fast"}, "rate must be a number, got 'fast'"),
        ({"names": "a,b"}, "names must be a list of names, got 'a,b'"),
        ({"names": [1]}, r"names must be a list of names, got \[1\]"),
        ({"extra": ["a=1"]}, "extra must be a mapping of names to values"),
        ({"rate": "x" * 500}, "rate must be a number, got 'x{76}"),
    ],
)
def test_a_wrong_kind_is_one_line(given, message):
    with pytest.raises(InputError, match=message) as caught:
        example("digits", **given)
    assert len(str(caught.value)) < 150


@pytest.mark.parametrize("name", sorted(VERBS))
def test_help_says_what_every_argument_is(name):
    found = verb(name)
    documented = inspect.getdoc(found)
    assert documented.splitlines()[0].endswith(".")
    assert all(f"    {a.name}: " in documented for a in arguments_of(found))
    assert list(inspect.signature(found).parameters) == [a.name for a in arguments_of(found)]
    assert max(map(len, documented.splitlines())) <= 110


@pytest.mark.parametrize("name", sorted(VERBS))
def test_every_argument_has_words_that_end(name):
    for argument in arguments_of(verb(name)):
        assert argument.option.help, argument.name


def test_the_front_door_is_lazy_and_stays_open():
    """Importing a module out of the folder ``study`` leaves the verb of that name in its place."""
    import batchwright.study.key

    assert batchwright.study is verb("study")
    assert set(bw.__all__) <= set(dir(bw))
    for name in bw.__all__:
        assert getattr(bw, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'studdy'"):
        _ = bw.studdy


def test_the_front_door_lists_what_type_checkers_see():
    """The names imported for type checkers are the names that are there."""
    import ast

    tree = ast.parse(Path(bw.__file__).read_text())
    typed = {
        f"{node.module.removeprefix('batchwright.')}.{alias.name}"
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for node in block.body
        for alias in node.names
    }
    assert typed == {f"{home}.{name}" for name, home in bw.HOMES.items()}


def test_editors_see_the_same_signatures():
    """The stub is what ``python -m batchwright.app.stub`` prints now."""
    from batchwright.app.stub import stub

    assert Path(bw.__file__).with_suffix(".pyi").read_text() == stub()
