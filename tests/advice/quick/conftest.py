"""Digits, a spec of advice on them, and runs that go on leg by leg."""

import pytest

from batchwright.advice.quick.legs import Legs
from batchwright.optim.spec import OptimizerSpec
from batchwright.study.executors.in_process import InProcess
from batchwright.study.spec import StudySpec
from batchwright.study.stores.memory import MemoryStore
from batchwright.task.load import load_task
from batchwright.task.task import Target, TaskReference


@pytest.fixture(scope="session")
def digits():
    return load_task(TaskReference(name="digits"))


@pytest.fixture(scope="session")
def study_spec():
    def make(target=0.3, max_epochs=30, **fields):
        return StudySpec.model_validate(
            {
                "task": TaskReference(name="digits"),
                "batch_sizes": tuple(2**k for k in range(4, 11)),
                "optimizer": OptimizerSpec(lr=0.1),
                "target": Target(metric="loss", value=target),
                "max_epochs": max_epochs,
                **fields,
            }
        )

    return make


@pytest.fixture
def legs(digits, study_spec):
    store = MemoryStore()
    spec = study_spec()
    begin(store, spec, digits)
    return Legs(spec, digits, store, InProcess(digits), "advice")


def begin(store, spec, task, study_id="advice"):
    """Register a study, so that runs can be kept under it."""
    store.begin_study(
        study_id,
        kind="advice",
        name=None,
        task=task.name,
        spec_json=spec.model_dump_json(),
        fingerprint=task.fingerprint,
        request={},
        action=None,
    )
