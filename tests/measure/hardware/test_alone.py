import pytest
import torch

from batchwright.measure.hardware import alone as hardware
from batchwright.measure.hardware.alone import _summarise, seconds_per_step
from batchwright.task.load import load_task
from batchwright.task.task import TaskReference
from batchwright.training import RunSpec


def spec(batch_size):
    return RunSpec(task=TaskReference(name="digits"), batch_size=batch_size)


def test_large_batches_take_longer_a_step_and_less_an_example():
    small, large = seconds_per_step([spec(2), spec(1400)], load_task(TaskReference(name="digits")))
    assert small.median < large.median
    assert large.median / 1400 < small.median / 2
    assert small.low <= small.median <= small.high
    assert small.threads == torch.get_num_threads()


def test_sweeps_under_load_do_not_count():
    sweeps = [[1.0, 2.0]] * 8 + [[5.0, 9.0]] * 8
    calm, rows = _summarise(sweeps, [0.05] * 8 + [0.6] * 8)
    assert calm
    assert [row.median for row in rows] == [1.0, 2.0]
    assert rows[0].repeats == 8
    assert rows[0].others_load == 0.05


def test_the_calmest_sweeps_count_when_the_machine_never_rests():
    sweeps = [[float(i)] for i in range(20)]
    calm, (row,) = _summarise(sweeps, [0.9 - 0.01 * i for i in range(20)])
    assert not calm
    assert row.median == 16.0  # the seven calmest are the last: 13 ... 19
    assert row.others_load == pytest.approx(0.74)


def test_a_busy_machine_is_measured_longer(monkeypatch):
    task = load_task(TaskReference(name="digits"))
    monkeypatch.setattr(hardware, "_TURN_SECONDS", 0.001)
    monkeypatch.setattr(hardware._OthersLoad, "share", lambda self: 0.5)
    (row,) = seconds_per_step([spec(8)], task)
    assert row.repeats == hardware._MIN_SWEEPS
    assert row.others_load == 0.5
