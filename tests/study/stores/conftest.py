import shutil
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "data" / "stores"


@pytest.fixture
def first_store(tmp_path):
    """A copy of a store that schema 1 wrote (see ``tests/data/stores/v1/README.md``)."""
    return Path(shutil.copy(DATA / "v1" / "studies.sqlite", tmp_path / "studies.sqlite"))
