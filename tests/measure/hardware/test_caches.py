"""Caches as Linux describes them, and the batch size at which a working set that is counted by hand passes each."""

import pytest

from batchwright.measure.hardware.caches import caches
from batchwright.measure.hardware.memory import ModelBytes

KIB = 1024


@pytest.fixture
def described(tmp_path):
    """A processor with two level 1 caches and a larger one, listed out of order."""
    for index, level, kind, size in (
        (0, 2, "Unified", "1024K"), (1, 1, "Data", "48K"), (2, 1, "Instruction", "32K"), (3, 3, "Unified", "33M"),
    ):  # fmt: skip
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        for name, value in (("level", level), ("type", kind), ("size", size)):
            (folder / name).write_text(f"{value}\n")
    return tmp_path


def facts(parameters, each, optimizer=0):
    return ModelBytes(
        resident_bytes=0,
        parameter_bytes=parameters,
        optimizer_bytes=optimizer,
        activation_bytes_per_example=each,
    )


def test_caches_of_data_are_listed_from_the_smallest(described):
    found = caches(None, described)
    assert [(cache.level, cache.bytes, cache.passed_at) for cache in found] == [
        (1, 48 * KIB, None), (2, 1024 * KIB, None), (3, 33 * KIB * KIB, None),
    ]  # fmt: skip


def test_a_working_set_counts_parameters_twice_and_every_example_once(described):
    model = facts(parameters=20 * KIB, each=2.0 * KIB, optimizer=4 * KIB)
    assert model.working_set_bytes(10) == (20 + 20 + 4 + 10 * 2) * KIB
    first, second, third = (cache.passed_at for cache in caches(model, described))
    assert (first, second) == ((48 - 44) / 2, (1024 - 44) / 2)
    assert model.working_set_bytes(round(third)) == pytest.approx(33 * KIB * KIB, rel=1e-4)


def test_a_model_larger_than_a_cache_has_passed_it_at_any_size(described):
    passed = [cache.passed_at for cache in caches(facts(parameters=100 * KIB, each=1.0 * KIB), described)]
    assert passed[0] == 0
    assert passed[1] == 824


def test_without_a_count_of_activations_nothing_is_said(described):
    unknown = facts(parameters=100, each=None)
    assert unknown.working_set_bytes(8) is None
    assert {cache.passed_at for cache in caches(unknown, described)} == {None}


def test_a_machine_that_does_not_tell_has_no_caches(tmp_path):
    assert caches(facts(parameters=100, each=1.0), tmp_path) == ()
