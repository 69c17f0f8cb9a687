"""Ratios of a machine whose times are known, and that the real one is timed at the article's sizes."""

import pytest

from batchwright.lessons.phenomena import batch_time as lesson
from batchwright.lessons.timing import Probe, ProbePoint


def machine(overhead, each, sizes=lesson.SIZES):
    """A probe of a machine with t(B) = overhead + each B, a tenth slower in every second sweep."""
    points = []
    for size in sizes:
        step = overhead + each * size
        turns = tuple(step * (1.1 if sweep % 2 else 1.0) for sweep in range(8))
        points.append(
            ProbePoint(
                batch_size=size, seconds_per_step=step, low=step, high=1.1 * step, turns=turns,
                examples_per_second=size / step, peak_memory_bytes=None,
            )
        )  # fmt: skip
    return Probe(
        points=tuple(points), cost_model=None, knee=None, largest_that_fits=None, memory_budget_bytes=1,
        memory_bytes_per_example=None, state_unchanged=True, others_load=0.0, seconds=1.0, environment={},
    )  # fmt: skip


def test_a_machine_with_idle_units_is_the_articles_gpu():
    """Overhead of 10,000 examples' worth: 1000 take 1.1 times one, 60,000 take 6.4 times 1000."""
    gpu = {"dense_net": machine(1e-2, 1e-6), "LeNet": machine(1e-2, 1e-6)}
    same = lesson.same_step(gpu)
    assert same.verdict == "holds"
    assert same.measurements[0].value == pytest.approx(0.011 / 0.010001, rel=1e-3)
    assert lesson.hardly_longer(gpu).verdict == "holds"
    beyond = lesson.longer_beyond(gpu)
    assert beyond.verdict == "holds"
    assert [m.value for m in beyond.measurements[:2]] == pytest.approx([0.02 / 0.011, 0.07 / 0.011])
    assert lesson.shorter_epoch(gpu).verdict == "holds"


def test_a_machine_without_overhead_has_no_faster_epoch():
    cpu = {"dense_net": machine(0.0, 1e-6), "LeNet": machine(0.0, 1e-6)}
    assert lesson.same_step(cpu).verdict == "does_not_hold"
    assert lesson.same_step(cpu).measurements[0].value == pytest.approx(1000)
    assert [m.value for m in lesson.hardly_longer(cpu).measurements] == pytest.approx([10.0] * 8)
    shorter = lesson.shorter_epoch(cpu)
    assert shorter.verdict == "does_not_hold"
    assert shorter.measurements[0].value == pytest.approx(1.0)


def test_one_net_may_be_flat_and_the_other_not():
    mixed = {"dense_net": machine(1e-2, 1e-6), "LeNet": machine(1e-4, 1e-5)}
    part = lesson.same_step(mixed)
    assert part.verdict == "holds_when"
    assert part.condition.values == {"holds": ["dense_net"], "does_not_hold": ["LeNet"], "cannot_tell": []}
    # 0.1 ms + 10 us B: ten take twice as long as one, so the largest size that is as long as 1 is 1.
    assert part.measurements[-1].value == 1
