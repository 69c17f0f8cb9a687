"""The interval of a median of ratios against the binomial law and by drawing."""

import numpy as np
import pytest

import batchwright as bw
from batchwright.advice.lesson import Part
from batchwright.core.errors import InputError
from batchwright.lessons.judge import exact
from batchwright.lessons.timing import example_ratio, median_ratio, repeated, step_ratio, unless_busy
from batchwright.measure.hardware.probe import ProbePoint

from .test_batch_time import machine


def point(size, turns):
    return ProbePoint(
        batch_size=size, seconds_per_step=1.0, low=1.0, high=1.0, examples_per_second=1.0,
        peak_memory_bytes=None, turns=turns,
    )  # fmt: skip


@pytest.mark.parametrize("n", [5, 7, 12, 28])
def test_the_interval_holds_the_median_of_skewed_ratios_often_enough(n):
    random = np.random.default_rng(n)
    held = []
    for _ in range(2000):
        low, high = median_ratio("r", np.exp(random.exponential(1.0, n))).interval
        held.append(low <= np.exp(np.log(2.0)) <= high)
    assert np.mean(held) > 0.88
    assert np.mean(held) < 0.999


def test_a_disturbed_sweep_moves_nothing():
    calm = np.linspace(0.9, 1.1, 9)
    disturbed = calm.copy()
    disturbed[-1] = 50.0
    assert median_ratio("r", disturbed).interval == median_ratio("r", calm).interval


def test_turns_are_compared_within_their_sweep():
    """The machine is ten times slower in the second sweep; the ratio is 2 in both, and 1/4 an example."""
    fast, slow = point(8, (1e-3, 1e-2, 1e-3)), point(64, (2e-3, 2e-2, 2e-3))
    assert step_ratio("r", slow, fast).interval == pytest.approx((2.0, 2.0))
    assert example_ratio("r", slow, fast).value == pytest.approx(0.25)
    with pytest.raises(InputError, match="two finite values"):
        median_ratio("r", [1.0])


def test_sizes_measured_at_other_times_are_still_compared():
    first = point(8, (1e-3, 1e-2, 1e-3))
    again = point(64, (2e-3, 2e-3, 2e-2, 2e-3)).model_copy(update={"sweeps": (3, 4, 5, 6)})
    assert step_ratio("r", again, first).n == 3


def test_repeated_rows_are_the_tasks_own():
    task = bw.named_task("digits", examples=50)
    longer = repeated(task, 120)
    assert len(longer.train) == 120
    assert (longer.train.inputs[:50] == longer.train.inputs[50:100]).all()
    assert type(longer.build_model(0)) is type(task.build_model(0))


@pytest.mark.parametrize(("load", "verdict"), [(None, "holds"), (0.3, "holds"), (0.31, "cannot_tell")])
def test_nothing_is_told_of_seconds_on_a_busy_machine(load, verdict):
    part = Part(name="same_step", verdict="holds", measurements=(exact("r", 1.0),))
    probes = [machine(0.0, 1e-6), machine(0.0, 1e-6).model_copy(update={"others_load": load})]
    (told,), notes = unless_busy([part], probes)
    assert told.verdict == verdict
    assert told.measurements == part.measurements
    assert [note.values for note in notes] == ([] if verdict == "holds" else [{"load": load}])


def test_what_does_not_rest_on_seconds_is_told_on_a_busy_machine():
    parts = [
        Part(name=name, verdict="holds", measurements=(exact("r", 1.0),)) for name in ("epochs", "seconds")
    ]
    busy = machine(0.0, 1e-6).model_copy(update={"others_load": 1.0})
    told, _ = unless_busy(parts, [busy], lambda part: part.name == "seconds")
    assert [part.verdict for part in told] == ["holds", "cannot_tell"]
