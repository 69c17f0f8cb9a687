"""Seconds a step of real runs on a made-up clock: what is timed, left out, and refused."""

import pytest
import torch

from batchwright.batches import Sampling
from batchwright.core.errors import BatchwrightError, InputError
from batchwright.measure.hardware.alone import SecondsPerStep, seconds_per_step, time_steps
from batchwright.measure.hardware.cost_model import fit_cost_model
from batchwright.measure.hardware.turns import REAL
from batchwright.task.load import load_task
from batchwright.task.task import Task, TaskReference
from batchwright.training import RunSpec

from .machines import FakeMachine

TIMED = TaskReference(name="timed")


def timed_task(machine, refuses=()):
    """A forward pass takes the machine's time for its batch size; some sizes fail."""

    class Timed(torch.nn.Linear):
        def forward(self, inputs):
            size = len(inputs)
            if size in refuses:
                raise refuses[size]
            if self.training:
                machine.contender(size).update()
            return super().forward(inputs)

    x = torch.randn(600, 3, generator=torch.Generator().manual_seed(0))
    return Task(
        name="timed", model=lambda: Timed(3, 1), train=(x, x[:, :1]), validation=(x[:5], x[:5, :1]),
        loss=lambda outputs, targets: ((outputs - targets) ** 2).mean(1),
    )  # fmt: skip


def specs(sizes, reference=TIMED, **fields):
    whole = Sampling(last_batch="run_on")
    return [RunSpec(task=reference, batch_size=b, sampling=whole, **fields) for b in sizes]


def true(size):
    return 2e-3 + 5e-5 * size


def machine_of(cost=true, **how):
    return FakeMachine(lambda size, made: cost(size), **how)


def test_every_size_gets_its_own_time_and_the_knee_follows():
    machine, sizes = machine_of(), [1, 4, 16, 64, 256, 512]
    found = time_steps(
        specs(reversed(sizes)), timed_task(machine), limit_seconds=10, instruments=machine.instruments()
    )
    assert list(found) == sizes
    for size, row in found.items():
        assert [row.low, row.median, row.high] == pytest.approx([true(size)] * 3)
        assert row.threads == torch.get_num_threads()
    model = fit_cost_model(list(found), [row.median for row in found.values()])
    assert model.knee.value == pytest.approx(40, rel=0.1)


def test_the_order_of_a_study_is_kept_and_rates_may_differ():
    machine = machine_of(loads=[0.1])
    mixed = [*specs([64]), *specs([8], optimizer={"lr": 0.5}), *specs([512])]
    rows = seconds_per_step(mixed, timed_task(machine), instruments=machine.instruments())
    assert [row.median for row in rows] == pytest.approx([true(64), true(8), true(512)])
    assert [row.others_load for row in rows] == [0.1] * 3


def test_a_size_out_of_line_is_suspect_and_old_documents_are_not():
    machine = machine_of(lambda size: true(size) * (126 if size == 16 else 1))
    rows = seconds_per_step(specs([4, 16, 64]), timed_task(machine), instruments=machine.instruments())
    assert [row.suspect for row in rows] == [False, True, False]
    stored = rows[0].model_dump(exclude={"suspect"})
    assert SecondsPerStep.model_validate(stored) == rows[0]


def test_the_limit_leaves_out_the_large_sizes_and_keeps_four():
    machine = machine_of()
    found = time_steps(
        specs([512, 600, 256, 128, 64, 32, 16, 8]), timed_task(machine), limit_seconds=0.06,
        instruments=machine.instruments(),
    )  # fmt: skip
    assert list(found) == [8, 16, 32, 64]
    assert machine.now < 2 * 4 * 4 * max(true(64), 0.03)  # warm-up and three sweeps


def test_sizes_that_the_model_refuses_are_missing_and_those_beyond_memory_too():
    refuses = {1: ValueError("more than 1 value"), 64: torch.OutOfMemoryError("CUDA out of memory")}
    machine = machine_of()
    task = timed_task(machine, refuses)
    found = time_steps(specs([1, 8, 16, 64, 256]), task, instruments=machine.instruments())
    assert list(found) == [8, 16]
    with pytest.raises(BatchwrightError, match="runs at no batch size: ValueError: more than 1 value"):
        time_steps(specs([1]), task, instruments=machine.instruments())


def test_specs_timed_together_differ_in_size_and_rate_only():
    machine = machine_of()
    for other in (specs([4], seed=1), specs([4], optimizer={"momentum": 0.9})):
        with pytest.raises(InputError, match="differ in batch_size and learning rate only"):
            time_steps([*specs([2]), *other], timed_task(machine))


def test_on_the_real_clock_larger_batches_of_digits_take_longer_a_step_and_less_an_example():
    """Factors far beyond what a busy machine adds."""
    digits = TaskReference(name="digits")
    found = time_steps(specs([2, 1437], digits), load_task(digits), limit_seconds=0.5, instruments=REAL)
    assert found[2].median < found[1437].median < 1437 / 2 * found[2].median
