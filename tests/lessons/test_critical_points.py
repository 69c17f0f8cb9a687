"""Known classes, the growth rate of a saddle's unstable direction, the fourth-order error in closed form."""

import math

import numpy as np
import pytest

from batchwright.lessons.phenomena import critical_points as lesson

from .few_seeds import run_reduced


@pytest.fixture(scope="module")
def reduced():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lesson, "TIMES", 3)
        yield run_reduced("critical-points", 3)


def test_waves_have_the_classes_that_their_cosines_say():
    task = lesson.waves()
    known = {(0.0, 0.0): "maximum", (math.pi, math.pi): "minimum", (0.0, math.pi): "saddle"}
    assert {point: lesson.kind_at(task, point) for point in known} == known


def test_the_surface_over_a_grid_of_both_weights():
    grid = np.array([-1.0, 0.0, 0.5, 2.0])
    expected = [[(1 - w1 * w2) ** 2 for w1 in grid] for w2 in grid]
    assert np.allclose(lesson.error_surface(grid), expected, atol=1e-14)


def test_the_error_at_the_saddle_is_of_fourth_order():
    """(1 - w1 w2)^2 = 1 - 2 w1 w2 + (w1 w2)^2: the error is r^4 u1^2 u2^2, whose mean over the circle is r^4/8."""
    errors = lesson.expansion_errors((0.0, 0.0), np.random.default_rng(0))
    assert errors / np.array(lesson.DISTANCES) ** 4 == pytest.approx(1 / 8, rel=0.25)


def test_a_saddle_lets_go_at_its_own_rate():
    """Along (1, 1) an update multiplies by 1 + 2 lr, so a thousandth of the offset costs log(1000)/log(1 + 2 lr)."""
    near, far = (lesson._updates_to_leave(lesson.descent(offset)) for offset in (1e-2, 1e-5))
    assert far - near == pytest.approx(math.log(1000) / math.log(1 + 2 * lesson.LR), abs=2)
    assert np.linalg.norm(lesson.descent(0.0)[-1]) < 1e-6


def test_the_verdicts(reduced):
    assert reduced.part("signs").verdict == "holds"
    assert reduced.part("slip").verdict == "does_not_hold"
    assert reduced.part("always_decides").verdict == "does_not_hold"
    assert reduced.part("third_order").condition.values["does_not_hold"] == ["(0, 0)"]
    assert reduced.part("no_rest").condition.values["does_not_hold"] == [0.0]
    assert reduced.part("needs_all").verdict == "does_not_hold"
    assert reduced.value("toy_distance") == pytest.approx(math.sqrt(2), abs=1e-3)
    assert reduced.value("toy_loss_after") < 1e-9
    assert reduced.value("escaped") == 1.0
