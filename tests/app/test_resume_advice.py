"""Advice that was interrupted goes on under ``resume``, as a study does."""

import pytest

import batchwright as bw
from batchwright.core.errors import StoreError
from batchwright.study.executors.in_process import InProcess
from batchwright.study.stores.sqlite import SQLiteStore, store_path

pytestmark = pytest.mark.usefixtures("calm_machine")

ASKED = {"examples": 300, "batch_sizes": [16, 64, 256], "target": "loss=0.6", "budget": 2, "progress": False}


class Killed(BaseException):
    pass


def interrupted(monkeypatch, task, **arguments):
    """Advice that ends at its fifth leg."""
    plain, legs = InProcess.next_done, []

    def dies(self):
        legs.append(1)
        if len(legs) == 5:
            raise Killed
        return plain(self)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(InProcess, "next_done", dies)
        bw.advise(task, **arguments)


def test_it_continues_and_repeats_no_kept_run(monkeypatch, tmp_path):
    interrupted(monkeypatch, "digits", store=str(tmp_path), **ASKED)
    with SQLiteStore(store_path(str(tmp_path))) as store:
        (row,) = store.studies()
        assert (row["kind"], row["status"]) == ("advice", "interrupted")
    answer = bw.resume(row["study_id"], store=str(tmp_path), progress=False)
    again = bw.advise("digits", store=str(tmp_path), **ASKED)
    assert again.result.recommendation == answer.result.recommendation
    assert again.result.runs_executed == 0
    with SQLiteStore(store_path(str(tmp_path))) as store:
        assert store.study(row["study_id"])["status"] == "complete"


def test_a_task_that_lived_in_another_process_is_asked_for_again_there(monkeypatch, tmp_path):
    task = bw.Task(
        name="mine",
        model=lambda: __import__("torch").nn.Linear(4, 3),
        train=__import__("sklearn.datasets").datasets.load_iris(return_X_y=True),
        validation=0.3,
        loss="cross_entropy",
        target="loss=0.5",
    )
    interrupted(monkeypatch, task, store=str(tmp_path), budget=2, progress=False)
    with SQLiteStore(store_path(str(tmp_path))) as store:
        (row,) = store.studies()
    with pytest.raises(StoreError, match=r"lived in the process that began it.*bw\.advise\(task"):
        bw.resume(row["study_id"], store=str(tmp_path), progress=False)
