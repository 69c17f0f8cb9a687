import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from batchwright.study.driver import Driver
from batchwright.study.run import StoredRuns
from batchwright.study.stores.memory import MemoryStore

DATA = Path(__file__).parents[2] / "data" / "stores"


@pytest.fixture
def first_store(tmp_path):
    """A copy of a store that schema 1 wrote (see ``tests/data/stores/v1/README.md``)."""
    return Path(shutil.copy(DATA / "v1" / "studies.sqlite", tmp_path / "studies.sqlite"))


@pytest.fixture
def by_law(study_spec):
    """A study on the made-up law, driven through a store as ``run_study`` does; every run is one transaction."""
    spec = study_spec(batch_sizes=(4, 16, 64))

    def drive(store, executor, study_id="law-1"):
        facts = {"task": "law", "spec_json": spec.model_dump_json(), "fingerprint": study_id}
        store.begin_study(study_id, name=None, request={}, action=None, **facts)
        book = StoredRuns(store, study_id, study_id)
        found = Driver(spec, examples=1000, higher_is_better=False, book=book, executor=executor).run()
        store.end_study(study_id, status="complete", seconds=1.0)
        return found

    return drive


@pytest.fixture
def undisturbed(by_law, law):
    """What the study finds when nothing happens: its decisions and its runs, which ``outcomes`` reads of a store."""

    def outcomes(store):
        return [(r["run_key"], r["status"], r["updates"], r["steps_to_target"]) for r in store.runs("law-1")]

    with MemoryStore() as store:
        found = by_law(store, law())
        return SimpleNamespace(found=found.found, runs=outcomes(store), outcomes=outcomes)
