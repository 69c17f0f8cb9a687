"""Built-in tasks are found by their files."""

import subprocess
import sys

import pytest

from batchwright.core.errors import InputError
from batchwright.task import TaskReference, builtin, catalogue, load_task
from batchwright.task.catalogue import built_in_names, summary

ONE_FILE = '''"""``coin-flips``: whether a coin shows heads."""

import torch
from torch import nn

from batchwright.core.errors import DataError
from batchwright.task.task import Task


def coin_flips(*, data_dir: str | None = None, flips: int = 20) -> Task:
    heads = torch.arange(flips) % 2
    return Task(name="coin-flips", model=lambda: nn.Linear(1, 2), train=(torch.ones(flips, 1), heads),
                validation=0.5, loss="cross_entropy")
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(builtin, "__path__", [*builtin.__path__, str(tmp_path)])
    yield tmp_path
    sys.modules.pop("batchwright.task.builtin.coin_flips", None)


def test_one_file_is_all_that_a_built_in_task_takes(folder):
    before = built_in_names()
    (folder / "coin_flips.py").write_text(ONE_FILE)
    assert set(built_in_names()) - set(before) == {"coin-flips"}
    row = next(row for row in catalogue() if row["name"] == "coin-flips")
    assert row == {
        "name": "coin-flips", "summary": "whether a coin shows heads", "options": {"flips": 20},
        "available": True, "data": "included",
    }  # fmt: skip
    assert len(load_task(TaskReference(name="coin-flips", options={"flips": "30"})).train) == 15
    with pytest.raises(InputError, match="did you mean 'coin-flips'"):
        load_task(TaskReference(name="coin-flip"))


def test_a_file_says_where_its_data_are(folder):
    text = (
        ONE_FILE + "\ndef find_data(data_dir=None):\n    raise DataError('coins: none at hand; throw some')\n"
    )
    (folder / "coin_flips.py").write_text(text)
    row = next(row for row in catalogue() if row["name"] == "coin-flips")
    assert (row["available"], row["data"]) == (False, "coins: none at hand; throw some")


def test_names_and_summaries_import_no_task():
    code = (
        "import sys; from batchwright.task.catalogue import built_in_names, summary;"
        "print([summary(name) for name in built_in_names()]);"
        "assert not [m for m in sys.modules if m.startswith('batchwright.task.builtin.')]"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "scikit-learn's 8x8 handwritten digits, 1437 training examples, dense net or LeNet" in said


def test_every_built_in_task_has_a_summary():
    assert all(summary(name) for name in built_in_names())
