"""What the extras of pyproject.toml promise, read as pip reads them."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = {
    name: [Requirement(text) for text in given] for name, given in PROJECT["optional-dependencies"].items()
}
LIGHTNING = [
    (name, r) for name, given in EXTRAS.items() for r in given if r.name in ("lightning", "pytorch-lightning")
]


def test_lightning_is_where_it_is_looked_for():
    assert {name for name, _ in LIGHTNING} >= {"lightning", "dev"}


@pytest.mark.parametrize(("extra", "requirement"), LIGHTNING, ids=[name for name, _ in LIGHTNING])
def test_releases_of_lightning_that_must_not_be_installed_are_excluded(extra, requirement):
    assert not requirement.specifier.contains("2.6.2"), extra
    assert not requirement.specifier.contains("2.6.3"), extra
    assert requirement.specifier.contains("2.6.1"), "the exclusion is of these two alone"


def test_an_extra_brings_no_torch_of_its_own():
    assert not [name for name, given in EXTRAS.items() for r in given if r.name in ("torch", "torchvision")]
