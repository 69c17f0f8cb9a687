"""The page of a probe."""

import pytest

from batchwright.core.action import Action
from batchwright.core.numbers import MISSING
from batchwright.core.remark import remark
from batchwright.measure.hardware.cost_model import Knee
from batchwright.measure.hardware.probe import Collapse, Probe, ProbePoint
from batchwright.report.pages.probe import probe_page

ACTION = Action(
    command="probe",
    subject="digits",
    arguments={"set": {"hidden": 4}, "batch_sizes": [1, 8, 64, 512], "optimizer": "adam", "seconds": 1},
)


@pytest.fixture(scope="module")
def found():
    """As a calm machine would have it."""
    points = [
        ProbePoint(
            batch_size=b, seconds_per_step=t, low=0.9 * t, high=1.1 * t, examples_per_second=b / t,
            peak_memory_bytes=b << 12,
        )
        for b, t in ((1, 1e-3), (8, 1.1e-3), (64, 2e-3), (512, 9e-3))
    ]  # fmt: skip
    return Probe(
        points=points, cost_model=None, knee=Knee(value=61.4, interval=(50.2, 75.6)),
        largest_that_fits=1437, largest_is_all=True, memory_budget_bytes=1 << 30,
        memory_bytes_per_example=4096.0, largest_search={
            "value": 1437, "does_not_fit": None, "exact": True, "trials": (), "seconds": 0.1
        },
        state_unchanged=True, others_load=0.0, seconds=3.0, environment={"torch": "2.13.0"},
    )  # fmt: skip


def test_the_knee_with_its_interval_comes_first(found, read):
    page = read(probe_page(found, task="digits", action=ACTION))
    assert page.answers == [
        "A step costs hardly more up to a batch of about 61 (90%: 50 to 76), the knee; well above it a step costs "
        "in proportion to the batch."
    ]
    assert page.facts == {
        "knee": "61", "largest that fits": "1,437", "highest throughput at": "512", "examples/s there": "56,900"
    }  # fmt: skip
    assert page.column("a step") == ["1,000", "1,100", "2,000", "9,000"]
    assert page.column("quartiles")[0] == "900 to 1,100"
    assert [float(cell.replace(",", "")) for cell in page.column("memory")] == [4, 32, 256, 2050]
    assert "All 1,437 examples fit in one batch within 1.00 GiB, 4.00 KiB an example." in page.words
    assert page.page.about["torch"] == "2.13.0"
    assert page.steps == ["batchwright advise digits --set hidden=4 --optimizer adam"]


def test_beside_other_work_it_is_to_be_measured_again(found, read):
    busy = found.model_copy(update={"others_load": 0.5})
    page = read(probe_page(busy, task="digits", action=ACTION))
    assert page.caveats == [
        "Others used 50% of the machine while steps were timed: seconds may be far off, memory is not."
    ]
    assert page.steps[0] == (
        "batchwright probe digits --set hidden=4 --batch-sizes 1,8,64,512 --optimizer adam --seconds 1"
    )


def test_a_time_that_does_not_fit_its_neighbours_is_told(found, read):
    points = [p.model_copy(update={"suspect": p.batch_size == 64}) for p in found.points]
    page = read(probe_page(found.model_copy(update={"points": tuple(points)}), task="digits"))
    assert page.caveats == [
        "The time at batch size 64 does not fit those of its neighbours: the knee is without it."
    ]


def test_why_throughput_falls(found, read):
    for fields, reason in (
        ({"allocator_retries": 3}, ": the allocator starts over, memory is about to run out."),
        (
            {"allocator_retries": None, "cache_level": 2},
            ", where the working set no longer fits the level 2 cache.",
        ),
        ({"allocator_retries": None}, "."),
    ):
        fallen = found.model_copy(update={"collapse": Collapse(batch_size=512, share=0.4, **fields)})
        caveats = read(probe_page(fallen, task="digits")).caveats
        assert caveats == [f"Throughput falls to 40% of the best at batch size 512{reason}"]


def test_a_task_that_was_changed_is_said(found, read):
    changed = found.model_copy(update={"state_unchanged": False})
    assert "changed while it was probed" in read(probe_page(changed, task="digits")).caveats[0]


def test_without_a_size_that_fits_there_is_no_table(found, read):
    reason = remark("common.as_stored", text="batch norm needs two examples")
    nothing = found.model_copy(
        update={
            "points": (),
            "knee": None,
            "largest_that_fits": None,
            "largest_is_all": False,
            "memory_note": reason,
        }
    )
    page = read(probe_page(nothing, task="digits"))
    assert page.answers == ["No batch size could be timed."]
    assert "Not even a batch of 1 fits 1.00 GiB: batch norm needs two examples." in page.words
    assert page.facts["knee"] == page.facts["largest that fits"] == MISSING
