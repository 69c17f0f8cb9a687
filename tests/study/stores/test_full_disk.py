"""A disk that fills up: one line, nothing recorded is lost, and the study goes on once there is space."""

import resource
import subprocess
from contextlib import contextmanager

import pytest

from batchwright.core.errors import StoreError
from batchwright.study.stores.sqlite import SQLiteStore

KILOBYTE = 1024


@pytest.fixture
def disk(tmp_path):
    """Makes a small disk; mounted again with another size it is larger."""

    def mount(size, *options):
        line = ["mount", "-t", "tmpfs", "-o", ",".join([*options, f"size={size}k"]), "tmpfs", str(tmp_path)]
        done = subprocess.run(line, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
        return tmp_path

    yield mount
    subprocess.run(["umount", str(tmp_path)], capture_output=True, check=False)


@contextmanager
def no_file_above(kilobytes):
    """The same by a limit on the size of files, which anybody may set."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes * KILOBYTE, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def driven_until_full(by_law, executor, path):
    """The runs that were kept, and what was said."""
    kept = []
    with pytest.raises(StoreError) as caught, SQLiteStore(path) as store:
        add = store.add_run

        def counted(study_id, key, result):
            add(study_id, key, result)
            kept.append(str(key))

        store.add_run = counted
        by_law(store, executor)
    said = str(caught.value)
    assert "\n" not in said
    assert said.startswith(f"cannot write to {path}: ")
    assert said.endswith("recorded before is safe: make space on the disk, then give the same command again")
    return kept


def goes_on(by_law, law, path, kept, undisturbed):
    with SQLiteStore(path) as store:
        assert {row["run_key"] for row in store.runs("law-1", curves=True)} == set(kept)
        assert store.study("law-1")["status"] == "interrupted"
        executor = law()
        found = by_law(store, executor)
        assert store.damage == ()
        assert not set(executor.executed) & set(kept)  # nothing is run again
        assert (found.found, undisturbed.outcomes(store)) == (undisturbed.found, undisturbed.runs)
        assert store.study("law-1")["status"] == "complete"


def test_a_study_on_a_disk_that_fills_up_goes_on_once_there_is_space(disk, by_law, law, undisturbed):
    path = disk(200) / "studies.sqlite"
    kept = driven_until_full(by_law, law(), path)
    assert 1 <= len(kept) < len(undisturbed.runs)
    disk(10_000, "remount")
    goes_on(by_law, law, path, kept, undisturbed)


def test_a_study_whose_file_may_grow_no_further_goes_on_once_it_may(tmp_path, by_law, law, undisturbed):
    path = tmp_path / "studies.sqlite"
    with no_file_above(140):
        kept = driven_until_full(by_law, law(), path)
    assert 1 <= len(kept) < len(undisturbed.runs)
    goes_on(by_law, law, path, kept, undisturbed)


@pytest.mark.parametrize("size", range(8, 140, 12))
def test_on_a_disk_of_any_size_a_full_one_is_not_taken_for_damage(disk, size, by_law, law):
    path = disk(size) / "studies.sqlite"
    with pytest.raises(StoreError, match="make space on the disk"), SQLiteStore(path) as store:
        store.studies()
        by_law(store, law())
    disk(10_000, "remount")
    with SQLiteStore(path) as store:
        assert len(by_law(store, law()).found) == 3
