import time
from collections import defaultdict
from statistics import median
from typing import ClassVar

import pytest
import torch

from batchwright.batches import Sampling
from batchwright.core.errors import InputError
from batchwright.measure.hardware.timing import probe_seconds, time_steps
from batchwright.task.load import load_task
from batchwright.task.task import Task, TaskReference
from batchwright.training import RunSpec

DIGITS = TaskReference(name="digits")


class Sleeper(torch.nn.Linear):
    """Takes 2 ms and 50 µs an example, and what a busy machine sleeps beyond that, which it notes."""

    slept: ClassVar = defaultdict(list)

    def forward(self, inputs):
        began = time.perf_counter()
        time.sleep(2e-3 + 5e-5 * len(inputs))
        self.slept[len(inputs)].append(time.perf_counter() - began)
        return super().forward(inputs)


def sleeping_task():
    x = torch.randn(600, 3, generator=torch.Generator().manual_seed(0))
    return Task(
        name="sleeper", model=lambda: Sleeper(3, 1), train=(x, x[:, :1]), validation=(x[:5], x[:5, :1]),
        loss=lambda outputs, targets: ((outputs - targets) ** 2).mean(1),
    )  # fmt: skip


def specs(reference, sizes, **fields):
    whole = Sampling(last_batch="run_on")
    return [RunSpec(task=reference, batch_size=b, sampling=whole, **fields) for b in sizes]


def test_a_model_that_sleeps_is_timed_and_fitted():
    sizes = [1, 4, 16, 64, 256, 512]
    task, reference = sleeping_task(), TaskReference(name="sleeper")
    Sleeper.slept.clear()
    timed = time_steps(specs(reference, sizes), task, limit_seconds=1.5)
    assert list(timed) == sizes
    for size, row in timed.items():
        assert 2e-3 + 5e-5 * size <= row.median < 1.3 * median(Sleeper.slept[size]) + 1e-3
        assert row.repeats >= 3
        assert row.low <= row.median <= row.high
    model = probe_seconds(specs(reference, sizes), task, limit_seconds=1.0)
    assert 20 < model.knee.value < 100
    assert model.knee.interval[0] <= model.knee.value <= model.knee.interval[1]


def test_the_limit_leaves_out_the_large_sizes_and_keeps_four():
    task, reference = sleeping_task(), TaskReference(name="sleeper")
    began = time.perf_counter()
    timed = time_steps(specs(reference, [512, 600, 256, 128, 64, 32, 16, 8]), task, limit_seconds=0.06)
    assert time.perf_counter() - began < 1.5
    assert list(timed)[:4] == [8, 16, 32, 64]
    assert 600 not in timed


def test_digits_of_several_optimizers_differ_in_batch_size_only():
    task = load_task(DIGITS)
    timed = time_steps(specs(DIGITS, [1437, 2]), task, limit_seconds=0.5)
    assert timed[2].median < timed[1437].median < 1437 / 2 * timed[2].median
    with pytest.raises(InputError, match="differ in batch_size only"):
        time_steps([*specs(DIGITS, [2]), *specs(DIGITS, [4], seed=1)], task)
