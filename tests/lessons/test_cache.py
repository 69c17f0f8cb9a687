"""Working sets and costs of a machine whose cache is known."""

import pytest

from batchwright.lessons.phenomena import cache as lesson
from batchwright.lessons.timing import Probe, ProbePoint
from batchwright.measure.hardware.caches import Cache

KIB = 1024
SIZES = [2**k for k in range(13)]


def machine(cost_of_example, *, cache_kib=1024, fixed_kib=24, each_kib=1.0):
    """Examples of 1 KiB in a level 2 cache of 1 MiB; the cost of an example depends on the working set's share."""
    points = []
    for size in SIZES:
        working = (fixed_kib + size * each_kib) * KIB
        step = size * cost_of_example(size, working / (cache_kib * KIB))
        points.append(
            ProbePoint(
                batch_size=size, seconds_per_step=step, low=step, high=step, turns=(step,) * 6,
                examples_per_second=size / step, peak_memory_bytes=None, working_set_bytes=working,
            )
        )  # fmt: skip
    level = Cache(level=2, bytes=cache_kib * KIB, passed_at=(cache_kib - fixed_kib) / each_kib)
    return Probe(
        points=tuple(points), cost_model=None, knee=None, largest_that_fits=None, caches=(level,),
        memory_budget_bytes=64 << 20, memory_bytes_per_example=None, state_unchanged=True, others_load=0.0,
        seconds=1.0, environment={},
    )  # fmt: skip


def judged(cost):
    probes = {"dense_net": machine(cost), "LeNet": machine(cost)}
    parts = (lesson.alone(probes), lesson.filling(probes), lesson.exceeding(probes))
    return {part.name: part for part in parts}


def test_a_cliff_at_the_cache_is_seen_on_its_right_side():
    parts = judged(lambda size, share: (1e-6 + 2e-5 / size) * (2.0 if share > 1 else 1.0))
    assert parts["exceeding"].verdict == "holds"
    number = parts["exceeding"].measurements[0]
    # 512 fill half of the cache; 4096 and their 24 KiB are the first beyond four times it. 1 + 20/4096 against 1 + 20/512.
    assert (number.at["beside"], number.at["batch_size"]) == (512, 4096)
    assert number.value == pytest.approx(2 * (1 + 20 / 4096) / (1 + 20 / 512))


def test_overhead_alone_has_no_cliff_and_a_full_cache_no_prize():
    parts = judged(lambda size, share: 1e-6 + 2e-5 / size)
    assert parts["exceeding"].verdict == "does_not_hold"
    assert parts["filling"].verdict == "does_not_hold"
    assert parts["filling"].measurements[0].at["batch_size"] == 256
    assert parts["alone"].verdict == "holds"
    assert parts["alone"].measurements[0].value == pytest.approx(21 / (1 + 20 / 4096))


def test_a_batch_of_one_without_overhead_loses_nothing():
    assert judged(lambda size, share: 1e-6)["alone"].verdict == "does_not_hold"


def test_past_memory_nothing_is_claimed():
    part = lesson.past_memory({"dense_net": machine(lambda size, share: 1e-6)})
    assert part.verdict == "cannot_tell"
    assert part.measurements[0].value == pytest.approx((24 + 4096) / (64 * 1024))


def test_a_machine_that_tells_no_cache_cannot_be_judged():
    silent = machine(lambda size, share: 1e-6).model_copy(update={"caches": ()})
    assert lesson.filling({"dense_net": silent}).verdict == "cannot_tell"
