"""Costs, neighbours and data sets against what they are built from."""

import numpy as np
import pytest
import torch

import batchwright as bw
from batchwright.lessons.phenomena import batch_guidelines as lesson

from .test_batch_time import machine

ODD = sorted({p + d for p in lesson.POWERS for d in (-1, 0, 1)})


def test_shifted_digits_are_the_images_and_their_neighbours():
    task = bw.named_task("digits", examples=20)
    longer = lesson.with_shifts(task)
    assert len(longer.train) == 100
    image = task.train.inputs[3].reshape(8, 8)
    for block, (step, axis) in enumerate(((-1, 0), (1, 0), (-1, 1), (1, 1)), start=1):
        moved = longer.train.inputs[20 * block + 3].reshape(8, 8)
        assert torch.equal(moved, torch.roll(image, step, axis))
        assert longer.train.targets[20 * block + 3] == task.train.targets[3]
    assert torch.equal(longer.validation.inputs, task.validation.inputs)


def law(critical, overhead, each, sizes, spread=0.01):
    """Seconds to a target on three seeds: S = 100 (1 + B_crit / B) steps of overhead + each B."""
    return {
        b: [100 * (1 + critical / b) * (overhead + each * b) * f for f in (1 - spread, 1.0, 1 + spread)]
        for b in sizes
    }


def test_the_full_batch_is_good_where_a_step_costs_the_same_and_not_where_it_costs_in_proportion():
    sizes = (8, 32, 128, 500)
    flat = lesson.full_batch({500: law(50, 1.0, 0.0, sizes)})
    assert flat.verdict == "holds"
    assert flat.measurements[0].at["beside"] == 500
    steep = lesson.full_batch({500: law(50, 0.1, 0.1, sizes)})
    assert steep.verdict == "does_not_hold"
    # (1 + 50/B)(1 + B): 58.5 at 8, 84.6 at 32 of 0.1 s; 551 at 500.
    assert steep.measurements[0].value == pytest.approx((1 + 50 / 500) * 501 / ((1 + 50 / 8) * 9))
    both = lesson.full_batch({500: law(50, 1.0, 0.0, sizes), 1437: law(50, 0.1, 0.1, (8, 32, 1437))})
    assert both.verdict == "holds_when"
    assert both.condition.values["holds"] == [500]


def test_the_advised_range_is_judged_by_its_mean():
    sizes = (16, *lesson.ADVISED, 2048)
    costs = law(100, 100.0, 1.0, sizes)  # least at B = 100
    part = lesson.advised({7185: costs})
    expected = np.mean([np.log(costs[b][1] / costs[128][1]) for b in lesson.ADVISED])
    assert part.measurements[0].value == pytest.approx(np.exp(expected))
    assert part.measurements[0].at["beside"] == 128
    assert lesson.advised({7185: law(4, 1.0, 1.0, sizes)}).verdict == "does_not_hold"


def test_a_power_of_two_is_compared_with_both_neighbours():
    smooth = machine(1e-4, 1e-6, ODD)
    part = lesson.powers(smooth)
    assert part.verdict == "does_not_hold"
    assert part.measurements[0].value == pytest.approx(1.0, abs=0.002)
    quick = smooth.model_copy(
        update={
            "points": tuple(
                p.model_copy(update={"turns": tuple(0.8 * t for t in p.turns)})
                if p.batch_size in lesson.POWERS
                else p
                for p in smooth.points
            )
        }
    )
    found = lesson.powers(quick)
    assert found.verdict == "holds"
    assert {m.at.get("batch_size") for m in found.measurements} == {None, *lesson.POWERS}
    assert found.measurements[0].value == pytest.approx(0.8, abs=0.002)
