"""Equal meanings have one text."""

from pydantic import BaseModel, Field

from batchwright.core.canonical import canonical


class Inner(BaseModel):
    rate: float = 0.1
    name: str = "a"


class Older(BaseModel):
    b: int
    inner: Inner = Inner()
    sizes: tuple[float, ...] = ()


class InnerGrown(Inner):
    added: int = 7


class Newer(BaseModel):
    added: dict[str, int] = Field(default_factory=dict)
    sizes: tuple[float, ...] = ()
    inner: InnerGrown = InnerGrown()
    b: int


def test_a_new_field_at_its_default_changes_nothing_at_any_depth():
    for fields in ({"b": 1}, {"b": 1, "inner": {"rate": 0.2}}, {"b": 2, "sizes": [1, 2.5]}):
        assert canonical(Older(**fields)) == canonical(Newer(**fields))
    assert canonical(Newer(b=1, added={"x": 1})) != canonical(Newer(b=1))
    assert canonical(Newer(b=1, inner={"added": 8})) != canonical(Newer(b=1))


def test_keys_are_sorted_and_floats_keep_every_digit():
    assert canonical(Older(b=1, inner={"rate": 0.1 + 0.2}, sizes=(1,))) == (
        '{"b":1,"inner":{"rate":0.30000000000000004},"sizes":[1.0]}'
    )


def test_excluded_fields_do_not_count_in_the_outermost_model_alone():
    assert canonical(Older(b=1, inner={"name": "x"}), exclude=["b", "name"]) == '{"inner":{"name":"x"}}'
