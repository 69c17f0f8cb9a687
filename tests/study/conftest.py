"""A study on a made-up law, so that the truth is known and a run costs nothing."""

import math
import random

import pytest

from batchwright.core.streams import derive_seed
from batchwright.study.spec import StudySpec
from batchwright.task import TaskReference
from batchwright.training import RunResult, Status


class Law:
    """S(B, lr) = 50 (1 + 60/B) exp(0.3 ln^2(lr / lr_best)), noise 5%, divergence above 3 lr_best."""

    def __init__(self, *, shuffle=None):
        self.queue = []
        self.executed = []
        self.shuffle = random.Random(shuffle) if shuffle is not None else None

    def submit(self, key, spec):
        self.queue.append((key, spec))

    def next_done(self):
        index = self.shuffle.randrange(len(self.queue)) if self.shuffle else 0
        key, spec = self.queue.pop(index)
        self.executed.append(key)
        return [(key, self.run(spec))]

    def close(self):
        self.queue.clear()

    @staticmethod
    def run(spec):
        batch, lr = spec.batch_size, spec.optimizer.lr
        best = 0.8 * batch / (batch + 60)
        noise = random.Random(derive_seed(spec.seed, batch, str(lr))).gauss(0, 0.05)
        steps = 50 * (1 + 60 / batch) * math.exp(0.3 * math.log(lr / best) ** 2 + noise)
        limit = spec.budget.steps
        if lr > 3 * best:
            status, crossing, updates = Status.DIVERGED, None, 2
        elif steps > limit:
            status, crossing, updates = Status.BUDGET_EXHAUSTED, None, limit
        else:
            status, crossing, updates = Status.TARGET_REACHED, steps, math.ceil(steps)
        return RunResult(
            spec=spec, status=status, updates=updates, examples=updates * batch, steps_to_target=crossing
        )


@pytest.fixture
def law():
    return Law


@pytest.fixture
def study_spec():
    def make(**fields):
        return StudySpec.model_validate(
            {
                "task": TaskReference(name="law"),
                "batch_sizes": (1, 4, 16, 64, 256, 1000),
                "optimizer": {"lr": 0.1},
                "target": {"value": 0.2},
                "max_epochs": 100,
                **fields,
            }
        )

    return make
