"""Step times for quick advice, on a made-up clock."""

import math

import pytest
import torch
from torch import nn

from batchwright.advice.quick.step_times import step_times
from batchwright.study.spec import StudySpec
from batchwright.task.task import Target, Task, TaskReference

from ...measure.hardware.machines import FakeMachine


def timed_task(machine):
    class Timed(nn.Linear):
        def forward(self, inputs):
            if self.training:
                machine.contender(len(inputs)).update()
            return super().forward(inputs)

    x = torch.randn(2048, 3, generator=torch.Generator().manual_seed(0))
    return Task(
        name="timed", model=lambda: Timed(3, 1), train=(x, x[:, :1]), validation=(x[:5], x[:5, :1]),
        loss=lambda outputs, targets: ((outputs - targets) ** 2).mean(1), target=Target(value=0.1),
    )  # fmt: skip


def spec(*batch_sizes):
    return StudySpec(
        task=TaskReference(name="timed"), batch_sizes=batch_sizes, optimizer={"lr": 0.1}, target=Target(value=0.1),
        max_epochs=10,
    )  # fmt: skip


def true(size):
    return 1e-3 + 1e-5 * size


def measured(cost):
    machine = FakeMachine(cost)
    return step_times(
        spec(1, 4, 16, 64, 256, 1024), timed_task(machine), instruments=machine.instruments()
    ).measured


def test_sizes_a_factor_of_four_apart():
    found = measured(lambda size, made: true(size))
    assert list(found) == [1, 4, 16, 64, 256, 1024]
    assert list(found.values()) == pytest.approx([true(size) for size in found])


def test_the_ladder_ends_where_steps_grow_in_proportion():
    found = measured(lambda size, made: 1e-5 * size)
    assert list(found) == [1, 4, 16]


def test_a_slow_first_update_does_not_end_the_ladder():
    found = measured(lambda size, made: true(size) * (6 if made == 0 else 1))
    assert list(found) == [1, 4, 16, 64, 256, 1024]
    assert list(found.values()) == pytest.approx([true(size) for size in found])


def test_the_first_update_of_a_process_does_not_pass_for_the_speed_of_its_size():
    updates = []

    def cost(size, made):
        updates.append(size)
        return true(size) + 0.5 * (len(updates) == 1)  # a GPU's libraries set themselves up

    assert list(measured(cost)) == [1, 4, 16, 64, 256, 1024]


def test_a_size_that_stays_out_of_line_is_left_to_interpolation():
    found = measured(lambda size, made: true(size) * (50 if size == 16 else 1))
    assert list(found) == [1, 4, 64, 256, 1024]
    assert all(math.isfinite(value) for value in found.values())
